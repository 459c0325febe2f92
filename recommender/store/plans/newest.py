"""The newest plan of each of many people, and what was decided on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.people.people import in_pieces
from recommender.store.plans.decisions import PlanDecision
from recommender.store.plans.versions import CONTENT_CHANGES, PlanHead, select_plans
from recommender.store.scope import Scope, in_unit


def read_newest(
    connection: sa.Connection,
    scope: Scope,
    *,
    org_unit: str | None = None,
    person_ids: Sequence[str] | None = None,
) -> dict[str, PlanHead]:
    """Return the newest plan of each person within a scope; cancelled ones do not count.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    scope : Scope
        Whose plans.
    org_unit : str, optional
        Only those of people of this unit and the units below it.
    person_ids : sequence of str, optional
        Only those of these people, few enough for one statement.

    Returns
    -------
    dict of str to PlanHead
        By person.
    """
    plan = schema.plan.c
    query = select_plans(scope).where(plan.status != "cancelled")
    if org_unit is not None:
        query = query.where(in_unit(org_unit))
    if person_ids is not None:
        query = query.where(plan.person_id.in_(person_ids))
    # of several plans of one person the last stays
    rows = connection.execute(query.order_by(plan.created_at, plan.plan_id))
    return {head.person_id: head for head in (PlanHead(*row) for row in rows)}


def read_decisions_on(
    connection: sa.Connection, plan_ids: Iterable[str]
) -> dict[str, list[PlanDecision]]:
    """Return what was decided on the present content of each of these plans, oldest first."""
    version, decision = schema.plan_version.c, schema.plan_approval.c
    decisions: dict[str, list[PlanDecision]] = {}
    for some in in_pieces(plan_ids):
        content = (
            sa.select(version.plan_id, sa.func.max(version.version).label("version"))
            .where(version.plan_id.in_(some), version.change.in_(CONTENT_CHANGES))
            .group_by(version.plan_id)
            .subquery()
        )
        query = (
            sa.select(
                decision.plan_id,
                decision.id,
                decision.version,
                decision.party,
                decision.decision,
                decision.comment,
                decision.decided_at,
            )
            .join(
                content,
                sa.and_(
                    decision.plan_id == content.c.plan_id, decision.version == content.c.version
                ),
            )
            .order_by(decision.id)
        )
        for plan_id, *row in connection.execute(query):
            decisions.setdefault(plan_id, []).append(PlanDecision(*row))
    return decisions
