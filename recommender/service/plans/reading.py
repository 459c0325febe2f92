"""Plans on somebody's behalf: finding, reading, talking about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from recommender.documents import ApprovedBy, Party, PlanDocument
from recommender.service.permissions import Permission
from recommender.service.plans.document import PlanReader, build_plan_document
from recommender.service.plans.stored import (
    StoredPlan,
    content_version,
    find_head,
    gaps_of,
    load_plan,
    party_of,
    status_of,
)
from recommender.service.session import Session
from recommender.store import org_path
from recommender.store.people.seats import find_offerings
from recommender.store.plans.decisions import (
    PlanComment,
    PlanDecision,
    add_comment,
    list_comments,
    list_decisions,
)
from recommender.store.plans.versions import (
    CONTENT_CHANGES,
    PlanHead,
    PlanVersion,
    list_plans,
    read_changes,
    read_reader,
    read_version,
    read_versions,
)


@dataclass(frozen=True)
class VersionEntry:
    """A version in the list of versions.

    Parameters
    ----------
    version : int
        Its number.
    change : str
        What led to it.
    party : str or None
        Whose part that was.
    status : str
        Of the plan from then on.
    made_at : datetime
        When.
    note : str or None
        What was noted with it.
    added, removed : tuple of str
        Modules that came in and went out with it.
    """

    version: int
    change: str
    party: str | None
    status: str
    made_at: dt.datetime
    note: str | None
    added: tuple[str, ...]
    removed: tuple[str, ...]


def read_plan(session: Session, plan_id: str, *, version: int | None = None) -> StoredPlan:
    """Read a plan as it is, or as it was at a version.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope, or no such version.
    """
    with session.reading() as connection:
        head = find_head(session, connection, plan_id, Permission.READ_PLANS)
        return load_plan(session, connection, head, version=version)


def search_plans(
    session: Session,
    *,
    person_id: str | None = None,
    status: str | None = None,
    org_unit: str | None = None,
    after: tuple[dt.datetime, str] | None = None,
    limit: int,
) -> list[PlanHead]:
    """Return plans within the principal's scope, newest first.

    Parameters
    ----------
    session : Session
        On whose behalf.
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

    Raises
    ------
    NotFoundError
        If a person is asked for who is not within the scope.
    """
    session.need(Permission.READ_PLANS)
    with session.reading() as connection:
        if person_id is not None:
            session.person(connection, person_id)
        found = list_plans(
            connection,
            session.who.scope,
            person_id=person_id,
            status=status,
            org_unit=None if org_unit is None else org_path(org_unit),
            after=after,
            limit=limit,
        )
    session.saw(head.ref for head in found)
    return found


def read_plan_versions(
    session: Session, plan_id: str, *, after: int = 0, limit: int
) -> list[VersionEntry]:
    """List what became of a plan, oldest first, from after one version on.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    """
    with session.reading() as connection:
        head = find_head(session, connection, plan_id, Permission.READ_PLANS)
        changes = read_changes(connection, head.plan_id)
        entries: list[VersionEntry] = []
        before: list[str] = []
        if after in changes:
            content = content_version(changes, after)
            before = _modules(read_version(connection, head.plan_id, content))
        for found in read_versions(connection, head.plan_id, after=after, limit=limit):
            modules = _modules(found) if found.change in CONTENT_CHANGES else before
            entries.append(
                VersionEntry(
                    version=found.version,
                    change=found.change,
                    party=found.body.get("party"),
                    status=status_of(found),
                    made_at=found.made_at,
                    note=found.body.get("note"),
                    added=tuple(name for name in modules if name not in before),
                    removed=tuple(name for name in before if name not in modules),
                )
            )
            before = modules
    return entries


def read_decisions(
    session: Session, plan_id: str, *, after: int = 0, limit: int
) -> list[PlanDecision]:
    """List approvals and rejections of a plan, also of what it said earlier, oldest first.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    """
    with session.reading() as connection:
        head = find_head(session, connection, plan_id, Permission.READ_PLANS)
        return list_decisions(connection, head.plan_id, after=after, limit=limit)


def comment_on_plan(session: Session, plan_id: str, text: str) -> PlanComment:
    """Add a comment; the plan stays as it is.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    """
    with session.writing() as connection:
        head = find_head(session, connection, plan_id, Permission.WRITE_PLANS)
        return add_comment(
            connection,
            plan_id,
            party=party_of(session.who, head.person_id),
            text=text,
            actor=session.who.actor,
            at=dt.datetime.now(dt.UTC),
        )


def read_comments(
    session: Session, plan_id: str, *, after: int = 0, limit: int
) -> Sequence[PlanComment]:
    """List comments, oldest first, from after one on.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    """
    with session.reading() as connection:
        head = find_head(session, connection, plan_id, Permission.READ_PLANS)
        return list_comments(connection, head.plan_id, after=after, limit=limit)


def read_plan_document(
    session: Session, plan_id: str, *, version: int | None = None
) -> PlanDocument:
    """Put a plan into the words of its readers, as it is or as it was at a version.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope, or no such version.
    """
    with session.reading() as connection:
        stored = read_plan(session, plan_id, version=version)
        name, org_unit, manager, synthetic = read_reader(connection, stored.head.person_id)
        offerings = {item.offering_id for item in stored.plan.items if item.offering_id}
        return build_plan_document(
            session.service.framework,
            PlanReader(name, org_unit, manager, synthetic),
            gaps_of(session, connection, stored),
            stored.plan,
            places={
                found.offering_id: found.place
                for found in find_offerings(connection, offerings).values()
            },
            lang=session.lang,
            approvals=[
                ApprovedBy(cast("Party", decision.party), decision.decided_at.date())
                for decision in stored.decisions
                if decision.decision == "approved"
            ],
        )


def _modules(found: PlanVersion) -> list[str]:
    return [item["module_id"] for item in found.body["plan"]["items"]]
