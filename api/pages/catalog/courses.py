"""The courses of the catalogue, which steps they serve, and one of them by itself."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Path, Query, Response

from api.admission import Call
from api.operations import PDF
from api.pages.rendering import render
from api.pages.routing import Pages, Visited
from api.responses import send
from recommender.service.catalog.browsing import (
    ModuleQuery,
    list_competencies,
    make_module_sheet,
    read_catalog,
)
from recommender.service.permissions import Permission
from recommender.service.views.catalogue import (
    PER_PAGE,
    view_course,
    view_courses,
    view_coverage,
)
from recommender.texts import say
from training_catalog import Modality
from training_catalog.coverage import STEPS

PAGES = Pages()

Typed = Annotated[str, Query(max_length=200)]
ModuleId = Annotated[str, Path(max_length=100)]
# an empty choice of a form is no choice
Step = Literal["", "0", "1", "2", "3"]
ModalityWanted = Literal[
    "", "classroom", "online", "coaching", "action-learning", "blended", "simulation",
    "certification",
]  # fmt: skip
Sort = Literal["", "hours", "cost"]


@PAGES.page("GET", "/catalog", Permission.READ_CATALOG)
def show_catalog(
    call: Visited,
    q: Typed = "",
    competency: Typed = "",
    step: Step = "",
    modality: ModalityWanted = "",
    grade: Typed = "",
    retired: Literal["", "yes"] = "",
    sort: Sort = "",
    page: Annotated[str, Query(pattern=r"^[0-9]{0,6}$")] = "",
    view: Literal["", "coverage"] = "",
) -> Response:
    """Show the courses that are wanted, or how many serve each step of each competency."""
    if view:
        return render(call, "catalog/coverage.html.j2", coverage=view_coverage(call.session))
    wanted = ModuleQuery(
        competency_id=competency or None,
        step=int(step) if step else None,
        modality=Modality(modality) if modality else None,
        grade=grade or None,
        retired=bool(retired),
        text=q or None,
    )
    given = {
        "q": q, "competency": competency, "step": step, "modality": modality, "grade": grade,
        "retired": retired, "sort": sort,
    }  # fmt: skip

    def address(**changes: str) -> str:
        kept = {name: value for name, value in (given | changes).items() if value}
        return f"/catalog?{urlencode(kept)}" if kept else "/catalog"

    courses = view_courses(call.session, wanted, order=sort or "framework", page=int(page or 1))
    plain = address()
    return render(
        call,
        "catalog/courses.html.j2",
        found=courses,
        given=given,
        is_filtered=any(value for name, value in given.items() if name != "sort"),
        columns=_columns(call, sort, address),
        choices=_choices(call),
        first=(courses.page - 1) * PER_PAGE + 1,
        pages_address=f"{plain}{'&' if '?' in plain else '?'}page=",
    )


@PAGES.page("GET", "/catalog/{module_id}", Permission.READ_CATALOG)
def show_course(call: Visited, module_id: ModuleId) -> Response:
    """Show what a course is, whom it is for, what it adds and when it is held."""
    return render(call, "catalog/course.html.j2", sheet=view_course(call.session, module_id))


@PAGES.page("GET", "/catalog/{module_id}/sheet.pdf", Permission.READ_CATALOG)
def download_sheet(call: Visited, module_id: ModuleId) -> Response:
    """Get a course on one page of paper."""
    content = make_module_sheet(call.session, module_id)
    return send(call, content, media_type=PDF, filename=f"{module_id}.{call.lang}.pdf")


def _columns(call: Call, sort: str, address: Any) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = [
        {"label": say("courses.course", call.lang)},
        {"label": say("courses.serves", call.lang)},
    ]
    for name in ("hours", "cost"):
        # the least first, and by competency again
        column: dict[str, Any] = {"label": say(f"courses.{name}", call.lang), "num": True}
        column["href"] = address(sort="" if sort == name else name)
        if sort == name:
            column["sort"] = "ascending"
        columns.append(column)
    columns.append({"label": say("courses.effect", call.lang), "cls": "effects"})
    columns.append({"label": say("courses.next_run", call.lang)})
    return columns


def _choices(call: Call) -> dict[str, list[tuple[str, str]]]:
    lang = call.lang
    return {
        "competencies": [
            ("", say("courses.any_competency", lang)),
            *((each.id, each.name.in_language(lang)) for each in list_competencies(call.session)),
        ],
        "steps": [
            ("", say("courses.any_step", lang)),
            *((str(step), say("courses.step", lang, low=step, high=step + 1)) for step in STEPS),
        ],
        "modalities": [
            ("", say("courses.any_modality", lang)),
            *((each.value, say(f"modality.{each}", lang)) for each in Modality),
        ],
        "grades": [
            ("", say("courses.any_grade", lang)),
            *((each.id, each.name.in_language(lang)) for each in read_catalog(call.session).grades),
        ],
    }
