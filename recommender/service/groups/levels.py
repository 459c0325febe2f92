"""Levels of many people, computed again only for people about whom something has changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.service.caches import LevelCache, LevelRow
from recommender.service.framework import Framework
from recommender.service.installation import Service
from recommender.service.levels.standing import read_standing
from recommender.store import Connection, PersonHead, Scope

# people whose ratings are in memory together: those of a large organisation would fill it
_AT_ONCE = 250


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
) -> Levels:
    """Return the levels of people on a day, in their order.

    Computing the levels of a whole organisation takes seconds, and hardly anybody's change from
    one question to the next. So they are held with the person's `version`, which counts every
    change of facts. `people` must have been read with the same connection, so that version and
    facts are of one state; the grade of each is one of the catalogue. `cache` is that of any day
    unless told otherwise.
    """
    framework, cache = service.framework, cache or service.caches.levels
    held = cache.of_day((framework.catalog.digest, as_of))
    rows = _pick(held, people)
    if len(people) - len(rows) > _AT_ONCE:
        # other threads that want them wait here, in place of doing the same work
        with cache.working:
            rows = _pick(held, people)  # the thread before may have just computed them
            rows |= _work_out(connection, framework, held, people, rows, as_of, scope)
    else:
        rows |= _work_out(connection, framework, held, people, rows, as_of, scope)
    # of nobody, too, these are arrays with a column a competency
    shape = (len(people), len(framework.competency_ids))
    return Levels(
        np.array([rows[head.ref][1] for head in people]).reshape(shape),
        np.array([rows[head.ref][2] for head in people]).reshape(shape),
        np.array([rows[head.ref][3] for head in people], dtype=np.int64).reshape(shape),
    )


def _pick(held: dict[str, LevelRow], people: Sequence[PersonHead]) -> dict[str, LevelRow]:
    rows = ((head, held.get(head.ref)) for head in people)
    return {head.ref: row for head, row in rows if row is not None and row[0] == head.version}


def _work_out(
    connection: Connection,
    framework: Framework,
    held: dict[str, LevelRow],
    people: Sequence[PersonHead],
    known: Collection[str],
    as_of: dt.date,
    scope: Scope,
) -> dict[str, LevelRow]:
    missing = [head for head in people if head.ref not in known]
    computed: dict[str, LevelRow] = {}
    for start in range(0, len(missing), _AT_ONCE):
        some = missing[start : start + _AT_ONCE]
        names = [head.person_id for head in some]
        standing = read_standing(connection, framework, as_of=as_of, person_ids=names, scope=scope)
        row_of = {name: row for row, name in enumerate(standing.people["person_id"])}
        for head in some:
            row = row_of[head.person_id]
            # copies: a view of one row would keep the arrays of all in memory
            level = standing.levels.level[row].copy()
            error = standing.levels.standard_error[row].copy()
            day = standing.levels.day[row].copy()
            computed[head.ref] = (head.version, level, error, day)
    held.update(computed)
    return computed
