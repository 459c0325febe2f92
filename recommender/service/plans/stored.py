"""Plans as they are stored: versions, who approved them, and what is still awaited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from recommender.errors import NotFoundError, StaleError
from recommender.results import Gaps, Plan
from recommender.service.framework import Framework
from recommender.service.levels.gaps import describe_gaps
from recommender.service.levels.standing import read_standing
from recommender.service.permissions import Permission, Principal, Role
from recommender.service.plans.reasons import reword
from recommender.service.session import Session
from recommender.store import Connection
from recommender.store.plans.decisions import PlanDecision, list_decisions
from recommender.store.plans.versions import (
    CONTENT_CHANGES,
    PlanHead,
    PlanVersion,
    find_plan,
    read_changes,
    read_version,
)


@dataclass(frozen=True)
class PlanOutcome:
    """What a plan that is done brought in one competency, beside what was expected of it."""

    competency_id: str
    level_before: float | None
    level_after: float | None
    expected_improvement: float


@dataclass(frozen=True)
class StoredPlan:
    """A plan at one of its versions.

    Parameters
    ----------
    head : PlanHead
        The plan as it is now.
    version : int
        Which version this is.
    content_version : int
        The version that its items are from: what is approved.
    change : str
        What led to this version.
    party : str or None
        Whose part that was; None where nobody noted it.
    made_at : datetime
        When.
    plan : Plan
        What it says, in the language of whoever asked.
    gaps : Gaps or None
        The gaps it answers; None where they were not kept.
    note : str or None
        What was noted with the change.
    outcome : tuple of PlanOutcome or None
        Once it is done.
    decisions : tuple of PlanDecision
        The last word of each party on these items.
    awaiting : tuple of str
        The parties whose approval is missing.
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


def party_of(who: Principal, person_id: str) -> str:
    """Return on whose part a principal acts on a person's plan; on his own he is the employee."""
    if who.person_id == person_id:
        return "employee"
    return "manager" if who.role is Role.MANAGER else "hr"


def parties_of(head: PlanHead) -> tuple[str, ...]:
    """Return who has to approve a plan."""
    return ("employee", "hr") if head.manager_id is None else ("employee", "manager", "hr")


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


def open_to_change(
    session: Session,
    connection: Connection,
    plan_id: str,
    permission: Permission,
    *,
    seen: int | None,
) -> PlanHead:
    """Find a plan and hold it until the end of the transaction.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    StaleError
        If it has changed since the version that was seen.
    """
    head = find_head(session, connection, plan_id, permission, lock=True)
    if seen is not None and seen != head.version:
        raise StaleError(seen=seen, present=head.version)
    return head


def load_plan(
    session: Session, connection: Connection, head: PlanHead, *, version: int | None = None
) -> StoredPlan:
    """Read a plan as it is, or as it was at a version.

    Parameters
    ----------
    session : Session
        In whose language.
    connection : Connection
        Open for reading.
    head : PlanHead
        Which plan.
    version : int, optional
        The newest when not given.

    Returns
    -------
    StoredPlan
        With the decisions of that time.

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
    found = read_version(connection, head.plan_id, number)
    source = found if content == number else read_version(connection, head.plan_id, content)
    framework = session.service.framework
    plan = replace(read_body(framework, source), status=status_of(found))
    decided = sum(changes[v] in ("approved", "rejected") for v in range(content + 1, number + 1))
    on_content = list_decisions(connection, head.plan_id, version=content)
    decisions = last_words(on_content[:decided])
    return StoredPlan(
        head=head,
        version=number,
        content_version=content,
        change=found.change,
        party=found.body.get("party"),
        made_at=found.made_at,
        plan=reword(framework, plan, session.lang),
        gaps=_GAPS.validate_python(source.body["gaps"]) if "gaps" in source.body else None,
        note=found.body.get("note"),
        outcome=_OUTCOME.validate_python(found.body["outcome"])
        if "outcome" in found.body
        else None,
        decisions=decisions,
        awaiting=missing_parties(head, decisions),
    )


def gaps_of(session: Session, connection: Connection, stored: StoredPlan) -> Gaps:
    """Return the gaps that a plan answers; where they were not kept, as they are known now."""
    if stored.gaps is not None:
        return stored.gaps
    framework = session.service.framework
    standing = read_standing(
        connection, framework, as_of=stored.plan.as_of, person_ids=[stored.plan.person_id]
    )
    return describe_gaps(framework, standing, 0)


def content_version(changes: Mapping[int, str], version: int) -> int:
    """Return the version that the items of a version are from."""
    return max(v for v, change in changes.items() if v <= version and change in CONTENT_CHANGES)


def last_words(decisions: Sequence[PlanDecision]) -> tuple[PlanDecision, ...]:
    """Return the last of each party's decisions."""
    return tuple({decision.party: decision for decision in decisions}.values())


def missing_parties(head: PlanHead, decisions: Sequence[PlanDecision]) -> tuple[str, ...]:
    """Return who has not approved yet."""
    approved = {d.party for d in decisions if d.decision == "approved"}
    return tuple(party for party in parties_of(head) if party not in approved)


def status_of(found: PlanVersion) -> str:
    """Return the status a plan had at a version."""
    status: str = found.body.get("status") or found.body["plan"]["status"]
    return status


def read_body(framework: Framework, found: PlanVersion) -> Plan:
    """Read the plan of a version, also of one that an earlier release kept."""
    kept: dict[str, Any] = found.body["plan"]
    missing = {
        "path_id": None,
        "left_out": [],
        "hour_price": framework.catalog.settings.hour_price,
    }
    items = [{"stage": None, "reasons": [], "order_reasons": [], **item} for item in kept["items"]]
    return _PLAN.validate_python({**missing, **kept, "items": items})


_PLAN = TypeAdapter(Plan)
_GAPS = TypeAdapter(Gaps)
_OUTCOME = TypeAdapter(tuple[PlanOutcome, ...])
