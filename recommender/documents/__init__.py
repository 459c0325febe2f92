"""What people read on paper: the development plan, the module sheet, the booklet."""

from recommender.documents.catalog.sheet import render_booklet_pdf, render_module_sheet_pdf
from recommender.documents.glyphs import missing_characters
from recommender.documents.plan.document import (
    ApprovedBy,
    Basis,
    CompetencyRow,
    LeftOutModule,
    Party,
    PlanDocument,
    PlanItemRow,
    PlanStatus,
    ServedGap,
)
from recommender.documents.plan.page import render_plan_page
from recommender.documents.plan.pdf import render_plan_pdf
from recommender.documents.typesetting import RenderedPdf

__all__ = [
    "ApprovedBy",
    "Basis",
    "CompetencyRow",
    "LeftOutModule",
    "Party",
    "PlanDocument",
    "PlanItemRow",
    "PlanStatus",
    "RenderedPdf",
    "ServedGap",
    "missing_characters",
    "render_booklet_pdf",
    "render_module_sheet_pdf",
    "render_plan_page",
    "render_plan_pdf",
]
