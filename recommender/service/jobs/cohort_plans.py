"""Seats of a cohort, worked out at once for few people and by a job for many."""

from __future__ import annotations

from recommender.errors import ConflictError
from recommender.service.cohorts.asking import CohortRequest, draft_cohort, keep_draft
from recommender.service.cohorts.reading import Cohort, count_offerings, get_cohort
from recommender.service.cohorts.solving import (
    keep_answer,
    require_draft,
    solve_cohort,
    work_out,
)
from recommender.service.jobs.requests import submit_cohort
from recommender.service.session import Session
from recommender.store import Connection
from recommender.store.plans.cohorts import update_cohort

# people times offerings: whoever asks waits a few seconds for so many
AT_ONCE = 500


def plan_cohort(
    session: Session, request: CohortRequest, *, waits: bool = False, seed: int | None = None
) -> Cohort:
    """Set up a cohort and work its seats out, or queue a job that does.

    Who `waits` gets the seats of however many people. `seed` is for tests: it is drawn where it is
    None.

    Raises
    ------
    NotFoundError
        If there is no such unit within the principal's scope.
    InputError
        If something in the request is not as it has to be.
    ConflictError
        If nobody is left to be considered, no offering is free, the floors cannot all be kept to,
        or too many jobs have not ended.
    """
    draft = draft_cohort(session, request, seed=seed)
    # before anything is written: it takes a second of many people
    is_small = len(draft.people) * len(draft.offerings) <= AT_ONCE
    answer = work_out(session, draft) if waits or is_small else None
    with session.writing() as connection:
        keep_draft(session, connection, draft)
        if answer is not None:
            keep_answer(session, connection, draft.stored.cohort_id, answer)
        else:
            _queue(session, connection, draft.stored.cohort_id)
        return get_cohort(session, draft.stored.cohort_id)


def plan_cohort_again(session: Session, cohort_id: str) -> Cohort:
    """Work the seats of a draft out again, or queue a job that does; the seed stays.

    Raises
    ------
    NotFoundError
        If there is no such cohort, or the principal may not see it.
    ConflictError
        If it is no draft, its seats are being worked out, the floors cannot all be kept to, or too
        many jobs have not ended.
    """
    cohort = get_cohort(session, cohort_id)
    if cohort.is_under_way:
        raise ConflictError("cohort.under-way")
    if cohort.people * len(count_offerings(session, cohort_id)) <= AT_ONCE:
        return solve_cohort(session, cohort_id)
    with session.writing() as connection:
        require_draft(session, connection, cohort_id, lock=True)
        _queue(session, connection, cohort_id)
        return get_cohort(session, cohort_id)


def _queue(session: Session, connection: Connection, cohort_id: str) -> None:
    job = submit_cohort(session, cohort_id)
    update_cohort(connection, cohort_id, {"job_id": job.job_id})
