"""What a plan is chosen from, what a choice is worth, and what it leaves open."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray, round_off

TOLERANCE = 1e-9
"""Hours or CNY by which a sum of decimals may miss a budget that it meets."""
LARGEST = 3
"""How many of a person's priorities a plan has to answer for."""


@dataclass(frozen=True)
class PlanProblem:
    """What a plan is chosen from; modules stand in the order of their ids.

    Parameters
    ----------
    module_ids : tuple of str
        Ids of the candidate modules, ascending.
    hours, cost : ndarray of shape (n_modules,)
        Hours and CNY of each.
    improvement : ndarray of shape (n_modules, n_competencies)
        Expected improvement in levels, 0 where the module does not serve the gap.
    gap : ndarray of shape (n_competencies,)
        In levels, 0 where there is none or it is to be assessed first.
    weight : ndarray of shape (n_competencies,)
        Importance of each competency.
    prerequisites : tuple of tuple of int
        For each module, positions of those that must be in the plan with it.
    hour_price : float
        Weighted levels that an hour must add.
    hours_budget, cost_budget : float
        Upper bounds, ``inf`` where there is none.
    must : frozenset of int
        Positions of the modules that have to be in the plan.
    stages : tuple of int
        For each module the stage of the learning path it is for; earlier ones are taken first.
        Empty where no path frames the plan.
    from_level : ndarray of shape (n_modules, n_competencies) or None
        Level that each module starts at in the competencies it serves, NaN in the others; of two
        that serve the same the lower is taken first. None where there are no such steps.
    places : ndarray of int of shape (n_modules,), optional
        Place of each module in the order of a model that does not know how much modules add:
        `improvement` is the experts' then, and of equal plans the model's order decides.
    """

    module_ids: tuple[str, ...]
    hours: FloatArray
    cost: FloatArray
    improvement: FloatArray
    gap: FloatArray
    weight: FloatArray
    prerequisites: tuple[tuple[int, ...], ...]
    hour_price: float
    hours_budget: float
    cost_budget: float
    must: frozenset[int]
    stages: tuple[int, ...] = ()
    from_level: FloatArray | None = None
    places: IntArray | None = None

    @property
    def useful(self) -> FloatArray:
        """Improvement of shape (n_modules, n_competencies), no more than the gap."""
        return np.minimum(self.improvement, self.gap)


@dataclass(frozen=True)
class PlanChoice:
    """The chosen plan.

    Parameters
    ----------
    order : tuple of int
        Positions of the chosen modules, in the order to take them.
    added : tuple of float
        Weighted levels each adds given those before it.
    expected_gap_closed : float
        Weighted levels the whole plan closes.
    optimality_gap : float
        Weighted levels, less the price of hours, by which another plan may be better at most;
        0 where this one is proven to be the best.
    held_back : tuple of tuple of int
        For each place the modules that would have added more per hour there, but wait for a lower
        step that is still to come.
    """

    order: tuple[int, ...]
    added: tuple[float, ...]
    expected_gap_closed: float
    optimality_gap: float = 0.0
    held_back: tuple[tuple[int, ...], ...] = ()


def gap_closed(problem: PlanProblem, chosen: Collection[int]) -> float:
    """Return the weighted levels a set of modules closes.

    Parameters
    ----------
    problem : PlanProblem
        The modules and the gaps.
    chosen : collection of int
        Positions of the modules.

    Returns
    -------
    float
        Σ_k weight_k · min(gap_k, Σ_m improvement_{m,k}).
    """
    gained = problem.improvement[sorted(chosen)].sum(axis=0)
    return float(problem.weight @ np.minimum(problem.gap, gained))


def gap_closed_with(
    problem: PlanProblem, chosen: Collection[int], more: Sequence[int]
) -> list[float]:
    """Return what a set of modules closes with each of some others beside it.

    Parameters
    ----------
    problem : PlanProblem
        The modules and the gaps.
    chosen : collection of int
        Positions of the modules of the set.
    more : sequence of int
        Positions of the others.

    Returns
    -------
    list of float
        In the order of `more`: the same as `gap_closed` of the set with that one module.
    """
    if not more:
        return []
    sets = np.sort([[*chosen, module] for module in more], axis=1)
    closed = np.minimum(problem.gap, problem.improvement[sets].sum(axis=1))
    # one by one, as `gap_closed` does: a product of matrices adds up in another order, and what is
    # the same would differ in its last digits
    return [float(problem.weight @ each) for each in closed]


def find_shortfalls(
    problem: PlanProblem, chosen: Collection[int], *, near_gap: float
) -> dict[int, float]:
    """Find which of the largest priorities a plan leaves more than two thirds of.

    Parameters
    ----------
    problem : PlanProblem
        The modules and the gaps.
    chosen : collection of int
        Positions of the modules in the plan.
    near_gap : float
        Smaller gaps, in levels, count as nearly on target and are no priority.

    Returns
    -------
    dict of int to float
        Positions of competencies, the largest priority first, with the levels the plan closes.

    References
    ----------
    DESIGN, section 4, "Plan".
    """
    priority = round_off(problem.weight * problem.gap)
    # stable, so that the order of the framework decides where weights are the same too
    by_priority = np.lexsort((-problem.weight, -priority))
    largest = by_priority[round_off(problem.gap)[by_priority] >= near_gap][:LARGEST]
    closed = np.minimum(problem.gap, problem.improvement[sorted(chosen)].sum(axis=0))
    short = round_off(closed) < round_off(problem.gap / 3)
    return {k: float(closed[k]) for k in largest.tolist() if short[k]}
