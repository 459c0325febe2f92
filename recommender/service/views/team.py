"""My team in one page: who needs what first, what waits for approval, how far plans have come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from recommender.results import PlanActivity, PlanItem
from recommender.service.groups.table import require_unit
from recommender.service.levels.distance import name_grade
from recommender.service.permissions import Permission, Role
from recommender.service.plans.development.progress import PlanProgress
from recommender.service.plans.development.review import list_reviews
from recommender.service.plans.reasons import name_module
from recommender.service.plans.stored import (
    StoredPlan,
    last_words,
    load_plan,
    missing_parties,
    party_of,
)
from recommender.service.session import Session
from recommender.service.views.directory import Places, find_places
from recommender.store import Connection, PersonHead, org_path
from recommender.store.people.staff import PeopleFilter, search_people
from recommender.store.plans.campaigns import find_unpublished
from recommender.store.plans.newest import read_decisions_on, read_newest
from recommender.store.plans.versions import PlanHead

PER_PAGE = 30
# how far ahead reviews are shown, and how long one that is past is still called for
_AHEAD, _BEHIND = dt.timedelta(days=30), dt.timedelta(days=14)


@dataclass(frozen=True)
class Review:
    """A day on which something in a plan is looked at again; `what` is empty for all of it."""

    on: dt.date
    head: PersonHead
    plan_id: str
    what: str
    is_due: bool


@dataclass(frozen=True)
class TeamMember:
    """A person of a team.

    Parameters
    ----------
    head : PersonHead
        Who.
    grade : str
        Name of the grade.
    places : Places
        Where the person stands.
    plan : PlanHead or None
        The newest that is not cancelled.
    awaiting : tuple of str
        Parties whose approval of it is missing, for a draft.
    awaits_reader : bool
        Whether the reader's is.
    progress : PlanProgress or None
        Of a plan in force.
    next_review : date or None
        The next review of a plan in force that is not over.
    """

    head: PersonHead
    grade: str
    places: Places
    plan: PlanHead | None
    awaiting: tuple[str, ...]
    awaits_reader: bool
    progress: PlanProgress | None
    next_review: dt.date | None


@dataclass(frozen=True)
class Team:
    """A team, or one page of it.

    Parameters
    ----------
    org_unit : str or None
        The unit; None for the direct reports of a manager.
    members : tuple of TeamMember
        Whoever has the largest priority comes first.
    total, page, pages : int
        How many people there are, and which page this is, from 1.
    to_approve : tuple of TeamMember
        Members of this page whose plan waits for the reader.
    reviews : tuple of Review
        Of plans in force of this page: of the last 14 days and the next 30, the earliest first.
    to_assess : tuple of TeamMember
        Members of this page with competencies to assess first, those with the most first.
    without_plan : int
        How many of all of them have a gap and no plan.
    """

    org_unit: str | None
    members: tuple[TeamMember, ...]
    total: int
    page: int
    pages: int
    to_approve: tuple[TeamMember, ...]
    reviews: tuple[Review, ...]
    to_assess: tuple[TeamMember, ...]
    without_plan: int


def read_team(session: Session, *, org_unit: str | None = None, page: int = 1) -> Team:
    """Read a manager's direct reports, or for HR the people of a unit.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope.
    """
    for permission in (
        Permission.READ_PEOPLE,
        Permission.READ_ASSESSMENTS,
        Permission.READ_PLANS,
    ):
        session.need(permission)
    who = session.who
    wanted = PeopleFilter(present_on=session.today)
    unit = org_path(org_unit or who.org_unit or "") or None
    if who.role is Role.MANAGER:
        wanted, unit = PeopleFilter(manager_id=who.person_id, present_on=session.today), None
    elif unit is not None:
        wanted = PeopleFilter(org_unit=unit, present_on=session.today)
    with session.reading() as connection:
        if unit is not None:
            require_unit(connection, who.scope, unit)
        people = search_people(connection, who.scope, wanted, limit=None)
        places = find_places(session, connection, people)
        people.sort(key=lambda head: -places[head.ref].first_priority)
        pages = max(1, -(-len(people) // PER_PAGE))
        page = min(max(1, page), pages)
        shown = people[(page - 1) * PER_PAGE : page * PER_PAGE]
        session.saw(head.ref for head in shown)
        newest = read_newest(connection, who.scope, org_unit=unit)
        without_plan = sum(
            head.person_id not in newest and places[head.ref].gap > 0 for head in people
        )
        plans = {
            head.person_id: newest[head.person_id] for head in shown if head.person_id in newest
        }
        awaiting = _find_awaiting(connection, plans.values())
        in_force = {
            person_id: load_plan(session, connection, plan)
            for person_id, plan in plans.items()
            if plan.status == "active"
        }
    members = tuple(
        _describe(session, head, places[head.ref], plans.get(head.person_id), awaiting, in_force)
        for head in shown
    )
    return Team(
        org_unit=unit,
        members=members,
        total=len(people),
        page=page,
        pages=pages,
        to_approve=tuple(member for member in members if member.awaits_reader),
        reviews=_find_reviews(session, shown, in_force),
        to_assess=tuple(
            sorted(
                (member for member in members if member.places.assess_first),
                key=lambda member: -member.places.assess_first,
            )
        ),
        without_plan=without_plan,
    )


def _find_awaiting(connection: Connection, plans: Iterable[PlanHead]) -> dict[str, tuple[str, ...]]:
    drafts = [plan for plan in plans if plan.status == "draft"]
    # one of a campaign waits for nobody here before it is published
    unpublished = find_unpublished(connection, [plan.plan_id for plan in drafts])
    drafts = [plan for plan in drafts if plan.plan_id not in unpublished]
    decisions = read_decisions_on(connection, [plan.plan_id for plan in drafts])
    return {
        plan.plan_id: missing_parties(plan, last_words(decisions.get(plan.plan_id, [])))
        for plan in drafts
    }


def _describe(
    session: Session,
    head: PersonHead,
    places: Places,
    plan: PlanHead | None,
    awaiting: Mapping[str, tuple[str, ...]],
    in_force: Mapping[str, StoredPlan],
) -> TeamMember:
    missing = awaiting.get(plan.plan_id, ()) if plan else ()
    stored = in_force.get(head.person_id)
    reviews = list_reviews(stored.plan) if stored else ()
    coming = (on for on, _ in reviews if on >= session.today)
    return TeamMember(
        head=head,
        grade=name_grade(session.service.framework, head.grade, session.lang),
        places=places,
        plan=plan,
        awaiting=missing,
        awaits_reader=party_of(session.who, head.person_id) in missing
        and Permission.APPROVE_PLANS in session.who.permissions,
        progress=stored.progress if stored else None,
        next_review=min(coming, default=None),
    )


def _find_reviews(
    session: Session, people: Sequence[PersonHead], in_force: Mapping[str, StoredPlan]
) -> tuple[Review, ...]:
    today = session.today
    reviews = [
        Review(on, head, stored.plan.plan_id, _name_reviewed(session, what), on <= today)
        for head in people
        if (stored := in_force.get(head.person_id))
        for on, what in list_reviews(stored.plan)
        if today - _BEHIND <= on <= today + _AHEAD
    ]
    return tuple(sorted(reviews, key=lambda review: (review.on, review.head.name)))


def _name_reviewed(session: Session, what: PlanItem | PlanActivity | None) -> str:
    if isinstance(what, PlanItem):
        return name_module(session.service.framework, what.module_id, session.lang)
    return "" if what is None else what.title
