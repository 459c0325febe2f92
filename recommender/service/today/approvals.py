"""Plans that wait for the approval of the party a principal stands for, and for how long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from recommender.service.permissions import Permission
from recommender.service.plans.stored import party_of
from recommender.service.session import Session
from recommender.store.plans.waiting import (
    PlanSize,
    WaitingPlan,
    list_reviews,
    list_unapproved,
    read_sizes,
)
from recommender.working_days import count_working_days, find_zone

DAYS_TO_DECIDE = 5
"""Working days within which a plan is to be approved or sent back."""
REVIEW_AHEAD = dt.timedelta(days=7)
"""So long before its day a review counts as due."""


@dataclass(frozen=True)
class PlanToApprove:
    """A plan that waits since a day, and how many working days more than it should."""

    plan: WaitingPlan
    size: PlanSize
    since: dt.date
    days_over: int


@dataclass(frozen=True)
class Approvals:
    """How many plans wait to be approved, how many too long, since when, and the first of them."""

    count: int
    overdue: int
    earliest: dt.date | None
    plans: tuple[PlanToApprove, ...]


@dataclass(frozen=True)
class Reviews:
    """How many plans in force are to be looked at again within a week, and the first of them."""

    count: int
    plans: tuple[WaitingPlan, ...]


def read_approvals(session: Session, *, limit: int | None = None) -> Approvals:
    """List the drafts that wait for the principal's party, those that wait longest first.

    Drafts of a campaign that are not published yet wait to be reviewed there, and are left out.
    """
    session.need(Permission.READ_PLANS)
    who, country = session.who, session.service.framework.catalog.settings.country
    with session.reading() as connection:
        # of somebody else's plan, whoever that is: one's own is for others to decide on
        party = party_of(who, "")
        waiting = list_unapproved(connection, who.scope, party=party, but_of=who.person_id)
        shown = waiting[:limit]
        sizes = read_sizes(connection, [(plan.plan_id, plan.version) for plan in shown])
    session.saw(plan.ref for plan in shown)
    zone = find_zone(country) or dt.UTC

    @cache
    def days_over(since: dt.date) -> int:
        return max(0, count_working_days(since, session.today, country) - DAYS_TO_DECIDE)

    days = [_day_of(plan, zone) for plan in waiting]
    return Approvals(
        count=len(waiting),
        overdue=sum(days_over(day) > 0 for day in days),
        earliest=min(days, default=None),
        plans=tuple(
            PlanToApprove(plan, sizes[plan.plan_id], day, days_over(day))
            for plan, day in zip(shown, days, strict=False)
        ),
    )


def read_reviews(session: Session, *, limit: int | None = None) -> Reviews:
    """List the plans in force whose review is due within a week or overdue, the earliest first."""
    session.need(Permission.READ_PLANS)
    until = session.today + REVIEW_AHEAD
    with session.reading() as connection:
        due: Sequence[WaitingPlan] = list_reviews(connection, session.who.scope, until=until)
    shown = due[:limit]
    session.saw(plan.ref for plan in shown)
    return Reviews(len(due), tuple(shown))


def _day_of(plan: WaitingPlan, zone: dt.tzinfo) -> dt.date:
    return plan.on.astimezone(zone).date() if isinstance(plan.on, dt.datetime) else plan.on
