"""What is kept of an answer: plans, and what was shown to whom at which rank."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from recommender.results import Gaps, Plan, Recommendations, to_json
from recommender.store import Connection, schema, write_rows


def keep_shown(connection: Connection, found: Iterable[Recommendations]) -> None:
    """Keep which modules were shown to people, at which rank."""
    now = dt.datetime.now(dt.UTC)
    write_rows(
        connection,
        schema.shown,
        [
            {
                "person_id": answer.person_id,
                "module_id": item.module_id,
                "rank": item.rank,
                "objective": answer.objective,
                "expected_gap_closed": item.expected_gap_closed,
                "as_of": answer.as_of,
                "model_id": answer.model_id,
                "catalog_digest": answer.catalog_digest,
                "shown_at": now,
            }
            for answer in found
            for item in answer.recommendations
        ],
    )


def keep_plan(
    connection: Connection, plan: Plan, gaps: Gaps, *, actor: str, party: str = "hr"
) -> None:
    """Keep a new plan, with the gaps it answers, as its first version.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    plan : Plan
        A draft.
    gaps : Gaps
        The person's gaps on the day of the plan.
    actor : str
        Who made it.
    party : str
        Whose part that is: the ``employee``'s, the ``manager``'s or of ``hr``.
    """
    now = dt.datetime.now(dt.UTC)
    head = {
        "plan_id": plan.plan_id,
        "person_id": plan.person_id,
        "as_of": plan.as_of,
        "status": plan.status,
        "model_id": plan.model_id,
        "catalog_digest": plan.catalog_digest,
        "created_at": now,
    }
    first = {
        "plan_id": plan.plan_id,
        "version": 1,
        "change": "created",
        "body": {"plan": to_json(plan), "gaps": to_json(gaps), "party": party},
        "actor": actor,
        "made_at": now,
    }
    write_rows(connection, schema.plan, [head])
    write_rows(connection, schema.plan_version, [first])
