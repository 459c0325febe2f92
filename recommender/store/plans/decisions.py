"""Decisions on plans, and comments."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from recommender.store import schema


@dataclass(frozen=True)
class PlanDecision:
    """An approval or a rejection; `version` is the version whose content was decided on."""

    decision_id: int
    version: int
    party: str
    decision: str
    comment: str | None
    decided_at: dt.datetime


@dataclass(frozen=True)
class PlanComment:
    """A remark on a plan."""

    comment_id: int
    party: str
    text: str
    made_at: dt.datetime


def add_decision(
    connection: sa.Connection,
    plan_id: str,
    *,
    version: int,
    party: str,
    decision: str,
    comment: str | None,
    actor: str,
    at: dt.datetime,
) -> PlanDecision:
    """Store an approval or a rejection.

    Parameters
    ----------
    connection : Connection
        In a transaction that holds the lock of the plan.
    plan_id : str
        Which plan.
    version : int
        The version whose content was decided on.
    party, decision, comment, actor : str
        Who decided what, and why.
    at : datetime
        When, in UTC.

    Returns
    -------
    PlanDecision
        As stored, with its number.
    """
    table = schema.plan_approval
    number = connection.execute(
        table.insert()
        .values(
            plan_id=plan_id,
            version=version,
            party=party,
            decision=decision,
            comment=comment,
            actor=actor,
            decided_at=at,
        )
        .returning(table.c.id)
    ).scalar_one()
    return PlanDecision(number, version, party, decision, comment, at)


def list_decisions(
    connection: sa.Connection,
    plan_id: str,
    *,
    version: int | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[PlanDecision]:
    """Return approvals and rejections of a plan, oldest first.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    plan_id : str
        Which plan.
    version : int, optional
        Only decisions on the content of this version.
    after : int
        Only decisions with a higher number than this.
    limit : int, optional
        How many at most; all when not given.

    Returns
    -------
    list of PlanDecision
        One page.
    """
    table = schema.plan_approval.c
    query = sa.select(
        table.id, table.version, table.party, table.decision, table.comment, table.decided_at
    ).where(table.plan_id == plan_id, table.id > after)
    if version is not None:
        # a plan that was edited needs new approvals: those of older content do not count
        query = query.where(table.version == version)
    return [PlanDecision(*row) for row in connection.execute(query.order_by(table.id).limit(limit))]


def add_comment(
    connection: sa.Connection, plan_id: str, *, party: str, text: str, actor: str, at: dt.datetime
) -> PlanComment:
    """Store a comment on a plan."""
    table = schema.plan_comment
    number = connection.execute(
        table.insert()
        .values(plan_id=plan_id, party=party, text=text, actor=actor, made_at=at)
        .returning(table.c.id)
    ).scalar_one()
    return PlanComment(number, party, text, at)


def list_comments(
    connection: sa.Connection, plan_id: str, *, after: int = 0, limit: int
) -> list[PlanComment]:
    """Return comments on a plan, oldest first; only those with a higher number than `after`."""
    # by the last one shown and not by an offset: a new comment does not shift the pages
    table = schema.plan_comment.c
    query = (
        sa.select(table.id, table.party, table.text, table.made_at)
        .where(table.plan_id == plan_id, table.id > after)
        .order_by(table.id)
        .limit(limit)
    )
    return [PlanComment(*row) for row in connection.execute(query)]
