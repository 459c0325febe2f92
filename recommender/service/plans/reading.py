"""Plans as they are found, read, printed and commented on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from recommender.documents import ApprovedBy, Party, PlanDocument
from recommender.service.permissions import Permission
from recommender.service.plans.development.progress import find_completions
from recommender.service.plans.document import PlanReader, build_plan_document
from recommender.service.plans.stored import (
    StoredPlan,
    code_of,
    content_version,
    find_head,
    gaps_of,
    load_plan,
    party_of,
    status_of,
)
from recommender.service.session import Session
from recommender.store import Connection, org_path
from recommender.store.people.facts import read_evidence
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
    """A version in the list of versions: which change made it, by which party, and when.

    `status` is that of the plan from then on; `added` and `removed` are modules.
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
    """Return one page of the plans within the principal's scope, newest first.

    A unit stands for the units below it too. `after` is the creation time and the id of the last
    plan of the page before.

    Raises
    ------
    NotFoundError
        If a person is asked for who is not within the scope.
    """
    session.need(Permission.READ_PLANS)
    with session.reading() as connection:
        if person_id is not None:
            session.person(connection, person_id)
        plans = list_plans(
            connection,
            session.who.scope,
            person_id=person_id,
            status=status,
            org_unit=None if org_unit is None else org_path(org_unit),
            after=after,
            limit=limit,
        )
    session.saw(plan.ref for plan in plans)
    return plans


def read_plan_versions(
    session: Session, plan_id: str, *, after: int = 0, limit: int
) -> list[VersionEntry]:
    """List the versions of a plan that follow one, oldest first.

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
        # the first entry of a later page is compared with the last of the page before
        if after in changes:
            content = content_version(changes, after)
            before = _modules(read_version(connection, head.plan_id, content))
        for version in read_versions(connection, head.plan_id, after=after, limit=limit):
            modules = _modules(version) if version.change in CONTENT_CHANGES else before
            entries.append(
                VersionEntry(
                    version=version.version,
                    change=version.change,
                    party=version.body.get("party"),
                    status=status_of(version),
                    made_at=version.made_at,
                    note=version.body.get("note"),
                    added=tuple(name for name in modules if name not in before),
                    removed=tuple(name for name in before if name not in modules),
                )
            )
            before = modules
    return entries


def read_decisions(
    session: Session, plan_id: str, *, after: int = 0, limit: int
) -> list[PlanDecision]:
    """List the approvals and rejections of a plan, also those of earlier content, oldest first.

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
        # no lock and no version: a comment changes nothing that somebody may have approved
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
    """List the comments on a plan that follow one, oldest first.

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
    # one state for all of it: what it says, who approved it, where its offerings are held
    with session.reading() as connection:
        return _describe(session, connection, read_plan(session, plan_id, version=version))


def read_with_document(
    session: Session, connection: Connection, head: PlanHead
) -> tuple[StoredPlan, PlanDocument]:
    """Read a plan that was found within the principal's scope, and put it into words."""
    stored = load_plan(session, connection, head)
    return stored, _describe(session, connection, stored)


def _describe(session: Session, connection: Connection, stored: StoredPlan) -> PlanDocument:
    """Put a plan that was read with a connection into the words of its readers."""
    reader = PlanReader(*read_reader(connection, stored.head.person_id))
    offerings = {item.offering_id for item in stored.plan.items if item.offering_id}
    return build_plan_document(
        session.service.framework,
        reader,
        gaps_of(session, connection, stored),
        stored.plan,
        places={
            offering_id: offering.place
            for offering_id, offering in find_offerings(connection, offerings).items()
        },
        lang=session.lang,
        approvals=[
            ApprovedBy(cast("Party", decision.party), decision.decided_at.date())
            for decision in stored.decisions
            if decision.decision == "approved"
        ],
        progress=stored.progress if stored.plan.status in ("active", "done") else None,
        evidence=read_evidence(connection, stored.head.person_id, as_of=stored.plan.as_of),
        completed=find_completions(connection, stored.plan, session.today),
        code=code_of(stored),
    )


def _modules(version: PlanVersion) -> list[str]:
    return [item["module_id"] for item in version.body["plan"]["items"]]
