"""That a course of a plan was completed: kept as the person's enrolment, like any completion."""

from __future__ import annotations

import datetime as dt

from recommender.errors import ConflictError, InputError, NotFoundError
from recommender.service.people.enrolments import change_enrolment, enrol
from recommender.service.permissions import Permission
from recommender.service.plans.development.progress import find_completions
from recommender.service.plans.stored import find_head, load_plan
from recommender.service.session import Session
from recommender.store.people.seats import list_enrolments


def mark_course(session: Session, plan_id: str, module_id: str, *, done_on: dt.date) -> None:
    """Say when a course of a plan was completed.

    The open enrolment is completed; where there is none, the person is enrolled first. The plan
    itself stays as it is: its progress follows.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope, or no such course in it.
    InputError
        If it cannot have been completed on that day.
    ConflictError
        If it was completed already.
    """
    session.need(Permission.WRITE_ENROLMENTS)
    with session.writing() as connection:
        head = find_head(session, connection, plan_id, Permission.READ_PLANS)
        plan = load_plan(session, connection, head).plan
        if module_id not in [item.module_id for item in plan.items]:
            raise NotFoundError("plan.no-course", module_id=module_id)
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
        on = open_now[-1] if open_now else done_on
        if not open_now:
            enrol(session, head.person_id, module_id, enrolled_on=on)
        change_enrolment(
            session,
            head.person_id,
            module_id,
            on,
            {"status": "completed", "completed_on": done_on},
            seen=None,
        )
