"""Enrolments as single rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from recommender.store import schema
from recommender.store.people.people import in_pieces
from recommender.store.scope import Scope, visible


@dataclass(frozen=True)
class StoredEnrolment:
    """A person's enrolment in a module.

    Parameters
    ----------
    person_id, module_id : str
        Who is enrolled in what; together with `enrolled_on` they identify the row.
    offering_id : str or None
        The run of the module, if it is known.
    status : str
        One of ``enrolled``, ``completed``, ``cancelled``, ``no-show``.
    enrolled_on, completed_on : date
        Days; `completed_on` is None unless it is completed.
    version : int
        Counts the changes of the row.
    ref : str
        The person's name in the audit trail.
    """

    person_id: str
    module_id: str
    offering_id: str | None
    status: str
    enrolled_on: dt.date
    completed_on: dt.date | None
    version: int
    ref: str


def find_enrolment(
    connection: sa.Connection, person_id: str, module_id: str, enrolled_on: dt.date
) -> StoredEnrolment | None:
    """Return an enrolment, or None."""
    table = schema.enrolment.c
    query = _select().where(
        table.person_id == person_id,
        table.module_id == module_id,
        table.enrolled_on == enrolled_on,
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else StoredEnrolment(*row)


def list_of_person(
    connection: sa.Connection,
    person_id: str,
    *,
    module_id: str | None = None,
    status: str | None = None,
    after: tuple[dt.date, str] | None = None,
    limit: int,
) -> list[StoredEnrolment]:
    """Return a person's enrolments, newest first.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    person_id : str
        The person.
    module_id, status : str, optional
        Only enrolments in this module, with this status.
    after : tuple of (date, str), optional
        Day and module of the last enrolment of the page before.
    limit : int
        How many at most.

    Returns
    -------
    list of StoredEnrolment
        One page; enrolments of the same day in the order of their modules.
    """
    table = schema.enrolment.c
    query = _select().where(table.person_id == person_id)
    if module_id is not None:
        query = query.where(table.module_id == module_id)
    if status is not None:
        query = query.where(table.status == status)
    if after is not None:
        day, last = after
        # days go down and modules up, so this is no comparison of pairs
        later = sa.and_(table.enrolled_on == day, table.module_id > last)
        query = query.where(sa.or_(table.enrolled_on < day, later))
    query = query.order_by(table.enrolled_on.desc(), table.module_id).limit(limit)
    return [StoredEnrolment(*row) for row in connection.execute(query)]


def list_of_offering(
    connection: sa.Connection,
    scope: Scope,
    offering_id: str,
    *,
    after: tuple[str, dt.date] | None = None,
    limit: int,
) -> list[StoredEnrolment]:
    """Return the enrolments in an offering within a scope, by person and day."""
    table = schema.enrolment.c
    query = _select().where(table.offering_id == offering_id, visible(scope))
    if after is not None:
        person_id, day = after
        later = sa.and_(table.person_id == person_id, table.enrolled_on > day)
        query = query.where(sa.or_(table.person_id > person_id, later))
    query = query.order_by(table.person_id, table.enrolled_on).limit(limit)
    return [StoredEnrolment(*row) for row in connection.execute(query)]


class EnrolmentKey(NamedTuple):
    """An enrolment as a list of completions is compared with it."""

    person_id: str
    module_id: str
    enrolled_on: dt.date
    offering_id: str | None
    status: str
    completed_on: dt.date | None


def list_of_people(connection: sa.Connection, person_ids: Iterable[str]) -> Iterator[EnrolmentKey]:
    """Yield the enrolments of people."""
    table = schema.enrolment.c
    query = sa.select(*(table[name] for name in EnrolmentKey._fields))
    for some in in_pieces(person_ids):
        for row in connection.execute(query.where(table.person_id.in_(some))):
            yield EnrolmentKey(*row)


def is_enrolled(connection: sa.Connection, person_id: str, module_id: str) -> bool:
    """Say whether a person is enrolled in a module and has not finished it."""
    table = schema.enrolment.c
    query = sa.select(table.person_id).where(
        table.person_id == person_id, table.module_id == module_id, table.status == "enrolled"
    )
    return connection.scalar(query.limit(1)) is not None


def insert_enrolment(connection: sa.Connection, values: Mapping[str, Any]) -> bool:
    """Store a new enrolment; return False, and store nothing, if there is one of that key."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(schema.enrolment).values(dict(values))
    # asked back: not every driver counts the rows of such a statement
    stored = statement.on_conflict_do_nothing().returning(schema.enrolment.c.person_id)
    return connection.execute(stored).one_or_none() is not None


def update_enrolment(
    connection: sa.Connection, seen: StoredEnrolment, values: Mapping[str, Any]
) -> bool:
    """Change an enrolment and count the change; return False if somebody changed it meanwhile."""
    table = schema.enrolment
    changed = connection.execute(
        table.update()
        .where(
            table.c.person_id == seen.person_id,
            table.c.module_id == seen.module_id,
            table.c.enrolled_on == seen.enrolled_on,
            # checked and changed in one statement, so that no change of another is overwritten
            table.c.version == seen.version,
        )
        .values(**values, version=table.c.version + 1)
    )
    return changed.rowcount == 1


def _select() -> sa.Select[*tuple[Any, ...]]:
    table, person = schema.enrolment.c, schema.person.c
    return sa.select(
        table.person_id,
        table.module_id,
        table.offering_id,
        table.status,
        table.enrolled_on,
        table.completed_on,
        table.version,
        person.ref,
    ).select_from(schema.enrolment.join(schema.person, table.person_id == person.person_id))
