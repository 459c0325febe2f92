"""Figures of a plan that have to agree: totals with their parts, counts with the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.documents.figures import total
from recommender.documents.plan.document import PlanDocument
from recommender.results import Plan
from recommender.texts import say


@dataclass(frozen=True)
class ShownTotals:
    """Hours, CNY and weighted levels of a plan: the sums of what its items show."""

    hours: float
    cost: float
    closed: float


def add_up_shown(plan: Plan | PlanDocument) -> ShownTotals:
    """Add up the items of a plan as they are shown, each rounded, so that the totals agree."""
    parts = [item.adds for item in plan.items if item.adds is not None]
    # where an item does not show what it adds, nobody can add that up
    complete = len(parts) == len(plan.items)
    return ShownTotals(
        hours=total(item.hours for item in plan.items),
        cost=total(item.cost for item in plan.items),
        closed=total(parts) if complete else plan.expected_gap_closed,
    )


def say_left_out_count(document: PlanDocument, shown: int | None, lang: str) -> str:
    """Say how many modules are in the plan, left out above, and further ones: the catalogue.

    `shown` are those left out that a table tells of at most; None for all that it could.
    """
    if document.left_out_count is None:
        return ""
    chosen, listed = len(document.items), len(document.left_out[:shown])
    further = document.left_out_count - listed
    key = "count_none" if not listed else "count" if further else "count_all"
    return say(
        f"document.left_out.{key}",
        lang,
        total=chosen + document.left_out_count,
        chosen=chosen,
        listed=listed,
        further=further,
    )
