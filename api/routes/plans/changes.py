"""What becomes of a plan: edited, approved, put in force, completed, cancelled, talked about."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Response

from api.admission import Admitted, Call
from api.operations import Operations
from api.responses import Cursor, Fields, Limit, answer, decode_cursor, next_cursor
from api.routes.plans.plans import PlanId
from api.schemas.common import Strict
from api.schemas.plan_changes import (
    ActivityDoneIn,
    CancellationIn,
    CommentIn,
    DecisionIn,
    PlanEditIn,
)
from api.schemas.plan_lists import CommentOut, CommentPage, DecisionPage
from api.schemas.plans import DecisionOut, PlanOut
from recommender.service.permissions import Permission
from recommender.service.plans import life, reading
from recommender.service.plans.stored import StoredPlan

ROUTES = Operations("plans")

ActivityId = Annotated[
    str, Path(pattern=r"^[a-z0-9-]{1,40}$", description="Number of the development activity.")
]


@ROUTES.operation(
    "PATCH",
    "/plans/{plan_id:plan}",
    Permission.WRITE_PLANS,
    answer=PlanOut,
    absent=True,
    conflict=True,
    versioned=True,
    body_example={"hours_budget": 60.0, "note": "Agreed in the review."},
)
def edit_plan(call: Admitted, plan_id: PlanId, body: Strict[PlanEditIn]) -> Response:
    """Change what a plan says; it is a draft again.

    All figures are made anew for exactly the modules it then has; an edit of development
    activities alone leaves them as they are. Approvals are of what a plan says, so all parties have
    to approve it again. Employees edit their drafts only.
    """
    seen = call.seen_version()
    with call.once():
        return _answer(call, life.edit_plan(call.session, plan_id, body.to_edit(), seen=seen))


@ROUTES.operation(
    "POST",
    "/plans/{plan_id}/approvals",
    Permission.APPROVE_PLANS,
    answer=PlanOut,
    absent=True,
    conflict=True,
    versioned=True,
    body_example={"decision": "approved"},
)
def decide_on_plan(call: Admitted, plan_id: PlanId, body: Strict[DecisionIn]) -> Response:
    """Approve or reject what a plan says, on the caller's part.

    A plan is approved when employee, manager and HR have approved it; without a manager the
    other two suffice. `If-Match` may name any version with the same items: approvals of others
    meanwhile are no obstacle.
    """
    seen = call.seen_version()
    with call.once():
        return _answer(
            call,
            life.decide_on_plan(
                call.session, plan_id, decision=body.decision, comment=body.comment, seen=seen
            ),
        )


@ROUTES.operation(
    "GET",
    "/plans/{plan_id}/approvals",
    Permission.READ_PLANS,
    answer=DecisionPage,
    absent=True,
)
def list_plan_approvals(
    call: Admitted, plan_id: PlanId, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List approvals and rejections, also of what the plan said earlier, the oldest first."""
    (after,) = decode_cursor(cursor, (0,))
    decisions = reading.read_decisions(call.session, plan_id, after=after, limit=limit + 1)
    page, following = next_cursor(decisions, limit, lambda decision: (decision.decision_id,))
    items = [DecisionOut.model_validate(decision) for decision in page]
    return answer(call, DecisionPage(items=items, next=following))


@ROUTES.operation(
    "POST",
    "/plans/{plan_id}/activation",
    Permission.WRITE_PLANS,
    answer=PlanOut,
    absent=True,
    conflict=True,
    versioned=True,
)
def activate_plan(call: Admitted, plan_id: PlanId) -> Response:
    """Put an approved plan in force: its dates hold, and seats in its offerings are taken."""
    seen = call.seen_version()
    with call.once():
        return _answer(call, life.activate_plan(call.session, plan_id, seen=seen))


@ROUTES.operation(
    "POST",
    "/plans/{plan_id}/activities/{activity_id}/completion",
    Permission.WRITE_PLANS,
    answer=PlanOut,
    absent=True,
    conflict=True,
    versioned=True,
    example={"activity_id": "a1"},
    body_example={"done_on": "2026-10-30"},
)
def complete_activity(
    call: Admitted, plan_id: PlanId, activity_id: ActivityId, body: Strict[ActivityDoneIn]
) -> Response:
    """Say when a development activity of an active plan was done, or that it was not after all.

    The person, the line manager or HR says so. What was approved stays as it is.
    """
    seen = call.seen_version()
    with call.once():
        return _answer(
            call,
            life.mark_activity(call.session, plan_id, activity_id, done_on=body.done_on, seen=seen),
        )


@ROUTES.operation(
    "POST",
    "/plans/{plan_id}/completion",
    Permission.WRITE_PLANS,
    answer=PlanOut,
    absent=True,
    conflict=True,
    versioned=True,
)
def complete_plan(call: Admitted, plan_id: PlanId) -> Response:
    """Close a plan whose modules are completed and whose competencies are assessed again.

    What is missing is named in the problem. Expected and measured improvement are kept with it.
    Development activities that are not done do not hold it up: the next plan takes them over.
    """
    seen = call.seen_version()
    with call.once():
        return _answer(call, life.complete_plan(call.session, plan_id, seen=seen))


@ROUTES.operation(
    "POST",
    "/plans/{plan_id}/cancellation",
    Permission.WRITE_PLANS,
    answer=PlanOut,
    absent=True,
    conflict=True,
    versioned=True,
    body_example={"note": "The person changes posts."},
)
def cancel_plan(call: Admitted, plan_id: PlanId, body: Strict[CancellationIn]) -> Response:
    """Cancel a plan; seats that it took and that are not used yet are free again."""
    seen = call.seen_version()
    with call.once():
        return _answer(call, life.cancel_plan(call.session, plan_id, note=body.note, seen=seen))


@ROUTES.operation(
    "POST",
    "/plans/{plan_id}/comments",
    Permission.WRITE_PLANS,
    answer=CommentOut,
    status=201,
    absent=True,
    body_example={"text": "The workshop in March would suit better."},
)
def comment_on_plan(call: Admitted, plan_id: PlanId, body: Strict[CommentIn]) -> Response:
    """Comment on a plan; it stays as it is."""
    with call.once():
        comment = reading.comment_on_plan(call.session, plan_id, body.text)
        return answer(call, CommentOut.model_validate(comment), status=201)


@ROUTES.operation(
    "GET",
    "/plans/{plan_id}/comments",
    Permission.READ_PLANS,
    answer=CommentPage,
    absent=True,
)
def list_plan_comments(
    call: Admitted, plan_id: PlanId, fields: Fields = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List comments, the oldest first."""
    (after,) = decode_cursor(cursor, (0,))
    comments = reading.read_comments(call.session, plan_id, after=after, limit=limit + 1)
    page, following = next_cursor(comments, limit, lambda comment: (comment.comment_id,))
    items = [CommentOut.model_validate(comment) for comment in page]
    return answer(call, CommentPage(items=items, next=following), fields=fields)


def _answer(call: Call, stored: StoredPlan) -> Response:
    return answer(call, PlanOut.of(stored), version=stored.version)
