"""The page of a plan: as it is, as it would be under other limits, and on paper."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Annotated

from fastapi import Path, Query, Response

from api.admission import Call
from api.operations import PDF
from api.pages.plans import view
from api.pages.plans.forms import PlanId, status_of_problem
from api.pages.rendering import render
from api.pages.routing import Pages, Visited
from api.responses import send
from recommender.documents import draw_plan, render_plan_pdf
from recommender.documents.figures import day
from recommender.errors import ConflictError, RecommenderError
from recommender.results import Plan
from recommender.service.exports.calendars import read_plan_calendar
from recommender.service.permissions import Permission
from recommender.service.plans.desk.limits import try_limits
from recommender.service.plans.desk.sheet import PlanSheet, read_plan_sheet
from recommender.service.plans.reading import read_plan_document
from recommender.texts import say

PAGES = Pages()

VersionNumber = Annotated[int, Path(ge=1, le=2_000_000_000)]
# of the two sliders; their upper end means that there is no limit
HoursLimit = Annotated[float | None, Query(ge=0, le=100_000, allow_inf_nan=False)]
CostLimit = Annotated[float | None, Query(ge=0, le=100_000_000, allow_inf_nan=False)]


@PAGES.page("GET", "/plans/{plan_id}", Permission.READ_PLANS)
def show_plan(call: Visited, plan_id: PlanId) -> Response:
    """Show a plan: what it says, whom it waits for, and what can be done with it."""
    return plan_page(call, plan_id)


@PAGES.page("GET", "/plans/{plan_id}/versions/{version}", Permission.READ_PLANS)
def show_plan_version(call: Visited, plan_id: PlanId, version: VersionNumber) -> Response:
    """Show a plan as it was at a version."""
    return plan_page(call, plan_id, version=version)


@PAGES.page("GET", "/plans/{plan_id}/limits", Permission.READ_RECOMMENDATIONS, solves=True)
def try_plan_limits(
    call: Visited,
    plan_id: PlanId,
    hours: HoursLimit = None,
    cost: CostLimit = None,
    hours_top: HoursLimit = None,
    cost_top: CostLimit = None,
) -> Response:
    """Say what the plan would be under other limits; a fragment, and nothing is kept."""
    names = view.Names(call)
    try:
        tried = try_limits(
            call.session,
            plan_id,
            hours_budget=open_top(hours, hours_top),
            cost_budget=_none_if_open(open_top(cost, cost_top)),
        )
    except ConflictError as error:
        problem = view.explain_problem(call, error)
        return render(call, "plans/_limits.html.j2", problem=problem, tried=None, names=names)
    return render(call, "plans/_limits.html.j2", problem=None, tried=tried, names=names, view=view)


@PAGES.page("GET", "/plans/{plan_id}/print", Permission.READ_PLANS)
def show_plan_print(call: Visited, plan_id: PlanId) -> Response:
    """Show the first page of a plan's paper, to be printed and signed."""
    document = read_plan_document(call.session, plan_id)
    drawn = draw_plan(document, lang=call.lang)
    return render(call, "plans/print.html.j2", plan_id=plan_id, sheet=drawn)


@PAGES.page("GET", "/plans/{plan_id}/document.pdf", Permission.READ_PLANS)
def download_plan_pdf(call: Visited, plan_id: PlanId) -> Response:
    """Return a plan as PDF."""
    document = read_plan_document(call.session, plan_id)
    # only now, with no connection held
    content = render_plan_pdf(document, lang=call.lang).content
    return send(call, content, media_type=PDF, filename=f"{plan_id}.pdf")


@PAGES.page("GET", "/plans/{plan_id}/plan.ics", Permission.READ_PLANS)
def download_plan_calendar(call: Visited, plan_id: PlanId) -> Response:
    """Return the dates of a plan for a calendar program."""
    content = read_plan_calendar(call.session, plan_id)
    return send(call, content, media_type="text/calendar", filename=f"{plan_id}.ics")


def plan_page(
    call: Call,
    plan_id: str,
    *,
    version: int | None = None,
    problem: tuple[str, str] | None = None,
    comment: str = "",
    status: int = 200,
) -> Response:
    """Return the page of a plan, with a problem on top where something could not be done.

    Parameters
    ----------
    call : Call
        The request.
    plan_id : str
        Which plan.
    version : int, optional
        As it was then; as it is now unless given.
    problem : tuple of str, optional
        What is wrong, and how to mend it.
    comment : str
        What was typed beside a decision.
    status : int
        Of the answer.
    """
    sheet = read_plan_sheet(call.session, plan_id, version=version)
    plan = sheet.stored.plan
    is_old = sheet.stored.version != sheet.stored.head.version
    whole = view.whole_gap(sheet)
    return render(
        call,
        "plans/plan.html.j2",
        status=status,
        sheet=sheet,
        plan=plan,
        names=view.Names(call),
        view=view,
        is_old=is_old,
        # what was done by the day of the plan is not its merit
        done_from=sheet.stored.plan.as_of + dt.timedelta(days=1),
        steps_shown=view.steps_of(sheet, say("document.signature.hr", call.lang)),
        opening=_opening(call, sheet),
        levels=view.levels_of(sheet),
        when=lambda item: view.when(item, call.lang, day),
        share=view.share_closed(plan, whole),
        slider=view.sliders(plan.hours_budget, plan.cost_budget),
        editable=view.may_change(call, sheet) and not is_old,
        further=view.next_step(plan),
        problem=problem,
        comment=comment,
    )


def again_on_page(
    call: Call, plan_id: str, *, comment: str = ""
) -> Callable[[tuple[str, str], RecommenderError], Response]:
    """Return what shows the page of a plan again, with what stood in the way on top."""

    def show(problem: tuple[str, str], error: RecommenderError) -> Response:
        return plan_page(
            call, plan_id, problem=problem, status=status_of_problem(error), comment=comment
        )

    return show


def open_top(limit: float | None, top: float | None) -> float:
    """Return a limit as a slider sent it: infinite at its upper end, and where there is none."""
    return math.inf if limit is None or (top is not None and limit >= top) else limit


def _none_if_open(limit: float) -> float | None:
    return None if math.isinf(limit) else limit


def _opening(call: Call, sheet: PlanSheet) -> list[str]:
    """Return what a manager would read aloud: how much, for what, and where it begins."""
    plan: Plan = sheet.stored.plan
    if not plan.items and not plan.activities:
        return [say("console.plan.opening.empty", call.lang)]
    names = view.Names(call)
    parts = [
        say(
            "console.plan.opening.whole",
            call.lang,
            items=_count(call, "items", len(plan.items) + len(plan.activities)),
            hours=f"{plan.total_hours:g}",
            gaps=_count(call, "gaps", view.gaps_served(plan)),
            closed=f"{plan.expected_gap_closed:.2f}",
        )
    ]
    if sheet.items:
        first = sheet.items[0].item
        parts.append(
            say(
                "console.plan.opening.first",
                call.lang,
                when=view.when(first, call.lang, day),
                course=names.course(first.module_id),
            )
        )
    return [*parts, *([plan.outlook] if plan.outlook else [])]


def _count(call: Call, name: str, count: int) -> str:
    key = f"console.plan.opening.{name}" + ("_one" if count == 1 else "")
    return say(key, call.lang, count=count)
