"""Plans and their versions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.people.people import in_pieces
from recommender.store.scope import EVERYONE, Scope, in_unit, visible
from recommender.store.writes import write_rows

# changes that alter the content of a plan; all others leave its items as they are
CONTENT_CHANGES = ("created", "remade", "edited")
# changes of an activity: it was done, or was not after all
ACTIVITY_CHANGES = ("activity-done", "activity-reopened")


@dataclass(frozen=True)
class PlanHead:
    """A plan without its content.

    Parameters
    ----------
    plan_id, person_id : str
        Its id, and whose plan it is.
    as_of : date
        The day it was made for.
    status : str
        How far it is, from draft to done.
    model_id : str or None
        The model that ranked; None where the catalogue's own estimates did.
    catalog_digest : str
        The catalogue it was made with.
    created_at : datetime
        In UTC.
    version : int
        Number of its newest version.
    ref, manager_id, name : str
        The person's name in the audit trail, manager and name.
    """

    plan_id: str
    person_id: str
    as_of: dt.date
    status: str
    model_id: str | None
    catalog_digest: str
    created_at: dt.datetime
    version: int
    ref: str
    manager_id: str | None
    name: str


@dataclass(frozen=True)
class PlanVersion:
    """One state of a plan, never changed later.

    Parameters
    ----------
    plan_id : str
        The plan.
    version : int
        Its number, from 1.
    change : str
        The change that led to it.
    body : dict
        Plan and gaps after one of `CONTENT_CHANGES`; else only what the change brought.
    actor : str
        Who made the change.
    made_at : datetime
        In UTC.
    """

    plan_id: str
    version: int
    change: str
    body: dict[str, Any]
    actor: str
    made_at: dt.datetime


def select_plans(scope: Scope) -> sa.Select[*tuple[Any, ...]]:
    """Return the query of `PlanHead` rows of the people within a scope."""
    plan, person = schema.plan.c, schema.person.c
    return (
        sa.select(
            plan.plan_id,
            plan.person_id,
            plan.as_of,
            plan.status,
            plan.model_id,
            plan.catalog_digest,
            plan.created_at,
            plan.version,
            person.ref,
            person.manager_id,
            person.name,
        )
        .select_from(schema.plan.join(schema.person, plan.person_id == person.person_id))
        .where(visible(scope))
    )


def find_plan(
    connection: sa.Connection, scope: Scope, plan_id: str, *, lock: bool = False
) -> PlanHead | None:
    """Return a plan, or None where there is none within the scope.

    Parameters
    ----------
    connection : Connection
        Open for reading; in a transaction where `lock` is asked for.
    scope : Scope
        Whose plans.
    plan_id : str
        Which plan.
    lock : bool
        Whether others who want to change it have to wait until the transaction ends.

    Returns
    -------
    PlanHead or None
        Its newest state.
    """
    query = select_plans(scope).where(schema.plan.c.plan_id == plan_id)
    if lock:
        # of the plan alone: the person's row stays free for others. SQLite ignores this; there
        # transactions that write run one after the other anyway
        query = query.with_for_update(of=schema.plan)
    row = connection.execute(query).one_or_none()
    return None if row is None else PlanHead(*row)


def list_plans(
    connection: sa.Connection,
    scope: Scope,
    *,
    person_id: str | None = None,
    status: str | None = None,
    org_unit: str | None = None,
    after: tuple[dt.datetime, str] | None = None,
    limit: int,
) -> list[PlanHead]:
    """Return plans within a scope, newest first.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    scope : Scope
        Whose plans.
    person_id, status : str, optional
        Only those of a person, in a status.
    org_unit : str, optional
        Only those of people of this unit and the units below it.
    after : tuple of datetime and str, optional
        When the last plan of the page before was created, and its id.
    limit : int
        How many at most.

    Returns
    -------
    list of PlanHead
        One page.
    """
    plan = schema.plan.c
    query = select_plans(scope)
    if person_id is not None:
        query = query.where(plan.person_id == person_id)
    if status is not None:
        query = query.where(plan.status == status)
    if org_unit is not None:
        query = query.where(in_unit(org_unit))
    if after is not None:
        at, plan_id = after
        query = query.where(
            # plans for a group are made in the same moment: the id decides between them
            sa.or_(plan.created_at < at, sa.and_(plan.created_at == at, plan.plan_id < plan_id))
        )
    query = query.order_by(plan.created_at.desc(), plan.plan_id.desc()).limit(limit)
    return [PlanHead(*row) for row in connection.execute(query)]


def find_drafts(
    connection: sa.Connection, person_ids: Iterable[str], *, actor: str
) -> dict[str, tuple[PlanHead, bool]]:
    """Return the newest draft that an actor made for each of these people.

    Parameters
    ----------
    connection : Connection
        In the transaction that is to change them.
    person_ids : iterable of str
        For whom.
    actor : str
        Who made them.

    Returns
    -------
    dict of str to tuple
        By person the draft, and whether anybody has edited, decided or commented on it.
    """
    plan, version, comment = schema.plan.c, schema.plan_version.c, schema.plan_comment.c
    made = sa.select(version.plan_id).where(version.version == 1, version.actor == actor)
    touched = sa.or_(
        sa.exists().where(
            version.plan_id == plan.plan_id, version.change.not_in(("created", "remade"))
        ),
        sa.exists().where(comment.plan_id == plan.plan_id),
    )
    query = (
        select_plans(EVERYONE)
        .add_columns(touched)
        .where(plan.status == "draft", plan.plan_id.in_(made))
        .order_by(plan.created_at)
    )
    drafts: dict[str, tuple[PlanHead, bool]] = {}
    for some in in_pieces(person_ids):
        for *row, is_touched in connection.execute(query.where(plan.person_id.in_(some))):
            head = PlanHead(*row)
            drafts[head.person_id] = head, is_touched
    return drafts


def find_previous(connection: sa.Connection, person_ids: Iterable[str]) -> dict[str, PlanHead]:
    """Return the newest plan of each of these people that is in force or done."""
    plan = schema.plan.c
    query = (
        select_plans(EVERYONE)
        .where(plan.status.in_(("active", "done")))
        .order_by(plan.created_at, plan.plan_id)
    )
    heads: dict[str, PlanHead] = {}
    for some in in_pieces(person_ids):
        rows = connection.execute(query.where(plan.person_id.in_(some)))
        # of several the last one stays
        heads |= {head.person_id: head for head in (PlanHead(*row) for row in rows)}
    return heads


@dataclass(frozen=True)
class NewVersion:
    """The next version of a plan, and what the plan is from then on.

    Parameters
    ----------
    head : PlanHead
        The plan as it was.
    change : str
        What happened.
    status : str
        The plan's status from now on.
    body : mapping
        Content of the version; see `PlanVersion`.
    as_of : date
        The day that the plan is for from now on.
    model_id, catalog_digest : str
        The model and the catalogue that it rests on from now on.
    """

    head: PlanHead
    change: str
    status: str
    body: Mapping[str, Any]
    as_of: dt.date
    model_id: str | None
    catalog_digest: str


def add_versions(
    connection: sa.Connection, added: Collection[NewVersion], *, actor: str, at: dt.datetime
) -> None:
    """Add the next version of each of some plans.

    Parameters
    ----------
    connection : Connection
        In a transaction that holds the locks of the plans.
    added : collection of NewVersion
        One a plan.
    actor : str
        Who made the change.
    at : datetime
        When, in UTC.
    """
    versions: list[dict[str, Any]] = []
    heads: list[dict[str, Any]] = []
    reviews: list[dict[str, Any]] = []
    for each in added:
        # no two can take the same number: the caller holds the lock of the plan
        number = {"version": each.head.version + 1}
        said = {"change": each.change, "body": dict(each.body), "actor": actor, "made_at": at}
        versions.append({"plan_id": each.head.plan_id, **number, **said})
        basis = {"model_id": each.model_id, "catalog_digest": each.catalog_digest}
        state = {"status": each.status, "as_of": each.as_of, **basis}
        heads.append({"of": each.head.plan_id, **number, **state})
        if "plan" in each.body:  # the content is another one
            on = each.body["plan"]["review_on"]
            review_on = None if on is None else dt.date.fromisoformat(on)
            reviews.append({"of": each.head.plan_id, "review_on": review_on})
    write_rows(connection, schema.plan_version, versions)
    of_each = schema.plan.update().where(schema.plan.c.plan_id == sa.bindparam("of"))
    for changed in (heads, reviews):
        if changed:
            connection.execute(of_each, changed)


def read_version(connection: sa.Connection, plan_id: str, version: int) -> PlanVersion:
    """Return one version of a plan, which has to exist."""
    (stored,) = read_versions(connection, plan_id, after=version - 1, limit=1)
    return stored


def read_versions(
    connection: sa.Connection,
    plan_id: str,
    *,
    after: int = 0,
    change: str | None = None,
    limit: int | None = None,
) -> list[PlanVersion]:
    """Return versions of a plan in their order.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    plan_id : str
        Which plan.
    after : int
        Only versions after this one.
    change : str, optional
        Only versions that this change led to.
    limit : int, optional
        How many at most; all when not given.

    Returns
    -------
    list of PlanVersion
        One page.
    """
    table = schema.plan_version
    query = sa.select(
        table.c.plan_id,
        table.c.version,
        table.c.change,
        table.c.body,
        table.c.actor,
        table.c.made_at,
    ).where(table.c.plan_id == plan_id, table.c.version > after)
    if change is not None:
        query = query.where(table.c.change == change)
    rows = connection.execute(query.order_by(table.c.version).limit(limit))
    return [PlanVersion(*row) for row in rows]


def read_changes(connection: sa.Connection, plan_id: str) -> dict[int, str]:
    """Return the change that led to each version of a plan, oldest first."""
    # without the bodies, which hold whole plans
    table = schema.plan_version.c
    query = sa.select(table.version, table.change).where(table.plan_id == plan_id)
    return {row.version: row.change for row in connection.execute(query.order_by(table.version))}


def read_reader(connection: sa.Connection, person_id: str) -> tuple[str, str, str, bool]:
    """Return a person's name, unit (a path), manager's name and whether the person is made up.

    This is what the head of a document shows.
    """
    person, manager = schema.person, schema.person.alias("manager")
    query = (
        sa.select(person.c.name, schema.org_unit.c.path, manager.c.name, person.c.synthetic)
        .join(schema.org_unit, person.c.org_unit_id == schema.org_unit.c.id)
        .outerjoin(manager, person.c.manager_id == manager.c.person_id)
        .where(person.c.person_id == person_id)
    )
    name, unit, manager_name, synthetic = connection.execute(query).one()
    return name, unit, manager_name or "", synthetic
