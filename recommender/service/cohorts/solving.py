"""Working out who gets which seat, beside other ways of giving them, and what else is wanted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np

from recommender.arrays import IntArray
from recommender.cohorts import choose_cohort, compare_policies
from recommender.errors import ConflictError, StaleError
from recommender.service.cohorts.answers import Answer, describe_answer
from recommender.service.cohorts.demand import find_demand
from recommender.service.cohorts.problem import (
    Case,
    Facts,
    build_problem,
    count_seats,
    raise_floors,
)
from recommender.service.cohorts.reading import (
    Cohort,
    CohortDraft,
    get_cohort,
    read_draft,
    require_cohort,
)
from recommender.service.groups.levels import find_grades, read_levels
from recommender.service.session import Session
from recommender.store import Connection
from recommender.store.people.enrolments import list_of_people
from recommender.store.people.seats import find_offerings
from recommender.store.plans.cohorts import (
    StoredCohort,
    add_to_log,
    replace_seats,
    update_cohort,
)


def work_out(
    session: Session,
    draft: CohortDraft,
    *,
    note_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Answer:
    """Work out the seats of a cohort; nothing is stored.

    Raises
    ------
    ConflictError
        If the floors cannot all be kept to.
    """
    stored = draft.stored
    with session.reading() as connection:
        case = read_case(session, connection, draft)
    total = len(case.people)
    note_progress(0, total)
    problem, tolerance = case.problem, float(stored.limits["tolerance"])
    choice = choose_cohort(problem, seed=stored.seed, tolerance=tolerance)
    # a share of the seats that are given, and how many these are is known only now
    if stored.limits["floor_share"]:
        problem = raise_floors(problem, stored, seats_given=len(choice.seats.person))
        case = replace(case, problem=problem)
        choice = choose_cohort(problem, seed=stored.seed, tolerance=tolerance)
    note_progress(total // 2, total)
    outcomes = compare_policies(problem, choice.seats, applied=_find_order(case, stored.seed))
    demand = find_demand(session.service.framework, stored, case, choice)
    note_progress(total, total)
    return describe_answer(case, stored, choice, outcomes, demand)


def _find_order(case: Case, seed: int) -> IntArray:
    """Return people in the order in which they applied, or in one drawn where none is known."""
    if (case.applied < 0).any():
        return np.random.default_rng(seed).permutation(len(case.people))
    return np.argsort(case.applied)


def read_case(
    session: Session,
    connection: Connection,
    draft: CohortDraft,
    *,
    held: Collection[tuple[str, str]] = (),
) -> Case:
    """Read what the seats of a cohort are given by, as it is today.

    `held` are the people and offerings of seats that the cohort has given already: these
    enrolments are none that stand in the way.
    """
    service, framework, today = session.service, session.service.framework, session.today
    considered = [
        (head, applied)
        for head, applied in draft.people
        if head.left_on is None or head.left_on > today
    ]
    people = [head for head, _ in considered]
    runs = find_offerings(connection, [each.offering_id for each in draft.offerings])
    # since the draft a run may have begun or gone, or become one of another module
    offerings = [
        each
        for each in draft.offerings
        if each.offering_id in runs
        and runs[each.offering_id].starts_on > today
        and runs[each.offering_id].module_id == each.module_id
        and each.module_id in framework.module_of
    ]
    enrolments = [
        each
        for each in list_of_people(connection, [head.person_id for head in people])
        if (each.person_id, each.offering_id) not in held
    ]
    taken = {e.offering_id for e in enrolments if e.offering_id and e.status == "enrolled"}
    levels = read_levels(
        connection, service, people, as_of=draft.stored.as_of, scope=session.who.scope
    )
    facts = Facts(
        people=people,
        grade=find_grades(framework, people),
        level=levels.level,
        standard_error=levels.standard_error,
        enrolments=enrolments,
        runs=count_seats(offerings, runs, held),
        elsewhere=find_offerings(connection, taken),
        today=max(today, draft.stored.as_of),
    )
    return Case(
        build_problem(framework, service.estimates, draft.stored, facts),
        people,
        offerings,
        np.array([-1 if place is None else place for _, place in considered], dtype=np.int64),
        service.estimates,
    )


def solve_cohort(
    session: Session,
    cohort_id: str,
    *,
    note_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Cohort:
    """Work the seats of a stored draft out, as people and offerings are now, and keep them.

    Raises
    ------
    NotFoundError
        If there is no such cohort, or the principal may not see it.
    ConflictError
        If it is no draft, or the floors cannot all be kept to.
    StaleError
        If somebody has changed it meanwhile.
    """
    with session.reading() as connection:
        stored = require_draft(session, connection, cohort_id)
        draft = read_draft(session, connection, stored)
    answer = work_out(session, draft, note_progress=note_progress)
    with session.writing() as connection:
        now = require_draft(session, connection, cohort_id, lock=True)
        if now.version != stored.version:
            raise StaleError(seen=stored.version, present=now.version)
        keep_answer(session, connection, cohort_id, answer)
        session.saw(head.ref for head, _ in draft.people)
        return get_cohort(session, cohort_id)


def require_draft(
    session: Session, connection: Connection, cohort_id: str, *, lock: bool = False
) -> StoredCohort:
    """Find a draft that the principal may see.

    Raises
    ------
    NotFoundError
        If there is no such cohort, or the principal may not see it.
    ConflictError
        If it is published or closed.
    """
    stored = require_cohort(session, connection, cohort_id, lock=lock)
    if stored.status == "published":
        raise ConflictError("cohort.published")
    if stored.status == "closed":
        raise ConflictError("cohort.closed")
    return stored


def keep_answer(session: Session, connection: Connection, cohort_id: str, answer: Answer) -> None:
    """Store the seats of a draft, log its lotteries, and note them in the audit trail."""
    replace_seats(connection, cohort_id, answer.seats)
    entries = [("lottery", draw) for draw in answer.draws]
    add_to_log(connection, cohort_id, entries, at=dt.datetime.now(dt.UTC))
    update_cohort(
        connection,
        cohort_id,
        {
            "value": answer.value,
            "bound": answer.bound,
            "figures": answer.figures.to_json(),
            "model_id": answer.model_id,
            "catalog_digest": session.service.framework.catalog.digest,
        },
    )
    session.details |= {
        "cohort_id": cohort_id,
        "seats": sum(seat.status == "seated" for seat in answer.seats),
        # the trail cannot be changed: by these it shows whether the log was
        "draws": [draw["digest"] for draw in answer.draws],
    }
