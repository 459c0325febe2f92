"""Development activities of a plan: added, worded, taken out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import Form, Response

from api.admission import Call
from api.pages.plans.forms import (
    ActivityId,
    PlanId,
    Seen,
    Words,
    changed,
    checked,
    status_of_problem,
)
from api.pages.plans.show import again_on_page
from api.pages.plans.stale import Typed
from api.pages.plans.view import Names, move
from api.pages.rendering import render
from api.pages.routing import Pages, Visited
from api.schemas.common import Day, Id
from recommender.errors import NotFoundError, RecommenderError
from recommender.results import ActivityKind
from recommender.service.permissions import Permission
from recommender.service.plans.development.activities import ActivityChange, NewActivity
from recommender.service.plans.editing import PlanEdit
from recommender.service.plans.life import edit_plan
from recommender.service.plans.reading import read_plan

PAGES = Pages()

_KINDS: tuple[ActivityKind, ...] = ("mentoring", "shadowing", "project", "reading")
_FIELDS = {
    "title": "text",
    "goal": "textarea",
    "companion": "text",
    "measure": "textarea",
    "review_on": "date",
}


@PAGES.page("GET", "/plans/{plan_id}/activities/new", Permission.WRITE_PLANS)
def show_new_activity(call: Visited, plan_id: PlanId) -> Response:
    """Show the form of a new development activity."""
    return _activity_form(call, plan_id, {})


@PAGES.page("POST", "/plans/{plan_id}/activities", Permission.WRITE_PLANS)
def add_plan_activity(
    call: Visited,
    plan_id: PlanId,
    version: Seen,
    kind: Annotated[ActivityKind, Form()],
    competency_id: Annotated[Id, Form()],
    title: Words = "",
    goal: Words = "",
    companion: Words = "",
    measure: Words = "",
    review_on: Annotated[Day | None, Form()] = None,
) -> Response:
    """Add a development activity; what is left empty is worded from the catalogue."""
    words = {"title": title, "goal": goal, "companion": companion, "measure": measure}

    def act() -> None:
        texts = {name: checked(name, text) for name, text in words.items()}
        new = NewActivity(kind, competency_id, **texts, review_on=review_on)
        edit_plan(call.session, plan_id, PlanEdit(add_activities=(new,)), seen=version)

    sent = {"kind": kind, "competency_id": competency_id, **words, "review_on": review_on or ""}
    return changed(
        call,
        plan_id,
        act,
        typed=_typed(sent),
        again=lambda problem, error: _activity_form(call, plan_id, sent, problem, error),
        seen=version,
        said="console.plan.said.activity_added",
        at="#activities",
    )


@PAGES.page("GET", "/plans/{plan_id}/activities/{activity_id}", Permission.WRITE_PLANS)
def show_plan_activity(call: Visited, plan_id: PlanId, activity_id: ActivityId) -> Response:
    """Show the form of a development activity."""
    return _activity_form(call, plan_id, {}, activity_id=activity_id)


@PAGES.page("POST", "/plans/{plan_id}/activities/{activity_id}", Permission.WRITE_PLANS)
def change_plan_activity(
    call: Visited,
    plan_id: PlanId,
    activity_id: ActivityId,
    version: Seen,
    title: Words = "",
    goal: Words = "",
    companion: Words = "",
    measure: Words = "",
    review_on: Annotated[Day | None, Form()] = None,
) -> Response:
    """Change what a development activity says; what is left empty stays."""
    words = {"title": title, "goal": goal, "companion": companion, "measure": measure}

    def act() -> None:
        plan = read_plan(call.session, plan_id).plan
        present = {each.activity_id: each for each in plan.activities}.get(activity_id)
        texts = {name: checked(name, text) for name, text in words.items()}
        new = {
            name: value
            for name, value in {**texts, "review_on": review_on}.items()
            # only what differs, or all of it would count as worded by hand
            if value is not None and value != getattr(present, name, None)
        }
        change = ActivityChange(activity_id, **new)  # pyright: ignore[reportArgumentType]
        edit_plan(call.session, plan_id, PlanEdit(change_activities=(change,)), seen=version)

    sent = {**words, "review_on": review_on or ""}
    return changed(
        call,
        plan_id,
        act,
        typed=_typed(sent),
        again=lambda problem, error: _activity_form(
            call, plan_id, sent, problem, error, activity_id=activity_id
        ),
        seen=version,
        said="console.plan.said.changed",
        at=f"#activity-{activity_id}",
    )


@PAGES.page("POST", "/plans/{plan_id}/activities/{activity_id}/order", Permission.WRITE_PLANS)
def move_plan_activity(
    call: Visited,
    plan_id: PlanId,
    activity_id: ActivityId,
    version: Seen,
    move_to: Annotated[Literal["up", "down"], Form()],
) -> Response:
    """Move a development activity one place up or down."""
    activities = {
        each.activity_id: each for each in read_plan(call.session, plan_id).plan.activities
    }

    def act() -> None:
        if activity_id not in activities:
            raise NotFoundError("plan.no-activity", activity_id=activity_id)
        edit = PlanEdit(activity_order=move(activities, activity_id, move_to))
        edit_plan(call.session, plan_id, edit, seen=version)

    return changed(
        call,
        plan_id,
        act,
        typed=[Typed("move_to", move_to)],
        again=again_on_page(call, plan_id),
        seen=version,
        said=f"console.plan.said.moved_{move_to}",
        at=f"#activity-{activity_id}",
        course=activities[activity_id].title if activity_id in activities else "",
    )


@PAGES.page("POST", "/plans/{plan_id}/activities/{activity_id}/drop", Permission.WRITE_PLANS)
def drop_plan_activity(
    call: Visited, plan_id: PlanId, activity_id: ActivityId, version: Seen
) -> Response:
    """Take a development activity out of a plan."""
    edit = PlanEdit(remove_activities=(activity_id,))
    return changed(
        call,
        plan_id,
        lambda: edit_plan(call.session, plan_id, edit, seen=version),
        again=again_on_page(call, plan_id),
        seen=version,
        said="console.plan.said.activity_dropped",
        at="#activities",
    )


def _typed(sent: Mapping[str, Any]) -> list[Typed]:
    return [
        Typed(
            name,
            str(value),
            f"console.plan.field.{name}" if name in _FIELDS else "",
            _FIELDS.get(name, "hidden"),
        )
        for name, value in sent.items()
    ]


def _activity_form(
    call: Call,
    plan_id: str,
    sent: Mapping[str, Any],
    problem: tuple[str, str] | None = None,
    error: RecommenderError | None = None,
    *,
    activity_id: str = "",
) -> Response:
    """Return the form of an activity, with what was sent and what is wrong with it."""
    stored = read_plan(call.session, plan_id)
    present = {each.activity_id: each for each in stored.plan.activities}.get(activity_id)
    if activity_id and present is None:
        raise NotFoundError("plan.no-activity", activity_id=activity_id)
    values = {name: getattr(present, name, "") for name in _FIELDS} | dict(sent)
    # the largest gaps first: most activities are for one of them
    gaps = stored.gaps.competencies if stored.gaps else ()
    competencies = sorted(gaps, key=lambda each: -(each.priority or 0.0))
    return render(
        call,
        "plans/activity.html.j2",
        status=status_of_problem(error),
        stored=stored,
        activity=present,
        values=values,
        kinds=_KINDS,
        competencies=[each.competency_id for each in competencies],
        names=Names(call),
        problem=problem,
        wrong="" if error is None else str(error.values.get("field", "")).rsplit("/", 1)[-1],
    )
