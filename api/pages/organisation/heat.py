"""The heat map of units by competencies, what stands behind one of its cells, and the workbook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Response

from api.admission import Call
from api.operations import XLSX
from api.pages.organisation import words
from api.pages.people.listing import grade_choices
from api.pages.plans.view import Names
from api.pages.rendering import render
from api.pages.routing import Pages, Visited
from api.responses import send
from recommender.errors import NotFoundError
from recommender.service.exports.organisation import write_organisation
from recommender.service.groups.cell import BIN_LEVELS, CellDetail, read_cell
from recommender.service.groups.heat import METRICS, Metric
from recommender.service.groups.organisation import (
    ROUNDS_SHOWN,
    OrganisationMap,
    read_organisation,
)
from recommender.service.groups.rounds import list_rounds
from recommender.service.groups.table import StatisticsRequest
from recommender.service.permissions import Permission
from recommender.texts import say

PAGES = Pages()

Unit = Annotated[str, Query(max_length=400)]
Name = Annotated[str, Query(max_length=200)]


@PAGES.page("GET", "/organisation", Permission.READ_STATISTICS)
def show_organisation(
    call: Visited,
    unit: Unit = "",
    show: Metric = "gap",
    grade: Name = "",
    category: Name = "",
    day: Name = "",
    of: Unit = "",
    competency: Name = "",
    at: Annotated[str, Query(pattern=r"^(c-[0-9]{1,4}-[0-9]{1,4})?$")] = "",
    everybody: Annotated[str, Query(pattern="^(yes)?$")] = "",
) -> Response:
    """Show where the units right below one stand, and what stands behind the cell that is open."""
    given = {"unit": unit, "show": show, "grade": grade, "category": category, "day": day}

    def address(**changes: str) -> str:
        """Return the address of this page with other choices; a cell is closed by any of them."""
        kept = {name: value for name, value in (given | changes).items() if value}
        return f"/organisation?{urlencode(kept)}" if kept else "/organisation"

    request = _request(call, unit, grade, day)
    with call.session.reading():
        organisation = read_organisation(call.session, request, show)
        cell = None
        if competency:
            within = StatisticsRequest(request.as_of, of or unit or None, request.grade)
            cell = read_cell(call.session, within, competency, everybody=bool(everybody))
    whose = {"unit": of or unit, "competency": competency, "grade": grade}
    opened = {"of": of, "competency": competency, "at": at}
    names = Names(call)
    columns = words.columns_of(names, call.lang, category)
    if not columns.ids:
        raise NotFoundError("competency.unknown", competency_id=category)
    wording = words.Wording(
        call,
        show,
        columns,
        names=names,
        opened=(cell.org_unit if cell else None, competency),
        address=address,
    )
    return render(
        call,
        "organisation/map.html.j2",
        found=organisation,
        total=wording.row(0, organisation.total),
        rows=[
            wording.row(number, row, href=_down(call, row.org_unit or "", row.goes_on, address))
            for number, row in enumerate(organisation.rows, start=1)
        ],
        columns=columns,
        show=show,
        scale=words.scale_of(show),
        look=words.SCALES[show],
        given=given,
        address=address,
        trail=_trail(call, organisation, address),
        measures=[(each, address(show=each, **opened)) for each in METRICS],
        choices=_choices(call, names, organisation),
        round_name=words.say_round,
        unit_name=words.say_unit,
        value=words.say_value,
        names=names,
        cell=cell,
        everybody=bool(everybody),
        cell_address=lambda **more: address(**opened, **more),
        export=f"/organisation/map.xlsx?{urlencode(given)}",
        # plans are made for today; of an earlier round others may be below target
        campaign=f"/campaigns/new?{urlencode(whose)}"
        if request.as_of == call.session.today
        else "",
        opener=at,
        bins=_bins(cell),
        exactly=call.session.who.sees_people,
    )


@PAGES.page("GET", "/organisation/map.xlsx", Permission.READ_STATISTICS)
def download_organisation(
    call: Visited, unit: Unit = "", grade: Name = "", category: Name = "", day: Name = ""
) -> Response:
    """Get the map by each of its measures as a workbook."""
    content = write_organisation(call.session, _request(call, unit, grade, day), category)
    return send(call, content, media_type=XLSX, filename="organisation.xlsx")


def _request(call: Call, unit: str, grade: str, day: str) -> StatisticsRequest:
    """Return whose figures are asked for; of a day that ends no round, those of today."""
    today = call.session.today
    rounds = list_rounds(call.session.service.framework, today, ROUNDS_SHOWN)
    ends = {each.as_of.isoformat(): each.as_of for each in rounds}
    return StatisticsRequest(ends.get(day, today), unit or None, grade or None)


def _down(call: Call, unit: str, goes_on: bool, address: Callable[..., str]) -> str:
    """Return the address a step below a unit: its own map, or its people for who may see them."""
    if goes_on:
        return address(unit=unit)
    return f"/team?{urlencode({'unit': unit})}" if call.session.who.sees_people else ""


def _trail(
    call: Call, organisation: OrganisationMap, address: Callable[..., str]
) -> list[tuple[str, str | None]]:
    """Return the way to a unit, from the unit that the visitor is responsible for."""
    own = call.session.who.org_unit
    unit = organisation.total.org_unit
    if unit is None or unit == own:
        return []
    parts = unit.split("/")
    paths = ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
    if own is None:
        steps: list[tuple[str, str | None]] = [(words.say_unit(None, call.lang), address(unit=""))]
    else:
        steps = []
        paths = [path for path in paths if f"{path}/".startswith(f"{own}/")]
    steps += [(words.say_unit(path, call.lang), address(unit=path)) for path in paths[:-1]]
    return [*steps, (words.say_unit(unit, call.lang), None)]


def _choices(
    call: Call, names: Names, organisation: OrganisationMap
) -> dict[str, list[tuple[str, str]]]:
    lang = call.lang
    return {
        "grades": [("", say("people.any_grade", lang)), *grade_choices(call)],
        "categories": [
            ("", say("console.organisation.any_category", lang)),
            *((each.id, each.name.in_language(lang)) for each in names.catalog.categories),
        ],
        "rounds": [
            ("" if number == 0 else each.as_of.isoformat(), words.say_round(each, lang))
            for number, each in enumerate(organisation.rounds)
        ],
    }


def _bins(cell: CellDetail | None) -> list[tuple[int, bool]]:
    """Return how many people are in each bar, and whether all of it lies below the one target."""
    if cell is None or cell.histogram is None or cell.targets is None:
        return []
    lowest, highest = cell.targets
    return [
        (count, lowest == highest and (number + 1) * BIN_LEVELS <= lowest)
        for number, count in enumerate(cell.histogram)
    ]
