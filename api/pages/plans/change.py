"""What people change in a plan as a whole: the order, courses in and out, the limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import Form, Response

from api.admission import Call
from api.pages.plans import view
from api.pages.plans.forms import PlanId, Seen, changed
from api.pages.plans.show import again_on_page, open_top
from api.pages.plans.stale import Typed
from api.pages.plans.view import Names, move
from api.pages.rendering import render
from api.pages.routing import Pages, Visited
from api.schemas.common import Id
from recommender.service.permissions import Permission
from recommender.service.plans.desk.alternatives import list_additions
from recommender.service.plans.desk.limits import apply_limits
from recommender.service.plans.desk.sheet import read_plan_sheet
from recommender.service.plans.editing import PlanEdit
from recommender.service.plans.life import edit_plan
from recommender.service.plans.reading import read_plan

PAGES = Pages()

Limit = Annotated[float, Form(ge=0, le=100_000_000, allow_inf_nan=False)]


@PAGES.page("POST", "/plans/{plan_id}/order", Permission.WRITE_PLANS)
def move_plan_item(
    call: Visited,
    plan_id: PlanId,
    version: Seen,
    module_id: Annotated[Id, Form()],
    move_to: Annotated[Literal["up", "down"], Form()],
) -> Response:
    """Move a course one place up or down."""

    def act() -> None:
        sheet = read_plan_sheet(call.session, plan_id)
        order = move((each.item.module_id for each in sheet.items), module_id, move_to)
        edit_plan(call.session, plan_id, PlanEdit(order=order), seen=version)

    return changed(
        call,
        plan_id,
        act,
        typed=[Typed("module_id", module_id), Typed("move_to", move_to)],
        again=again_on_page(call, plan_id),
        seen=version,
        said=f"console.plan.said.moved_{move_to}",
        at=f"#item-{module_id}",
        course=Names(call).course(module_id),
    )


@PAGES.page("GET", "/plans/{plan_id}/add", Permission.WRITE_PLANS)
def show_plan_additions(call: Visited, plan_id: PlanId) -> Response:
    """Show the courses that could be added to a plan."""
    stored = read_plan(call.session, plan_id)
    return render(
        call,
        "plans/add.html.j2",
        stored=stored,
        additions=list_additions(call.session, plan_id),
        names=Names(call),
        view=view,
    )


@PAGES.page("POST", "/plans/{plan_id}/add", Permission.WRITE_PLANS)
def add_plan_item(
    call: Visited,
    plan_id: PlanId,
    version: Seen,
    module_id: Annotated[Id, Form()],
    needs: Annotated[str, Form(max_length=4000)] = "",
    raise_limits: Annotated[bool, Form()] = False,
) -> Response:
    """Add a course that a person wants in the plan, with what it needs first."""

    def act() -> None:
        new = (*(name for name in needs.split() if name), module_id)
        edit = PlanEdit(add=new)
        if raise_limits:
            edit = _widened(call, plan_id, edit)
        edit_plan(call.session, plan_id, edit, seen=version)

    return changed(
        call,
        plan_id,
        act,
        typed=[
            Typed("module_id", module_id),
            Typed("needs", needs),
            Typed("raise_limits", "true" if raise_limits else ""),
        ],
        again=again_on_page(call, plan_id),
        seen=version,
        said="console.plan.said.added",
        at=f"#item-{module_id}",
        course=Names(call).course(module_id),
    )


@PAGES.page("POST", "/plans/{plan_id}/drop", Permission.WRITE_PLANS)
def drop_plan_item(
    call: Visited, plan_id: PlanId, version: Seen, module_id: Annotated[Id, Form()]
) -> Response:
    """Take a course out of a plan."""
    return changed(
        call,
        plan_id,
        lambda: edit_plan(call.session, plan_id, PlanEdit(remove=(module_id,)), seen=version),
        typed=[Typed("module_id", module_id)],
        again=again_on_page(call, plan_id),
        seen=version,
        said="console.plan.said.dropped",
        at="#items",
        course=Names(call).course(module_id),
    )


@PAGES.page("POST", "/plans/{plan_id}/swap", Permission.WRITE_PLANS)
def swap_plan_item(
    call: Visited,
    plan_id: PlanId,
    version: Seen,
    module_id: Annotated[Id, Form()],
    swap_for: Annotated[Id, Form()],
    needs: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Put another course in the place of one."""
    new = (*(name for name in needs.split() if name), swap_for)
    return changed(
        call,
        plan_id,
        lambda: edit_plan(
            call.session, plan_id, PlanEdit(add=new, remove=(module_id,)), seen=version
        ),
        typed=[
            Typed("module_id", module_id),
            Typed("swap_for", swap_for),
            Typed("needs", needs),
        ],
        again=again_on_page(call, plan_id),
        seen=version,
        said="console.plan.said.swapped",
        at=f"#item-{swap_for}",
        old=Names(call).course(module_id),
        course=Names(call).course(swap_for),
    )


@PAGES.page("POST", "/plans/{plan_id}/limits", Permission.WRITE_PLANS, solves=True)
def apply_plan_limits(
    call: Visited,
    plan_id: PlanId,
    version: Seen,
    hours: Limit,
    cost: Limit,
    hours_top: Limit,
    cost_top: Limit,
) -> Response:
    """Choose the plan anew under other limits."""
    hours_budget, cost_budget = open_top(hours, hours_top), open_top(cost, cost_top)
    sent = {"hours": hours, "cost": cost, "hours_top": hours_top, "cost_top": cost_top}
    return changed(
        call,
        plan_id,
        lambda: apply_limits(
            call.session,
            plan_id,
            hours_budget=hours_budget,
            cost_budget=None if cost_budget == float("inf") else cost_budget,
            seen=version,
        ),
        typed=[Typed(name, f"{value:g}") for name, value in sent.items()],
        again=again_on_page(call, plan_id),
        seen=version,
        said="console.plan.said.limits",
    )


def _widened(call: Call, plan_id: str, edit: PlanEdit) -> PlanEdit:
    """Return an edit with the limits raised by what a new course needs past them."""
    plan = read_plan(call.session, plan_id).plan
    for each in list_additions(call.session, plan_id):
        if each.module_id == edit.add[-1]:
            if plan.hours_budget is not None and each.hours_over:
                edit = replace(edit, hours_budget=plan.hours_budget + each.hours_over)
            if plan.cost_budget is not None and each.cost_over:
                edit = replace(edit, cost_budget=plan.cost_budget + each.cost_over)
    return edit
