"""People as single rows, within a scope."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.scope import Scope, covers_unit, in_unit, visible


class PersonHead(NamedTuple):
    """The row of one person.

    Parameters
    ----------
    person_id, name, org_unit, grade : str
        As imported; `org_unit` is the path.
    manager_id : str or None
        The person's line manager.
    hired_on : date or None
        First day of work.
    left_on : date or None
        The day from which the person is no longer here.
    synthetic : bool
        Whether the person is made up.
    ref : str
        The person's name in the audit trail.
    version : int
        Counts every change of the row and of the facts about the person.
    """

    person_id: str
    name: str
    org_unit: str
    grade: str
    manager_id: str | None
    hired_on: dt.date | None
    left_on: dt.date | None
    synthetic: bool
    ref: str
    version: int


def select_people(scope: Scope) -> sa.Select[*tuple[Any, ...]]:
    """Return the query of `PersonHead` rows within a scope; conditions may be added."""
    person, unit = schema.person.c, schema.org_unit.c
    return (
        sa.select(
            person.person_id,
            person.name,
            unit.path.label("org_unit"),
            person.grade,
            person.manager_id,
            person.hired_on,
            person.left_on,
            person.synthetic,
            person.ref,
            person.version,
        )
        .select_from(schema.person.join(schema.org_unit, person.org_unit_id == unit.id))
        .where(visible(scope))
    )


def find_person(
    connection: sa.Connection, scope: Scope, person_id: str, *, lock: bool = False
) -> PersonHead | None:
    """Return a person, or None where there is none within the scope.

    With `lock` nobody else changes the person, or erases it, until the transaction ends.
    """
    query = _select_one(scope)
    if lock:
        query = query.with_for_update(of=schema.person)
    row = connection.execute(query, {"wanted": person_id}).one_or_none()
    return None if row is None else PersonHead(*row)


@lru_cache(maxsize=4096)
def _select_one(scope: Scope) -> sa.Select[*tuple[Any, ...]]:
    # every request about a person runs this query, and composing it takes longer than running it
    return select_people(scope).where(schema.person.c.person_id == sa.bindparam("wanted"))


def list_people(
    connection: sa.Connection,
    scope: Scope,
    *,
    conditions: Sequence[sa.ColumnElement[bool]] = (),
    after: str = "",
    limit: int | None,
) -> list[PersonHead]:
    """Return people within a scope in the order of their ids; only those after the id `after`."""
    query = (
        select_people(scope)
        .where(schema.person.c.person_id > after, *conditions)
        .order_by(schema.person.c.person_id)
        .limit(limit)
    )
    # a table of a large organisation is made of these: this is the fastest way there
    return [PersonHead._make(row) for row in connection.execute(query).all()]


def reaches_unit(connection: sa.Connection, scope: Scope, path: str) -> bool:
    """Say whether work for a unit may be asked for: all of it, or what of a team is in it."""
    unit = schema.org_unit.c
    if covers_unit(scope, path):
        return connection.scalar(sa.select(unit.id).where(unit.path == path)) is not None
    # no unit lies within the scope of a manager, though some of the team may be in this one
    return scope.reports_of is not None and bool(
        list_people(connection, scope, conditions=[in_unit(path)], limit=1)
    )


def has_synthetic(connection: sa.Connection) -> bool:
    """Say whether any of the people are made up, so that figures of groups may rest on them."""
    synthetic = sa.exists().where(schema.person.c.synthetic)
    return bool(connection.scalar(sa.select(synthetic)))


def read_unit_people(connection: sa.Connection, path: str) -> list[str]:
    """Return the ids of the people of a unit and of the units below it."""
    query = sa.select(schema.person.c.person_id).where(in_unit(path))
    return list(connection.scalars(query))


def read_leavers(connection: sa.Connection, person_ids: Iterable[str]) -> dict[str, dt.date]:
    """Return the day of leaving of those among these people who have one."""
    person = schema.person.c
    query = sa.select(person.person_id, person.left_on).where(person.left_on.is_not(None))
    return {
        row.person_id: row.left_on
        for some in in_pieces(person_ids)
        for row in connection.execute(query.where(person.person_id.in_(some)))
    }


def any_outside(connection: sa.Connection, scope: Scope, refs: Iterable[str]) -> bool:
    """Say whether one of these people is there and not within a scope."""
    person = schema.person.c
    for some in in_pieces(refs):
        there = sa.select(sa.func.count()).where(person.ref.in_(some))
        if connection.scalar(there) != connection.scalar(there.where(visible(scope))):
            return True
    return False


def has_others(connection: sa.Connection, person_ids: Iterable[str], *, unit: str) -> bool:
    """Say whether some of these people are stored but belong neither to a unit nor below it."""
    person = schema.person.c
    query = sa.select(person.person_id).where(sa.not_(in_unit(unit))).limit(1)
    return any(
        connection.scalar(query.where(person.person_id.in_(some))) is not None
        for some in in_pieces(person_ids)
    )


def read_refs(connection: sa.Connection, person_ids: Iterable[str]) -> list[str]:
    """Return the refs of people, by which the audit trail names them; unknown ids are left out."""
    person = schema.person.c
    query = sa.select(person.ref).where(person.ref.is_not(None))
    return [
        ref
        for some in in_pieces(person_ids)
        for ref in connection.scalars(query.where(person.person_id.in_(some)))
    ]


def in_pieces(ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield ids in lists short enough for one statement, each id once."""
    # SQLite before 3.32 takes 999 values in a statement, PostgreSQL's driver 65,535
    distinct = sorted(set(ids))
    for start in range(0, len(distinct), 500):
        yield distinct[start : start + 500]
