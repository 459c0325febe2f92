"""Campaigns as they are found and read: how far, what they have made, for whom they could not.

A campaign can be seen by the one who asked for it, by administrators, and by those who are
responsible for its unit; for all others it is unknown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from recommender.errors import NotFoundError
from recommender.service.campaigns.progress import CampaignRefusal, read_refusals
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import Connection
from recommender.store.jobs import JobStatus, StoredJob, read_job
from recommender.store.people.staff import PeopleFilter, search_people
from recommender.store.plans.campaigns import (
    CampaignPlan,
    StoredCampaign,
    count_plans,
    find_campaign,
    list_campaign_plans,
    list_campaigns,
)
from recommender.store.plans.overview import PlanTotals, sum_campaign
from recommender.store.plans.waiting import PlanSize, find_contents, read_sizes

State = Literal["queued", "planning", "failed", "cancelled", "review", "published", "empty"]

_MOST_LISTED = 200


@dataclass(frozen=True)
class Campaign:
    """A campaign, how far it is, and how many of its drafts are still to be published.

    It is `empty` where it made no plans, or has none any more: they belong to the campaign that
    made them last. `done` of `total` people are planned while the job runs; `seconds_left` is how
    long it will still take at the speed so far, None while nobody can tell.
    """

    stored: StoredCampaign
    state: State
    unpublished: int
    done: int = 0
    total: int | None = None
    seconds_left: float | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether plans are still being made."""
        return self.state in ("queued", "planning")


@dataclass(frozen=True)
class DraftRow:
    """A plan of a campaign beside its size."""

    plan: CampaignPlan
    size: PlanSize


def get_campaign(session: Session, campaign_id: str) -> Campaign:
    """Return a campaign.

    Raises
    ------
    NotFoundError
        If there is no such campaign, or the principal may not see it: nobody can tell which.
    """
    with session.reading() as connection:
        stored = require_campaign(session, connection, campaign_id)
        return _describe(connection, [stored])[0]


def get_campaigns(session: Session, *, before: str = "", limit: int) -> list[Campaign]:
    """Return campaigns, the newest first; with `before` only those that are older than it."""
    _need(session)
    with session.reading() as connection:
        who = session.who
        campaigns = list_campaigns(connection, who.scope, who.actor, before=before, limit=limit)
        return _describe(connection, campaigns)


def list_unpublished(session: Session, *, limit: int) -> list[Campaign]:
    """Return the campaigns whose drafts wait to be reviewed and published, the newest first."""
    if not _permissions() <= session.who.permissions:
        return []
    campaigns = get_campaigns(session, limit=_MOST_LISTED)
    return [each for each in campaigns if each.state == "review"][:limit]


def read_drafts(
    session: Session, campaign_id: str, *, after: str = "", limit: int
) -> list[DraftRow]:
    """Return the plans of a campaign whose people are within the principal's scope.

    They come in the order of the people's ids, those `after` one.

    Raises
    ------
    NotFoundError
        If there is no such campaign, or the principal may not see it.
    """
    with session.reading() as connection:
        require_campaign(session, connection, campaign_id)
        plans = list_campaign_plans(
            connection, session.who.scope, campaign_id, after=after, limit=limit
        )
        contents = find_contents(connection, [each.head.plan_id for each in plans])
        sizes = read_sizes(connection, contents.items())
    session.saw(each.head.ref for each in plans)
    return [DraftRow(each, sizes[each.head.plan_id]) for each in plans]


def read_totals(session: Session, campaign_id: str) -> PlanTotals:
    """Add up what the plans of a campaign take, of people within the principal's scope.

    Raises
    ------
    NotFoundError
        If there is no such campaign, or the principal may not see it.
    """
    with session.reading() as connection:
        require_campaign(session, connection, campaign_id)
        return sum_campaign(connection, session.who.scope, campaign_id)


def read_failures(session: Session, campaign_id: str) -> Sequence[CampaignRefusal]:
    """Return for whom a campaign could make no plan, and why, 200 people at most.

    They are known as long as its job is kept.

    Raises
    ------
    NotFoundError
        If there is no such campaign, or the principal may not see it.
    """
    with session.reading() as connection:
        stored = require_campaign(session, connection, campaign_id)
        refusals = read_refusals(connection, stored.job_id, session.lang)
        heads = search_people(
            connection,
            session.who.scope,
            PeopleFilter(person_ids=[each.person_id for each in refusals[:_MOST_LISTED]]),
            limit=_MOST_LISTED,
        )
        seen = {head.person_id: head for head in heads}
    shown = [each.named(seen[each.person_id].name) for each in refusals if each.person_id in seen]
    session.saw(seen[each.person_id].ref for each in shown)
    return shown


def require_campaign(session: Session, connection: Connection, campaign_id: str) -> StoredCampaign:
    """Find a campaign that the principal may see.

    Raises
    ------
    NotFoundError
        If there is none: nobody can tell whether it is there.
    """
    _need(session)
    stored = find_campaign(connection, session.who.scope, session.who.actor, campaign_id)
    if stored is None:
        raise NotFoundError("campaign.unknown", campaign_id=campaign_id)
    return stored


def _need(session: Session) -> None:
    # a manager makes plans one by one, and an analyst none
    for permission in sorted(_permissions()):
        session.need(permission)


def _permissions() -> set[Permission]:
    return {Permission.RUN_CAMPAIGNS, Permission.WRITE_PLANS}


def _describe(connection: Connection, stored: Sequence[StoredCampaign]) -> list[Campaign]:
    counts = count_plans(connection, [each.campaign_id for each in stored])
    campaigns: list[Campaign] = []
    for each in stored:
        plans, waiting = counts.get(each.campaign_id, (0, 0))
        if each.planned is not None:
            state: State = "review" if waiting else "published" if plans else "empty"
            campaigns.append(Campaign(each, state, waiting))
            continue
        # a job that is gone without plans has failed, and was deleted after a while
        job = read_job(connection, each.job_id)
        campaigns.append(
            Campaign(
                each,
                _state_of(job),
                0,
                job.done if job else 0,
                job.total if job else None,
                _seconds_left(job) if job else None,
            )
        )
    return campaigns


def _seconds_left(job: StoredJob) -> float | None:
    if not (job.started_at and job.total and job.done):
        return None
    spent = dt.datetime.now(dt.UTC) - job.started_at
    return spent.total_seconds() / job.done * (job.total - job.done)


def _state_of(job: StoredJob | None) -> State:
    if job is None:
        return "failed"
    if job.status is JobStatus.CANCELLED:
        return "cancelled"
    if job.status is JobStatus.QUEUED:
        return "queued"
    return "planning" if job.status is JobStatus.RUNNING else "failed"
