"""What courses changed: the overview, a page for each, and the same on paper."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Path, Query, Response

from api.admission import Call
from api.operations import PDF
from api.pages.rendering import render
from api.pages.routing import Pages, Visited
from api.responses import send
from recommender.service.effectiveness.assessing import assess_all, assess_effectiveness
from recommender.service.effectiveness.showing import (
    EffectLine,
    list_effects,
    make_effects_report,
    show_effects,
)
from recommender.service.permissions import Permission
from recommender.texts import say

PAGES = Pages()

ModuleId = Annotated[str, Path(max_length=100)]
# an empty choice of a form is no choice
Decided = Literal["", "keep", "improve", "retire", "open"]
Sort = Literal["", "verdict", "gain", "cases", "score", "roi"]
HourlyCost = Annotated[str, Query(pattern=r"^([0-9]{1,6}(\.[0-9]{1,2})?)?$")]

_DECISIONS = ("keep", "improve", "retire", "open")
_PER_PAGE = 50


@PAGES.page("GET", "/effectiveness", Permission.READ_STATISTICS)
def show_overview(
    call: Visited,
    decision: Decided = "",
    sort: Sort = "",
    page: Annotated[str, Query(pattern=r"^[0-9]{0,6}$")] = "",
) -> Response:
    """Show what to do with each course, and the figures that say so."""
    every = list_effects(call.session, assess_all(call.session))
    wanted = [line for line in every if not decision or line.decision == decision]
    if sort:
        wanted.sort(key=lambda line: _key(line, sort))
    pages = max(1, -(-len(wanted) // _PER_PAGE))
    number = min(max(int(page or 1), 1), pages)
    first = (number - 1) * _PER_PAGE

    def address(**changes: str) -> str:
        given = {"decision": decision, "sort": sort} | changes
        kept = {name: value for name, value in given.items() if value}
        return f"/effectiveness?{urlencode(kept)}" if kept else "/effectiveness"

    plain = address()
    return render(
        call,
        "effects/list.html.j2",
        lines=wanted[first : first + _PER_PAGE],
        counts={name: sum(line.decision == name for line in every) for name in _DECISIONS},
        total=len(wanted),
        decision=decision,
        sort=sort,
        columns=_columns(call, sort, address),
        first=first + 1,
        page=number,
        pages=pages,
        pages_address=f"{plain}{'&' if '?' in plain else '?'}page=",
    )


@PAGES.page("GET", "/effectiveness/{module_id}", Permission.READ_STATISTICS)
def show_effect(call: Visited, module_id: ModuleId, hourly_cost: HourlyCost = "") -> Response:
    """Show what a course changed on the four levels, what came back, and what to do with it."""
    effectiveness = assess_effectiveness(call.session, module_id, hourly_cost=_cost(hourly_cost))
    (sheet,) = show_effects(call.session, [effectiveness])
    return render(call, "effects/course.html.j2", sheet=sheet, hourly_cost=hourly_cost)


@PAGES.page("GET", "/effectiveness/{module_id}/report.pdf", Permission.READ_STATISTICS)
def download_effect_report(
    call: Visited, module_id: ModuleId, hourly_cost: HourlyCost = ""
) -> Response:
    """Get the same on one page of paper."""
    effectiveness = assess_effectiveness(call.session, module_id, hourly_cost=_cost(hourly_cost))
    report = make_effects_report(call.session, [effectiveness])
    name = f"effectiveness-{module_id}.{call.lang}.pdf"
    return send(call, report.content, media_type=PDF, filename=name)


def _cost(typed: str) -> float | None:
    return float(typed) if typed else None


def _key(line: EffectLine, sort: str) -> Any:
    if sort == "verdict":
        return _DECISIONS.index(line.decision)
    if sort == "cases":
        return -line.records
    figure = {"gain": line.gain, "score": line.score, "roi": line.roi}[sort]
    # those without a figure last, in the order of the catalogue
    return (figure is None, 0.0 if figure is None else -figure.value)


def _columns(call: Call, sort: str, address: Any) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = [{"label": say("effects.course", call.lang)}]
    for name in ("verdict", "gain", "cases", "score", "roi"):
        # the most first, and by the catalogue again
        column: dict[str, Any] = {"label": say(f"effects.{name}", call.lang)}
        column["num"] = name not in ("verdict", "gain")
        column["href"] = address(sort="" if sort == name else name)
        if sort == name:
            column["sort"] = "ascending" if name == "verdict" else "descending"
        columns.append(column)
    return columns
