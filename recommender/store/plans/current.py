"""The plan that counts for each of many people."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.people.people import in_pieces
from recommender.store.plans.versions import PlanHead, select_plans
from recommender.store.scope import Scope

# what is in force goes before what is agreed, and that before what is only proposed
COUNTING = ("draft", "approved", "active")


def find_current(
    connection: sa.Connection, scope: Scope, person_ids: Iterable[str]
) -> dict[str, PlanHead]:
    """Return, by person, the plan that counts now; nothing of those who have none.

    That is the one in force, or else the one approved, or else the draft; of several the newest.
    Plans that are done or cancelled do not count.
    """
    plan = schema.plan.c
    rank = sa.case({status: place for place, status in enumerate(COUNTING)}, value=plan.status)
    query = (
        select_plans(scope)
        .where(plan.status.in_(COUNTING))
        .order_by(rank, plan.created_at, plan.plan_id)
    )
    current: dict[str, PlanHead] = {}
    for some in in_pieces(person_ids):
        rows = connection.execute(query.where(plan.person_id.in_(some)))
        # of several the last one stays
        current |= {head.person_id: head for head in (PlanHead(*row) for row in rows)}
    return current
