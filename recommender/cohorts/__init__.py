"""Seats for people who are planned together, under shared seats and budgets."""

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
]
