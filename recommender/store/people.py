"""People as single rows, within a scope."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.scope import Scope, visible


@dataclass(frozen=True)
class PersonHead:
    """One person's row.

    Parameters
    ----------
    person_id, name, org_unit, grade, manager_id, hired_on, synthetic
        As imported; `org_unit` is the path.
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
            person.synthetic,
            person.ref,
            person.version,
        )
        .select_from(schema.person.join(schema.org_unit, person.org_unit_id == unit.id))
        .where(visible(scope))
    )


def find_person(connection: sa.Connection, scope: Scope, person_id: str) -> PersonHead | None:
    """Return a person, or None where there is none within the scope."""
    query = select_people(scope).where(schema.person.c.person_id == person_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else PersonHead(*row)


def list_people(
    connection: sa.Connection,
    scope: Scope,
    *,
    conditions: Sequence[sa.ColumnElement[bool]] = (),
    after: str = "",
    limit: int,
) -> list[PersonHead]:
    """Return people within a scope in the order of their ids, from after one on."""
    query = (
        select_people(scope)
        .where(schema.person.c.person_id > after, *conditions)
        .order_by(schema.person.c.person_id)
        .limit(limit)
    )
    return [PersonHead(*row) for row in connection.execute(query)]
