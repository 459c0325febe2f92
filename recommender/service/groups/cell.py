"""One cell of the heat map: how its people are spread, who lacks most, and which courses help.

People and courses are for readers who may see single people; all others get what
`recommender.service.groups.statistics` tells of a group.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from recommender.arrays import BoolArray
from recommender.candidates import serves_gap
from recommender.gaps import STANDINGS, judge_standing
from recommender.ranking import predict_improvement
from recommender.service.framework import ChangedStandard, find_changed_standards
from recommender.service.groups.concerned import Concerned, find_concerned, position_of
from recommender.service.groups.organisation import share_assessed
from recommender.service.groups.rounds import Round, list_rounds
from recommender.service.groups.statistics import (
    Figures,
    Quartiles,
    describe_row,
    find_quartiles,
    read_table,
)
from recommender.service.groups.table import GroupTable, StatisticsRequest, at_home
from recommender.service.levels.standing import targets_of_grades
from recommender.service.permissions import Permission
from recommender.service.session import Session

BIN_LEVELS = 0.5
"""Width of a bar of the distribution, in levels; the last one takes in the highest level."""
_BINS = np.arange(0.0, 4.0 + BIN_LEVELS, BIN_LEVELS)
_ROUNDS, _PEOPLE, _COURSES = 4, 5, 3


@dataclass(frozen=True)
class TrendPoint:
    """The mean gap of a cell at the end of a round, in levels; None where it is not told."""

    round: Round
    mean_gap: float | None


@dataclass(frozen=True)
class CellCourse:
    """A course for the people of a cell who are below target.

    It serves the gap of so many `people`, whose gaps it is expected to close by so many levels on
    average; None where the model in force knows only the order of courses.
    """

    module_id: str
    people: int
    closes: float | None
    hours: float
    cost: float


@dataclass(frozen=True)
class CellDetail:
    """A unit, or all people, in one competency.

    `histogram` counts the people assessed by steps of `BIN_LEVELS`; `below` are those below target,
    of whom the first are `people`. All three are None where the reader may see no single person,
    or the cell is suppressed. `targets` are the lowest and the highest target of its people.
    `changed_standards` came into force within the trend, and changed the competency.
    """

    as_of: dt.date
    org_unit: str | None
    grade: str | None
    n_people: int | None
    figures: Figures
    share_assessed: float | None
    quartiles: Quartiles | None
    targets: tuple[float, float] | None
    trend: tuple[TrendPoint, ...]
    changed_standards: tuple[ChangedStandard, ...] = ()
    histogram: tuple[int, ...] | None = None
    below: int | None = None
    people: tuple[Concerned, ...] | None = None
    courses: tuple[CellCourse, ...] = ()


def read_cell(
    session: Session, request: StatisticsRequest, competency_id: str, *, everybody: bool = False
) -> CellDetail:
    """Look into one cell of the heat map; with `everybody` all its people below target are listed.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope, no such grade or competency.
    """
    k = position_of(session, competency_id)
    request = at_home(session, request)
    with session.reading():
        table, exactly = read_table(session, request)
        row = describe_row(table, table.top, table.cell, exactly=exactly)
        figures, members = row.cells[k], table.members(table.top, table.cell)
        trend = _find_trend(session, request, table, k, figures)
        detail = CellDetail(
            as_of=table.as_of,
            org_unit=row.org_unit,
            grade=row.grade,
            n_people=row.n_people,
            figures=figures,
            share_assessed=share_assessed(row, figures),
            quartiles=find_quartiles(table.levels.level[members, k], figures),
            targets=None if figures.suppressed else _find_targets(table, members, k),
            trend=trend,
            changed_standards=tuple(
                each
                for each in find_changed_standards(
                    table.framework.catalog,
                    trend[0].round.as_of,
                    table.as_of,
                    grade=request.grade,
                )
                if competency_id in each.competency_ids
            ),
        )
        if figures.suppressed or not session.who.sees_people:
            return detail
        shown = None if everybody else _PEOPLE
        concerned = find_concerned(session, request, competency_id, shown=shown)
    level = table.levels.level[members, k]
    counts, _ = np.histogram(level[~np.isnan(level)], bins=_BINS)
    return replace(
        detail,
        histogram=tuple(counts.tolist()),
        below=len(concerned),
        people=tuple(concerned[:shown]),
        courses=_find_courses(session, table, members, k),
    )


def _find_targets(table: GroupTable, members: BoolArray, k: int) -> tuple[float, float] | None:
    targets, _ = targets_of_grades(table.framework, table.as_of)
    of_members = targets[table.grades[members], k]
    return (float(of_members.min()), float(of_members.max())) if of_members.size else None


def _find_trend(
    session: Session, request: StatisticsRequest, table: GroupTable, k: int, now: Figures
) -> tuple[TrendPoint, ...]:
    """Return the mean gap at the end of the last rounds, the earliest first."""
    # of a round every quarter before it is looked at too, for who may see no single person
    count = _ROUNDS if session.who.sees_people else _ROUNDS // 2
    last, *earlier = list_rounds(session.service.framework, table.as_of, count)
    points = [TrendPoint(last, now.mean_gap)]
    for each in earlier:
        then, exactly = read_table(session, replace(request, as_of=each.as_of), beside=table)
        row = describe_row(then, then.top, then.cell, exactly=exactly)
        points.append(TrendPoint(each, row.cells[k].mean_gap))
    return tuple(reversed(points))


def _find_courses(
    session: Session, table: GroupTable, members: BoolArray, k: int
) -> tuple[CellCourse, ...]:
    """Return the courses that close most of the gaps of those below target, the best first."""
    if Permission.READ_RECOMMENDATIONS not in session.who.permissions:
        return ()
    modules, estimates = table.framework.modules, session.service.estimates
    standing = judge_standing(
        table.gaps.gap[:, k], near_gap=table.framework.catalog.settings.near_gap
    )
    rows = np.flatnonzero(members & (standing == STANDINGS.index("gap")))
    pairs = np.flatnonzero((modules.pair_competency == k) & ~modules.retired[modules.pair_module])
    level, grade = table.levels.level[rows, k], table.grades[rows]
    targets, _ = targets_of_grades(table.framework, table.as_of)
    serves = (
        serves_gap(
            level[:, None],
            targets[grade, k][:, None],
            modules.pair_from[pairs],
            modules.pair_to[pairs],
        )
        & modules.grade_allowed[grade][:, modules.pair_module[pairs]]
    )
    gains = predict_improvement(level, estimates.table[pairs])
    closes = np.where(serves, np.minimum(gains, table.gaps.gap[rows, k][:, None]), 0.0)
    served = serves.sum(axis=0)
    best = np.argsort(-closes.sum(axis=0), kind="stable").tolist()
    return tuple(
        CellCourse(
            modules.ids[modules.pair_module[pairs[i]]],
            int(served[i]),
            float(closes[:, i].sum() / served[i]) if estimates.size_known else None,
            float(modules.hours[modules.pair_module[pairs[i]]]),
            float(modules.cost[modules.pair_module[pairs[i]]]),
        )
        for i in best[:_COURSES]
        if served[i]
    )
