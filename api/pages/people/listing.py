"""The list of people, and what the search box offers."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Query, Response

from api.admission import Call
from api.pages.rendering import render
from api.pages.routing import Pages, Visited
from recommender.service.catalog.browsing import read_catalog
from recommender.service.people.people import list_units
from recommender.service.permissions import Permission
from recommender.service.views.directory import (
    PER_PAGE,
    DirectoryRequest,
    read_directory,
    suggest,
)
from recommender.texts import say

PAGES = Pages()

Typed = Annotated[str, Query(max_length=200)]
# an empty choice of a form is no choice
Standing = Literal["", "gap", "assess-first", "met"]
Plan = Literal["", "none", "draft", "approved", "active", "done"]
Sort = Literal[
    "", "id", "-id", "name", "-name", "unit", "-unit", "grade", "-grade",
    "gaps", "-gaps", "assess-first", "-assess-first", "plan", "-plan",
]  # fmt: skip
# whoever sorts by a count wants the most first
_MOST_FIRST = ("gaps", "assess-first")
_STANDINGS = {"gap": "people.has_gap", "assess-first": "people.has_assess", "met": "people.has_met"}
_STATUSES = ("draft", "approved", "active", "done")


@PAGES.page("GET", "/people", Permission.READ_PEOPLE)
def show_people(
    call: Visited,
    q: Typed = "",
    unit: Typed = "",
    grade: Typed = "",
    standing: Standing = "",
    plan: Plan = "",
    leavers: Literal["", "yes"] = "",
    sort: Sort = "",
    page: Annotated[str, Query(pattern=r"^[0-9]{0,6}$")] = "",
) -> Response:
    """Show the people whom the visitor may see, filtered, sorted, page by page."""
    wanted = DirectoryRequest(
        text=q,
        org_unit=unit or None,
        grade=grade or None,
        standing=None if leavers else standing or None,
        plan=plan or None,
        leavers=bool(leavers),
        order=(sort.lstrip("-") or "id"),  # pyright: ignore[reportArgumentType] - one of `Sort`
        descending=sort.startswith("-"),
        page=int(page or 1),
    )
    given = {
        "q": q, "unit": unit, "grade": grade, "standing": standing, "plan": plan,
        "leavers": leavers, "sort": sort,
    }  # fmt: skip

    def address(**changes: str) -> str:
        kept = {name: value for name, value in (given | changes).items() if value}
        return f"/people?{urlencode(kept)}" if kept else "/people"

    directory = read_directory(call.session, wanted)
    plain = address()
    return render(
        call,
        "people/list.html.j2",
        directory=directory,
        wanted=wanted,
        sort=sort,
        address=address,
        query=q,
        columns=_columns(call, wanted, address),
        choices=_choices(call),
        courses=suggest(call.session, q).courses if q else (),
        first=(directory.page - 1) * PER_PAGE + 1,
        pages_address=f"{plain}{'&' if '?' in plain else '?'}page=",
    )


@PAGES.page("GET", "/search", Permission.READ_CATALOG)
def suggest_matches(call: Visited, q: Typed = "") -> Response:
    """Offer people and courses for what is being typed, within the visitor's scope."""
    matches = suggest(call.session, q)
    return render(call, "people/_suggestions.html.j2", found=matches, typed=bool(q.strip()))


def _columns(call: Call, wanted: DirectoryRequest, address: Any) -> list[dict[str, Any]]:
    names = {
        "name": "people.name",
        "unit": "people.unit",
        "grade": "people.grade",
        **(
            {"": "people.left_on"}
            if wanted.leavers
            else {"gaps": "people.gaps", "first": "people.first", "assess-first": "people.assess"}
        ),
        "plan": "people.plan",
    }
    columns: list[dict[str, Any]] = []
    for order, key in names.items():
        column: dict[str, Any] = {"label": say(key, call.lang), "num": order in _MOST_FIRST}
        if order not in ("", "first"):
            first = f"-{order}" if order in _MOST_FIRST else order
            again = order if order in _MOST_FIRST else f"-{order}"
            is_first = wanted.order == order and wanted.descending == first.startswith("-")
            column["href"] = address(sort=again if is_first else first, page="")
            if wanted.order == order:
                column["sort"] = "descending" if wanted.descending else "ascending"
        columns.append(column)
    return columns


def _choices(call: Call) -> dict[str, list[tuple[str, str]]]:
    lang = call.lang
    return {
        "units": [("", say("people.any_unit", lang)), *unit_choices(call)],
        "grades": [("", say("people.any_grade", lang)), *grade_choices(call)],
        "standings": [
            ("", say("people.any_standing", lang)),
            *((value, say(key, lang)) for value, key in _STANDINGS.items()),
        ],
        "plans": [
            ("", say("people.any_plan", lang)),
            ("none", say("people.no_plan", lang)),
            *((status, say(f"document.status.{status}", lang)) for status in _STATUSES),
        ],
    }


def unit_choices(call: Call) -> list[tuple[str, str]]:
    """Return the units that the visitor may see, indented by their depth."""
    return [
        (unit.path, "\N{IDEOGRAPHIC SPACE}" * unit.path.count("/") + unit.name)
        for unit in list_units(call.session)
    ]


def grade_choices(call: Call) -> list[tuple[str, str]]:
    """Return the grades of the catalogue."""
    grades = read_catalog(call.session).grades
    return [(grade.id, grade.name.in_language(call.lang)) for grade in grades]
