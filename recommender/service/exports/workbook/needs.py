"""What a team is to take, course by course, and what it costs, unit by unit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from recommender.documents.figures import total
from recommender.documents.plan.totals import ShownTotals, add_up_shown
from recommender.service.exports.workbook.members import Member


@dataclass
class Demand:
    """A course that is in plans.

    Parameters
    ----------
    title, modality : str
        In words.
    names : list of str
        Whose plans it is in.
    agreed, done : int
        In how many plans that are approved or in force, and how many people have completed it.
    hours, cost : list of float
        Of each person.
    begins : list of str
        When each begins, as an ISO day or month, where that is known.
    """

    title: str
    modality: str
    names: list[str] = field(default_factory=list[str])
    agreed: int = 0
    done: int = 0
    hours: list[float] = field(default_factory=list[float])
    cost: list[float] = field(default_factory=list[float])
    begins: list[str] = field(default_factory=list[str])


@dataclass
class Budget:
    """What the plans of a unit take; `agreed` are those approved or in force."""

    org_unit: str
    people: int = 0
    plans: int = 0
    all: list[ShownTotals] = field(default_factory=list[ShownTotals])
    agreed: list[ShownTotals] = field(default_factory=list[ShownTotals])


def find_demand(members: Sequence[Member]) -> list[Demand]:
    """Count the courses of plans; those that most people are to take come first."""
    demand: dict[str, Demand] = {}
    for member in members:
        if member.plan is None:
            continue
        rows = {row.key: row for row in member.plan.document.items}
        for module_id, key in member.plan.keys.items():
            row = rows[key]
            each = demand.setdefault(module_id, Demand(row.title, row.modality))
            each.names.append(member.head.name)
            each.agreed += member.plan.is_agreed
            each.done += row.done_on is not None
            each.hours.append(row.hours)
            each.cost.append(row.cost)
            if begins := _begins(row.starts_on, row.proposed_month):
                each.begins.append(begins)
    return sorted(demand.values(), key=lambda each: (-len(each.names), each.title))


def find_budgets(members: Sequence[Member]) -> list[Budget]:
    """Add up what plans take, by the units that people belong to, in the order of their paths."""
    budgets: dict[str, Budget] = {}
    for member in members:
        each = budgets.setdefault(member.head.org_unit, Budget(member.head.org_unit))
        each.people += 1
        if member.plan is not None:
            each.plans += 1
            taken = add_up_shown(member.plan.document)
            each.all.append(taken)
            if member.plan.is_agreed:
                each.agreed.append(taken)
    return [budgets[unit] for unit in sorted(budgets)]


def sum_hours(taken: Sequence[ShownTotals]) -> float:
    """Return the hours of plans."""
    return total(each.hours for each in taken)


def sum_cost(taken: Sequence[ShownTotals]) -> float:
    """Return the cost of plans, in CNY."""
    return total(each.cost for each in taken)


def _begins(day: dt.date | None, month: str | None) -> str:
    return day.isoformat() if day else month or ""
