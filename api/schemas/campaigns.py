"""Shapes of campaigns: plans for many people at once."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, Field

from api.responses import Page, Part, Resource
from api.schemas.common import Body, Day, Hours, Id, Line, Money, MoneyIn, UnitPath
from api.schemas.plan_lists import PlanHeadOut
from recommender.service.campaigns.reading import State

_WHOM = "Competency below whose target people are; null: of any."
_EACH = "For each person; null: what the catalogue sets."
_COST = "CNY for each person; null: no bound."
_ALL = "CNY for all of them together, those who lack most first; null: no bound."


class CampaignIn(Body):
    """For whom drafts are wanted, and within which limits."""

    name: Annotated[Line, Field(max_length=100, description="For HR; it should name nobody.")]
    org_unit: Annotated[
        UnitPath | None,
        Field(description="The unit, those below it included; null: everybody in your care."),
    ] = None
    competency_id: Annotated[Id | None, Field(description=_WHOM)] = None
    grade: Annotated[Id | None, Field(description="Of this grade; null: of all.")] = None
    first: Annotated[
        int | None, Field(ge=1, le=100_000, description="Of those who lack most; null: all.")
    ] = None
    without: Annotated[
        tuple[Id, ...], Field(max_length=1000, description="Staff numbers to leave out.")
    ] = ()
    as_of: Annotated[Day | None, Field(description="The day of the plans; null: today.")] = None
    hours_budget: Annotated[Hours | None, Field(description=_EACH)] = None
    cost_budget: Annotated[MoneyIn | None, Field(description=_COST)] = None
    total_cost: Annotated[MoneyIn | None, Field(description=_ALL)] = None


class CampaignOut(Resource):
    """Plans for many people at once: asked for, and how far they are."""

    campaign_id: str
    name: str
    as_of: dt.date
    org_unit: str | None
    competency_id: Annotated[str | None, Field(description=_WHOM)]
    grade: str | None
    hours_budget: Annotated[float | None, Field(description=_EACH)]
    cost_budget: Annotated[Money | None, Field(description=_COST)]
    total_cost: Annotated[Money | None, Field(description=_ALL)]
    people: Annotated[int, Field(description="How many were chosen.")]
    planned: Annotated[int | None, Field(description="How many got a plan; null until it is done.")]
    refused: Annotated[
        int | None, Field(description="How many did not; the result of the job says why.")
    ]
    unpublished: Annotated[int, Field(description="Drafts that wait to be published.")]
    state: Annotated[
        State,
        Field(
            description="`review` while drafts wait to be published; `empty` where it has no "
            "plans, or none any more, as a later one has made them again."
        ),
    ]
    job_id: Annotated[str, Field(description="The job that makes the plans.")]
    created_at: dt.datetime


class CampaignPage(Page):
    """Campaigns, the newest first."""

    items: list[CampaignOut]


class CampaignPlanOut(PlanHeadOut):
    """A plan of a campaign."""

    published_at: Annotated[dt.datetime | None, Field(description="Null: not published.")]


class CampaignPlanPage(Page):
    """Plans of a campaign, in the order of the staff numbers."""

    items: list[CampaignPlanOut]


class SeenPlanIn(Body):
    """A draft to publish, and the version that was reviewed."""

    plan_id: Id
    version: Annotated[int, Field(ge=1, le=2_000_000_000)]


class PublicationIn(Body):
    """Which drafts of a campaign to publish."""

    plans: Annotated[
        list[SeenPlanIn] | None,
        Field(max_length=1000, description="Those that were reviewed; null: all that wait."),
    ] = None


class UnpublishedOut(Part):
    """A draft that could not be published, and why."""

    plan_id: str
    person_id: str
    code: Annotated[str, Field(description="Stable; the sentences are for people.")]
    message: str
    hint: str


class PublicationOut(BaseModel):
    """How many drafts were published, and which could not be."""

    published: int
    refused: list[UnpublishedOut]
