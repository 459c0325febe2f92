"""What becomes of a plan: approved or sent back, started, closed, cancelled, talked about."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Form, Response

from api.pages.plans.forms import ActivityId, ModuleId, PlanId, Seen, Words, changed, plain
from api.pages.plans.show import again_on_page
from api.pages.plans.stale import Typed
from api.pages.plans.view import Names
from api.pages.routing import Pages, Visited, see_other
from api.schemas.common import Day
from recommender.service.permissions import Permission
from recommender.service.plans import life
from recommender.service.plans.desk.courses import mark_course
from recommender.service.plans.reading import comment_on_plan

PAGES = Pages()

DoneOn = Annotated[Day, Form()]
# from where something was marked as done, and where that leads back to
Back = Annotated[Literal["plan", "me"], Form()]
_BACK = {"plan": "", "me": "/me"}


@PAGES.page("POST", "/plans/{plan_id}/decision", Permission.APPROVE_PLANS)
def decide_on_plan_page(
    call: Visited,
    plan_id: PlanId,
    version: Seen,
    decision: Annotated[Literal["approved", "rejected"], Form()],
    comment: Words = "",
) -> Response:
    """Approve what a plan says, or send it back with a reason."""
    return changed(
        call,
        plan_id,
        lambda: life.decide_on_plan(
            call.session, plan_id, decision=decision, comment=plain(comment) or None, seen=version
        ),
        typed=[
            Typed("decision", decision),
            Typed("comment", comment, "console.plan.decide.comment", "textarea"),
        ],
        again=again_on_page(call, plan_id, comment=comment),
        seen=version,
        said=f"console.plan.said.{decision}",
    )


@PAGES.page("POST", "/plans/{plan_id}/activation", Permission.WRITE_PLANS)
def activate_plan_page(call: Visited, plan_id: PlanId, version: Seen) -> Response:
    """Put an approved plan in force."""
    return changed(
        call,
        plan_id,
        lambda: life.activate_plan(call.session, plan_id, seen=version),
        again=again_on_page(call, plan_id),
        seen=version,
        said="console.plan.said.activated",
    )


@PAGES.page("POST", "/plans/{plan_id}/completion", Permission.WRITE_PLANS)
def complete_plan_page(call: Visited, plan_id: PlanId, version: Seen) -> Response:
    """Close a plan whose courses are completed and whose competencies are assessed again."""
    return changed(
        call,
        plan_id,
        lambda: life.complete_plan(call.session, plan_id, seen=version),
        again=again_on_page(call, plan_id),
        seen=version,
        said="console.plan.said.done",
    )


@PAGES.page("POST", "/plans/{plan_id}/cancellation", Permission.WRITE_PLANS)
def cancel_plan_page(call: Visited, plan_id: PlanId, version: Seen, note: Words = "") -> Response:
    """Cancel a plan."""
    return changed(
        call,
        plan_id,
        lambda: life.cancel_plan(call.session, plan_id, note=plain(note) or None, seen=version),
        typed=[Typed("note", note, "console.plan.cancel.note", "textarea")],
        again=again_on_page(call, plan_id),
        seen=version,
        said="console.plan.said.cancelled",
    )


@PAGES.page("POST", "/plans/{plan_id}/activities/{activity_id}/done", Permission.WRITE_PLANS)
def mark_activity_page(
    call: Visited,
    plan_id: PlanId,
    activity_id: ActivityId,
    version: Seen,
    done_on: Annotated[Day | None, Form()] = None,
    back: Back = "plan",
) -> Response:
    """Say when a development activity was done; without a day, that it was not after all."""
    return changed(
        call,
        plan_id,
        lambda: life.mark_activity(
            call.session, plan_id, activity_id, done_on=done_on, seen=version
        ),
        typed=[
            Typed(
                "done_on",
                "" if done_on is None else done_on.isoformat(),
                "console.plan.done_on",
                "date",
            )
        ],
        again=again_on_page(call, plan_id),
        seen=version,
        said="console.plan.said.marked" if done_on else "console.plan.said.reopened",
        at=f"#activity-{activity_id}",
        back=_BACK[back],
    )


@PAGES.page("POST", "/plans/{plan_id}/courses/{module_id}/done", Permission.WRITE_PLANS)
def mark_course_page(
    call: Visited,
    plan_id: PlanId,
    module_id: ModuleId,
    done_on: DoneOn,
    back: Back = "plan",
) -> Response:
    """Say when a course was completed; the plan stays as it is, whatever others do to it."""
    return changed(
        call,
        plan_id,
        lambda: mark_course(call.session, plan_id, module_id, done_on=done_on),
        again=again_on_page(call, plan_id),
        seen=0,
        said="console.plan.said.completed",
        at=f"#item-{module_id}",
        back=_BACK[back],
        course=Names(call).course(module_id),
    )


@PAGES.page("POST", "/plans/{plan_id}/comments", Permission.WRITE_PLANS)
def comment_on_plan_page(call: Visited, plan_id: PlanId, text: Words = "") -> Response:
    """Add a remark; the plan stays as it is."""
    said = plain(text)
    if said:
        comment_on_plan(call.session, plan_id, said[:2000])
    return see_other(
        call, f"/plans/{plan_id}#comments", said="console.plan.said.commented" if said else ""
    )
