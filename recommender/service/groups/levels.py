"""Levels of many people, computed again only for people about whom something has changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.errors import ConflictError, StoreError
from recommender.service.caches import LevelCache
from recommender.service.framework import Framework
from recommender.service.groups.kept_figures import pick_kept
from recommender.service.installation import Service
from recommender.service.levels.standing import read_standing
from recommender.store import Connection, PersonHead, Scope

# people whose ratings are in memory together: those of a large organisation would fill it
_AT_ONCE = 250
# whoever waits has a thread and a connection of the server, which others need
_PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Levels:
    """Levels of people, of shape (n_people, n_competencies); NaN where to be assessed first.

    `day` is that of the assessment, -1 where there is none.
    """

    level: FloatArray
    standard_error: FloatArray
    day: IntArray


def read_levels(
    connection: Connection,
    service: Service,
    people: Sequence[PersonHead],
    *,
    as_of: dt.date,
    scope: Scope,
    cache: LevelCache | None = None,
    also: Sequence[dt.date] = (),
) -> Levels:
    """Return the levels of people on a day, in their order.

    Computing the levels of a whole organisation takes minutes, and hardly anybody's change from
    one question to the next. So they are held with the person's `version`, which counts every
    change of facts; what is not held may be kept in the database, from where the work of a server
    ahead has put it. `people` must have been read with the same connection, so that version and
    facts are of one state; the grade of each is one of the catalogue. `cache` is that of any day
    unless told otherwise. `also` are days that are asked for next, of the same cache: what is kept
    for them is read in the same pass.

    Raises
    ------
    StoreError
        If another thread works out the levels of many people, and has for long.
    """
    framework, cache = service.framework, cache or service.caches.levels
    held, *others = (
        cache.of_day((framework.catalog.digest, day), len(framework.competency_ids))
        for day in (as_of, *also)
    )
    refs = [head.ref for head in people]
    versions = np.array([head.version for head in people], dtype=np.int64)
    figures, missing = held.take(refs, versions)
    is_much = len(missing) > _AT_ONCE
    # other threads that want many wait here, in place of doing the same work
    with _take_turn(cache) if is_much else nullcontext():
        if is_much:
            figures, missing = held.take(refs, versions)  # the thread before may have just done it
        if len(missing):
            some = [people[i] for i in missing.tolist()]
            is_kept, kept = pick_kept(connection, framework, some, [as_of, *also])
            for other, rows, table in zip(others, is_kept[1:], kept[1:], strict=True):
                those = missing[rows]
                other.put(
                    [refs[i] for i in those.tolist()], versions[those], table.compress(rows, axis=1)
                )
            table, rest = kept[0], np.flatnonzero(~is_kept[0])
            table[:, rest] = _work_out(
                connection, framework, [some[i] for i in rest.tolist()], as_of, scope
            )
            figures[:, missing] = table
            held.put([head.ref for head in some], versions[missing], table)
    return Levels(figures[0], figures[1], figures[2].astype(np.int64))


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


@contextmanager
def _take_turn(cache: LevelCache) -> Iterator[None]:
    if not cache.working.acquire(timeout=_PATIENCE_SECONDS):
        raise StoreError("levels.busy")
    try:
        yield
    finally:
        cache.working.release()


def _work_out(
    connection: Connection,
    framework: Framework,
    people: Sequence[PersonHead],
    as_of: dt.date,
    scope: Scope,
) -> FloatArray:
    """Return levels, standard errors and days, of shape (3, n_people, n_competencies)."""
    table = np.empty((3, len(people), len(framework.competency_ids)))
    for start in range(0, len(people), _AT_ONCE):
        names = [head.person_id for head in people[start : start + _AT_ONCE]]
        standing = read_standing(connection, framework, as_of=as_of, person_ids=names, scope=scope)
        row_of = {name: row for row, name in enumerate(standing.people["person_id"])}
        rows = [row_of[name] for name in names]
        levels = standing.levels
        figures = np.stack([levels.level, levels.standard_error, levels.day])[:, rows]
        table[:, start : start + _AT_ONCE] = figures
    return table
