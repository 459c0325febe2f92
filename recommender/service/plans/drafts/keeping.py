"""Drafts as they are stored: each in place of the caller's earlier one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from recommender.errors import ConflictError, InputError
from recommender.results import Gaps, Plan, to_json
from recommender.service.session import Session
from recommender.store import Connection, schema, write_rows
from recommender.store.plans.versions import NewVersion, add_versions, find_drafts

# as JSON a plan takes several times the memory
_PLANS_AT_ONCE = 100


@dataclass(frozen=True)
class PlanDraft:
    """A plan that is not kept, and the gaps it answers."""

    gaps: Gaps
    plan: Plan


def keep_plans(
    session: Session,
    connection: Connection,
    drafts: Sequence[PlanDraft],
    refused: list[tuple[str, InputError | ConflictError]],
    *,
    party: str,
) -> list[Plan]:
    """Keep drafts, each in place of the caller's earlier one; touched ones are `refused`."""
    kept: list[Plan] = []
    for start in range(0, len(drafts), _PLANS_AT_ONCE):
        some = drafts[start : start + _PLANS_AT_ONCE]
        kept += _keep_some(session, connection, some, refused, party=party)
    return kept


def _keep_some(
    session: Session,
    connection: Connection,
    drafts: Sequence[PlanDraft],
    refused: list[tuple[str, InputError | ConflictError]],
    *,
    party: str,
) -> list[Plan]:
    actor, now = session.who.actor, dt.datetime.now(dt.UTC)
    kept: list[Plan] = []
    remade: list[NewVersion] = []
    heads: list[dict[str, Any]] = []
    first: list[dict[str, Any]] = []
    earlier = find_drafts(connection, [draft.plan.person_id for draft in drafts], actor=actor)
    for draft in drafts:
        plan, person_id = draft.plan, draft.plan.person_id
        head, is_touched = earlier.get(person_id, (None, False))
        if head is not None and is_touched:
            # other people's work: nobody's approval or change is undone without being asked
            error = ConflictError("plan.draft-open", plan_id=head.plan_id, person_id=person_id)
            refused.append((person_id, error))
            continue
        if head is not None:
            plan = replace(plan, plan_id=head.plan_id)
        kept.append(plan)
        body = {"plan": to_json(plan), "gaps": to_json(draft.gaps), "party": party}
        if head is not None:
            remade.append(
                NewVersion(
                    head, "remade", "draft", body, plan.as_of, plan.model_id, plan.catalog_digest
                )
            )
            continue
        heads.append(
            {
                "plan_id": plan.plan_id,
                "person_id": person_id,
                "as_of": plan.as_of,
                "status": plan.status,
                "model_id": plan.model_id,
                "catalog_digest": plan.catalog_digest,
                "created_at": now,
                "review_on": plan.review_on,
            }
        )
        first.append(
            {
                "plan_id": plan.plan_id,
                "version": 1,
                "change": "created",
                "body": body,
                "actor": actor,
                "made_at": now,
            }
        )
    write_rows(connection, schema.plan, heads)
    write_rows(connection, schema.plan_version, first)
    add_versions(connection, remade, actor=actor, at=now)
    return kept
