"""What becomes of a proposal: submitted, approved by two, rejected or withdrawn."""

from __future__ import annotations

import datetime as dt

from recommender.errors import ConflictError, ForbiddenError
from recommender.service.access.two_person import is_same_hand
from recommender.service.effective_catalog import add_standards
from recommender.service.permissions import COMMAND_LINE, Permission
from recommender.service.session import Session
from recommender.service.standards.proposing import find_seen, require_draft, require_place
from recommender.service.standards.reading import (
    APPROVALS,
    Proposal,
    find_whole,
    read_catalog,
)
from recommender.store import Connection, count_change
from recommender.store import standards as store
from recommender.store.standards import StoredDecision

_OPEN = ("draft", "submitted")


def submit_standard(session: Session, proposal_id: str, *, seen: int | None = None) -> Proposal:
    """Hand a draft in for approval; from then on it is what it is.

    Raises
    ------
    NotFoundError, StaleError
        If there is no such proposal, or it was changed since it was seen.
    ConflictError
        If it is no draft, changes nothing, lacks a round of its panel, or no longer fits.
    InputError
        If its day is no longer in the future.
    """
    session.need(Permission.WRITE_STANDARDS)
    with session.writing() as connection:
        proposal = require_draft(session, connection, proposal_id, seen)
        if proposal.stored.method == "angoff" and proposal.rounds < 2:
            raise ConflictError("standard.rounds-missing", proposal_id=proposal_id)
        _require_fit(session, connection, proposal)
        return _turn(session, connection, proposal, "submitted")


def approve_standard(
    session: Session, proposal_id: str, *, comment: str | None = None, seen: int | None = None
) -> Proposal:
    """Approve a standard; with the second approval it counts from its day on.

    Raises
    ------
    NotFoundError, StaleError
        If there is no such proposal, or it was changed since it was seen.
    ForbiddenError
        If the principal may not, is the author, or has approved it before.
    ConflictError
        If it waits for no approval, or no longer fits what is in force before it.
    InputError
        If its day is no longer in the future.
    """
    session.need(Permission.APPROVE_STANDARDS)
    with session.writing() as connection:
        # First of all, and not only for the servers that have to read the standard: until this
        # transaction ends nobody else brings one of the same grade and day into force.
        count_change(connection, "catalog")
        proposal = _require_submitted(session, connection, proposal_id, seen)
        if _is_same(connection, proposal.stored.author, session):
            raise ForbiddenError("standard.own", proposal_id=proposal_id)
        if any(_is_same(connection, each.actor, session) for each in proposal.approvals):
            raise ForbiddenError("standard.approved-before", proposal_id=proposal_id)
        _require_fit(session, connection, proposal)
        _decide(session, connection, proposal, "approved", comment)
        done = len(proposal.approvals) + 1 >= APPROVALS
        return _turn(session, connection, proposal, "approved" if done else "submitted")


def reject_standard(
    session: Session, proposal_id: str, *, comment: str | None = None, seen: int | None = None
) -> Proposal:
    """Reject a standard that waits for approval; one is enough.

    Raises
    ------
    NotFoundError, StaleError
        If there is no such proposal, or it was changed since it was seen.
    ConflictError
        If it waits for no approval.
    """
    session.need(Permission.APPROVE_STANDARDS)
    with session.writing() as connection:
        proposal = _require_submitted(session, connection, proposal_id, seen)
        _decide(session, connection, proposal, "rejected", comment)
        return _turn(session, connection, proposal, "rejected")


def withdraw_standard(session: Session, proposal_id: str, *, seen: int | None = None) -> Proposal:
    """Withdraw a proposal that is not decided yet.

    Raises
    ------
    NotFoundError, StaleError
        If there is no such proposal, or it was changed since it was seen.
    ConflictError
        If it is decided.
    """
    session.need(Permission.WRITE_STANDARDS)
    with session.writing() as connection:
        proposal = find_seen(session, connection, proposal_id, seen)
        if proposal.stored.status not in _OPEN:
            raise ConflictError("standard.decided", proposal_id=proposal_id)
        return _turn(session, connection, proposal, "withdrawn")


def _require_submitted(
    session: Session, connection: Connection, proposal_id: str, seen: int | None
) -> Proposal:
    proposal = find_seen(session, connection, proposal_id, seen)
    if proposal.stored.status != "submitted":
        raise ConflictError("standard.not-submitted", proposal_id=proposal_id)
    return proposal


def _require_fit(session: Session, connection: Connection, proposal: Proposal) -> None:
    """Raise an error unless a proposal still changes what it was made to change, in the future."""
    stored = proposal.stored
    before = require_place(
        session, read_catalog(session, connection), stored.grade, stored.effective_on
    )
    present = {name: target.level for name, target in before.targets.items()}
    if present != {each.competency_id: each.old_level for each in proposal.targets}:
        raise ConflictError("standard.outdated", proposal_id=stored.proposal_id)
    changed = any(
        (each.new_level, each.weight) != (each.old_level, before.targets[each.competency_id].weight)
        for each in proposal.targets
    )
    if not changed:
        raise ConflictError("standard.no-change", proposal_id=stored.proposal_id)
    # raises where the catalogue with it would not open again
    approved = store.read_approved(connection)
    add_standards(session.service.folder, [*approved, (stored, proposal.targets)])


def _is_same(connection: Connection, actor: str, session: Session) -> bool:
    """Say whether who acted before may be the same person as the principal."""
    # The command line has made the first keys of all, so it counts as a hand of its own: else
    # nobody could approve what was proposed on it.
    if COMMAND_LINE.actor in (actor, session.who.actor):
        return actor == session.who.actor
    return is_same_hand(connection, actor, session.who)


def _decide(
    session: Session, connection: Connection, proposal: Proposal, decision: str, comment: str | None
) -> None:
    said = (comment or "").strip() or None
    entry = StoredDecision(decision, session.who.actor, said, dt.datetime.now(dt.UTC))
    store.note_decision(connection, proposal.stored.proposal_id, entry)


def _turn(session: Session, connection: Connection, proposal: Proposal, status: str) -> Proposal:
    proposal_id = proposal.stored.proposal_id
    store.update_proposal(connection, proposal_id, status=status)
    session.details |= {"proposal_id": proposal_id, "status": status}
    return find_whole(connection, proposal_id)
