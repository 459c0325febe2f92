"""Seats for 5,000 people in 200 offerings: seconds, and how near to what is proven."""

from __future__ import annotations

import time

import numpy as np

from recommender.cohorts import choose_cohort, compare_policies
from recommender.cohorts.solving import solve
from tests.benchmarks.measuring import Figure
from tests.support.made_cohorts import make_cohort

N_PEOPLE, N_OFFERINGS = 5_000, 200
SEATS_A_PERSON = (0.5, 1.0, 2.0)
NEAR = 0.999
"""Share of the bound to reach, in 5 seconds of an idle core."""


def run() -> list[Figure]:
    """Measure; ratios are the value of the seats by the bound of the linear programme."""
    figures: list[Figure] = []
    solve(make_cohort(50, 8), seed=1)  # loads the solver
    for seats in SEATS_A_PERSON:
        problem = make_cohort(N_PEOPLE, N_OFFERINGS, seats_a_person=seats)
        start = time.perf_counter()
        solution = solve(problem, seed=1)
        seconds = time.perf_counter() - start
        name = f"{N_PEOPLE:,} people, {N_OFFERINGS} offerings, {seats:g} seats a person"
        ratio = solution.holdings.value / solution.bound
        figures.append(Figure(name, seconds, 0, "bound", ratio))
        assert ratio >= NEAR, name
    problem = make_cohort(N_PEOPLE, N_OFFERINGS)
    start = time.perf_counter()
    choice = choose_cohort(problem, seed=1, tolerance=0.01)
    seconds = time.perf_counter() - start
    name = f"the same with a seat a person, {len(choice.draws)} draws and wait lists"
    figures.append(Figure(name, seconds, 0, "bound", choice.value / choice.bound))
    start = time.perf_counter()
    first, greedy, exact = compare_policies(problem, choice.seats, applied=np.arange(N_PEOPLE))
    seconds = time.perf_counter() - start
    for other in (first, greedy):
        ratio = other.expected_gap_closed / exact.expected_gap_closed
        figures.append(Figure(f"by {other.policy} (both)", seconds, 0, "exact", ratio))
    return figures


if __name__ == "__main__":
    for figure in run():
        print(figure.as_json())
