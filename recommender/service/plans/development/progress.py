"""How far a plan has come: counted on the day it is read, not stored."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from recommender.errors import InputError
from recommender.results import Plan
from recommender.store import Connection
from recommender.store.people.seats import list_enrolments


@dataclass(frozen=True)
class PlanProgress:
    """How far a plan has come.

    Parameters
    ----------
    items, items_done : int
        Courses and development activities, and those of them that are completed.
    percent_of_items : float or None
        Their share; None for an empty plan.
    percent_of_gap : float or None
        The gap that completed courses were expected to close, of what all courses were; None where
        nothing is expected. Activities have no such figure. What was measured afterwards is told as
        the outcome of a plan once it is done.
    """

    items: int
    items_done: int
    percent_of_items: float | None
    percent_of_gap: float | None


def find_completions(connection: Connection, plan: Plan, today: dt.date) -> dict[str, dt.date]:
    """Return when each course of a plan was first completed after the day of the plan."""
    modules = [item.module_id for item in plan.items]
    days: dict[str, dt.date] = {}
    for enrolment in list_enrolments(connection, plan.person_id, modules):
        on = enrolment.completed_on
        # what was completed by the day of the plan was known then, and is not its merit
        if enrolment.status == "completed" and on is not None and plan.as_of < on <= today:
            days[enrolment.module_id] = min(on, days.get(enrolment.module_id, on))
    return days


def check_done(plan: Plan, done_on: dt.date | None, today: dt.date) -> None:
    """Raise an `InputError` where something cannot have been done on that day."""
    if done_on is not None and not plan.as_of < done_on <= today:
        raise InputError(
            "plan.activity-done-when",
            done_on=done_on.isoformat(),
            as_of=plan.as_of.isoformat(),
            today=today.isoformat(),
            field="#/done_on",
        )


def measure_progress(connection: Connection, plan: Plan, today: dt.date) -> PlanProgress:
    """Count what of a plan is done."""
    completed = find_completions(connection, plan, today)
    expected = sum(item.adds for item in plan.items)
    closed = sum(item.adds for item in plan.items if item.module_id in completed)
    activities_done = sum(
        each.done_on is not None and each.done_on <= today for each in plan.activities
    )
    items, done = len(plan.items) + len(plan.activities), len(completed) + activities_done
    return PlanProgress(
        items=items,
        items_done=done,
        percent_of_items=100 * done / items if items else None,
        percent_of_gap=100 * closed / expected if expected > 0 else None,
    )
