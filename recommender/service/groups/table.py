"""People within a scope as a table of units by grades, and which of its cells may be shown."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.errors import NotFoundError
from recommender.gaps import STANDINGS, GapArrays, find_gaps, judge_standing
from recommender.service.caches import LevelCache
from recommender.service.framework import Framework, require_grade
from recommender.service.groups.disclosure import add_up, choose_shown, find_above
from recommender.service.groups.levels import Levels, find_grades, read_levels
from recommender.service.groups.quarters import find_quarter_end, list_quarters_before
from recommender.service.installation import Service
from recommender.service.levels.standing import targets_of_grades
from recommender.service.session import Session
from recommender.store import Connection, PersonHead, Scope, covers_unit, org_path, unit_exists
from recommender.store.people.people import in_unit, list_people
from recommender.store.scope import present


@dataclass(frozen=True)
class StatisticsRequest:
    """Whose figures are asked for: a unit with those below it, a grade; of all where None."""

    as_of: dt.date
    org_unit: str | None = None
    grade: str | None = None

    def __post_init__(self) -> None:
        if self.org_unit is not None:  # in the one spelling that units are stored under
            object.__setattr__(self, "org_unit", org_path(self.org_unit))


def at_home(session: Session, request: StatisticsRequest) -> StatisticsRequest:
    """Return a request that begins with the unit a principal is responsible for, if with none."""
    if request.org_unit is None and session.who.org_unit is not None:
        return replace(request, org_unit=session.who.org_unit)
    return request


@dataclass(frozen=True)
class GroupTable:
    """People, and the cells that count them.

    Parameters
    ----------
    framework : Framework
        The catalogue.
    as_of : date
        The day.
    people : sequence of PersonHead
        Everybody within the scope.
    home, grades : ndarray of shape (n_people,)
        Positions of their units and grades.
    levels, gaps : Levels, GapArrays
        Where they stand.
    units : sequence of str
        Paths; the first is empty and stands for everybody.
    top : str
        The unit that is asked for.
    cell : int
        0 for all grades, else one more than the position of the grade that is asked for.
    n_people : ndarray of shape (n_units, 1 + n_grades)
        People of a unit and those below it; of all grades, then grade by grade.
    sums : ndarray of shape (n_units, 1 + n_grades, 5, n_competencies)
        Over the people who are assessed: how many, their levels, gaps and priorities, and how
        many have a gap to speak of.
    shown : ndarray of shape (n_units, 1 + n_grades, n_competencies)
        Which cells may be shown.
    """

    framework: Framework
    as_of: dt.date
    people: Sequence[PersonHead]
    home: IntArray
    grades: IntArray
    levels: Levels
    gaps: GapArrays
    units: Sequence[str]
    top: str
    cell: int
    n_people: IntArray
    sums: FloatArray
    shown: BoolArray

    def members(self, unit: str, cell: int) -> BoolArray:
        """Say who belongs to a cell."""
        # with the slash: the unit "a/b" is not below "a/bc"
        inside = np.array(
            [not unit or f"{each}/".startswith(f"{unit}/") for each in self.units], dtype=bool
        )[self.home]
        return inside & (self.grades == cell - 1) if cell else inside


def read_group_table(
    connection: Connection,
    service: Service,
    request: StatisticsRequest,
    *,
    scope: Scope,
    today: dt.date,
    by_quarter: bool,
    beside: GroupTable | None = None,
) -> GroupTable:
    """Read where the people of a scope stand; the cells are the same whatever is asked for.

    With `by_quarter`, the day is the end of a quarter, and what is shown tells nothing of a small
    group either when it is put beside what is shown at the ends of earlier ones. Whoever has left
    by `today` is not among the people. They are read once for tables of several days: with the same
    connection, of the same principal, the first of these is handed over as `beside`.

    Raises
    ------
    NotFoundError
        If there is no such unit within the scope, or no such grade.
    ConflictError
        If somebody's grade is not one of the catalogue.
    """
    framework = service.framework
    grade_ids = framework.grade_ids
    if request.grade is not None:
        require_grade(framework, request.grade)
    if request.org_unit is not None:
        require_unit(connection, scope, request.org_unit)
    # Who has left by today is in no table, those of earlier days included: no two of them differ
    # by somebody who left in between. Everybody else within the scope, whatever is asked for:
    # which cells are shown must not depend on the question, or two questions together would tell
    # what one leaves out
    people = (
        beside.people
        if beside
        else list_people(connection, scope, conditions=[present(today)], limit=None)
    )
    grades = find_grades(framework, people)
    quarters = list_quarters_before(framework, request.as_of) if by_quarter else []
    levels, gaps = work_out_gaps(
        connection,
        service,
        people,
        grades,
        as_of=request.as_of,
        scope=scope,
        # the ends of earlier rounds, which are asked for together with a day, are no other days
        cache=service.caches.quarters if request.as_of == find_quarter_end(request.as_of) else None,
        also=quarters,
    )
    units = _list_units(people, scope, request.org_unit)
    position = {unit: i for i, unit in enumerate(units)}
    home = np.array([position[head.org_unit] for head in people], dtype=np.int64)
    assessed = ~np.isnan(gaps.gap)
    standing = judge_standing(gaps.gap, near_gap=framework.catalog.settings.near_gap)
    measures = (
        assessed,
        np.where(assessed, levels.level, 0.0),
        np.where(assessed, gaps.gap, 0.0),
        np.where(assessed, gaps.priority, 0.0),
        standing == STANDINGS.index("gap"),  # who is near the target is not told as below it
    )
    cells = _Cells(home, grades, (len(units), len(grade_ids)))
    above = find_above(units)
    table = add_up(np.stack([cells.sum(each) for each in measures], axis=2), above)
    counts = [table[:, :, 0]]
    # by what is the same for all quarters, and takes a while
    state = (framework.catalog.digest, request.as_of, cells.digest(people)) if quarters else ()
    for day in quarters:
        changed = service.caches.changes.get((*state, day))
        if changed is None:
            before = read_levels(
                connection, service, people, as_of=day, scope=scope, cache=service.caches.quarters
            )
            changed = cells.sum(_is_changed(before, levels))
            service.caches.changes.put((*state, day), changed)
        # what two tables tell together is of the people of a cell about whom something changed,
        # so these are counted as the people of a table of its own
        counts.append(add_up(changed, above))
    # by who is assessed, competency by competency: the figures are of those only
    shown = choose_shown(np.rint(np.stack(counts, axis=-1)).astype(np.int64), above)
    return GroupTable(
        framework=framework,
        as_of=request.as_of,
        people=people,
        home=home,
        grades=grades,
        levels=levels,
        gaps=gaps,
        units=units,
        top=request.org_unit or "",
        cell=0 if request.grade is None else 1 + grade_ids.index(request.grade),
        n_people=add_up(cells.count(), above),
        sums=table,
        shown=np.logical_and.reduce(shown, axis=-1),
    )


@dataclass(frozen=True)
class _Cells:
    """The cells of units and grades, `shape` of them, and the positions of people in both."""

    home: IntArray
    grades: IntArray
    shape: tuple[int, int]

    @cached_property
    def _cell(self) -> IntArray:
        return self.home * self.shape[1] + self.grades

    def digest(self, people: Sequence[PersonHead]) -> bytes:
        """Tell these people, their versions and their cells from any others."""
        found = hashlib.sha256(repr(self.shape).encode())
        found.update("\n".join([f"{head.ref} {head.version}" for head in people]).encode())
        found.update(self._cell.tobytes())
        return found.digest()

    def count(self) -> IntArray:
        """Count the people of each cell."""
        return np.bincount(self._cell, minlength=math.prod(self.shape)).reshape(self.shape)

    def sum(self, values: FloatArray | BoolArray) -> FloatArray:
        """Sum values of shape (n_people, n_competencies) over the people of each cell."""
        size = math.prod(self.shape)
        # column by column: `np.add.at` takes ten times as long
        sums = [np.bincount(self._cell, column, minlength=size) for column in values.T]
        return np.stack(sums, axis=-1).astype(float).reshape(*self.shape, len(sums))


def _is_changed(before: Levels, after: Levels) -> BoolArray:
    """Say for each person and competency whether another assessment counts than before."""
    neither: BoolArray = np.isnan(before.level) & np.isnan(after.level)
    return ~neither & ((before.level != after.level) | (before.day != after.day))


def require_unit(connection: Connection, scope: Scope, path: str) -> None:
    """Raise a `NotFoundError` unless there is a unit, and some of it lies within a scope."""
    # the scope of a manager covers no unit, but the team may well be in this one
    if unit_exists(connection, path) and (
        covers_unit(scope, path)
        or list_people(connection, scope, conditions=[in_unit(path)], limit=1)
    ):
        return
    raise NotFoundError("org-unit.unknown", org_unit=path)


def work_out_gaps(
    connection: Connection,
    service: Service,
    people: Sequence[PersonHead],
    grades: IntArray,
    *,
    as_of: dt.date,
    scope: Scope,
    cache: LevelCache | None = None,
    also: Sequence[dt.date] = (),
) -> tuple[Levels, GapArrays]:
    """Compare the levels of people with the targets of their grades."""
    targets, weights = targets_of_grades(service.framework, as_of)
    levels = read_levels(
        connection, service, people, as_of=as_of, scope=scope, cache=cache, also=also
    )
    gaps = find_gaps(levels.level, targets[grades], levels.standard_error, weights=weights[grades])
    return levels, gaps


def _list_units(people: Sequence[PersonHead], scope: Scope, wanted: str | None) -> list[str]:
    """List the units that figures are given of; the first is empty and stands for everybody.

    A unit that is only partly within the scope is listed if somebody visible belongs to it; its
    figures are of those people.
    """
    units = {head.org_unit for head in people} | ({wanted} if wanted else set())
    for unit in list(units):
        parts = unit.split("/")
        for depth in range(1, len(parts)):
            path = "/".join(parts[:depth])
            if covers_unit(scope, path):
                units.add(path)
    return ["", *sorted(units)]
