"""Plans as they are stored: versions, who approved them, and whose approval is missing."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from recommender.errors import ConflictError, NotFoundError
from recommender.results import Gaps, Plan, PlanActivity
from recommender.service.framework import Framework
from recommender.service.levels.distance import word_gaps
from recommender.service.levels.gaps import describe_gaps, tell_standing
from recommender.service.levels.standing import (
    Standing,
    aim_at,
    assume_grade,
    read_standing,
)
from recommender.service.permissions import Permission, Principal, Role
from recommender.service.plans.development.activities import carry_over
from recommender.service.plans.development.progress import PlanProgress, measure_progress
from recommender.service.plans.reasons import reword
from recommender.service.session import Session
from recommender.store import Connection
from recommender.store.plans.decisions import PlanDecision, list_decisions
from recommender.store.plans.versions import (
    ACTIVITY_CHANGES,
    CONTENT_CHANGES,
    PlanHead,
    PlanVersion,
    find_plan,
    find_previous,
    read_changes,
    read_reader,
    read_version,
)
from recommender.texts import say


@dataclass(frozen=True)
class PlanOutcome:
    """What a completed plan brought in one competency, beside what was expected of it."""

    competency_id: str
    level_before: float | None
    level_after: float | None
    expected_improvement: float


# built once: to build an adapter takes far longer than to use it
_PLAN = TypeAdapter(Plan)
_GAPS = TypeAdapter(Gaps)
_OUTCOME = TypeAdapter(tuple[PlanOutcome, ...])


@dataclass(frozen=True)
class StoredPlan:
    """A plan at one of its versions.

    Parameters
    ----------
    head : PlanHead
        The plan as it is now.
    version, content_version : int
        This version, and the one that its items are from: that is what gets approved.
    change, party, made_at : str, str or None, datetime
        The change that made this version; no party is known in versions of earlier releases.
    plan : Plan
        What it says, in the language of the session.
    gaps : Gaps or None
        The gaps it answers; None in versions of earlier releases.
    note : str or None
        What was noted with the change.
    outcome : tuple of PlanOutcome or None
        Only once the plan is done.
    decisions : tuple of PlanDecision
        The latest decision of each party on these items.
    awaiting : tuple of str
        The parties whose approval is missing.
    progress : PlanProgress
        How far it has come today.
    """

    head: PlanHead
    version: int
    content_version: int
    change: str
    party: str | None
    made_at: dt.datetime
    plan: Plan
    gaps: Gaps | None
    note: str | None
    outcome: tuple[PlanOutcome, ...] | None
    decisions: tuple[PlanDecision, ...]
    awaiting: tuple[str, ...]
    progress: PlanProgress


def party_of(who: Principal, person_id: str) -> str:
    """Return the party that a principal acts for; on one's own plan one is the employee."""
    if who.person_id == person_id:
        return "employee"
    return "manager" if who.role is Role.MANAGER else "hr"


def find_head(
    session: Session,
    connection: Connection,
    plan_id: str,
    permission: Permission,
    *,
    lock: bool = False,
) -> PlanHead:
    """Find a plan, and note whose it is.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    """
    session.need(permission)
    head = find_plan(connection, session.who.scope, plan_id, lock=lock)
    if head is None:
        raise NotFoundError("plan.unknown", plan_id=plan_id)
    session.saw([head.ref])
    return head


def load_plan(
    session: Session, connection: Connection, head: PlanHead, *, version: int | None = None
) -> StoredPlan:
    """Read a plan as it is, or as it was at a version, with the decisions of that time.

    Raises
    ------
    NotFoundError
        If there is no such version.
    """
    number = head.version if version is None else version
    changes = read_changes(connection, head.plan_id)
    if number not in changes:
        raise NotFoundError("plan.unknown-version", plan_id=head.plan_id, version=number)
    content = content_version(changes, number)
    this = read_version(connection, head.plan_id, number)
    source = this if content == number else read_version(connection, head.plan_id, content)
    framework = session.service.framework
    plan = replace(
        _mark_done(connection, _read_body(framework, source), changes, content, number),
        status=status_of(this),
    )
    # each decision made one version, so their count tells which ones there were at that time
    decided = sum(changes[v] in ("approved", "rejected") for v in range(content + 1, number + 1))
    on_content = list_decisions(connection, head.plan_id, version=content)
    decisions = last_words(on_content[:decided])
    return StoredPlan(
        head=head,
        version=number,
        content_version=content,
        change=this.change,
        party=this.body.get("party"),
        made_at=this.made_at,
        # reasons are said anew: the plan may have been made in the other language
        plan=reword(framework, plan, session.lang, manager=_manager_of(connection, head)),
        gaps=_read_gaps(framework, source, session.lang),
        note=this.body.get("note"),
        outcome=_OUTCOME.validate_python(this.body["outcome"]) if "outcome" in this.body else None,
        decisions=decisions,
        awaiting=missing_parties(head, decisions),
        progress=measure_progress(connection, plan, session.today),
    )


def check_edit(session: Session, head: PlanHead) -> None:
    """Raise a `ConflictError` where the principal may not edit a plan in its present status."""
    check_status(head, "plan.cannot-edit", changeable_in(session, head))


def check_mark(head: PlanHead) -> None:
    """Raise a `ConflictError` where a plan is not in force, so that nothing of it can be done."""
    check_status(head, "plan.cannot-mark", ("active",))


def changeable_in(session: Session, head: PlanHead) -> Sequence[str]:
    """Return the statuses in which the principal may edit or cancel a plan."""
    if party_of(session.who, head.person_id) == "employee":
        return ("draft",)
    return ("draft", "approved", "active")


def check_status(head: PlanHead, refusal: str, allowed: Sequence[str]) -> None:
    """Raise a `ConflictError` where a plan is in none of the statuses that allow something."""
    if head.status not in allowed:
        zh, en = (say(f"document.status.{head.status}", lang) for lang in ("zh-CN", "en"))
        raise ConflictError(refusal, status_zh=zh, status_en=en.lower())


def code_of(stored: StoredPlan) -> str:
    """Return the code by which a document of a plan's version is known when it comes back.

    Its digest keeps documents of other installations apart, whose plans have the same numbers. It
    is no secret: a document only proposes what its reader may do anyway.
    """
    plan = stored.plan
    said = [
        *(plan.plan_id, plan.person_id, stored.version, stored.made_at.isoformat()),
        *(item.module_id for item in plan.items),
        *(activity.activity_id for activity in plan.activities),
    ]
    digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]
    return f"IDP:{plan.plan_id}:{stored.version}:{digest}"


def gaps_of(session: Session, connection: Connection, stored: StoredPlan) -> Gaps:
    """Return the gaps that a plan answers; where they were not kept, compute them again."""
    if stored.gaps is not None:
        return stored.gaps
    framework = session.service.framework
    standing = read_standing(
        connection, framework, as_of=stored.plan.as_of, person_ids=[stored.plan.person_id]
    )
    return describe_gaps(framework, standing, 0)


def read_standing_of(session: Session, connection: Connection, stored: StoredPlan) -> Standing:
    """Return where a person stands on the day of a plan, against the targets it is made for."""
    framework, plan = session.service.framework, stored.plan
    # as of the plan's own day: its outcome is measured from the levels of that day on
    standing = read_standing(connection, framework, as_of=plan.as_of, person_ids=[plan.person_id])
    # the plan stays one for the grade that it was made for, also after a promotion
    if stored.gaps is not None and stored.gaps.grade in framework.grade_ids:
        standing = assume_grade(standing, framework, stored.gaps.grade)
    if plan.target_grade in framework.grade_ids:
        standing = aim_at(standing, framework, plan.target_grade)
    return standing


def find_undone(
    session: Session, connection: Connection, person_ids: Sequence[str]
) -> dict[str, tuple[PlanActivity, ...]]:
    """Return, by person, the activities of the newest plan in force or done that are not done."""
    undone: dict[str, tuple[PlanActivity, ...]] = {}
    for person_id, head in find_previous(connection, person_ids).items():
        changes = read_changes(connection, head.plan_id)
        content = content_version(changes, head.version)
        plan = _read_body(
            session.service.framework, read_version(connection, head.plan_id, content)
        )
        plan = _mark_done(connection, plan, changes, content, head.version)
        undone[person_id] = carry_over(head.plan_id, plan.activities)
    return undone


def content_version(changes: Mapping[int, str], version: int) -> int:
    """Return the version that the items of a version are from."""
    return max(v for v, change in changes.items() if v <= version and change in CONTENT_CHANGES)


def last_words(decisions: Sequence[PlanDecision]) -> tuple[PlanDecision, ...]:
    """Return the latest decision of each party; `decisions` are given oldest first."""
    return tuple({decision.party: decision for decision in decisions}.values())


def missing_parties(head: PlanHead, decisions: Sequence[PlanDecision]) -> tuple[str, ...]:
    """Return the parties that have not approved yet; who has no manager needs none."""
    parties = ("employee", "hr") if head.manager_id is None else ("employee", "manager", "hr")
    approved = {d.party for d in decisions if d.decision == "approved"}
    return tuple(party for party in parties if party not in approved)


def status_of(version: PlanVersion) -> str:
    """Return the status a plan had at a version."""
    # the first version has no status beside that of the plan itself
    status: str = version.body.get("status") or version.body["plan"]["status"]
    return status


def _read_gaps(framework: Framework, version: PlanVersion, lang: str) -> Gaps | None:
    if "gaps" not in version.body:
        return None
    # versions of earlier releases do not say who is near a target
    gaps = tell_standing(framework, _GAPS.validate_python(version.body["gaps"]))
    return word_gaps(framework, gaps, lang)


def _mark_done(
    connection: Connection, plan: Plan, changes: Mapping[int, str], content: int, number: int
) -> Plan:
    """Put in when activities were done: that is said after the version that the items are from."""
    marks: dict[str, dt.date | None] = {}
    for version, change in sorted(changes.items()):
        if content < version <= number and change in ACTIVITY_CHANGES:
            body = read_version(connection, plan.plan_id, version).body
            on = body["done_on"]
            marks[body["activity_id"]] = None if on is None else dt.date.fromisoformat(on)
    activities = (
        replace(each, done_on=marks.get(each.activity_id, each.done_on)) for each in plan.activities
    )
    return replace(plan, activities=tuple(activities))


def _manager_of(connection: Connection, head: PlanHead) -> str | None:
    if head.manager_id is None:
        return None
    _, _, name, _ = read_reader(connection, head.person_id)
    return name


def _read_body(framework: Framework, version: PlanVersion) -> Plan:
    stored: dict[str, Any] = version.body["plan"]
    # versions never change, so those of earlier releases lack what plans have gained since
    missing = {
        "path_id": None,
        "left_out": [],
        "hour_price": framework.catalog.settings.hour_price,
    }
    items = [
        {"stage": None, "reasons": [], "order_reasons": [], **item} for item in stored["items"]
    ]
    return _PLAN.validate_python({**missing, **stored, "items": items})
