"""Where groups of people stand: by unit, by grade, over all; small groups are left out.

Figures are of the people within the principal's scope; an analyst's are of everybody. What is shown
tells nothing about a small group, however the questions are combined (see
`recommender.service.groups.disclosure`). Two days differ by what happened in between, so who may
see no single person gets the ends of quarters only, where nothing can be told of fewer than five
people of whom another assessment counts. Units and grades are those of today, and assessments may
come late: so for these readers all counts go in steps of five, and means in tenths.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from recommender.arrays import FloatArray
from recommender.service.groups.quarters import find_quarter_end
from recommender.service.groups.table import GroupTable, StatisticsRequest, read_group_table
from recommender.service.permissions import Permission, Role, round_count
from recommender.service.session import Session
from recommender.store import EVERYONE


@dataclass(frozen=True)
class Figures:
    """Where a group stands in one competency.

    Counts are of people with a valid assessment, and without; all other figures are of those with
    one, and None where there is nobody. For who may see no single person, counts are rounded down
    to a multiple of five, and None below it. Levels and gaps are in levels, priorities in weighted
    levels. `share_below_target` counts those whose standing is `gap`: who is near a target is not
    told as below it. All are None where they are `suppressed`: they, or what they would tell of
    others, are of too few people.
    """

    competency_id: str
    n_assessed: int | None
    n_assess_first: int | None
    mean_level: float | None
    mean_gap: float | None
    mean_priority: float | None
    share_below_target: float | None
    suppressed: bool


@dataclass(frozen=True)
class GroupRow:
    """A group of people on a day: those of a unit, a grade or both; None for all of them.

    `as_of` is the day that was asked for, or the end of a quarter before it. `n_people` is rounded
    as the counts of `Figures` are.
    """

    as_of: dt.date
    org_unit: str | None
    grade: str | None
    n_people: int | None
    cells: tuple[Figures, ...]


@dataclass(frozen=True)
class GroupMap:
    """A group and its parts."""

    total: GroupRow
    rows: tuple[GroupRow, ...]


@dataclass(frozen=True)
class Quartiles:
    """Lower quartile, median and upper quartile, to a tenth: no single person's exact level."""

    lower: float
    median: float
    upper: float


@dataclass(frozen=True)
class Distribution:
    """How a group is spread in one competency; quartiles are None where there are no figures."""

    figures: Figures
    level: Quartiles | None
    gap: Quartiles | None


def read_unit_map(session: Session, request: StatisticsRequest) -> GroupMap:
    """Compare the units below a unit, or all of them.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope, or no such grade.
    """
    return map_units(*read_table(session, request))


def map_units(table: GroupTable, exactly: bool) -> GroupMap:
    """Describe the units of a table below the one that is asked for."""
    below = f"{table.top}/" if table.top else ""
    rows = [unit for unit in table.units if unit and unit.startswith(below)]
    return GroupMap(
        describe_row(table, table.top, table.cell, exactly=exactly),
        tuple(describe_row(table, unit, table.cell, exactly=exactly) for unit in rows),
    )


def read_grade_map(session: Session, request: StatisticsRequest) -> GroupMap:
    """Compare the grades of a unit, or of all people.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope, or no such grade.
    """
    table, exactly = read_table(session, request)
    cells = [table.cell] if table.cell else range(1, 1 + len(table.framework.grade_ids))
    return GroupMap(
        describe_row(table, table.top, table.cell, exactly=exactly),
        tuple(describe_row(table, table.top, cell, exactly=exactly) for cell in cells),
    )


def read_distribution(
    session: Session, request: StatisticsRequest
) -> tuple[GroupRow, tuple[Distribution, ...]]:
    """Describe how the people of a unit and grade are spread, competency by competency.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope, or no such grade.
    """
    table, exactly = read_table(session, request)
    row = describe_row(table, table.top, table.cell, exactly=exactly)
    members = table.members(table.top, table.cell)
    return row, tuple(
        Distribution(
            figures,
            find_quartiles(table.levels.level[members, k], figures),
            find_quartiles(table.gaps.gap[members, k], figures),
        )
        for k, figures in enumerate(row.cells)
    )


def read_table(
    session: Session, request: StatisticsRequest, *, beside: GroupTable | None = None
) -> tuple[GroupTable, bool]:
    """Return the table, and whether its figures may be told as they are.

    The table is not for readers: what may be told of it, and how, `describe_row` says. `beside` is
    one of another day that was read in the same `session.reading()`.
    """
    session.need(Permission.READ_STATISTICS)
    scope = EVERYONE if session.who.role is Role.ANALYST else session.who.scope
    exactly = session.who.sees_people
    if not exactly:
        # of quarters that have ended: one that has not would change from day to day
        day = find_quarter_end(min(request.as_of, session.today))
        request = replace(request, as_of=day)
    with session.reading() as connection:
        table = read_group_table(
            connection,
            session.service,
            request,
            scope=scope,
            today=session.today,
            by_quarter=not exactly,
            beside=beside,
        )
    return table, exactly


def describe_row(table: GroupTable, unit: str, cell: int, *, exactly: bool) -> GroupRow:
    """Return what may be told of a unit and a grade: 0 for all grades, else one more than its."""
    at = table.units.index(unit)
    n_people = int(table.n_people[at, cell])
    names = table.framework.competency_ids
    return GroupRow(
        as_of=table.as_of,
        org_unit=unit or None,
        grade=table.framework.grade_ids[cell - 1] if cell else None,
        n_people=n_people if exactly else round_count(n_people),
        cells=tuple(
            _describe(name, n_people, table.sums[at, cell, :, k], shown=shown, exactly=exactly)
            for k, (name, shown) in enumerate(
                zip(names, table.shown[at, cell].tolist(), strict=True)
            )
        ),
    )


def _describe(name: str, n_people: int, sums: FloatArray, *, shown: bool, exactly: bool) -> Figures:
    if not shown:
        return Figures(name, None, None, None, None, None, None, suppressed=True)
    # the order of `GroupTable.sums`: how many are assessed, then what is averaged over them
    count = round(float(sums[0]))
    digits = 3 if exactly else 1
    means = [round(float(part) / count, digits) if count else None for part in sums[1:]]
    counts = [count, n_people - count]
    told = counts if exactly else [round_count(number) for number in counts]
    return Figures(name, *told, *means, suppressed=False)


def find_quartiles(values: FloatArray, figures: Figures) -> Quartiles | None:
    """Return the quartiles of a group, None where there are no figures of it."""
    # 0 or None where nobody is assessed, None where the figures are suppressed
    if not figures.n_assessed:
        return None
    quartiles = np.nanpercentile(values, [25, 50, 75])
    return Quartiles(*(round(float(value), 1) for value in quartiles))
