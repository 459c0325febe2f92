"""What people read on paper and on a page of its own.

`plan` is the development plan, `word` the same to be written in, `catalog` the module sheet and the
booklet, `evaluation` the report on an effect model, `cohort` the lists of seats, `calendar` the
dates of plans. ``document.py``
says what is shown, as plain values; ``view.py`` puts that into words and figures; the templates
only arrange those.
`typesetting` makes PDFs and `markup` pages.
The libraries that render are imported only when something is rendered.
"""

from recommender.documents.calendar import CalendarEntry, write_calendar
from recommender.documents.catalog.sheet import render_booklet_pdf, render_module_sheet_pdf
from recommender.documents.figures import say_month
from recommender.documents.glyphs import missing_characters
from recommender.documents.plan.document import (
    ActivityRow,
    ApprovedBy,
    Basis,
    CompetencyRow,
    EvidenceRow,
    LeftOutModule,
    Party,
    PlanDocument,
    PlanItemRow,
    PlanStatus,
    ServedGap,
)
from recommender.documents.plan.page import draw_plan, render_plan_page
from recommender.documents.plan.pdf import (
    render_each_plan_pdf,
    render_plan_pdf,
    render_plans_pdf,
)
from recommender.documents.typesetting import RenderedPdf
from recommender.documents.word.checking import check_template
from recommender.documents.word.placeholders import Placeholder, list_placeholders
from recommender.documents.word.rendering import render_plan_docx
from recommender.documents.word.returned import (
    ReturnedComment,
    ReturnedPlan,
    keep_returned,
    read_returned,
    restore_returned,
)
from recommender.documents.word.starting_template import make_template

__all__ = [
    "ActivityRow",
    "ApprovedBy",
    "Basis",
    "CalendarEntry",
    "CompetencyRow",
    "EvidenceRow",
    "LeftOutModule",
    "Party",
    "Placeholder",
    "PlanDocument",
    "PlanItemRow",
    "PlanStatus",
    "RenderedPdf",
    "ReturnedComment",
    "ReturnedPlan",
    "ServedGap",
    "check_template",
    "draw_plan",
    "keep_returned",
    "list_placeholders",
    "make_template",
    "missing_characters",
    "read_returned",
    "render_booklet_pdf",
    "render_each_plan_pdf",
    "render_module_sheet_pdf",
    "render_plan_docx",
    "render_plan_page",
    "render_plan_pdf",
    "render_plans_pdf",
    "restore_returned",
    "say_month",
    "write_calendar",
]
