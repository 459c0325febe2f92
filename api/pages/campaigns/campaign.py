"""Campaigns as they are found, watched, reviewed and published."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Path, Query, Response

from api.admission import Call
from api.pages.plans.view import Names, explain_problem
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from recommender.errors import InputError
from recommender.service.campaigns.asking import stop_campaign
from recommender.service.campaigns.publishing import Published, publish_plans
from recommender.service.campaigns.reading import (
    get_campaign,
    get_campaigns,
    read_drafts,
    read_failures,
    read_totals,
)
from recommender.service.permissions import Permission

PAGES = Pages()

_A_PAGE = 50
CampaignId = Annotated[str, Path(pattern=r"^campaign-[0-9a-f]{1,31}$")]
_After = Annotated[str, Query(max_length=80)]
# a plan and the version that the page showed
_Seen = Annotated[str, Form(pattern=r"^[A-Za-z0-9-]{1,40}:[0-9]{1,9}$")]


@PAGES.page("GET", "/campaigns", Permission.RUN_CAMPAIGNS)
def list_campaigns_page(
    call: Visited, before: Annotated[str, Query(pattern=r"^(campaign-[0-9a-f]{1,31})?$")] = ""
) -> Response:
    """List campaigns, the newest first."""
    campaigns = get_campaigns(call.session, before=before, limit=_A_PAGE + 1)
    return render(
        call,
        "campaigns/list.html.j2",
        found=campaigns[:_A_PAGE],
        older=campaigns[_A_PAGE - 1].stored.campaign_id if len(campaigns) > _A_PAGE else "",
        names=Names(call),
    )


@PAGES.page("GET", "/campaigns/{campaign_id}", Permission.RUN_CAMPAIGNS)
def show_campaign(call: Visited, campaign_id: CampaignId, after: _After = "") -> Response:
    """Show how far a campaign is, its drafts, and for whom there is none."""
    return _show(call, campaign_id, after=after)


@PAGES.page("GET", "/campaigns/{campaign_id}/progress", Permission.RUN_CAMPAIGNS)
def show_campaign_progress(call: Visited, campaign_id: CampaignId) -> Response:
    """Show how far the drafts are, while they are made; a fragment."""
    campaign = get_campaign(call.session, campaign_id)
    # what has come of it is on the page itself
    headers = {} if campaign.is_under_way else {"HX-Refresh": "true"}
    return render(call, "campaigns/_progress.html.j2", headers=headers, campaign=campaign)


@PAGES.page("POST", "/campaigns/{campaign_id}/stop", Permission.RUN_CAMPAIGNS)
def stop_campaign_page(call: Visited, campaign_id: CampaignId) -> Response:
    """Stop making drafts."""
    stop_campaign(call.session, campaign_id)
    return see_other(call, f"/campaigns/{campaign_id}", said="console.campaign.said_stopped")


@PAGES.page("POST", "/campaigns/{campaign_id}/publication", Permission.APPROVE_PLANS)
def publish_campaign_plans(
    call: Visited,
    campaign_id: CampaignId,
    plans: Annotated[list[_Seen], Form(max_length=_A_PAGE)] = [],  # noqa: B006 - is copied
    everything: Annotated[bool, Form()] = False,
    after: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Publish the drafts that were ticked, or all."""
    if not plans and not everything:
        error = InputError("console.campaign.none-ticked")
        return _show(call, campaign_id, after=after, problem=explain_problem(call, error))
    seen = {
        plan_id: int(version) for plan_id, _, version in (each.partition(":") for each in plans)
    }
    published = publish_plans(call.session, campaign_id, None if everything else seen)
    if published.refused:
        return _show(call, campaign_id, after=after, published=published)
    return see_other(
        call,
        f"/campaigns/{campaign_id}",
        said="console.campaign.said_published",
        count=published.count,
    )


def _show(
    call: Call,
    campaign_id: str,
    *,
    after: str = "",
    problem: tuple[str, str] | None = None,
    published: Published | None = None,
) -> Response:
    """Return the page of a campaign, with what could not be published and why."""
    campaign = get_campaign(call.session, campaign_id)
    drafts = read_drafts(call.session, campaign_id, after=after, limit=_A_PAGE + 1)
    refused = published.refused if published else ()
    return render(
        call,
        "campaigns/campaign.html.j2",
        status=422 if problem else 409 if refused else 200,
        campaign=campaign,
        drafts=drafts[:_A_PAGE],
        after=after,
        further=drafts[_A_PAGE - 1].plan.head.person_id if len(drafts) > _A_PAGE else "",
        totals=read_totals(call.session, campaign_id),
        failures=read_failures(call.session, campaign_id),
        problem=problem,
        published=published,
        refused=[(each, explain_problem(call, each.error)) for each in refused],
        names=Names(call),
    )
