"""Plans on somebody's behalf: trying out, and making."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import pandas as pd

from recommender.errors import InputError
from recommender.results import Gaps, Plan
from recommender.service.levels.assuming import assume_grade
from recommender.service.levels.standing import Standing, read_standing
from recommender.service.permissions import Permission
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.making import make_plan
from recommender.service.plans.stored import StoredPlan, find_head, load_plan, party_of
from recommender.service.recommend.keeping import keep_plan
from recommender.service.recommend.recommendations import compare_with_targets, describe_gaps
from recommender.service.session import Session
from recommender.store import Connection, read_offerings


@dataclass(frozen=True)
class PlanDraft:
    """A plan that is not kept, and the gaps it answers."""

    gaps: Gaps
    plan: Plan


def simulate_plan(
    session: Session,
    person_id: str,
    request: PlanRequest,
    *,
    as_of: dt.date,
    grade: str | None = None,
) -> PlanDraft:
    """Answer «what if»: the plan under other assumptions. Nothing of it is kept.

    Parameters
    ----------
    session : Session
        On whose behalf.
    person_id : str
        Whose plan.
    request : PlanRequest
        Budgets and wishes.
    as_of : date
        The day it is made for.
    grade : str, optional
        The grade whose targets are taken; the person's own when not given.

    Returns
    -------
    PlanDraft
        The plan has no id.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope, or no such module or path.
    InputError
        If there is no such grade.
    ConflictError
        If nothing can be planned as asked; see `make_plan`.
    """
    session.need(Permission.READ_RECOMMENDATIONS)
    found = _draft(session, person_id, request, as_of=as_of, grade=grade)
    return replace(found, plan=replace(found.plan, plan_id=""))


def draft_plan(
    session: Session, person_id: str, request: PlanRequest, *, as_of: dt.date
) -> PlanDraft:
    """Make a plan for `create_plan` to keep; parameters and errors as in `simulate_plan`."""
    session.need(Permission.WRITE_PLANS)
    return _draft(session, person_id, request, as_of=as_of)


def create_plan(session: Session, connection: Connection, draft: PlanDraft) -> StoredPlan:
    """Keep a plan that was made.

    Raises
    ------
    NotFoundError
        If the person is gone meanwhile.
    """
    session.need(Permission.WRITE_PLANS)
    plan = draft.plan
    session.person(connection, plan.person_id)
    party = party_of(session.who, plan.person_id)
    keep_plan(connection, plan, draft.gaps, actor=session.who.actor, party=party)
    session.details.update(plan_id=plan.plan_id, version=1)
    head = find_head(session, connection, plan.plan_id, Permission.WRITE_PLANS)
    return load_plan(session, connection, head)


def _draft(
    session: Session,
    person_id: str,
    request: PlanRequest,
    *,
    as_of: dt.date,
    grade: str | None = None,
) -> PlanDraft:
    service = session.service
    framework = service.framework
    if grade is not None and grade not in framework.grade_ids:
        raise InputError(
            "plan.unknown-grade",
            grade=grade,
            grades=", ".join(framework.grade_ids),
            field="#/grade",
        )

    def look(connection: Connection) -> tuple[Standing, pd.DataFrame]:
        session.person(connection, person_id)
        standing = read_standing(connection, framework, as_of=as_of, person_ids=[person_id])
        return standing, read_offerings(connection, as_of=as_of)

    # solved with no connection held: it takes longer than reading
    standing, offerings = session.read(look)
    if grade is not None:
        standing = assume_grade(standing, framework, grade)
    plan = make_plan(
        framework, standing, service.estimates, offerings, 0, request, lang=session.lang
    )
    gaps = describe_gaps(framework, standing, compare_with_targets(standing), 0)
    return PlanDraft(gaps, plan)
