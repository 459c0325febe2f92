"""Where groups of people stand: by unit, by grade, over all; small groups are left out.

Figures are of the people within the principal's scope. An analyst, who may see nobody singly,
gets figures of everybody. What is shown at one time tells nothing about a small group (see
`recommender.service.suppression`), however the questions are combined; two times differ by what
happened in between.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.errors import ConflictError, NotFoundError
from recommender.gaps import GapArrays, find_gaps
from recommender.scoring import BoolArray, FloatArray, IntArray
from recommender.service.access import Permission, Role
from recommender.service.framework import Framework, profiles_in_force
from recommender.service.held_levels import HeldLevels, Levels
from recommender.service.session import Session
from recommender.service.suppression import add_up, choose_shown, find_above
from recommender.store import EVERYONE, Connection, PersonHead, Scope, covers_unit, unit_exists
from recommender.store.people import in_unit, list_people


@dataclass(frozen=True)
class StatisticsRequest:
    """Whom figures are asked of.

    Parameters
    ----------
    as_of : date
        The day.
    org_unit : str or None
        Path of a unit: of it and those below it.
    grade : str or None
        Of this grade.
    """

    as_of: dt.date
    org_unit: str | None = None
    grade: str | None = None


@dataclass(frozen=True)
class Figures:
    """Where a group stands in one competency.

    Parameters
    ----------
    competency_id : str
        The competency.
    n_assessed, n_assess_first : int or None
        People with a valid assessment, and without.
    mean_level, mean_gap, mean_priority : float or None
        In levels, and in weighted levels; None where nobody is assessed.
    share_below_target : float or None
        Of those who are assessed.
    suppressed : bool
        Whether the figures are left out because they, or what they would tell of others, are of
        too few people; all of them are None then.
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
    """A group of people: those of a unit, a grade or both; None for all of them."""

    org_unit: str | None
    grade: str | None
    n_people: int
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


def read_unit_map(
    session: Session, connection: Connection, held: HeldLevels, request: StatisticsRequest
) -> GroupMap:
    """Compare the units below a unit, or all of them.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope, or no such grade.
    """
    stand = _read(session, connection, held, request)
    below = f"{stand.top}/" if stand.top else ""
    rows = [unit for unit in stand.units if unit and unit.startswith(below)]
    return GroupMap(
        stand.row(stand.top, stand.cell),
        tuple(stand.row(unit, stand.cell) for unit in rows),
    )


def read_grade_map(
    session: Session, connection: Connection, held: HeldLevels, request: StatisticsRequest
) -> GroupMap:
    """Compare the grades of a unit, or of all people.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope, or no such grade.
    """
    stand = _read(session, connection, held, request)
    cells = range(1, 1 + len(stand.framework.grade_ids)) if not stand.cell else [stand.cell]
    return GroupMap(
        stand.row(stand.top, stand.cell), tuple(stand.row(stand.top, cell) for cell in cells)
    )


def read_distribution(
    session: Session, connection: Connection, held: HeldLevels, request: StatisticsRequest
) -> tuple[GroupRow, tuple[Distribution, ...]]:
    """Describe how the people of a unit and grade are spread, competency by competency.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope, or no such grade.
    """
    stand = _read(session, connection, held, request)
    row = stand.row(stand.top, stand.cell)
    members = stand.members(stand.top, stand.cell)
    return row, tuple(
        Distribution(
            figures,
            _quartiles(stand.levels.level[members, k], figures),
            _quartiles(stand.gaps.gap[members, k], figures),
        )
        for k, figures in enumerate(row.cells)
    )


@dataclass(frozen=True)
class _Stand:
    framework: Framework
    people: Sequence[PersonHead]
    grades: IntArray
    levels: Levels
    gaps: GapArrays
    units: Sequence[str]  # the first is empty and stands for everybody
    top: str  # the unit that is asked for
    cell: int  # 0 for every grade, else 1 + the position of the one asked for
    n_people: IntArray  # (n_units, 1 + n_grades)
    sums: FloatArray  # (n_units, 1 + n_grades, 5, n_competencies)
    shown: BoolArray  # (n_units, 1 + n_grades, n_competencies)

    def row(self, unit: str, cell: int) -> GroupRow:
        at = self.units.index(unit)
        n_people = int(self.n_people[at, cell])
        return GroupRow(
            org_unit=unit or None,
            grade=self.framework.grade_ids[cell - 1] if cell else None,
            n_people=n_people,
            cells=tuple(
                _describe(name, n_people, self.sums[at, cell, :, k], shown=shown)
                for k, (name, shown) in enumerate(
                    zip(self.framework.competency_ids, self.shown[at, cell].tolist(), strict=True)
                )
            ),
        )

    def members(self, unit: str, cell: int) -> BoolArray:
        inside = np.array(
            [not unit or f"{head.org_unit}/".startswith(f"{unit}/") for head in self.people],
            dtype=bool,
        )
        return inside & (self.grades == cell - 1) if cell else inside


def _read(
    session: Session, connection: Connection, held: HeldLevels, request: StatisticsRequest
) -> _Stand:
    session.need(Permission.READ_STATISTICS)
    framework = session.service.framework
    scope = EVERYONE if session.who.role is Role.ANALYST else session.who.scope
    grade_ids = framework.grade_ids
    if request.grade is not None and request.grade not in grade_ids:
        raise NotFoundError("catalogue.no-grade", grade=request.grade)
    if request.org_unit is not None:
        require_unit(connection, scope, request.org_unit)
    # all that the scope takes in, whatever is asked for: which cells are shown must not depend
    # on the question, or two questions would tell what one leaves out
    people = list_people(connection, scope, limit=None)
    grades = find_grades(framework, people)
    levels, gaps = work_out_gaps(
        connection, framework, held, people, grades, as_of=request.as_of, scope=scope
    )
    units = _list_units(people, scope, request.org_unit)
    position = {unit: i for i, unit in enumerate(units)}
    home = np.array([position[head.org_unit] for head in people], dtype=np.int64)
    assessed = ~np.isnan(gaps.gap)
    measures = np.stack(
        [
            assessed.astype(float),
            np.nan_to_num(levels.level),
            np.nan_to_num(gaps.gap),
            np.nan_to_num(gaps.priority),
            (np.nan_to_num(gaps.gap) > 0).astype(float),
        ],
        axis=1,
    )
    sums = np.zeros((len(units), len(grade_ids), *measures.shape[1:]))
    np.add.at(sums, (home, grades), measures)
    n_people = np.zeros((len(units), len(grade_ids)), dtype=np.int64)
    np.add.at(n_people, (home, grades), 1)
    above = find_above(units)
    table = add_up(sums, above)
    counts = np.rint(table[:, :, 0]).astype(np.int64)
    return _Stand(
        framework=framework,
        people=people,
        grades=grades,
        levels=levels,
        gaps=gaps,
        units=units,
        top=request.org_unit or "",
        cell=0 if request.grade is None else 1 + grade_ids.index(request.grade),
        n_people=add_up(n_people, above),
        sums=table,
        shown=np.stack(
            [choose_shown(counts[:, :, k], above) for k in range(counts.shape[2])], axis=-1
        ),
    )


def require_unit(connection: Connection, scope: Scope, path: str) -> None:
    """Raise a `NotFoundError` unless there is a unit, and some of it lies within a scope."""
    if unit_exists(connection, path) and (
        covers_unit(scope, path)
        or list_people(connection, scope, conditions=[in_unit(path)], limit=1)
    ):
        return
    raise NotFoundError("org-unit.unknown", org_unit=path)


def find_grades(framework: Framework, people: Sequence[PersonHead]) -> IntArray:
    """Return the position of each person's grade.

    Raises
    ------
    ConflictError
        If somebody's grade is not one of the catalogue; it does not say whose.
    """
    position = {grade: i for i, grade in enumerate(framework.grade_ids)}
    unknown = sorted({head.grade for head in people} - position.keys())
    if unknown:
        raise ConflictError("statistics.grades", grades=", ".join(unknown))
    return np.array([position[head.grade] for head in people], dtype=np.int64)


def work_out_gaps(
    connection: Connection,
    framework: Framework,
    held: HeldLevels,
    people: Sequence[PersonHead],
    grades: IntArray,
    *,
    as_of: dt.date,
    scope: Scope,
) -> tuple[Levels, GapArrays]:
    """Compare the levels of people with the targets of their grades."""
    profiles = profiles_in_force(framework, as_of)
    of_grade = [
        [profiles[grade].targets[name] for name in framework.competency_ids]
        for grade in framework.grade_ids
    ]
    targets = np.array([[target.level for target in row] for row in of_grade])[grades]
    weights = np.array([[target.weight for target in row] for row in of_grade])[grades]
    levels = held.read(connection, framework, people, as_of=as_of, scope=scope)
    return levels, find_gaps(levels.level, targets, levels.standard_error, weights=weights)


def _list_units(people: Sequence[PersonHead], scope: Scope, wanted: str | None) -> list[str]:
    """List the units that figures are given of; the first is empty and stands for everybody.

    A unit that the scope takes in only in part is listed if somebody visible belongs to it, and
    the figures are of those.
    """
    units = {head.org_unit for head in people} | ({wanted} if wanted else set())
    for unit in list(units):
        parts = unit.split("/")
        for depth in range(1, len(parts)):
            path = "/".join(parts[:depth])
            if covers_unit(scope, path):
                units.add(path)
    return ["", *sorted(units)]


def _describe(name: str, n_people: int, sums: FloatArray, *, shown: bool) -> Figures:
    if not shown:
        return Figures(name, None, None, None, None, None, None, suppressed=True)
    count = round(float(sums[0]))
    means = [round(float(part) / count, 3) if count else None for part in sums[1:]]
    return Figures(name, count, n_people - count, *means, suppressed=False)


def _quartiles(values: FloatArray, figures: Figures) -> Quartiles | None:
    if not figures.n_assessed:
        return None
    found = np.nanpercentile(values, [25, 50, 75])
    return Quartiles(*(round(float(value), 1) for value in found))
