"""That a course of a plan was completed: kept as the person's enrolment, like any completion."""

from __future__ import annotations

import datetime as dt

from recommender.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    RecommenderError,
)
from recommender.results import PlanItem
from recommender.service.people.enrolments import complete_course
from recommender.service.permissions import Permission
from recommender.service.plans.development.progress import find_completions
from recommender.service.plans.reasons import name_module
from recommender.service.plans.stored import check_mark, find_head, load_plan, party_of
from recommender.service.session import Session
from recommender.store.people.seats import list_enrolments
from recommender.store.plans.versions import PlanHead


def mark_course(session: Session, plan_id: str, module_id: str, *, done_on: dt.date) -> None:
    """Say when a course of a plan was completed.

    The open enrolment is completed; where there is none, the person is enrolled first. The plan
    itself stays as it is: its progress follows. Whose plan it is says so of online courses without
    a run, once the plan is in force.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope, or no such course in it.
    ForbiddenError
        If whose plan it is says it of a course that others keep attendance of.
    InputError
        If it cannot have been completed on that day.
    ConflictError
        If it was completed already.
    """
    with session.writing() as connection:
        head = find_head(session, connection, plan_id, Permission.READ_PLANS)
        plan = load_plan(session, connection, head).plan
        item = next((each for each in plan.items if each.module_id == module_id), None)
        if item is None:
            raise NotFoundError("plan.no-course", module_id=module_id)
        check_teller(session, head, item)
        mine = list_enrolments(connection, head.person_id, [module_id])
        if module_id in find_completions(connection, plan, session.today):
            raise ConflictError("plan.course-done", module_id=module_id)
        open_now = [each.enrolled_on for each in mine if each.status == "enrolled"]
        # what was completed by the day of the plan is not its merit
        first = max([plan.as_of + dt.timedelta(days=1), *open_now[-1:]])
        if not first <= done_on <= session.today:
            raise InputError(
                "plan.course-done-when",
                done_on=done_on.isoformat(),
                first=first.isoformat(),
                today=session.today.isoformat(),
                field="#/done_on",
            )
        complete_course(
            session,
            head.person_id,
            module_id,
            enrolled_on=open_now[-1] if open_now else None,
            on=done_on,
        )


def check_teller(session: Session, head: PlanHead, item: PlanItem) -> None:
    """Raise unless the principal may say that a course of a plan was completed.

    Raises
    ------
    ForbiddenError
        If others keep its attendance.
    ConflictError
        If it is the principal's own plan, and not in force.
    """
    if Permission.WRITE_ENROLMENTS in session.who.permissions:
        return
    if party_of(session.who, head.person_id) != "employee":
        session.need(Permission.WRITE_ENROLMENTS)
    session.need(Permission.WRITE_PLANS)
    check_mark(head)
    framework = session.service.framework
    module = framework.module_of.get(item.module_id)
    # nobody but its taker sees when a course is done that is online and has no run
    if module is None or module.modality != "online" or item.offering_id is not None:
        title = name_module(framework, item.module_id, session.lang)
        raise ForbiddenError("plan.course-own", title=title)


def may_tell(session: Session, head: PlanHead, item: PlanItem) -> bool:
    """Say whether the principal may say that a course of a plan was completed."""
    try:
        check_teller(session, head, item)
    except RecommenderError:
        return False
    return head.status in ("active", "done")
