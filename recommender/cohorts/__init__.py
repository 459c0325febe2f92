"""Seats for people who are planned together, under shared seats and budgets."""

from recommender.cohorts.choosing import choose_cohort
from recommender.cohorts.demand import value_new_offerings
from recommender.cohorts.policies import compare_policies, share_floors
from recommender.cohorts.problem import (
    CohortChoice,
    CohortProblem,
    Draw,
    Offerings,
    OfferingValue,
    PolicyOutcome,
    Replacement,
    Seats,
    WaitList,
)
from recommender.cohorts.waiting import replace_dropouts

__all__ = [
    "CohortChoice",
    "CohortProblem",
    "Draw",
    "OfferingValue",
    "Offerings",
    "PolicyOutcome",
    "Replacement",
    "Seats",
    "WaitList",
    "choose_cohort",
    "compare_policies",
    "replace_dropouts",
    "share_floors",
    "value_new_offerings",
]
