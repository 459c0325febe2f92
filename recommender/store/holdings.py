"""What an installation holds: whether its first steps are done."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.scope import Scope, visible, visible_person_ids


@dataclass(frozen=True)
class Holdings:
    """Whether there are people within a scope, assessments of them, and plans."""

    people: bool = False
    scores: bool = False
    plans: bool = False


def read_holdings(connection: sa.Connection, scope: Scope) -> Holdings:
    """Say whether there is anything of the people within a scope.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    scope : Scope
        Whose people.

    Returns
    -------
    Holdings
        All of it false in an empty installation.
    """
    people = visible_person_ids(scope)

    def is_any(table: sa.Table) -> sa.ColumnElement[bool]:
        return sa.exists().where(table.c.person_id.in_(people))

    scored = sa.or_(
        *(is_any(each) for each in (schema.rating, schema.exam_result, schema.assessment))
    )
    there = sa.exists().where(visible(scope)).select_from(schema.person)
    row = connection.execute(sa.select(there, scored, is_any(schema.plan))).one()
    return Holdings(*map(bool, row))
