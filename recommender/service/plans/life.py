"""What becomes of a plan: edited, approved or rejected, put in force, completed, cancelled.

::

    draft ──all parties approve──> approved ──activate──> active ──complete──> done
      ^                               │                     │
      └──edit, or a party rejects─────┴──edit───────────────┘      cancel: from any but done

Approvals are of what a plan says: when that is edited they count no longer. Every change adds a
version, and none is ever changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from recommender.errors import ConflictError, ForbiddenError, InputError, StaleError
from recommender.results import Gaps, Plan, to_json
from recommender.service.levels.gaps import describe_gaps
from recommender.service.levels.standing import assume_grade, read_standing
from recommender.service.permissions import Permission
from recommender.service.plans.editing import PlanEdit, replan
from recommender.service.plans.outcome import measure_outcome
from recommender.service.plans.seats import book_seats, release_seats
from recommender.service.plans.stored import (
    StoredPlan,
    content_version,
    find_head,
    gaps_of,
    last_words,
    load_plan,
    missing_parties,
    open_to_change,
    party_of,
)
from recommender.service.recommend.prospects import find_prospects
from recommender.service.session import Session
from recommender.store import Connection, read_offerings
from recommender.store.people.seats import find_offerings
from recommender.store.plans.decisions import add_decision, list_decisions
from recommender.store.plans.versions import PlanHead, add_version, find_plan, read_changes
from recommender.texts import say

Decision = Literal["approved", "rejected"]


def edit_plan(session: Session, plan_id: str, edit: PlanEdit, *, seen: int | None) -> StoredPlan:
    """Change what a plan says; it is a draft again.

    Parameters
    ----------
    session : Session
        On whose behalf; employees edit drafts only.
    plan_id : str
        Which plan.
    edit : PlanEdit
        What to change.
    seen : int or None
        The version that the edit is of; None where any will do.

    Returns
    -------
    StoredPlan
        The new version.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    StaleError
        If it has changed since.
    InputError, ConflictError
        If it cannot be edited, or not like that; see `replan`.
    """
    with session.writing() as connection:
        head = open_to_change(session, connection, plan_id, Permission.WRITE_PLANS, seen=seen)
        party = party_of(session.who, head.person_id)
        _check_status(head, "plan.cannot-edit", ("draft",) if party == "employee" else _OPEN)
        stored = load_plan(session, connection, head)
        plan, gaps = _edited(session, connection, stored, edit)
        kept = {(item.module_id, item.offering_id) for item in plan.items}
        release_seats(connection, head, unless=kept)
        _add_version(
            session,
            connection,
            head,
            change="edited",
            status="draft",
            body={"plan": to_json(plan), "gaps": to_json(gaps)},
            note=edit.note,
            rests_on=plan,
        )
        return _reload(session, connection, plan_id)


def decide_on_plan(
    session: Session,
    plan_id: str,
    *,
    decision: Decision,
    comment: str | None = None,
    seen: int | None,
) -> StoredPlan:
    """Approve or reject what a plan says, on the principal's part.

    Parameters
    ----------
    session : Session
        On whose behalf.
    plan_id : str
        Which plan.
    decision : str
        ``approved`` or ``rejected``.
    comment : str, optional
        Why; a rejection needs it.
    seen : int or None
        The version that was read. Others may have decided since; nobody may have edited. None
        where any will do.

    Returns
    -------
    StoredPlan
        Approved once all parties have approved; a draft after a rejection.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    StaleError
        If the plan was edited since.
    InputError
        If a rejection has no comment.
    ConflictError
        If the plan is neither a draft nor approved, or the party approved already.
    """
    with session.writing() as connection:
        head = find_head(session, connection, plan_id, Permission.APPROVE_PLANS, lock=True)
        content = content_version(read_changes(connection, plan_id), head.version)
        if seen is not None and not content <= seen <= head.version:
            raise StaleError(seen=seen, present=head.version)
        _check_status(head, "plan.cannot-decide", ("draft", "approved"))
        if decision == "rejected" and not comment:
            raise InputError("plan.comment-missing", field="#/comment")
        party = party_of(session.who, head.person_id)
        earlier = list_decisions(connection, plan_id, version=content)
        mine = [d.decision for d in last_words(earlier) if d.party == party]
        if mine == [decision] == ["approved"]:
            raise ConflictError("plan.approved-already")
        now = dt.datetime.now(dt.UTC)
        made = add_decision(
            connection,
            plan_id,
            version=content,
            party=party,
            decision=decision,
            comment=comment,
            actor=session.who.actor,
            at=now,
        )
        complete = not missing_parties(head, last_words([*earlier, made]))
        _add_version(
            session,
            connection,
            head,
            change=decision,
            status="approved" if complete else "draft",
            note=comment,
            at=now,
        )
        return _reload(session, connection, plan_id)


def activate_plan(session: Session, plan_id: str, *, seen: int | None) -> StoredPlan:
    """Put an approved plan in force: its dates hold, and its offerings are booked.

    Parameters
    ----------
    session : Session
        On whose behalf: HR's or the manager's.
    plan_id : str
        Which plan.
    seen : int or None
        The version that was read; None where any will do.

    Returns
    -------
    StoredPlan
        In force.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    ForbiddenError
        If it is the principal's own.
    StaleError
        If it has changed since.
    ConflictError
        If it is not approved, or an item's offering has no seat left.
    """
    with session.writing() as connection:
        head = open_to_change(session, connection, plan_id, Permission.WRITE_PLANS, seen=seen)
        if party_of(session.who, head.person_id) == "employee":
            raise ForbiddenError("plan.not-own")
        _check_status(head, "plan.cannot-activate", ("approved",))
        stored = load_plan(session, connection, head)
        booked = book_seats(connection, head, stored.plan, on=session.today)
        _add_version(
            session,
            connection,
            head,
            change="activated",
            status="active",
            body={"enrolments": booked},
        )
        return _reload(session, connection, plan_id)


def complete_plan(session: Session, plan_id: str, *, seen: int | None) -> StoredPlan:
    """Close a plan whose modules are completed and whose competencies are assessed again.

    Parameters
    ----------
    session : Session
        On whose behalf.
    plan_id : str
        Which plan.
    seen : int or None
        The version that was read; None where any will do.

    Returns
    -------
    StoredPlan
        With its outcome.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    StaleError
        If it has changed since.
    ConflictError
        If it is not active, or modules or assessments are missing: it says which.
    """
    with session.writing() as connection:
        head = open_to_change(session, connection, plan_id, Permission.WRITE_PLANS, seen=seen)
        _check_status(head, "plan.cannot-complete", ("active",))
        stored = load_plan(session, connection, head)
        outcome = measure_outcome(
            connection,
            session.service.framework,
            stored.plan,
            gaps_of(session, connection, stored),
            today=session.today,
        )
        _add_version(
            session,
            connection,
            head,
            change="done",
            status="done",
            body={"outcome": [to_json(part) for part in outcome]},
        )
        return _reload(session, connection, plan_id)


def cancel_plan(
    session: Session,
    plan_id: str,
    *,
    note: str | None = None,
    seen: int | None,
) -> StoredPlan:
    """Cancel a plan; the seats that it took and that are not used yet are free again.

    Parameters
    ----------
    session : Session
        On whose behalf; employees cancel drafts only.
    plan_id : str
        Which plan.
    note : str, optional
        Why.
    seen : int or None
        The version that was read; None where any will do.

    Returns
    -------
    StoredPlan
        Cancelled.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    StaleError
        If it has changed since.
    ConflictError
        If it is done or cancelled already.
    """
    with session.writing() as connection:
        head = open_to_change(session, connection, plan_id, Permission.WRITE_PLANS, seen=seen)
        party = party_of(session.who, head.person_id)
        _check_status(head, "plan.cannot-cancel", ("draft",) if party == "employee" else _OPEN)
        release_seats(connection, head, unless=set())
        _add_version(session, connection, head, change="cancelled", status="cancelled", note=note)
        return _reload(session, connection, plan_id)


_OPEN = ("draft", "approved", "active")


def _check_status(head: PlanHead, refusal: str, allowed: Sequence[str]) -> None:
    if head.status not in allowed:
        zh, en = (say(f"document.status.{head.status}", lang) for lang in ("zh-CN", "en"))
        raise ConflictError(refusal, status_zh=zh, status_en=en.lower())


def _edited(
    session: Session, connection: Connection, stored: StoredPlan, edit: PlanEdit
) -> tuple[Plan, Gaps]:
    service, before = session.service, stored.plan
    framework = service.framework
    standing = read_standing(
        connection, framework, as_of=before.as_of, person_ids=[before.person_id]
    )
    # a plan goes on being for the grade that it was made for
    if stored.gaps is not None and stored.gaps.grade in framework.grade_ids:
        standing = assume_grade(standing, framework, stored.gaps.grade)
    wanted = {item.offering_id for item in edit.items if item.offering_id is not None}
    plan = replan(
        find_prospects(framework, standing, service.estimates),
        before,
        edit,
        coming=read_offerings(connection, as_of=max(before.as_of, session.today)),
        named=find_offerings(connection, wanted),
        today=session.today,
        keep_dates="activated" in read_changes(connection, before.plan_id).values(),
        lang=session.lang,
    )
    return plan, describe_gaps(framework, standing, 0)


def _add_version(
    session: Session,
    connection: Connection,
    head: PlanHead,
    *,
    change: str,
    status: str,
    body: Mapping[str, Any] | None = None,
    note: str | None = None,
    rests_on: Plan | None = None,
    at: dt.datetime | None = None,
) -> None:
    """Add a version, on whose part it is, and its figures for the audit trail."""
    said = {"status": status, "party": party_of(session.who, head.person_id), **(body or {})}
    if note is not None:
        said["note"] = note
    add_version(
        connection,
        head,
        change=change,
        status=status,
        body=said,
        actor=session.who.actor,
        at=at or dt.datetime.now(dt.UTC),
        model_id=rests_on.model_id if rests_on else head.model_id,
        catalog_digest=rests_on.catalog_digest if rests_on else head.catalog_digest,
    )
    session.details.update(change=change, status=status, version=head.version + 1)


def _reload(session: Session, connection: Connection, plan_id: str) -> StoredPlan:
    head = find_plan(connection, session.who.scope, plan_id)
    assert head is not None  # held since the change began
    return load_plan(session, connection, head)
