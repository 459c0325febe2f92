"""What was decided and said about plans."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from recommender.store import schema


@dataclass(frozen=True)
class PlanDecision:
    """An approval or a rejection; `version` is the version whose content was decided on."""

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
    connection: sa.Connection, plan_id: str, decision: PlanDecision, *, actor: str
) -> None:
    """Keep an approval or a rejection."""
    connection.execute(
        schema.plan_approval.insert().values(plan_id=plan_id, actor=actor, **decision.__dict__)
    )


def list_decisions(connection: sa.Connection, plan_id: str) -> list[PlanDecision]:
    """Return all approvals and rejections of a plan, oldest first."""
    table = schema.plan_approval.c
    query = sa.select(
        table.version, table.party, table.decision, table.comment, table.decided_at
    ).where(table.plan_id == plan_id)
    return [PlanDecision(*row) for row in connection.execute(query.order_by(table.id))]


def add_comment(
    connection: sa.Connection, plan_id: str, *, party: str, text: str, actor: str, at: dt.datetime
) -> PlanComment:
    """Keep a comment."""
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
    """Return comments on a plan, oldest first, from after one on."""
    table = schema.plan_comment.c
    query = (
        sa.select(table.id, table.party, table.text, table.made_at)
        .where(table.plan_id == plan_id, table.id > after)
        .order_by(table.id)
        .limit(limit)
    )
    return [PlanComment(*row) for row in connection.execute(query)]
