"""Campaigns: plans for many people at once, drafted by a job, reviewed, and then published."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Path, Response

from api.admission import Admitted
from api.operations import Operations
from api.responses import Cursor, Fields, Limit, answer, decode_cursor, next_cursor
from api.schemas.campaigns import (
    CampaignIn,
    CampaignOut,
    CampaignPage,
    CampaignPlanOut,
    CampaignPlanPage,
    PublicationIn,
    PublicationOut,
    UnpublishedOut,
)
from api.schemas.common import Id, Strict
from recommender.service.campaigns import publishing, reading
from recommender.service.campaigns.asking import Budget, Choice, start_campaign
from recommender.service.permissions import Permission
from recommender.texts import explain

ROUTES = Operations("campaigns")

CampaignId = Annotated[Id, Path(description="As the answer to the request for it said.")]


def _show(campaign: reading.Campaign) -> CampaignOut:
    stored, budget = campaign.stored, campaign.stored.budget
    return CampaignOut.model_validate(
        {
            **asdict(stored),
            "hours_budget": budget["hours"],
            "cost_budget": budget["cost"],
            "total_cost": budget["total_cost"],
            "state": campaign.state,
            "unpublished": campaign.unpublished,
        }
    )


@ROUTES.operation(
    "POST",
    "/campaigns",
    Permission.RUN_CAMPAIGNS,
    answer=CampaignOut,
    status=202,
    absent=True,
    conflict=True,
    example={},
    body_example={"name": "秋季提升", "org_unit": "南区示例分公司", "hours_budget": 40, "first": 5},
)
def create_campaign(call: Admitted, body: Strict[CampaignIn]) -> Response:
    """Draft plans for those below target, which nobody is asked about until they are published.

    Needs `plans:write`, `people:read` and `assessments:read` as well.
    """
    choice = Choice(
        as_of=body.as_of or call.session.today,
        org_unit=body.org_unit,
        competency_id=body.competency_id,
        grade=body.grade,
        first=body.first,
        left_out=frozenset(body.without),
    )
    budget = Budget(
        hours=body.hours_budget,
        cost=None if body.cost_budget is None else float(body.cost_budget),
        total_cost=None if body.total_cost is None else float(body.total_cost),
    )
    with call.once():
        campaign = start_campaign(call.session, body.name, choice, budget)
        place = f"/v1/campaigns/{campaign.stored.campaign_id}"
        response = answer(call, _show(campaign), status=202, location=place)
    call.state.jobs.wake()
    return response


@ROUTES.operation(
    "GET",
    "/campaigns",
    Permission.RUN_CAMPAIGNS,
    answer=CampaignPage,
    example={"limit": 5},
)
def list_campaigns(
    call: Admitted, fields: Fields = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List the campaigns you asked for or whose unit is in your care, the newest first."""
    (before,) = decode_cursor(cursor, ("",))
    campaigns = reading.get_campaigns(call.session, before=before, limit=limit + 1)
    items, following = next_cursor(campaigns, limit, lambda each: (each.stored.campaign_id,))
    page = CampaignPage(items=[_show(each) for each in items], next=following)
    return answer(call, page, fields=fields)


@ROUTES.operation(
    "GET",
    "/campaigns/{campaign_id}",
    Permission.RUN_CAMPAIGNS,
    answer=CampaignOut,
    absent=True,
)
def read_campaign(call: Admitted, campaign_id: CampaignId, fields: Fields = None) -> Response:
    """Read how far a campaign is; it is cancelled by its job."""
    campaign = reading.get_campaign(call.session, campaign_id)
    return answer(call, _show(campaign), fields=fields)


@ROUTES.operation(
    "GET",
    "/campaigns/{campaign_id}/plans",
    Permission.RUN_CAMPAIGNS,
    answer=CampaignPlanPage,
    absent=True,
)
def list_campaign_plans(
    call: Admitted,
    campaign_id: CampaignId,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List the plans of a campaign, published or not, of the people in your care."""
    (after,) = decode_cursor(cursor, ("",))
    drafts = reading.read_drafts(call.session, campaign_id, after=after, limit=limit + 1)
    items, following = next_cursor(drafts, limit, lambda each: (each.plan.head.person_id,))
    plans = [
        CampaignPlanOut.model_validate(
            {**asdict(each.plan.head), "published_at": each.plan.published_at}
        )
        for each in items
    ]
    return answer(call, CampaignPlanPage(items=plans, next=following), fields=fields)


@ROUTES.operation(
    "POST",
    "/campaigns/{campaign_id}/publication",
    Permission.APPROVE_PLANS,
    answer=PublicationOut,
    absent=True,
    body_example={},
)
def publish_campaign(
    call: Admitted, campaign_id: CampaignId, body: Strict[PublicationIn]
) -> Response:
    """Approve drafts of a campaign for HR; their employees and managers are asked next.

    What cannot be approved is left as it is and reported with the reason. Needs `campaigns:run`,
    too.
    """
    seen = None if body.plans is None else {each.plan_id: each.version for each in body.plans}
    with call.once():
        published = publishing.publish_plans(call.session, campaign_id, seen)
        refused: list[UnpublishedOut] = []
        for each in published.refused:
            message, hint = explain(each.error, call.lang)
            refused.append(
                UnpublishedOut(
                    plan_id=each.plan_id,
                    person_id=each.person_id,
                    code=each.error.code,
                    message=message,
                    hint=hint,
                )
            )
        return answer(call, PublicationOut(published=published.count, refused=refused))
