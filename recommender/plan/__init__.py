"""One person's plan: the set of modules worth most under hours, budget and prerequisites."""

from recommender.plan.order import arrange, follow
from recommender.plan.problem import (
    PlanChoice,
    PlanProblem,
    find_shortfalls,
    gap_closed,
    gap_closed_with,
)
from recommender.plan.solving import choose_plan, seek_shortest

__all__ = [
    "PlanChoice",
    "PlanProblem",
    "arrange",
    "choose_plan",
    "find_shortfalls",
    "follow",
    "gap_closed",
    "gap_closed_with",
    "seek_shortest",
]
