"""The plan of one person: tried out, or kept as a draft."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from recommender.errors import ConflictError, InputError
from recommender.service.levels.distance import word_gaps
from recommender.service.levels.standing import read_standing
from recommender.service.people.leavers import refuse_left
from recommender.service.permissions import Permission
from recommender.service.plans.choices import PlanRequest, find_target_grade
from recommender.service.plans.dates import runs_of
from recommender.service.plans.drafts.keeping import PlanDraft, keep_plans
from recommender.service.plans.drafts.many import draft_row, find_plan_prospects
from recommender.service.plans.stored import (
    StoredPlan,
    find_head,
    find_undone,
    load_plan,
    party_of,
)
from recommender.service.session import Session
from recommender.store import read_offerings


def simulate_plan(
    session: Session,
    person_id: str,
    request: PlanRequest,
    *,
    as_of: dt.date,
) -> PlanDraft:
    """Answer "what if": the plan under other assumptions, such as the targets of another grade.

    Nothing is stored, and the plan has no id.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope, or no such module or path.
    InputError
        If there is no such grade.
    ConflictError
        If nothing can be planned as asked (see `make_plan`), or the person has left.
    """
    # nothing is written, so it takes no more than to read what is recommended
    session.need(Permission.READ_RECOMMENDATIONS)
    draft = draft_plan(session, person_id, request, as_of=as_of)
    return PlanDraft(
        gaps=word_gaps(session.service.framework, draft.gaps, session.lang),
        plan=replace(draft.plan, plan_id=""),
    )


def create_plan(
    session: Session, person_id: str, request: PlanRequest, *, as_of: dt.date
) -> StoredPlan:
    """Make a person's plan and keep it as a draft.

    A draft that the same caller made for the person before, and that nobody has touched, is made
    anew: it gets the plan as its next version.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope, or no such module or path.
    InputError
        If there is no such target grade.
    ConflictError
        If nothing can be planned as asked (see `make_plan`), the person has left, or the caller's
        earlier draft was edited, decided or commented on.
    """
    session.need(Permission.WRITE_PLANS)
    draft = draft_plan(session, person_id, request, as_of=as_of)
    refused: list[tuple[str, InputError | ConflictError]] = []
    with session.writing() as connection:
        # may have been erased while the plan was solved; locked, so that two requests at the same
        # time do not each begin a draft
        session.person(connection, person_id, lock=True)
        party = party_of(session.who, person_id)
        kept = keep_plans(session, connection, [draft], refused, party=party)
        if refused:
            raise refused[0][1]
        plan_id = kept[0].plan_id
        head = find_head(session, connection, plan_id, Permission.WRITE_PLANS)
        session.details.update(plan_id=plan_id, version=head.version)
        return load_plan(session, connection, head)


def draft_plan(
    session: Session,
    person_id: str,
    request: PlanRequest,
    *,
    as_of: dt.date,
) -> PlanDraft:
    """Draft the plan of one person."""
    framework = session.service.framework
    # before anything is read: a name that is not in the catalogue needs no person
    find_target_grade(framework, request)
    with session.reading() as connection:
        refuse_left(session.person(connection, person_id), as_of)
        standing = read_standing(connection, framework, as_of=as_of, person_ids=[person_id])
        runs = runs_of(read_offerings(connection, as_of=as_of))
        undone = find_undone(session, connection, [person_id])
    # from here on no connection is held: solving takes longer than reading
    prospects = find_plan_prospects(session, standing, request)
    return draft_row(session, prospects, 0, request, runs, undone.get(person_id, ()))
