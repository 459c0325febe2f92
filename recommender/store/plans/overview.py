"""Plans as a list shows them: how far they are, whom they wait for, when they are reviewed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.plans.campaigns import is_unpublished
from recommender.store.plans.current import COUNTING
from recommender.store.plans.versions import CONTENT_CHANGES, PlanHead, select_plans
from recommender.store.scope import Scope, in_unit, visible

PARTIES = ("employee", "manager", "hr")


@dataclass(frozen=True)
class PlanFilter:
    """Which plans are wanted; what is None does not matter.

    Parameters
    ----------
    status : str or None
        In this status.
    awaiting : str or None
        Drafts that this party has not approved; none of a campaign before they are published.
    org_unit : str or None
        Path of a unit: of its people and those of the units below it.
    due_by : date or None
        In force, and to be looked at again by this day.
    """

    status: str | None = None
    awaiting: str | None = None
    org_unit: str | None = None
    due_by: dt.date | None = None


@dataclass(frozen=True)
class PlanSummary:
    """A plan in a list; `approved_by` are the parties that have approved what it says now."""

    head: PlanHead
    org_unit: str
    grade: str
    review_on: dt.date | None
    total_hours: float
    total_cost: float
    expected_gap_closed: float
    approved_by: tuple[str, ...]


def count_plans(connection: sa.Connection, scope: Scope, wanted: PlanFilter) -> int:
    """Return how many plans within a scope are wanted."""
    plans = _narrow(select_plans(scope), wanted).subquery()
    return connection.execute(sa.select(sa.func.count()).select_from(plans)).scalar_one()


def list_summaries(
    connection: sa.Connection, scope: Scope, wanted: PlanFilter, *, skip: int, limit: int
) -> list[PlanSummary]:
    """Return one page of the plans within a scope: the newest first, or what is due first.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    scope : Scope
        Whose plans.
    wanted : PlanFilter
        Which of them.
    skip, limit : int
        How many to leave out before the page, and how many it has at most.

    Returns
    -------
    list of PlanSummary
        In the order of the list.
    """
    plan, person, unit = schema.plan.c, schema.person.c, schema.org_unit.c
    newest = plan.created_at.desc(), plan.plan_id.desc()
    order = newest if wanted.due_by is None else (_said("review_on"), *newest)
    page = _narrow(select_plans(scope), wanted).order_by(*order).offset(skip).limit(limit)
    heads = [PlanHead(*row) for row in connection.execute(page)]
    # in a second step: whoever sorts all plans is not to open what each of them says
    query = (
        sa.select(
            plan.plan_id,
            unit.path,
            person.grade,
            _said("review_on"),
            _said("total_hours"),
            _said("total_cost"),
            _said("expected_gap_closed"),
            *(_is_approved(party) for party in PARTIES),
        )
        .select_from(
            schema.plan.join(schema.person, plan.person_id == person.person_id).join(
                schema.org_unit, person.org_unit_id == unit.id
            )
        )
        .where(plan.plan_id.in_([head.plan_id for head in heads]))
    )
    facts: dict[str, Sequence[Any]] = {row[0]: row[1:] for row in connection.execute(query)}
    return [_summarise(head, facts[head.plan_id]) for head in heads]


def _summarise(head: PlanHead, facts: Sequence[Any]) -> PlanSummary:
    unit, grade, review_on, hours, cost, closed, *approved = facts
    return PlanSummary(
        head,
        unit,
        grade,
        None if review_on is None else dt.date.fromisoformat(review_on),
        hours,
        cost,
        closed,
        tuple(party for party, is_approved in zip(PARTIES, approved, strict=True) if is_approved),
    )


def _narrow(query: sa.Select[Any], wanted: PlanFilter) -> sa.Select[Any]:
    plan, person = schema.plan.c, schema.person.c
    if wanted.status is not None:
        query = query.where(plan.status == wanted.status)
    if wanted.org_unit is not None:
        query = query.where(in_unit(wanted.org_unit))
    if wanted.awaiting is not None:
        # the drafts of a campaign wait there until they are published
        query = query.where(
            plan.status == "draft", ~_is_approved(wanted.awaiting), ~is_unpublished()
        )
        if wanted.awaiting == "manager":
            query = query.where(person.manager_id.is_not(None))
    if wanted.due_by is not None:
        query = query.where(
            plan.status == "active", _said("review_on") <= wanted.due_by.isoformat()
        )
    return query


@dataclass(frozen=True)
class PlanTotals:
    """How many plans there are, and what they take together, in hours and CNY."""

    plans: int
    hours: float
    cost: float


def sum_campaign(connection: sa.Connection, scope: Scope, campaign_id: str) -> PlanTotals:
    """Add up the plans of a campaign within a scope, but for those that were cancelled."""
    link, plan, person = schema.campaign_plan.c, schema.plan.c, schema.person.c
    query = (
        sa.select(
            sa.func.count(), sa.func.sum(_said("total_hours")), sa.func.sum(_said("total_cost"))
        )
        .select_from(
            schema.campaign_plan.join(schema.plan, plan.plan_id == link.plan_id).join(
                schema.person, person.person_id == plan.person_id
            )
        )
        .where(link.campaign_id == campaign_id, plan.status != "cancelled", visible(scope))
    )
    count, hours, cost = connection.execute(query).one()
    return PlanTotals(count, hours or 0.0, cost or 0.0)


def list_plan_hours(connection: sa.Connection, scope: Scope) -> dict[str, float]:
    """Return, by person within a scope, the hours of the plan that counts now; see `find_current`.

    Drafts of a campaign that are not published are nobody's plan yet.
    """
    plan = schema.plan.c
    rank = sa.case({status: place for place, status in enumerate(COUNTING)}, value=plan.status)
    query = (
        sa.select(plan.person_id, _said("total_hours"))
        .select_from(schema.plan.join(schema.person, plan.person_id == schema.person.c.person_id))
        .where(visible(scope), plan.status.in_(COUNTING), ~is_unpublished())
        .order_by(rank, plan.created_at, plan.plan_id)
    )
    # of several plans the last one stays
    return {person_id: hours or 0.0 for person_id, hours in connection.execute(query)}


def _content() -> sa.ScalarSelect[int]:
    """Return the query of the version that the items of a plan are from."""
    version = schema.plan_version.alias("content").c
    return (
        sa.select(sa.func.max(version.version))
        .where(version.plan_id == schema.plan.c.plan_id, version.change.in_(CONTENT_CHANGES))
        .correlate(schema.plan)
        .scalar_subquery()
    )


def _said(name: str) -> sa.ScalarSelect[Any]:
    """Return the query of a day or a figure of what a plan says now."""
    version = schema.plan_version.c
    value = version.body["plan"][name]
    typed = value.as_string() if name == "review_on" else value.as_float()
    return (
        sa.select(typed)
        .where(version.plan_id == schema.plan.c.plan_id, version.version == _content())
        .correlate(schema.plan)
        .scalar_subquery()
    )


def _is_approved(party: str) -> sa.ColumnElement[bool]:
    """Return the condition that the last word of a party on what a plan says is an approval."""
    approval = schema.plan_approval.c
    last = (
        sa.select(approval.decision)
        .where(
            approval.plan_id == schema.plan.c.plan_id,
            approval.party == party,
            approval.version == _content(),
        )
        .order_by(approval.id.desc())
        .limit(1)
        .correlate(schema.plan)
        .scalar_subquery()
    )
    return sa.func.coalesce(last, "") == "approved"
