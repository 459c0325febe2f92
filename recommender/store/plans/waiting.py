"""Plans that wait for somebody: for an approval, or for their review."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.people.people import in_pieces
from recommender.store.plans.campaigns import is_unpublished
from recommender.store.plans.versions import CONTENT_CHANGES
from recommender.store.scope import Scope, visible


@dataclass(frozen=True)
class WaitingPlan:
    """A plan, whose it is, and since when it waits, or until when.

    `on` is the moment its content was made (in UTC), or the day of its review; `version` is that of
    the content where it waits for an approval, else of the plan.
    """

    plan_id: str
    person_id: str
    name: str
    org_unit: str
    grade: str
    ref: str
    version: int
    on: dt.datetime | dt.date


@dataclass(frozen=True)
class PlanSize:
    """How many courses a plan has, and how many hours and how much money they take."""

    modules: int
    hours: float
    cost: float


def list_unapproved(
    connection: sa.Connection, scope: Scope, *, party: str, but_of: str | None
) -> list[WaitingPlan]:
    """Return the drafts that a party has not approved yet, those that wait longest first.

    Without the unpublished ones of a campaign, which wait to be reviewed together, and without
    those of the person `but_of`, for whom the party is another one.
    """
    plan, approval = schema.plan.c, schema.plan_approval.c
    content = _newest_content()
    last_word = (
        sa.select(approval.decision)
        .where(
            approval.plan_id == plan.plan_id,
            approval.version == content.c.version,
            approval.party == party,
        )
        .order_by(approval.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    approved = sa.func.coalesce(last_word, "") == "approved"
    # of most plans the head knows the moment: in a version it stands behind the whole content
    since = sa.case((content.c.version == 1, plan.created_at), else_=_moment_of(content))
    query = (
        _select(content.c.version, since.label("since"))
        .join(content, content.c.plan_id == plan.plan_id)
        .where(visible(scope), plan.status == "draft", ~approved, ~is_unpublished())
        .order_by(sa.text("since"), plan.plan_id)
    )
    if but_of is not None:
        query = query.where(plan.person_id != but_of)
    return [WaitingPlan(*row) for row in connection.execute(query)]


def list_reviews(connection: sa.Connection, scope: Scope, *, until: dt.date) -> list[WaitingPlan]:
    """Return the plans in force whose review is due by a day, the earliest first."""
    plan = schema.plan.c
    query = (
        _select(plan.version, plan.review_on)
        .where(visible(scope), plan.status == "active", plan.review_on <= until)
        .order_by(plan.review_on, plan.plan_id)
    )
    return [WaitingPlan(*row) for row in connection.execute(query)]


def read_sizes(
    connection: sa.Connection, versions: Iterable[tuple[str, int]]
) -> dict[str, PlanSize]:
    """Return how large plans are, by plan, from the versions that their content is from."""
    wanted = dict(versions)
    version = schema.plan_version.c
    sizes: dict[str, PlanSize] = {}
    for some in in_pieces(wanted):
        query = sa.select(version.plan_id, version.body).where(
            sa.or_(
                *(
                    sa.and_(version.plan_id == plan_id, version.version == wanted[plan_id])
                    for plan_id in some
                )
            )
        )
        for plan_id, body in connection.execute(query):
            plan = body["plan"]
            sizes[plan_id] = PlanSize(len(plan["items"]), plan["total_hours"], plan["total_cost"])
    return sizes


def find_contents(connection: sa.Connection, plan_ids: Iterable[str]) -> dict[str, int]:
    """Return by plan the version that its content is from."""
    version = schema.plan_version.c
    query = (
        sa.select(version.plan_id, sa.func.max(version.version))
        .where(version.change.in_(CONTENT_CHANGES))
        .group_by(version.plan_id)
    )
    return {
        plan_id: number
        for some in in_pieces(plan_ids)
        for plan_id, number in connection.execute(query.where(version.plan_id.in_(some)))
    }


def count_by_status(
    connection: sa.Connection, scope: Scope, *, after: dt.date, until: dt.date
) -> dict[str, int]:
    """Count the plans made for a day after one and up to another, by status."""
    plan = schema.plan.c
    query = (
        sa.select(plan.status, sa.func.count())
        .join(schema.person, schema.person.c.person_id == plan.person_id)
        .where(visible(scope), plan.as_of > after, plan.as_of <= until)
        .group_by(plan.status)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _newest_content() -> sa.Subquery:
    version = schema.plan_version.c
    return (
        sa.select(version.plan_id, sa.func.max(version.version).label("version"))
        .join(schema.plan, schema.plan.c.plan_id == version.plan_id)
        .where(schema.plan.c.status == "draft", version.change.in_(CONTENT_CHANGES))
        .group_by(version.plan_id)
        .subquery()
    )


def _moment_of(content: sa.Subquery) -> sa.ScalarSelect[dt.datetime]:
    version = schema.plan_version.c
    return (
        sa.select(version.made_at)
        .where(version.plan_id == content.c.plan_id, version.version == content.c.version)
        .scalar_subquery()
    )


def _select(*columns: sa.ColumnElement[object]) -> sa.Select[*tuple[object, ...]]:
    plan, person, unit = schema.plan.c, schema.person.c, schema.org_unit.c
    return (
        sa.select(
            plan.plan_id,
            plan.person_id,
            person.name,
            unit.path,
            person.grade,
            person.ref,
            *columns,
        )
        .select_from(schema.plan)
        .join(schema.person, person.person_id == plan.person_id)
        .join(schema.org_unit, unit.id == person.org_unit_id)
    )
