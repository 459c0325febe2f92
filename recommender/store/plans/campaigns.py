"""Campaigns: plans made for many people at once."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.people.people import in_pieces
from recommender.store.plans.versions import PlanHead, select_plans
from recommender.store.scope import Scope, asked_or_covered

_CAMPAIGN, _LINK = schema.campaign, schema.campaign_plan


@dataclass(frozen=True)
class StoredCampaign:
    """A campaign as stored.

    Parameters
    ----------
    campaign_id, name : str
        Its id, and what people call it.
    as_of : date
        The day that its plans are for.
    org_unit, competency_id, grade : str or None
        Whom it was for: people of the unit, with a gap in the competency, of the grade.
    people : int
        How many people were chosen.
    budget : dict
        Limits of the plans, as asked for.
    job_id : str
        The job that makes the plans.
    planned, refused : int or None
        How many people got a plan, and how many did not; None until the job is done.
    actor : str
        Who asked for it.
    created_at : datetime
        In UTC.
    """

    campaign_id: str
    name: str
    as_of: dt.date
    org_unit: str | None
    competency_id: str | None
    grade: str | None
    people: int
    budget: dict[str, Any]
    job_id: str
    planned: int | None
    refused: int | None
    actor: str
    created_at: dt.datetime


@dataclass(frozen=True)
class CampaignPlan:
    """A plan of a campaign, the person's name and unit, and when it was published, if it was."""

    head: PlanHead
    org_unit: str
    grade: str
    published_at: dt.datetime | None

    @property
    def waits(self) -> bool:
        """Whether it is a draft that is still to be published."""
        return self.published_at is None and self.head.status == "draft"


def make_campaign_id() -> str:
    """Make an id; ids grow with the time."""
    now = dt.datetime.now(dt.UTC)
    return f"campaign-{int(now.timestamp() * 1000):012x}{secrets.token_hex(4)}"


def insert_campaign(connection: sa.Connection, values: Mapping[str, Any]) -> None:
    """Store a campaign that has made no plans yet."""
    connection.execute(_CAMPAIGN.insert().values(**values))


def find_campaign(
    connection: sa.Connection, scope: Scope, actor: str, campaign_id: str
) -> StoredCampaign | None:
    """Return a campaign that an actor asked for or whose unit lies within a scope, or None."""
    query = _select(scope, actor).where(_CAMPAIGN.c.campaign_id == campaign_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else StoredCampaign(**row._mapping)


def list_campaigns(
    connection: sa.Connection, scope: Scope, actor: str, *, before: str = "", limit: int
) -> list[StoredCampaign]:
    """Return such campaigns, the newest first; with `before` only those that are older than it."""
    query = _select(scope, actor).order_by(_CAMPAIGN.c.campaign_id.desc()).limit(limit)
    if before:
        query = query.where(_CAMPAIGN.c.campaign_id < before)
    return [StoredCampaign(**row._mapping) for row in connection.execute(query)]


def end_campaign(
    connection: sa.Connection, campaign_id: str, plan_ids: Sequence[str], *, refused: int
) -> None:
    """Note which plans a campaign has made, in the transaction that stores them."""
    for some in in_pieces(plan_ids):
        # a draft that was made anew leaves the campaign that made it before
        connection.execute(_LINK.delete().where(_LINK.c.plan_id.in_(some)))
        rows = [{"plan_id": plan_id, "campaign_id": campaign_id} for plan_id in some]
        connection.execute(_LINK.insert(), rows)
    connection.execute(
        _CAMPAIGN.update()
        .where(_CAMPAIGN.c.campaign_id == campaign_id)
        .values(planned=len(plan_ids), refused=refused)
    )


def count_plans(
    connection: sa.Connection, campaign_ids: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """Count the plans of campaigns, and the drafts that wait; one without plans is left out."""
    waits = sa.and_(_LINK.c.published_at.is_(None), schema.plan.c.status == "draft")
    query = (
        sa.select(_LINK.c.campaign_id, sa.func.count(), sa.func.sum(sa.case((waits, 1), else_=0)))
        .join(schema.plan, schema.plan.c.plan_id == _LINK.c.plan_id)
        .group_by(_LINK.c.campaign_id)
    )
    return {
        campaign_id: (plans, waiting)
        for some in in_pieces(campaign_ids)
        for campaign_id, plans, waiting in connection.execute(
            query.where(_LINK.c.campaign_id.in_(some))
        )
    }


def list_campaign_plans(
    connection: sa.Connection,
    scope: Scope,
    campaign_id: str,
    *,
    after: str = "",
    limit: int | None,
) -> list[CampaignPlan]:
    """Return the plans of a campaign within a scope, in the order of the people's ids."""
    person, unit = schema.person.c, schema.org_unit.c
    query = (
        select_plans(scope)
        .add_columns(unit.path, person.grade, _LINK.c.published_at)
        .join(schema.org_unit, unit.id == person.org_unit_id)
        .join(_LINK, _LINK.c.plan_id == schema.plan.c.plan_id)
        .where(_LINK.c.campaign_id == campaign_id, person.person_id > after)
        .order_by(person.person_id, schema.plan.c.plan_id)
        .limit(limit)
    )
    return [
        CampaignPlan(PlanHead(*head), path, grade, published_at)
        for *head, path, grade, published_at in connection.execute(query)
    ]


def note_published(connection: sa.Connection, plan_id: str, *, at: dt.datetime) -> None:
    """Note that a plan was published, if it is of a campaign and was not before."""
    connection.execute(
        _LINK.update()
        .where(_LINK.c.plan_id == plan_id, _LINK.c.published_at.is_(None))
        .values(published_at=at)
    )


def find_unpublished(connection: sa.Connection, plan_ids: Sequence[str]) -> set[str]:
    """Return those of the plans that are of a campaign and were not published."""
    query = sa.select(schema.plan.c.plan_id).where(is_unpublished())
    return {
        plan_id
        for some in in_pieces(plan_ids)
        for plan_id in connection.scalars(query.where(schema.plan.c.plan_id.in_(some)))
    }


def is_unpublished() -> sa.ColumnElement[bool]:
    """Return the condition that a plan is of a campaign and was not published."""
    return sa.exists().where(
        _LINK.c.plan_id == schema.plan.c.plan_id, _LINK.c.published_at.is_(None)
    )


def _select(scope: Scope, actor: str) -> sa.Select[Any]:
    return sa.select(_CAMPAIGN).where(asked_or_covered(scope, actor, _CAMPAIGN))
