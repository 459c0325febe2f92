"""What becomes of a plan: edited, approved or rejected, put in force, completed, cancelled.

::

    draft ──all parties approve──> approved ──activate──> active ──complete──> done
      ^                               │                     │
      └──edit, or a party rejects─────┴──edit───────────────┘      cancel: from any but done

The parties approve what a plan says, so an edit voids their approvals. Every change adds a
version, and versions never change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from recommender.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    StaleError,
)
from recommender.results import Gaps, Plan, to_json
from recommender.service.levels.gaps import describe_gaps
from recommender.service.permissions import Permission
from recommender.service.plans.dates import runs_of
from recommender.service.plans.development.activities import unnamed_manager
from recommender.service.plans.development.progress import check_done
from recommender.service.plans.editing import PlanEdit, replan
from recommender.service.plans.outcome import measure_outcome
from recommender.service.plans.reasons import reword
from recommender.service.plans.seats import book_seats, release_seats
from recommender.service.plans.stored import (
    StoredPlan,
    changeable_in,
    check_edit,
    check_mark,
    check_status,
    content_version,
    find_head,
    gaps_of,
    last_words,
    load_plan,
    missing_parties,
    party_of,
    read_standing_of,
)
from recommender.service.recommend.prospects import find_prospects
from recommender.service.session import Session
from recommender.store import Connection, read_offerings
from recommender.store.people.seats import find_offerings
from recommender.store.plans.campaigns import note_published
from recommender.store.plans.decisions import add_decision, list_decisions
from recommender.store.plans.versions import (
    NewVersion,
    PlanHead,
    add_versions,
    find_plan,
    read_changes,
)

Decision = Literal["approved", "rejected"]


def edit_plan(session: Session, plan_id: str, edit: PlanEdit, *, seen: int | None) -> StoredPlan:
    """Change what a plan says, as of the version that was seen, if any; it is a draft again.

    Employees edit only drafts of their own plan.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    StaleError
        If it has changed since.
    InputError, ConflictError
        If the plan cannot be edited, or not in this way; see `replan`.
    """
    with session.writing() as connection:
        head = _open_to_change(session, connection, plan_id, seen)
        check_edit(session, head)
        stored = load_plan(session, connection, head)
        plan, gaps = _edited(session, connection, stored, edit)
        # only a plan that was in force has seats; those of unchanged items stay booked, because
        # somebody else could take them before the plan is in force again
        unchanged = {(item.module_id, item.offering_id) for item in plan.items}
        release_seats(connection, head, unless=unchanged)
        return _add_version(
            session,
            connection,
            head,
            change="edited",
            status="draft",
            body={"plan": to_json(plan), "gaps": to_json(gaps)},
            note=edit.note,
            rests_on=plan,
        )


def decide_on_plan(
    session: Session,
    plan_id: str,
    *,
    decision: Decision,
    comment: str | None = None,
    seen: int | None,
) -> StoredPlan:
    """Approve or reject what a plan says, for the party that the principal stands for.

    The plan is approved once all parties have approved it; a rejection, which needs a comment,
    makes it a draft.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    StaleError
        If the plan was edited after the version that was seen. Decisions of others do not matter.
    InputError
        If a rejection has no comment.
    ConflictError
        If the plan is neither a draft nor approved, or the party has approved it already.
    """
    with session.writing() as connection:
        head = find_head(session, connection, plan_id, Permission.APPROVE_PLANS, lock=True)
        content = content_version(read_changes(connection, plan_id), head.version)
        # any version with the same items will do: three parties may well decide at the same time
        if seen is not None and not content <= seen <= head.version:
            raise StaleError(seen=seen, present=head.version)
        check_status(head, "plan.cannot-decide", ("draft", "approved"))
        if decision == "rejected" and not comment:
            raise InputError("plan.comment-missing", field="#/comment")
        party = party_of(session.who, head.person_id)
        earlier = list_decisions(connection, plan_id, version=content)
        mine = [d.decision for d in last_words(earlier) if d.party == party]
        if mine == [decision] == ["approved"]:
            raise ConflictError("plan.approved-already")
        # one moment for both rows, so that the decision and its version agree
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
        if decision == "approved" and party == "hr":
            # read by itself and approved there, a draft of a campaign waits there no longer
            note_published(connection, plan_id, at=now)
        return _add_version(
            session,
            connection,
            head,
            change=decision,
            status="approved" if complete else "draft",
            note=comment,
            at=now,
        )


def activate_plan(session: Session, plan_id: str, *, seen: int | None) -> StoredPlan:
    """Put an approved plan in force: its dates hold, and its offerings are booked.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    ForbiddenError
        If it is the principal's own plan: HR or the manager puts it in force.
    StaleError
        If it has changed since the version that was seen.
    ConflictError
        If it is not approved, or an item's offering has no seat left.
    """
    with session.writing() as connection:
        head = _open_to_change(session, connection, plan_id, seen)
        if party_of(session.who, head.person_id) == "employee":
            raise ForbiddenError("plan.not-own")
        check_status(head, "plan.cannot-activate", ("approved",))
        stored = load_plan(session, connection, head)
        booked = book_seats(connection, head, stored.plan, on=session.today)
        # the version keeps what was booked: only these seats are given back later, never an
        # enrolment that somebody made without the plan
        body = {"enrolments": booked}
        return _add_version(
            session, connection, head, change="activated", status="active", body=body
        )


def mark_activity(
    session: Session,
    plan_id: str,
    activity_id: str,
    *,
    done_on: dt.date | None,
    seen: int | None,
) -> StoredPlan:
    """Say when an activity of an active plan was done; None where it is not done after all.

    What the plan says stays as it was approved.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope, or no such activity in it.
    StaleError
        If the plan has changed since the version that was seen.
    InputError
        If it cannot have been done on that day.
    ConflictError
        If the plan is not active.
    """
    with session.writing() as connection:
        head = _open_to_change(session, connection, plan_id, seen)
        check_mark(head)
        plan = load_plan(session, connection, head).plan
        if activity_id not in {each.activity_id for each in plan.activities}:
            raise NotFoundError("plan.no-activity", activity_id=activity_id)
        check_done(plan, done_on, session.today)
        return _add_version(
            session,
            connection,
            head,
            change="activity-reopened" if done_on is None else "activity-done",
            status="active",
            body={
                "activity_id": activity_id,
                "done_on": None if done_on is None else done_on.isoformat(),
            },
        )


def complete_plan(session: Session, plan_id: str, *, seen: int | None) -> StoredPlan:
    """Close a plan whose modules are completed and whose competencies are assessed again.

    Development activities that are not done do not hold it up: the next plan takes them over.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    StaleError
        If it has changed since the version that was seen.
    ConflictError
        If it is not active, or modules or assessments are missing: it says which.
    """
    with session.writing() as connection:
        head = _open_to_change(session, connection, plan_id, seen)
        check_status(head, "plan.cannot-complete", ("active",))
        stored = load_plan(session, connection, head)
        outcome = measure_outcome(
            connection,
            session.service.framework,
            stored.plan,
            gaps_of(session, connection, stored),
            today=session.today,
        )
        body = {"outcome": [to_json(part) for part in outcome]}
        return _add_version(session, connection, head, change="done", status="done", body=body)


def cancel_plan(
    session: Session,
    plan_id: str,
    *,
    note: str | None = None,
    seen: int | None,
) -> StoredPlan:
    """Cancel a plan; the seats that it took and that are not used yet are free again.

    Employees cancel only drafts of their own plan.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    StaleError
        If it has changed since the version that was seen.
    ConflictError
        If it is done or cancelled already.
    """
    with session.writing() as connection:
        head = _open_to_change(session, connection, plan_id, seen)
        check_status(head, "plan.cannot-cancel", changeable_in(session, head))
        release_seats(connection, head, unless=set())
        return _add_version(
            session, connection, head, change="cancelled", status="cancelled", note=note
        )


def _open_to_change(
    session: Session, connection: Connection, plan_id: str, seen: int | None
) -> PlanHead:
    """Find a plan as it was seen, and lock it until the end of the transaction.

    Where no version is named, any will do.
    """
    head = find_head(session, connection, plan_id, Permission.WRITE_PLANS, lock=True)
    if seen is not None and seen != head.version:
        raise StaleError(seen=seen, present=head.version)
    return head


def _edited(
    session: Session, connection: Connection, stored: StoredPlan, edit: PlanEdit
) -> tuple[Plan, Gaps]:
    service, before = session.service, stored.plan
    framework = service.framework
    standing = read_standing_of(session, connection, stored)
    wanted = {item.offering_id for item in edit.items if item.offering_id is not None}
    # without the manager's name, which is put in when it is read
    before = reword(framework, before, session.lang, manager=unnamed_manager(standing, 0))
    plan = replan(
        find_prospects(framework, standing, service.estimates),
        before,
        edit,
        coming=runs_of(read_offerings(connection, as_of=max(before.as_of, session.today))),
        named=find_offerings(connection, wanted),
        today=session.today,
        # people have arranged their work by the dates of a plan that was ever in force
        keep_dates="activated" in read_changes(connection, before.plan_id).values(),
        lang=session.lang,
    )
    # the same modules answer the same gaps; what was known then stays beside them
    if edit.of_modules == PlanEdit():
        return plan, gaps_of(session, connection, stored)
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
) -> StoredPlan:
    """Add a version with the party that made it, note its figures, and return the plan."""
    said = {"status": status, "party": party_of(session.who, head.person_id), **(body or {})}
    if note is not None:
        said["note"] = note
    # an edit computes the plan anew, by the model and catalogue in force now
    basis = rests_on or head
    version = NewVersion(
        head, change, status, said, basis.as_of, basis.model_id, basis.catalog_digest
    )
    at = at or dt.datetime.now(dt.UTC)
    add_versions(connection, [version], actor=session.who.actor, at=at)
    session.details.update(change=change, status=status, version=head.version + 1)
    changed = find_plan(connection, session.who.scope, head.plan_id)
    assert changed is not None  # held since the change began
    return load_plan(session, connection, changed)
