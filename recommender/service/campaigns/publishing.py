"""Publishing the drafts of a campaign: each is approved on its own, and each refusal is named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from recommender.errors import ConflictError, InputError, NotFoundError, StaleError
from recommender.service.campaigns.reading import require_campaign
from recommender.service.permissions import Permission
from recommender.service.plans.life import decide_on_plan
from recommender.service.session import Session
from recommender.store.plans.campaigns import list_campaign_plans, note_published


@dataclass(frozen=True)
class Unpublished:
    """A draft that could not be published, whose it is, and why."""

    plan_id: str
    person_id: str
    name: str
    error: ConflictError | StaleError | InputError | NotFoundError


@dataclass(frozen=True)
class Published:
    """How many drafts were published, and which could not be."""

    count: int
    refused: tuple[Unpublished, ...]


def publish_plans(
    session: Session, campaign_id: str, seen: Mapping[str, int | None] | None = None
) -> Published:
    """Approve drafts of a campaign for the principal's party, so that the others can decide.

    These are the plans in `seen`, each in the version that was reviewed, or else as it is now;
    without it all drafts that are not published yet. What cannot be approved is left as it is.

    Raises
    ------
    NotFoundError
        If there is no such campaign, or the principal may not see it; if one of the plans is not
        of the campaign.
    ForbiddenError
        If the principal may approve no plans.
    """
    session.need(Permission.APPROVE_PLANS)
    now = dt.datetime.now(dt.UTC)
    refused: list[Unpublished] = []
    count = 0
    with session.writing() as connection:
        require_campaign(session, connection, campaign_id)
        plans = {
            each.head.plan_id: each
            for each in list_campaign_plans(connection, session.who.scope, campaign_id, limit=None)
        }
        for plan_id in seen or ():
            if plan_id not in plans:
                raise NotFoundError("plan.unknown", plan_id=plan_id)
        if seen is None:
            seen = {plan_id: None for plan_id, each in plans.items() if each.waits}
        for plan_id, version in seen.items():
            head = plans[plan_id].head
            try:
                decide_on_plan(session, plan_id, decision="approved", seen=version)
            except (ConflictError, StaleError, InputError, NotFoundError) as error:
                # refused before anything of it is written
                refused.append(Unpublished(plan_id, head.person_id, head.name, error))
                continue
            note_published(connection, plan_id, at=now)
            count += 1
        session.details = {
            "campaign_id": campaign_id,
            "published": count,
            "refused": len(refused),
        }
    return Published(count, tuple(refused))
