"""The development plan as a document to read, discuss, print and sign."""

from recommender.documents.glyphs import missing_characters
from recommender.documents.page import render_plan_page
from recommender.documents.pdf import RenderedPdf, render_plan_pdf
from recommender.documents.plan_document import (
    Basis,
    CompetencyRow,
    LeftOutModule,
    PlanDocument,
    PlanItemRow,
    PlanStatus,
    ServedGap,
)

__all__ = [
    "Basis",
    "CompetencyRow",
    "LeftOutModule",
    "PlanDocument",
    "PlanItemRow",
    "PlanStatus",
    "RenderedPdf",
    "ServedGap",
    "missing_characters",
    "render_plan_page",
    "render_plan_pdf",
]
