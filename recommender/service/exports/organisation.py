"""The heat map of an organisation as a workbook: a sheet for each of its measures."""

from __future__ import annotations

import tempfile
from pathlib import Path

from recommender.errors import NotFoundError
from recommender.exchange import HeatSheet, write_heat_maps
from recommender.service.framework import word_changed_standards
from recommender.service.groups.heat import METRICS, Metric
from recommender.service.groups.organisation import (
    HeatCell,
    HeatRow,
    OrganisationMap,
    read_organisation,
)
from recommender.service.groups.table import StatisticsRequest
from recommender.service.session import Session
from recommender.texts import say
from training_catalog import Category

_SCALES = {"gap": "warm", "below": "warm", "assessed": "blue", "change": "diverging"}
# as printed in the page: half a hundredth of a level is no change, and has no sign
_DIGITS = {"gap": 4, "below": 4, "assessed": 4, "change": 2}
_FORMATS = {
    "gap": "0.0",
    "below": "0%",
    "assessed": "0%",
    "change": "+0.00;\N{MINUS SIGN}0.00;0.00",
}


def write_organisation(session: Session, request: StatisticsRequest, category: str = "") -> bytes:
    """Write the map of a unit and those right below it by every measure.

    Parameters
    ----------
    session : Session
        Who asks.
    request : StatisticsRequest
        As of `read_organisation`.
    category : str
        A category of competencies; all where empty.

    Returns
    -------
    bytes
        An .xlsx.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope, no such grade or category.
    """
    categories = [
        each for each in session.service.framework.catalog.categories if category in ("", each.id)
    ]
    if not categories:
        raise NotFoundError("competency.unknown", competency_id=category)
    with session.reading():
        maps: list[tuple[Metric, OrganisationMap]] = [
            (metric, read_organisation(session, request, metric)) for metric in METRICS
        ]
    sheets = [_sheet(session, request, metric, found, categories) for metric, found in maps]
    with tempfile.TemporaryDirectory(prefix="recommender-") as folder:
        path = Path(folder) / "organisation.xlsx"
        write_heat_maps(sheets, path)
        return path.read_bytes()


def _sheet(
    session: Session,
    request: StatisticsRequest,
    metric: Metric,
    organisation: OrganisationMap,
    categories: list[Category],
) -> HeatSheet:
    lang, framework = session.lang, session.service.framework
    grades = {each.id: each.name.in_language(lang) for each in framework.catalog.grades}
    ids = [name for each in categories for name in each.competencies]
    everybody = say("console.organisation.everybody", lang)
    whose = (organisation.total.org_unit or everybody).replace("/", " / ")
    if request.grade is not None:
        whose += f" · {grades[request.grade]}"
    lines = [
        say(f"console.organisation.measure_{metric}", lang),
        f"{whose} · {say('console.as_of', lang)} {organisation.as_of}",
        say("console.organisation.workbook_note", lang),
    ]
    if note := word_changed_standards(framework, organisation.changed_standards, lang):
        lines.append(note)
    return HeatSheet(
        title=say(f"console.organisation.show_{metric}", lang),
        lines=lines,
        scale=_SCALES[metric],  # pyright: ignore[reportArgumentType] - one of `Scale`
        number_format=_FORMATS[metric],
        stacked=lang == "zh-CN",
        heads=(say("console.unit", lang), say("console.organisation.people", lang)),
        groups=[
            (
                each.name.in_language(lang),
                [framework.competencies[name].name.in_language(lang) for name in each.competencies],
            )
            for each in categories
        ],
        rows=[
            (
                (row.org_unit or everybody).split("/")[-1],
                "<5" if row.is_small else "" if row.n_people is None else row.n_people,
                _cells(row, ids, _DIGITS[metric]),
            )
            for row in (organisation.total, *organisation.rows)
        ],
    )


def _cells(row: HeatRow, ids: list[str], digits: int) -> list[tuple[float, int] | str]:
    cells = {cell.competency_id: cell for cell in row.cells}
    return [_cell(cells[name], digits) for name in ids]


def _cell(cell: HeatCell, digits: int) -> tuple[float, int] | str:
    if cell.value is None or cell.step is None:
        return "·" if cell.suppressed else "?"
    return round(cell.value, digits) + 0.0, cell.step
