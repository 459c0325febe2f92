"""Asking for a campaign: for whom, within which limits, and what it would come to."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from recommender.errors import ConflictError, InputError
from recommender.service.campaigns.reading import Campaign, get_campaign, require_campaign
from recommender.service.groups.concerned import Concerned, find_concerned
from recommender.service.groups.table import StatisticsRequest, at_home
from recommender.service.jobs.requests import CampaignPart, submit_plans
from recommender.service.permissions import Permission
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts.many import GroupPlans, try_plans
from recommender.service.session import Session
from recommender.store.jobs import ask_to_cancel
from recommender.store.plans.campaigns import insert_campaign, make_campaign_id

# of more people plans are tried for so many of them: it has to be quick, and is an estimate anyway
TRIED = 20
# figures of an estimate that mean something
_DIGITS = 2
MOST_IN_NAME = 100


@dataclass(frozen=True)
class Choice:
    """Whom a campaign is for.

    These are the people of a unit and a grade who are below the target of a competency, or of any;
    of them the `first` so many who lack most, all where None, and none of those `left_out`.
    """

    as_of: dt.date
    org_unit: str | None = None
    competency_id: str | None = None
    grade: str | None = None
    first: int | None = None
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Budget:
    """What each plan may take, and what all of them together may cost; None where no bound.

    Hours of None are the catalogue's default. The money is in CNY.
    """

    hours: float | None = None
    cost: float | None = None
    total_cost: float | None = None


@dataclass(frozen=True)
class Preview:
    """What a campaign would come to.

    Of the `concerned` the first are `listed`, and those of them that are not left out are its
    `people`. For `tried` of these plans were made, not kept: `planned` got one. `expected_hours`
    and `expected_cost` are what the plans of all would take at that rate, within the money that
    there is: about so much where it `is_estimate`, and 0 where none was tried.
    """

    concerned: int
    listed: Sequence[Concerned] = field(repr=False)
    people: Sequence[Concerned] = field(repr=False)
    tried: int
    planned: int
    expected_hours: float
    expected_cost: float

    @property
    def is_estimate(self) -> bool:
        """Whether plans were tried for some of the people only."""
        return self.tried < len(self.people)


def choose_people(session: Session, choice: Choice) -> list[Concerned]:
    """Return the people of a campaign, those who lack most first.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope, no such grade or competency.
    """
    _, _, people = _choose(session, choice)
    return people


def preview_campaign(
    session: Session, choice: Choice, budget: Budget, *, most_tried: int = TRIED
) -> Preview:
    """Say what a campaign would come to; nothing is stored.

    Plans are tried for so many people at most. Of 0 it is at once known whom it is for.

    Raises
    ------
    NotFoundError
        As `choose_people` does.
    InputError
        If a limit is below 0.
    """
    request = _plan_request(budget)
    with session.reading():
        concerned, listed, people = _choose(session, choice)
        # evenly: those who lack most come first, and need most
        step = max(1, math.ceil(len(people) / most_tried)) if most_tried else 1
        tried = people[::step] if most_tried else []
        share = len(tried) / len(people) if tried else 1.0
        made = GroupPlans([], [])
        if tried:
            made = try_plans(
                session,
                request,
                as_of=choice.as_of,
                person_ids=[each.head.person_id for each in tried],
                total_cost=None if budget.total_cost is None else budget.total_cost * share,
            )
    hours = sum(plan.total_hours for plan in made.plans)
    cost = sum(plan.total_cost for plan in made.plans)
    return Preview(
        concerned=concerned,
        listed=listed,
        people=people,
        tried=len(tried),
        planned=len(made.plans),
        expected_hours=_about(hours, share),
        expected_cost=_about(cost, share),
    )


def start_campaign(session: Session, name: str, choice: Choice, budget: Budget) -> Campaign:
    """Queue the plans of a campaign, as drafts that nobody is told of until they are published.

    Raises
    ------
    NotFoundError
        As `choose_people` does.
    InputError
        If it has no name or too long a one, or a limit is below 0.
    ConflictError
        If nobody is chosen, or too many jobs have not ended.
    """
    session.need(Permission.WRITE_PLANS)
    name = " ".join(name.split())
    if not name:
        raise InputError("campaign.no-name", field="#/name")
    if len(name) > MOST_IN_NAME:
        raise InputError("campaign.long-name", field="#/name", most=MOST_IN_NAME, found=len(name))
    request = _plan_request(budget)
    # before anything is written: it takes a second of many people
    people = choose_people(session, choice)
    if not people:
        raise ConflictError("campaign.nobody")
    unit = at_home(session, StatisticsRequest(choice.as_of, choice.org_unit)).org_unit
    with session.writing() as connection:
        campaign_id = make_campaign_id()
        job = submit_plans(
            session,
            request,
            org_unit=unit,
            as_of=choice.as_of,
            campaign=CampaignPart(
                campaign_id, tuple(each.head.person_id for each in people), budget.total_cost
            ),
        )
        insert_campaign(
            connection,
            {
                "campaign_id": campaign_id,
                "name": name,
                "as_of": choice.as_of,
                "org_unit": unit,
                "competency_id": choice.competency_id,
                "grade": choice.grade,
                "people": len(people),
                "budget": asdict(budget),
                "job_id": job.job_id,
                "actor": session.who.actor,
                "created_at": dt.datetime.now(dt.UTC),
            },
        )
        session.details |= {"campaign_id": campaign_id, "people": len(people)}
        return get_campaign(session, campaign_id)


def stop_campaign(session: Session, campaign_id: str) -> Campaign:
    """Stop making plans; none of those made so far is kept. One that has ended stays as it is.

    Raises
    ------
    NotFoundError
        If there is no such campaign, or the principal may not see it.
    """
    with session.writing() as connection:
        stored = require_campaign(session, connection, campaign_id)
        ask_to_cancel(connection, stored.job_id)
        session.details["campaign_id"] = campaign_id
        return get_campaign(session, campaign_id)


def _choose(session: Session, choice: Choice) -> tuple[int, Sequence[Concerned], list[Concerned]]:
    request = at_home(session, StatisticsRequest(choice.as_of, choice.org_unit, choice.grade))
    concerned = find_concerned(session, request, choice.competency_id)
    listed = concerned[: choice.first]
    people = [each for each in listed if each.head.person_id not in choice.left_out]
    return len(concerned), listed, people


def _about(sum_of_some: float, share: float) -> float:
    """Return what the whole would be; of a part not more exactly than can be known."""
    if share == 1.0 or not sum_of_some:
        return sum_of_some
    whole = sum_of_some / share
    return round(whole, _DIGITS - 1 - math.floor(math.log10(whole)))


def _plan_request(budget: Budget) -> PlanRequest:
    limits: dict[str, Any] = asdict(budget)
    for name, limit in limits.items():
        if limit is not None and not limit >= 0:
            raise InputError("campaign.limit", field=f"#/{name}", limit=limit)
    return PlanRequest(hours_budget=budget.hours, cost_budget=budget.cost)
