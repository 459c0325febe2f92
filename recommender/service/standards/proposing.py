"""Proposing a standard: by hand, by the median of proven performers, or by a panel of experts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

import numpy as np

from recommender.arrays import FloatArray
from recommender.errors import ConflictError, InputError, NotFoundError, StaleError
from recommender.service.framework import require_grade
from recommender.service.groups.levels import read_levels
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.service.standards.basis import find_basis
from recommender.service.standards.reading import (
    Proposal,
    find_whole,
    need_whole_organisation,
    profile_before,
    read_catalog,
)
from recommender.standards import median_of_proven, round_to_step, summarise_panel
from recommender.store import Connection, schema
from recommender.store import standards as store
from recommender.store.people.people import list_people
from recommender.store.scope import present
from recommender.store.standards import StoredJudgement, StoredTarget
from training_catalog import Catalog, TargetProfile

Method = Literal["median-of-performers", "angoff", "by-hand"]
METHODS: tuple[Method, ...] = ("median-of-performers", "angoff", "by-hand")

FEWEST_PERFORMERS = 6
"""Of fewer people no interval holds the median with 95 %."""
FEWEST_EXPERTS = 3
"""Two are a conversation: neither spread nor agreement can be told."""
_WEIGHTS_DIFFER = 1e-6


@dataclass(frozen=True)
class HandTarget:
    """A target set by hand; a weight of None stays as it is, and `note` says why."""

    level: float
    weight: float | None = None
    note: str = ""


@dataclass(frozen=True)
class ProposalRequest:
    """What a standard is to be.

    Parameters
    ----------
    grade : str
        The grade it is for.
    effective_on : date
        The day from which it is to count.
    method : str
        One of `METHODS`.
    rationale : str
        Why it is proposed.
    targets : mapping of str to HandTarget
        By hand: the competencies that change.
    performers : sequence of str
        By the median: the people of the grade who have proven themselves, as HR judges.
    """

    grade: str
    effective_on: dt.date
    method: Method
    rationale: str
    targets: Mapping[str, HandTarget] = field(default_factory=dict[str, HandTarget])
    performers: Sequence[str] = ()


def propose_standard(session: Session, request: ProposalRequest) -> Proposal:
    """Keep a proposal as a draft; a panel's is empty until its rounds are recorded.

    Raises
    ------
    NotFoundError
        If there is no such grade, or one of the performers is not within the principal's scope.
    InputError
        If the day is not in the future, there is no reason, a target or the weights cannot be, or
        the performers are too few or of another grade.
    ConflictError
        If the grade has a version of that day already.
    """
    session.need(Permission.WRITE_STANDARDS)
    need_whole_organisation(session)
    require_grade(session.service.framework, request.grade)
    rationale = " ".join(request.rationale.split())
    if not rationale:
        raise InputError("standard.no-rationale", field="#/rationale")
    with session.reading() as connection:
        everybody = list_people(
            connection,
            session.who.scope,
            conditions=[present(session.today), schema.person.c.grade == request.grade],
            limit=None,
        )
        basis = find_basis(session.service.framework.catalog, request.grade, everybody)
        catalog = read_catalog(session, connection)
        before = require_place(session, catalog, request.grade, request.effective_on)
        if request.method == "by-hand":
            targets = _set_by_hand(before, request.targets)
        elif request.method == "median-of-performers":
            targets = _take_median(session, connection, before, request)
        else:
            targets = as_they_are(before)
    with session.writing() as connection:
        proposal_id = store.make_proposal_id()
        store.insert_proposal(
            connection,
            {
                "proposal_id": proposal_id,
                "grade": request.grade,
                "effective_on": request.effective_on,
                "method": request.method,
                "status": "draft",
                "rationale": rationale,
                "basis": asdict(basis),
                "author": session.who.actor,
                "created_at": dt.datetime.now(dt.UTC),
            },
            targets,
        )
        session.details |= {"proposal_id": proposal_id, "grade": request.grade}
        return find_whole(connection, proposal_id)


def record_round(
    session: Session,
    proposal_id: str,
    number: int,
    answers: Mapping[str, Mapping[str, float]],
    *,
    seen: int | None = None,
) -> Proposal:
    """Record what the experts of a panel judged in a round: by expert and competency, a level.

    Experts stand under labels, not names. The second round makes the targets; what it leaves out
    stays as it is.

    Raises
    ------
    NotFoundError
        If there is no such proposal.
    ConflictError
        If it is no draft of a panel, the first round is missing, or already has a second.
    StaleError
        If it was changed since it was seen.
    InputError
        If the experts are too few or not those of the first round, or a level cannot be.
    """
    session.need(Permission.WRITE_STANDARDS)
    with session.writing() as connection:
        proposal = require_draft(session, connection, proposal_id, seen)
        if proposal.stored.method != "angoff":
            raise ConflictError("standard.no-panel", proposal_id=proposal_id)
        _check_round(proposal, number, answers)
        judgements = [
            StoredJudgement(number, expert, name, float(level))
            for expert, levels in answers.items()
            for name, level in levels.items()
        ]
        store.replace_round(connection, proposal_id, judgements)
        if number == 2:
            whole = find_whole(connection, proposal_id)
            store.replace_targets(connection, proposal_id, _take_panel(whole))
        store.update_proposal(connection, proposal_id)
        session.details |= {"proposal_id": proposal_id, "round": number, "experts": len(answers)}
        return find_whole(connection, proposal_id)


def require_place(
    session: Session, catalog: Catalog, grade: str, effective_on: dt.date
) -> TargetProfile:
    """Return the version that a standard from a day on would follow.

    Raises
    ------
    InputError
        If the day is not in the future, or before the first version of the grade.
    ConflictError
        If the grade has a version of that day.
    """
    if effective_on <= session.today:
        raise InputError(
            "standard.past", effective_on=effective_on, today=session.today, field="#/effective_on"
        )
    if any(p.grade == grade and p.effective_on == effective_on for p in catalog.profiles):
        raise ConflictError("standard.taken", grade=grade, effective_on=effective_on)
    before = profile_before(catalog, grade, effective_on)
    if before is None:
        raise InputError("standard.first", grade=grade, field="#/effective_on")
    return before


def require_draft(
    session: Session, connection: Connection, proposal_id: str, seen: int | None
) -> Proposal:
    """Return a draft as it was seen, which nobody else changes until the transaction ends.

    Raises
    ------
    NotFoundError, ForbiddenError, StaleError, ConflictError
        As `find_seen` does, or if it is no draft any more.
    """
    proposal = find_seen(session, connection, proposal_id, seen)
    if proposal.stored.status != "draft":
        raise ConflictError("standard.not-draft", proposal_id=proposal_id)
    return proposal


def find_seen(
    session: Session, connection: Connection, proposal_id: str, seen: int | None
) -> Proposal:
    """Return a proposal as it was seen, which nobody else changes until the transaction ends.

    Raises
    ------
    NotFoundError
        If there is none.
    ForbiddenError
        If the principal is not there for the whole organisation.
    StaleError
        If it was changed since it was seen.
    """
    # everybody who may change one may read it, so that it is there is no secret
    proposal = find_whole(connection, proposal_id, lock=True)
    need_whole_organisation(session)
    if seen is not None and seen != proposal.stored.version:
        raise StaleError(seen=seen, present=proposal.stored.version)
    return proposal


def as_they_are(before: TargetProfile) -> list[StoredTarget]:
    """Return the targets of a version as those of a proposal that changes none of them."""
    return [
        StoredTarget(name, target.level, target.level, target.weight)
        for name, target in before.targets.items()
    ]


def _set_by_hand(before: TargetProfile, wanted: Mapping[str, HandTarget]) -> list[StoredTarget]:
    for name, target in wanted.items():
        if name not in before.targets:
            raise NotFoundError("competency.unknown", competency_id=name)
        _check_level(target.level, f"#/targets/{name}/level")
        if target.weight is not None and not target.weight > 0:
            raise InputError("standard.weight", weight=target.weight, field=f"#/targets/{name}")
    targets: list[StoredTarget] = []
    for target in as_they_are(before):
        new = wanted.get(target.competency_id)
        if new is not None:
            weight = target.weight if new.weight is None else new.weight
            note = " ".join(new.note.split())
            target = replace(target, new_level=new.level, weight=weight, note=note)
        targets.append(target)
    mean = sum(target.weight for target in targets) / len(targets)
    if abs(mean - 1) > _WEIGHTS_DIFFER:
        raise InputError("standard.weights", mean=f"{mean:.3f}", field="#/targets")
    return targets


def _take_median(
    session: Session, connection: Connection, before: TargetProfile, request: ProposalRequest
) -> list[StoredTarget]:
    """Return the median levels of the performers as targets."""
    session.need(Permission.READ_ASSESSMENTS)
    wanted = list(dict.fromkeys(request.performers))
    # whoever has left by today is in no figure
    conditions = [present(session.today), schema.person.c.person_id.in_(wanted)]
    people = list_people(connection, session.who.scope, conditions=conditions, limit=None)
    known = {person.person_id: person for person in people}
    for person_id in wanted:
        if person_id not in known:
            raise NotFoundError("person.unknown", person_id=person_id)
        if known[person_id].grade != request.grade:
            raise InputError(
                "standard.other-grade",
                person_id=person_id,
                grade=request.grade,
                found=known[person_id].grade,
                field="#/performers",
            )
    if len(wanted) < FEWEST_PERFORMERS:
        raise InputError(
            "standard.few-performers",
            found=len(wanted),
            fewest=FEWEST_PERFORMERS,
            field="#/performers",
        )
    session.saw(person.ref for person in people)
    levels = read_levels(
        connection, session.service, people, as_of=session.today, scope=session.who.scope
    )
    median = median_of_proven(levels.level, np.ones(len(people), dtype=bool))
    names = session.service.framework.competency_ids
    # of fewer than can bear an interval nothing is proposed
    enough = median.n >= FEWEST_PERFORMERS
    return _round_off(
        as_they_are(before),
        names,
        enough,
        median.n.tolist(),
        (median.median, median.lower, median.upper),
    )


def _take_panel(proposal: Proposal) -> list[StoredTarget]:
    """Return what the panel judged in the second round as targets."""
    result = summarise_panel(proposal.answers(1), proposal.answers(2))
    plain = [
        StoredTarget(each.competency_id, each.old_level, each.old_level, each.weight, each.note)
        for each in proposal.targets
    ]
    return _round_off(
        plain,
        [each.competency_id for each in plain],
        result.n_experts >= FEWEST_EXPERTS,
        result.n_experts.tolist(),
        (result.mean, result.lower, result.upper),
    )


def _round_off(
    targets: Sequence[StoredTarget],
    names: Sequence[str],
    enough: np.ndarray,
    counts: Sequence[int],
    figures: tuple[FloatArray, FloatArray, FloatArray],
) -> list[StoredTarget]:
    """Set targets to what a method found, rounded; where it found too little they stay."""
    place = {name: k for k, name in enumerate(names)}
    rounded = round_to_step(figures[0])
    kept: list[StoredTarget] = []
    for target in targets:
        k = place[target.competency_id]
        if enough[k]:
            # outside of the scale no level lies, whatever the interval of a mean says
            value, lower, upper = (float(np.clip(each[k], 0.0, 4.0)) for each in figures)
            target = replace(
                target,
                new_level=float(rounded[k]),
                found_of=counts[k],
                found=value,
                lower=lower,
                upper=upper,
            )
        kept.append(target)
    return kept


def _check_round(
    proposal: Proposal, number: int, answers: Mapping[str, Mapping[str, float]]
) -> None:
    if number not in (1, 2):
        raise InputError("standard.round", number=number, field="#/round")
    if number == 2 and proposal.rounds == 0:
        raise ConflictError("standard.no-first-round", proposal_id=proposal.stored.proposal_id)
    if number == 1 and proposal.rounds == 2:
        # the second was judged in sight of it
        raise ConflictError("standard.second-round", proposal_id=proposal.stored.proposal_id)
    if len(answers) < FEWEST_EXPERTS:
        raise InputError(
            "standard.few-experts", found=len(answers), fewest=FEWEST_EXPERTS, field="#/answers"
        )
    if number == 2:
        first = {each.expert for each in proposal.judgements if each.round == 1}
        strangers = sorted(answers.keys() - first)
        if strangers:
            raise InputError("standard.new-expert", expert=strangers[0], field="#/answers")
    known = {each.competency_id for each in proposal.targets}
    for expert, levels in answers.items():
        if not levels:
            raise InputError("standard.silent-expert", expert=expert, field="#/answers")
        for name, level in levels.items():
            if name not in known:
                raise NotFoundError("competency.unknown", competency_id=name)
            _check_level(level, f"#/answers/{expert}/{name}")


def _check_level(level: float, place: str) -> None:
    if not 0 <= level <= 4:
        raise InputError("standard.level", level=level, field=place)
