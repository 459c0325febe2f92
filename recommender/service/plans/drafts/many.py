"""Plans of many people: drafted together, here or by workers, and kept together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from recommender.errors import ConflictError, InputError, NotFoundError
from recommender.results import Plan, PlanActivity
from recommender.service.framework import find_path
from recommender.service.installation import Service
from recommender.service.levels.gaps import describe_gaps
from recommender.service.levels.standing import Standing, aim_at, read_standing
from recommender.service.permissions import Permission, Principal
from recommender.service.plans.choices import PlanRequest, Purse, check_names, find_target_grade
from recommender.service.plans.dates import Dates, runs_of
from recommender.service.plans.drafts.keeping import PlanDraft, keep_plans
from recommender.service.plans.learning_path import is_for_grade
from recommender.service.plans.making import make_plan
from recommender.service.plans.stored import find_undone
from recommender.service.recommend.prospects import Prospects, find_prospects
from recommender.service.session import Session
from recommender.service.workers import Basis, Workers, hand_out
from recommender.store import (
    Connection,
    PersonHead,
    org_path,
    read_offerings,
    schema,
)
from recommender.store.people.people import in_unit, list_people, reaches_unit
from recommender.store.scope import present

# enough to share the reading and the search for candidates, and to tell of progress in between
_PEOPLE_AT_ONCE = 100
# a process takes as long to start as some hundred plans
_WORTH_SHARING = 1000


@dataclass(frozen=True)
class Asking:
    """On whose behalf workers make plans."""

    who: Principal
    today: dt.date
    lang: str


@dataclass(frozen=True)
class GroupPlans:
    """The plans made for many people, and whom none could be made for, with the reason."""

    plans: list[Plan]
    refused: list[tuple[str, InputError | ConflictError]]


_Drafted = tuple[list[PlanDraft], list[tuple[str, InputError | ConflictError]]]


def create_plans(
    session: Session,
    request: PlanRequest,
    *,
    as_of: dt.date,
    org_unit: str | None = None,
    person_ids: Sequence[str] | None = None,
    total_cost: float | None = None,
    workers: Workers | None = None,
    note_progress: Callable[[int, int], None] = lambda done, total: None,
) -> GroupPlans:
    """Make a plan for everybody of an org unit and the units below it, then keep all of them.

    Without `org_unit` that is everybody within the principal's scope, with `person_ids` those of
    them, in that order. Who has left by that day gets none, and a learning path leaves out the
    people whose grade it is not for. Where no plan can be made for somebody, the others still get
    theirs. `total_cost`, in CNY, is what all plans together may cost: each may use what those
    before it have left. Without it `workers` share very many people among them.
    `note_progress` is told how many people of how many are done.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope, no such module or path.
    InputError
        If there is no such target grade.
    ConflictError
        If a module is both to be in and to be left out.
    """
    session.need(Permission.WRITE_PLANS)
    check_names(session.service.framework, request)
    drafts: list[PlanDraft] = []
    refused: list[tuple[str, InputError | ConflictError]] = []
    # one state of the database for all, held until the last plan is solved (DECISIONS 20); workers
    # have one for each piece of the work
    with session.reading() as connection:
        people = _whom_to_plan(session, connection, request, org_unit, person_ids, as_of)
        if workers is not None and total_cost is None and len(people) > _WORTH_SHARING:
            drafts, refused = _share(session, workers, people, request, as_of, note_progress)
            people = []
        purse = Purse(total_cost)
        runs = runs_of(read_offerings(connection, as_of=as_of))
        for start in range(0, len(people), _PEOPLE_AT_ONCE):
            some = people[start : start + _PEOPLE_AT_ONCE]
            drafts += _draft_some(session, connection, some, request, as_of, runs, refused, purse)
            note_progress(start + len(some), len(people))
    with session.writing() as connection:
        kept = keep_plans(session, connection, drafts, refused, party="hr")
        session.details |= {"plans": len(kept), "failed": len(refused)}
        session.saw_people(connection, [plan.person_id for plan in kept])
    return GroupPlans(kept, refused)


def try_plans(
    session: Session,
    request: PlanRequest,
    *,
    as_of: dt.date,
    person_ids: Sequence[str],
    total_cost: float | None = None,
) -> GroupPlans:
    """Make plans for people as `create_plans` does, and keep none of them.

    Raises
    ------
    NotFoundError, InputError, ConflictError
        As `create_plans` does.
    """
    session.need(Permission.READ_RECOMMENDATIONS)
    check_names(session.service.framework, request)
    refused: list[tuple[str, InputError | ConflictError]] = []
    with session.reading() as connection:
        people = _whom_to_plan(session, connection, request, None, person_ids, as_of)
        session.saw(person.ref for person in people)
        runs = runs_of(read_offerings(connection, as_of=as_of))
        purse = Purse(total_cost)
        drafts = _draft_some(session, connection, people, request, as_of, runs, refused, purse)
    return GroupPlans([draft.plan for draft in drafts], refused)


def _whom_to_plan(
    session: Session,
    connection: Connection,
    request: PlanRequest,
    org_unit: str | None,
    person_ids: Sequence[str] | None,
    as_of: dt.date,
) -> list[PersonHead]:
    scope, unit = session.who.scope, org_path(org_unit or "")
    path = find_path(session.service.framework, request.path) if request.path else None
    if unit and not reaches_unit(connection, scope, unit):
        raise NotFoundError("org-unit.unknown", org_unit=org_unit)
    conditions = [present(as_of), *([in_unit(unit)] if unit else [])]
    people = list_people(connection, scope, conditions=conditions, limit=None)
    if person_ids is not None:
        known = {person.person_id: person for person in people}
        people = [known[person_id] for person_id in person_ids if person_id in known]
    return [person for person in people if path is None or is_for_grade(path, person.grade)]


def _draft_some(
    session: Session,
    connection: Connection,
    people: Sequence[PersonHead],
    request: PlanRequest,
    as_of: dt.date,
    runs: Mapping[str, Sequence[Dates]],
    refused: list[tuple[str, InputError | ConflictError]],
    purse: Purse,
) -> list[PlanDraft]:
    """Draft plans for some people, in their order; those who get none are added to `refused`."""
    framework = session.service.framework
    drafts: list[PlanDraft] = []
    # sorted out first: `read_standing` refuses all for one unknown grade
    graded: list[str] = []
    for person in people:
        if person.grade in framework.grade_ids:
            graded.append(person.person_id)
        else:
            error = InputError("person.grade", person_id=person.person_id, grade=person.grade)
            refused.append((person.person_id, error))
    if not graded:
        return []
    standing = read_standing(connection, framework, as_of=as_of, person_ids=graded)
    prospects = find_plan_prospects(session, standing, request)
    undone = find_undone(session, connection, graded)
    # a standing is in the order of ids
    row_of = {person_id: row for row, person_id in enumerate(standing.people["person_id"])}
    for person_id in graded:
        try:
            draft = draft_row(
                session,
                prospects,
                row_of[person_id],
                purse.limit(request),
                runs,
                undone.get(person_id, ()),
            )
            purse.refuse_nothing(request, draft.plan)
        except ConflictError as error:
            refused.append((person_id, error))
        else:
            purse.pay(draft.plan)
            drafts.append(draft)
    return drafts


def _share(
    session: Session,
    workers: Workers,
    people: Sequence[PersonHead],
    request: PlanRequest,
    as_of: dt.date,
    note_progress: Callable[[int, int], None],
) -> tuple[list[PlanDraft], list[tuple[str, InputError | ConflictError]]]:
    """Let workers draft plans; the drafts come in the order of the people."""
    person_ids = [person.person_id for person in people]
    pieces = [
        tuple(person_ids[start : start + _PEOPLE_AT_ONCE])
        for start in range(0, len(person_ids), _PEOPLE_AT_ONCE)
    ]
    asks = Asking(session.who, session.today, session.lang)
    work = partial(_draft_apart, asks, request, as_of)
    drafts: dict[tuple[str, ...], _Drafted] = {}
    for piece, drafted in hand_out(workers, Basis.of(session.service), work, pieces):
        drafts[piece] = drafted
        note_progress(sum(map(len, drafts)), len(people))
    return (
        [draft for piece in pieces for draft in drafts[piece][0]],
        [pair for piece in pieces for pair in drafts[piece][1]],
    )


def _draft_apart(
    asks: Asking, request: PlanRequest, as_of: dt.date, service: Service, piece: tuple[str, ...]
) -> _Drafted:
    """Draft plans for some people in a process that has a service of its own."""
    session = Session(service, asks.who, "plans", asks.today, lang=asks.lang)
    refused: list[tuple[str, InputError | ConflictError]] = []
    with session.reading() as connection:
        wanted = schema.person.c.person_id.in_(piece)
        people = list_people(connection, asks.who.scope, conditions=[wanted], limit=None)
        runs = runs_of(read_offerings(connection, as_of=as_of))
        purse = Purse(None)
        return (
            _draft_some(session, connection, people, request, as_of, runs, refused, purse),
            refused,
        )


def find_plan_prospects(session: Session, standing: Standing, request: PlanRequest) -> Prospects:
    """Find the candidates of everybody in a standing, against the targets that are asked for."""
    service, framework = session.service, session.service.framework
    standing = aim_at(standing, framework, find_target_grade(framework, request))
    return find_prospects(framework, standing, service.estimates, modalities=request.modalities)


def draft_row(
    session: Session,
    prospects: Prospects,
    row: int,
    request: PlanRequest,
    runs: Mapping[str, Sequence[Dates]],
    undone: Sequence[PlanActivity],
) -> PlanDraft:
    """Draft the plan of one person of a standing."""
    plan = make_plan(prospects, row, request, runs=runs, lang=session.lang, undone=undone)
    return PlanDraft(describe_gaps(prospects.framework, prospects.standing, row), plan)
