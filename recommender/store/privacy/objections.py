"""Objections to what was proposed automatically, and their answers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.scope import Scope, visible


@dataclass(frozen=True)
class Objection:
    """What somebody objects to, and what was answered.

    Parameters
    ----------
    objection_id : int
        Its number.
    person_id : str
        Who objects.
    plan_id, module_id : str or None
        The plan, the module; without a plan what was recommended is meant, without a module all
        of it.
    party : str
        Who handed it in: ``employee``, or ``hr`` on the person's behalf.
    reason : str
        Why, in the person's words.
    made_at : datetime
        In UTC.
    answer : str or None
        What somebody answered; None while it is open.
    answered_at : datetime or None
        In UTC.
    ref : str
        The person's name in the audit trail.
    """

    objection_id: int
    person_id: str
    plan_id: str | None
    module_id: str | None
    party: str
    reason: str
    made_at: dt.datetime
    answer: str | None
    answered_at: dt.datetime | None
    ref: str


def add_objection(
    connection: sa.Connection,
    person_id: str,
    *,
    plan_id: str | None,
    module_id: str | None,
    party: str,
    reason: str,
    actor: str,
    at: dt.datetime,
) -> int:
    """Store an objection and return its number."""
    table = schema.objection
    return connection.execute(
        table.insert()
        .values(
            person_id=person_id,
            plan_id=plan_id,
            module_id=module_id,
            party=party,
            reason=reason,
            actor=actor,
            made_at=at,
        )
        .returning(table.c.id)
    ).scalar_one()


def find_objection(
    connection: sa.Connection, scope: Scope, objection_id: int, *, lock: bool = False
) -> Objection | None:
    """Return an objection, or None where there is none within the scope.

    With `lock` nobody else answers it until the transaction ends.
    """
    query = _select(scope).where(schema.objection.c.id == objection_id)
    if lock:
        query = query.with_for_update(of=schema.objection)
    row = connection.execute(query).one_or_none()
    return None if row is None else Objection(*row)


def list_objections(
    connection: sa.Connection,
    scope: Scope,
    *,
    person_id: str | None = None,
    answered: bool | None = None,
    after: int = 0,
    limit: int,
) -> list[Objection]:
    """Return objections within a scope, the oldest first.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    scope : Scope
        Whose objections.
    person_id : str, optional
        Only those of this person.
    answered : bool, optional
        Only those that were answered, or only those that were not.
    after : int
        Only those with a higher number than this.
    limit : int
        How many at most.

    Returns
    -------
    list of Objection
        One page.
    """
    objection = schema.objection.c
    query = _select(scope).where(objection.id > after).order_by(objection.id).limit(limit)
    if person_id is not None:
        query = query.where(objection.person_id == person_id)
    if answered is not None:
        query = query.where(objection.answered_at.is_not(None) == answered)
    return [Objection(*row) for row in connection.execute(query)]


def store_answer(
    connection: sa.Connection, objection_id: int, *, answer: str, actor: str, at: dt.datetime
) -> None:
    """Store the answer to an objection, in a transaction that holds its lock."""
    table = schema.objection
    connection.execute(
        table.update()
        .where(table.c.id == objection_id)
        .values(answer=answer, answered_by=actor, answered_at=at)
    )


def _select(scope: Scope) -> sa.Select[*tuple[Any, ...]]:
    objection, person = schema.objection.c, schema.person.c
    return (
        sa.select(
            objection.id,
            objection.person_id,
            objection.plan_id,
            objection.module_id,
            objection.party,
            objection.reason,
            objection.made_at,
            objection.answer,
            objection.answered_at,
            person.ref,
        )
        .select_from(schema.objection.join(schema.person, objection.person_id == person.person_id))
        .where(visible(scope))
    )
