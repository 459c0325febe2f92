"""What is kept of an answer: plans, and what was shown to whom at which rank."""

from __future__ import annotations

import datetime as dt

from recommender.results import Plan, Recommendations, to_json
from recommender.store import Connection, schema, write_rows


def keep_shown(connection: Connection, found: Recommendations) -> None:
    """Keep which modules were shown to a person, at which rank."""
    now = dt.datetime.now(dt.UTC)
    write_rows(
        connection,
        schema.shown,
        [
            {
                "person_id": found.person_id,
                "module_id": item.module_id,
                "rank": item.rank,
                "objective": found.objective,
                "expected_gap_closed": item.expected_gap_closed,
                "as_of": found.as_of,
                "model_id": found.model_id,
                "catalog_digest": found.catalog_digest,
                "shown_at": now,
            }
            for item in found.recommendations
        ],
    )


def keep_plan(connection: Connection, plan: Plan) -> None:
    """Keep a plan and its items."""
    head = {
        name: getattr(plan, name)
        for name in schema.plan.columns.keys()  # noqa: SIM118 - a SQL collection, not a dict
        if name not in ("created_at", "assess_first")
    }
    head |= {"assess_first": list(plan.assess_first), "created_at": dt.datetime.now(dt.UTC)}
    write_rows(connection, schema.plan, [head])
    write_rows(
        connection,
        schema.plan_item,
        [
            {
                "plan_id": plan.plan_id,
                "position": item.order,
                "module_id": item.module_id,
                "hours": item.hours,
                "cost": item.cost,
                "adds": item.adds,
                "starts_on": item.starts_on,
                "ends_on": item.ends_on,
                "offering_id": item.offering_id,
                "competencies": [to_json(served) for served in item.competencies],
            }
            for item in plan.items
        ],
    )
