"""Standards as they are read: the versions of each grade, and proposals with all that is theirs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recommender.arrays import FloatArray
from recommender.errors import ForbiddenError, NotFoundError
from recommender.service.effective_catalog import add_standards
from recommender.service.framework import require_grade
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.standards import PanelResult, StandardBasis, summarise_panel
from recommender.store import Connection
from recommender.store import standards as store
from recommender.store.standards import (
    StoredDecision,
    StoredJudgement,
    StoredProposal,
    StoredTarget,
)
from training_catalog import Catalog, TargetProfile

APPROVALS = 2
"""How many people have to approve a standard before it counts."""


@dataclass(frozen=True)
class Proposal:
    """A proposed standard: its targets, what a panel judged, and who has decided."""

    stored: StoredProposal
    targets: tuple[StoredTarget, ...]
    judgements: tuple[StoredJudgement, ...] = ()
    decisions: tuple[StoredDecision, ...] = ()

    @property
    def approvals(self) -> tuple[StoredDecision, ...]:
        """The approvals so far."""
        return tuple(each for each in self.decisions if each.decision == "approved")

    @property
    def actors(self) -> tuple[str, ...]:
        """Who wrote it and who decided on it, as the audit trail has them."""
        return (self.stored.author, *(each.actor for each in self.decisions))

    @property
    def changes(self) -> tuple[StoredTarget, ...]:
        """The targets with another level than before."""
        return tuple(each for each in self.targets if each.new_level != each.old_level)

    @property
    def rounds(self) -> int:
        """How many rounds of a panel are recorded."""
        return len({each.round for each in self.judgements})

    @cached_property
    def experts(self) -> tuple[str, ...]:
        """The labels of the experts, in their order."""
        return tuple(sorted({each.expert for each in self.judgements}))

    def answers(self, number: int) -> FloatArray:
        """Return what the experts judged in a round, of shape (n_experts, n_competencies)."""
        row = {expert: i for i, expert in enumerate(self.experts)}
        column = {each.competency_id: k for k, each in enumerate(self.targets)}
        answers = np.full((len(row), len(column)), np.nan)
        for each in self.judgements:
            if each.round == number:
                answers[row[each.expert], column[each.competency_id]] = each.level
        return answers

    @cached_property
    def panel(self) -> PanelResult | None:
        """What the panel found, competency by competency; None before its second round."""
        return summarise_panel(self.answers(1), self.answers(2)) if self.rounds == 2 else None


@dataclass(frozen=True)
class StandardVersion:
    """A version of a grade's standard.

    `proposal_id` is None where it comes with the catalogue folder; `changes` are the competencies
    with another level than in the version before, with both levels.
    """

    grade: str
    effective_on: dt.date
    proposal_id: str | None
    in_force: bool
    changes: tuple[tuple[str, float, float], ...]


def list_proposals(
    session: Session,
    *,
    grade: str | None = None,
    status: str | None = None,
    before: str = "",
    limit: int,
) -> list[StoredProposal]:
    """List proposals, the newest first; with `before` only those that are older than it.

    Raises
    ------
    NotFoundError
        If there is no such grade.
    """
    session.need(Permission.READ_STATISTICS)
    if grade is not None:
        require_grade(session.service.framework, grade)
    with session.reading() as connection:
        return store.list_proposals(
            connection, grade=grade, status=status, before=before, limit=limit
        )


def read_proposal(session: Session, proposal_id: str) -> Proposal:
    """Return a proposal with its targets, judgements and decisions.

    Raises
    ------
    NotFoundError
        If there is none with that id.
    """
    session.need(Permission.READ_STATISTICS)
    with session.reading() as connection:
        return find_whole(connection, proposal_id)


def list_versions(session: Session) -> list[StandardVersion]:
    """List the versions of every grade's standard, those to come included, the oldest first."""
    session.need(Permission.READ_STATISTICS)
    with session.reading() as connection:
        approved = store.read_approved(connection)
    # by what is stored, not by what this process has read
    catalog = add_standards(session.service.folder, approved)
    made_by = {(each.grade, each.effective_on): each.proposal_id for each, _ in approved}
    versions: list[StandardVersion] = []
    for grade in catalog.grades:
        own = [profile for profile in catalog.profiles if profile.grade == grade.id]
        past = [profile for profile in own if profile.effective_on <= session.today]
        for older, profile in zip([None, *own], own, strict=False):
            versions.append(
                StandardVersion(
                    grade.id,
                    profile.effective_on,
                    made_by.get((grade.id, profile.effective_on)),
                    in_force=bool(past) and profile is past[-1],
                    changes=tuple(
                        (name, older.targets[name].level, target.level)
                        for name, target in profile.targets.items()
                        if older and older.targets[name].level != target.level
                    ),
                )
            )
    return versions


def read_bases(session: Session) -> dict[str, StandardBasis]:
    """Return by grade what the standard in force was set for, where it was approved here."""
    session.need(Permission.READ_STATISTICS)
    with session.reading() as connection:
        approved = {each.proposal_id: each for each, _ in store.read_approved(connection)}
    in_force = {
        each.grade: approved[each.proposal_id].basis
        for each in list_versions(session)
        if each.in_force and each.proposal_id
    }
    return {
        grade: StandardBasis(basis["job_elements"], tuple(basis["units"]))
        for grade, basis in in_force.items()
    }


def find_whole(connection: Connection, proposal_id: str, *, lock: bool = False) -> Proposal:
    """Find a proposal; raise a `NotFoundError` if there is none."""
    stored = store.find_proposal(connection, proposal_id, lock=lock)
    if stored is None:
        raise NotFoundError("standard.unknown", proposal_id=proposal_id)
    return Proposal(
        stored,
        tuple(store.read_targets(connection, proposal_id)),
        tuple(store.read_judgements(connection, proposal_id)),
        tuple(store.read_decisions(connection, proposal_id)),
    )


def read_catalog(session: Session, connection: Connection) -> Catalog:
    """Return the catalogue of the folder with the standards approved up to this transaction."""
    return add_standards(session.service.folder, store.read_approved(connection))


def profile_before(catalog: Catalog, grade: str, day: dt.date) -> TargetProfile | None:
    """Return the version of a grade's profile that is in force right before a day."""
    older: Sequence[TargetProfile] = [
        p for p in catalog.profiles if p.grade == grade and p.effective_on < day
    ]
    return max(older, key=lambda p: p.effective_on, default=None)


def need_whole_organisation(session: Session) -> None:
    """Raise a `ForbiddenError` for who looks after a part of the people: a standard is for all."""
    if not session.who.scope.everyone:
        raise ForbiddenError("standard.whole-organisation")
