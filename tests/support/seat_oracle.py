"""Every way of giving the seats of a tiny cohort, by trying all; knows nothing of the solver."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np

from recommender.cohorts import CohortProblem


def breaks(problem: CohortProblem, seats: list[tuple[int, int]]) -> str | None:
    """Return which limit the seats (person, offering) break, if any."""
    offerings = problem.offerings
    for offering in range(len(offerings)):
        if sum(o == offering for _, o in seats) > offerings.seats[offering]:
            return "seats"
    for person in range(len(problem.person_ids)):
        fault = breaks_own(problem, person, [o for p, o in seats if p == person])
        if fault:
            return fault
    units = problem.unit[[p for p, _ in seats]] if seats else np.empty(0, dtype=int)
    cost = offerings.cost[[o for _, o in seats]] if seats else np.empty(0)
    if cost.sum() > problem.cost_budget + 1e-6:
        return "budget"
    for unit in range(len(problem.unit_ids)):
        if cost[units == unit].sum() > problem.unit_cost_budget[unit] + 1e-6:
            return "unit budget"
        if (units == unit).sum() < problem.floors[unit]:
            return "floor"
    for person, module in problem.must:
        if not any(p == person and offerings.module[o] == module for p, o in seats):
            return "must"
    return None


def breaks_own(problem: CohortProblem, person: int, taken: list[int]) -> str | None:
    """Return which limit of one person the offerings break, if any."""
    offerings = problem.offerings
    pairs = set(zip(problem.pair_person.tolist(), problem.pair_module.tolist(), strict=True))
    modules = [int(offerings.module[o]) for o in taken]
    if any((person, m) not in pairs for m in modules):
        return "no candidate"
    if len(set(modules)) < len(modules):
        return "module twice"
    if problem.hours[modules].sum() > problem.hours_budget[person] + 1e-6:
        return "hours"
    days = [(int(offerings.starts_on[o]), int(offerings.ends_on[o])) for o in taken]
    away = [
        (first, last)
        for who, first, last in zip(
            problem.blocked_person, problem.blocked_from, problem.blocked_to, strict=True
        )
        if who == person
    ]
    for (a, b), (c, d) in [*combinations(days, 2), *product(days, away)]:
        if a <= d and c <= b:
            return "dates"
    for (start, _), module in zip(days, modules, strict=True):
        for before in problem.prerequisites[module]:
            earlier = any(
                m == before and end < start for (_, end), m in zip(days, modules, strict=True)
            )
            if not problem.completed[person, before] and not earlier:
                return "prerequisite"
    return None


def worth(problem: CohortProblem, person: int, taken: list[int]) -> float:
    """Return what the offerings are worth to a person: gap closed less the price of hours."""
    modules = [int(problem.offerings.module[o]) for o in taken]
    rows = (problem.pair_person == person) & np.isin(problem.pair_module, modules)
    gained = problem.improvement.toarray()[rows].sum(axis=0)
    closed = float(problem.weight[person] @ np.minimum(problem.gap[person], gained))
    return closed - problem.hour_price * float(problem.hours[modules].sum())


def best_value(problem: CohortProblem) -> float | None:
    """Return the value of the best seats; None where no way keeps all limits."""
    n_offerings = len(problem.offerings)
    sets = [
        [
            (list(taken), worth(problem, person, list(taken)))
            for size in range(n_offerings + 1)
            for taken in combinations(range(n_offerings), size)
            if breaks_own(problem, person, list(taken)) is None
        ]
        for person in range(len(problem.person_ids))
    ]
    best = None
    for way in product(*sets):
        value = sum(each for _, each in way)
        if best is not None and value <= best:
            continue
        seats = [(person, o) for person, (taken, _) in enumerate(way) for o in taken]
        if breaks(problem, seats) is None:
            best = value
    return best
