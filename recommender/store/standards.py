"""Standards: proposals of target levels, what experts judged, and who decided."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.writes import write_rows

_PROPOSAL, _TARGET = schema.standard_proposal, schema.standard_target
_JUDGEMENT, _DECISION = schema.standard_judgement, schema.standard_decision


@dataclass(frozen=True)
class StoredTarget:
    """A target of a proposal.

    Parameters
    ----------
    competency_id : str
        Of this competency.
    old_level, new_level : float
        The level that was in force when the proposal was made, and the one it proposes.
    weight : float
        Importance weight in the new standard.
    note : str
        Why; empty where the rationale of the proposal says it.
    found_of : int or None
        How many performers or experts the method counted; None where it said nothing.
    found, lower, upper : float or None
        What it found before that was rounded to a target, with its 95 % interval, in levels.
    """

    competency_id: str
    old_level: float
    new_level: float
    weight: float
    note: str = ""
    found_of: int | None = None
    found: float | None = None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class StoredJudgement:
    """The level that an expert judged right in a round, under a label for the expert."""

    round: int
    expert: str
    competency_id: str
    level: float


@dataclass(frozen=True)
class StoredDecision:
    """An approval or a rejection of a proposal."""

    decision: str
    actor: str
    comment: str | None
    decided_at: dt.datetime


@dataclass(frozen=True)
class StoredProposal:
    """A proposal as stored.

    Parameters
    ----------
    proposal_id : str
        Its id.
    grade : str
        The grade whose standard it is.
    effective_on : date
        The day from which it counts.
    method : str
        ``median-of-performers``, ``angoff`` or ``by-hand``.
    status : str
        ``draft``, ``submitted``, ``approved``, ``rejected`` or ``withdrawn``.
    rationale : str
        Why, in the author's words.
    basis : dict
        What the organisation was like when it was made, to be compared later.
    author : str
        Who proposed it.
    created_at : datetime
        In UTC.
    version : int
        Counts its changes.
    """

    proposal_id: str
    grade: str
    effective_on: dt.date
    method: str
    status: str
    rationale: str
    basis: dict[str, Any]
    author: str
    created_at: dt.datetime
    version: int


def make_proposal_id() -> str:
    """Make an id; ids grow with the time."""
    now = dt.datetime.now(dt.UTC)
    return f"standard-{int(now.timestamp() * 1000):012x}{secrets.token_hex(4)}"


def insert_proposal(
    connection: sa.Connection, values: Mapping[str, Any], targets: Sequence[StoredTarget]
) -> None:
    """Store a proposal with its targets."""
    connection.execute(_PROPOSAL.insert().values(**values))
    replace_targets(connection, values["proposal_id"], targets)


def replace_targets(
    connection: sa.Connection, proposal_id: str, targets: Sequence[StoredTarget]
) -> None:
    """Store the targets of a proposal in place of those it had."""
    connection.execute(_TARGET.delete().where(_TARGET.c.proposal_id == proposal_id))
    rows = [
        {"proposal_id": proposal_id, "position": position, **vars(target)}
        for position, target in enumerate(targets)
    ]
    write_rows(connection, _TARGET, rows)


def replace_round(
    connection: sa.Connection, proposal_id: str, judgements: Sequence[StoredJudgement]
) -> None:
    """Store the judgements of one round in place of those it had."""
    number = judgements[0].round
    old = (_JUDGEMENT.c.proposal_id == proposal_id) & (_JUDGEMENT.c.round == number)
    connection.execute(_JUDGEMENT.delete().where(old))
    rows = [{"proposal_id": proposal_id, **vars(each)} for each in judgements]
    write_rows(connection, _JUDGEMENT, rows)


def find_proposal(
    connection: sa.Connection, proposal_id: str, *, lock: bool = False
) -> StoredProposal | None:
    """Return a proposal, or None; with `lock` nobody else changes it until the transaction ends."""
    query = sa.select(_PROPOSAL).where(_PROPOSAL.c.proposal_id == proposal_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else StoredProposal(**row._mapping)


def list_proposals(
    connection: sa.Connection,
    *,
    grade: str | None = None,
    status: str | None = None,
    before: str = "",
    limit: int | None = None,
) -> list[StoredProposal]:
    """Return proposals, the newest first; with `before` only those that are older than it."""
    query = sa.select(_PROPOSAL).order_by(_PROPOSAL.c.proposal_id.desc()).limit(limit)
    if grade is not None:
        query = query.where(_PROPOSAL.c.grade == grade)
    if status is not None:
        query = query.where(_PROPOSAL.c.status == status)
    if before:
        query = query.where(_PROPOSAL.c.proposal_id < before)
    return [StoredProposal(**row._mapping) for row in connection.execute(query)]


def read_targets(connection: sa.Connection, proposal_id: str) -> list[StoredTarget]:
    """Return the targets of a proposal, in the order in which they were stored."""
    query = (
        sa.select(*(_TARGET.c[name] for name in StoredTarget.__dataclass_fields__))
        .where(_TARGET.c.proposal_id == proposal_id)
        .order_by(_TARGET.c.position)
    )
    return [StoredTarget(*row) for row in connection.execute(query)]


def read_judgements(connection: sa.Connection, proposal_id: str) -> list[StoredJudgement]:
    """Return what the experts of a proposal judged, round by round."""
    names = ("round", "expert", "competency_id", "level")
    query = (
        sa.select(*(_JUDGEMENT.c[name] for name in names))
        .where(_JUDGEMENT.c.proposal_id == proposal_id)
        .order_by(_JUDGEMENT.c.round, _JUDGEMENT.c.expert, _JUDGEMENT.c.competency_id)
    )
    return [StoredJudgement(*row) for row in connection.execute(query)]


def read_decisions(connection: sa.Connection, proposal_id: str) -> list[StoredDecision]:
    """Return the decisions on a proposal, the first one first."""
    query = (
        sa.select(
            _DECISION.c.decision, _DECISION.c.actor, _DECISION.c.comment, _DECISION.c.decided_at
        )
        .where(_DECISION.c.proposal_id == proposal_id)
        .order_by(_DECISION.c.id)
    )
    return [StoredDecision(*row) for row in connection.execute(query)]


def note_decision(connection: sa.Connection, proposal_id: str, decision: StoredDecision) -> None:
    """Store a decision on a proposal."""
    connection.execute(_DECISION.insert().values(proposal_id=proposal_id, **vars(decision)))


def update_proposal(connection: sa.Connection, proposal_id: str, **values: Any) -> None:
    """Change a proposal, and count the change."""
    connection.execute(
        _PROPOSAL.update()
        .where(_PROPOSAL.c.proposal_id == proposal_id)
        .values(version=_PROPOSAL.c.version + 1, **values)
    )


def read_approved(connection: sa.Connection) -> list[tuple[StoredProposal, list[StoredTarget]]]:
    """Return the approved standards with their targets, by the day from which they count."""
    proposals = list_proposals(connection, status="approved")
    return [
        (each, read_targets(connection, each.proposal_id))
        for each in sorted(proposals, key=lambda each: (each.effective_on, each.proposal_id))
    ]
