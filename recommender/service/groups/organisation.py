"""The heat map of an organisation: a unit, the units right below it, and what has changed.

The figures are those of `recommender.service.groups.statistics`, with the same cells left out. A
total is that of everybody in the unit, small units included: of the cells that could be subtracted
from it enough are left out. A total without them would be one more figure to subtract.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from recommender.service.framework import ChangedStandard, find_changed_standards
from recommender.service.groups.disclosure import SMALL_CELL, find_above
from recommender.service.groups.heat import Metric, find_step
from recommender.service.groups.rounds import Round, list_rounds
from recommender.service.groups.statistics import (
    Figures,
    GroupMap,
    GroupRow,
    map_units,
    read_table,
)
from recommender.service.groups.table import StatisticsRequest, at_home
from recommender.service.session import Session

ROUNDS_SHOWN = 4
"""How many rounds one can look back to."""
_CHANGES_SHOWN = 3


@dataclass(frozen=True)
class HeatCell:
    """A cell of a heat map.

    `value` is in levels or a share; None where the cell is `suppressed`, where nobody is assessed,
    or where there is nothing to compare with. `step` is from 0 to 6.
    """

    competency_id: str
    value: float | None
    step: int | None
    suppressed: bool
    nobody: bool


@dataclass(frozen=True)
class HeatRow:
    """A unit of a heat map; `is_small` where it has fewer people than are told of.

    `n_people` is None where it is small, or not told. `goes_on` says whether there are units below.
    """

    org_unit: str | None
    n_people: int | None
    is_small: bool
    goes_on: bool
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True)
class LargestGap:
    """The cell with the largest mean gap: of `n_assessed` people `n_below` are below the target."""

    org_unit: str
    competency_id: str
    mean_gap: float
    n_assessed: int
    n_below: int


@dataclass(frozen=True)
class Change:
    """By how many levels the mean level of a unit has changed since the round before."""

    org_unit: str
    competency_id: str
    levels: float
    step: int


@dataclass(frozen=True)
class OrganisationMap:
    """A unit and those right below it.

    `as_of` is the day that the figures are of: that asked for, or the end of a quarter before it.
    `before` is the end of the round before; None where there is none to compare with.
    `changed_standards` came into force between the two.
    """

    as_of: dt.date
    before: Round | None
    rounds: tuple[Round, ...]
    total: HeatRow
    rows: tuple[HeatRow, ...]
    largest: LargestGap | None
    changes: tuple[Change, ...]
    changed_standards: tuple[ChangedStandard, ...] = ()


def read_organisation(
    session: Session, request: StatisticsRequest, metric: Metric = "gap"
) -> OrganisationMap:
    """Map the units right below a unit, or below the principal's own, by one measure.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope, or no such grade.
    """
    request = at_home(session, request)
    with session.reading():
        table, exactly = read_table(session, request)
        now = map_units(table, exactly)
        rounds = list_rounds(session.service.framework, now.total.as_of, ROUNDS_SHOWN)
        before = rounds[1] if len(rounds) > 1 else None
        earlier = None
        if before is not None:
            earlier = map_units(
                *read_table(session, replace(request, as_of=before.as_of), beside=table)
            )
    children = _find_children(now)
    old = {row.org_unit: row for row in earlier.rows} if earlier else {}
    above = {row.org_unit: row for row in (earlier.total,)} if earlier else {}
    names = [row.org_unit or "" for row in now.rows]
    rows = tuple(
        _draw(row, old.get(row.org_unit), metric, goes_on=_goes_on(row.org_unit, names))
        for row in children
    )
    total = _draw(now.total, above.get(now.total.org_unit), metric, goes_on=bool(rows))
    small = sum(row.n_people or 0 for row in children if _is_small(row))
    if total.n_people is not None:
        total = replace(total, n_people=total.n_people - small)
    return OrganisationMap(
        as_of=now.total.as_of,
        before=before,
        rounds=tuple(list_rounds(session.service.framework, session.today, ROUNDS_SHOWN)),
        total=total,
        rows=rows,
        largest=_find_largest(children),
        changes=_find_changes(children, old),
        changed_standards=find_changed_standards(
            session.service.framework.catalog,
            before.as_of,
            now.total.as_of,
            grade=request.grade,
        )
        if before
        else (),
    )


def mean_change(now: Figures, before: Figures | None) -> float | None:
    """Return by how many levels a mean level has changed; None where it is not told."""
    if before is None or now.mean_level is None or before.mean_level is None:
        return None
    return now.mean_level - before.mean_level


def share_assessed(row: GroupRow, figures: Figures) -> float | None:
    """Return the share of a group that is assessed; None where it is not told."""
    if figures.suppressed or not row.n_people:
        return None
    return min(1.0, (figures.n_assessed or 0) / row.n_people)


def _is_small(row: GroupRow) -> bool:
    return row.n_people is None or row.n_people < SMALL_CELL


def _find_children(group: GroupMap) -> Sequence[GroupRow]:
    """Return the rows of the units right below, of those that are listed at all."""
    names = ["", *(row.org_unit or "" for row in group.rows)]
    top = group.total.org_unit
    if top is not None:
        # as if it stood for everybody: only what is below it is listed
        names = ["", *(name.removeprefix(f"{top}/") for name in names[1:])]
    return [
        row for row, at in zip(group.rows, find_above(names)[1:].tolist(), strict=True) if not at
    ]


def _goes_on(unit: str | None, names: Sequence[str]) -> bool:
    return any(name.startswith(f"{unit}/") for name in names)


def _draw(row: GroupRow, before: GroupRow | None, metric: Metric, *, goes_on: bool) -> HeatRow:
    old: Mapping[str, Figures] = {}
    if before is not None:
        old = {figures.competency_id: figures for figures in before.cells}
    return HeatRow(
        org_unit=row.org_unit,
        n_people=None if _is_small(row) else row.n_people,
        is_small=_is_small(row),
        goes_on=goes_on,
        cells=tuple(
            _draw_cell(row, figures, old.get(figures.competency_id), metric)
            for figures in row.cells
        ),
    )


def _draw_cell(row: GroupRow, figures: Figures, before: Figures | None, metric: Metric) -> HeatCell:
    if metric == "assessed":
        value = share_assessed(row, figures)
    elif metric == "change":
        value = mean_change(figures, before)
    else:
        value = figures.mean_gap if metric == "gap" else figures.share_below_target
    suppressed = figures.suppressed or (
        metric == "change" and before is not None and before.suppressed
    )
    return HeatCell(
        competency_id=figures.competency_id,
        value=value,
        step=None if value is None else find_step(metric, value),
        suppressed=suppressed,
        # of the share of people assessed, nobody is a figure like any other
        nobody=not suppressed and value is None,
    )


def _find_largest(rows: Sequence[GroupRow]) -> LargestGap | None:
    cells = [
        (figures.mean_gap, row, figures)
        for row in rows
        for figures in row.cells
        if figures.mean_gap and figures.n_assessed
    ]
    if not cells:
        return None
    gap, row, figures = max(cells, key=lambda cell: cell[0])
    assessed = figures.n_assessed or 0
    below = round((figures.share_below_target or 0.0) * assessed)
    return LargestGap(row.org_unit or "", figures.competency_id, gap, assessed, below)


def _find_changes(
    rows: Sequence[GroupRow], old: Mapping[str | None, GroupRow]
) -> tuple[Change, ...]:
    """Return the largest changes since the round before, up or down, the largest first."""
    changes: list[Change] = []
    for row in rows:
        before = old.get(row.org_unit)
        if before is None:
            continue
        for figures, earlier in zip(row.cells, before.cells, strict=True):
            levels = mean_change(figures, earlier)
            if levels:
                step = find_step("change", levels)
                changes.append(Change(row.org_unit or "", figures.competency_id, levels, step))
    changes.sort(key=lambda change: -abs(change.levels))
    return tuple(changes[:_CHANGES_SHOWN])
