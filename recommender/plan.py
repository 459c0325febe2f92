"""One person's plan: the set of modules worth most under hours, budget and prerequisites."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack, identity

from recommender.errors import ConflictError
from recommender.scoring import DECIMALS, BoolArray, FloatArray

# The solver accepts a solution within 1e-6 of the best and of each bound; stated in these
# units that is 1e-11 of a weighted level, so values that differ at all are told apart.
_UNITS = 1e5
_TIE = 1e-9


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
    """

    order: tuple[int, ...]
    added: tuple[float, ...]
    expected_gap_closed: float


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


def choose_plan(problem: PlanProblem) -> PlanChoice:
    """Choose the set of modules that is worth most, exactly.

    Parameters
    ----------
    problem : PlanProblem
        What may be chosen, and within what.

    Returns
    -------
    PlanChoice
        Of plans worth the same the one with fewer hours, then lower cost, then the module
        ids that come first.

    Raises
    ------
    ConflictError
        If the modules that must be in the plan do not fit the budgets.

    References
    ----------
    DESIGN, section 4, "Plan".
    """
    chosen = _solve(problem)
    order, added = _put_in_order(problem, chosen)
    return PlanChoice(order, added, gap_closed(problem, chosen))


class _Program:
    """The mixed-integer programme: a 0/1 variable a module, the gap closed a competency."""

    def __init__(self, problem: PlanProblem) -> None:
        self.problem = problem
        n, served = len(problem.hours), np.flatnonzero(problem.gap > 0)
        self.n = n
        self.worth = np.concatenate([-problem.hour_price * problem.hours, problem.weight[served]])
        upper = np.concatenate([np.ones(n), problem.gap[served] * _UNITS])
        self.worth[:n] *= _UNITS
        self.lower = np.zeros_like(upper)
        self.lower[list(problem.must)] = 1
        self.upper = upper
        self.integrality = np.arange(n + len(served)) < n
        rest = np.zeros(len(served))
        self.hours_row = np.concatenate([problem.hours, rest])
        self.cost_row = np.concatenate([problem.cost, rest])
        # gap closed in k <= what the chosen modules improve in k
        self.rows: list[LinearConstraint] = []
        if len(served):
            improvement = csr_array(-problem.improvement[:, served].T * _UNITS)
            self.rows.append(
                LinearConstraint(hstack([improvement, identity(len(served))]).tocsr(), -np.inf, 0.0)
            )
        self._bound(self.hours_row, problem.hours_budget)
        self._bound(self.cost_row, problem.cost_budget)
        for module, needed in enumerate(problem.prerequisites):
            for before in needed:
                row = np.zeros_like(upper)
                row[module], row[before] = 1, -1
                self._bound(row, 0.0)

    def _bound(self, row: FloatArray, limit: float) -> None:
        if np.isfinite(limit):
            self.rows.append(LinearConstraint(row, -np.inf, limit))

    def solve(self, minimise: FloatArray, *extra: LinearConstraint) -> BoolArray | None:
        """Return which modules are chosen, or None where nothing is feasible."""
        found = milp(
            minimise,
            integrality=self.integrality.astype(np.int64),
            bounds=Bounds(self.lower, self.upper),
            constraints=[*self.rows, *extra],
            options={"mip_rel_gap": 0.0},
        )
        return None if found.x is None else np.asarray(found.x[: self.n] > 0.5)

    def value(self, chosen: BoolArray) -> float:
        """Return what a choice is worth: the gap closed less the price of its hours."""
        problem = self.problem
        closed = gap_closed(problem, np.flatnonzero(chosen).tolist())
        return closed - problem.hour_price * float(problem.hours @ chosen)


def _solve(problem: PlanProblem) -> list[int]:
    if not len(problem.hours):
        return []
    program = _Program(problem)
    first = program.solve(-program.worth)
    if first is None:
        raise ConflictError(
            "plan.infeasible",
            modules=", ".join(problem.module_ids[i] for i in sorted(problem.must)) or "–",
            hours=f"{problem.hours_budget:g}",
            cost=f"{problem.cost_budget:g}",
        )
    chosen = first
    as_good = LinearConstraint(program.worth, (program.value(chosen) - _TIE) * _UNITS, np.inf)
    if program.solve(-program.worth, as_good, _other_than(program, chosen)) is None:
        return np.flatnonzero(chosen).tolist()

    # several plans are worth the same: fewer hours, then lower cost, then ids in order
    ties = [as_good]
    for row in (program.hours_row, program.cost_row):
        best = program.solve(row, *ties)
        chosen = chosen if best is None else best
        ties.append(LinearConstraint(row, -np.inf, float(row[: program.n] @ chosen) + _TIE))
    for module in range(program.n):
        if program.solve(program.hours_row, *ties, _other_than(program, chosen)) is None:
            break
        if not chosen[module] and program.lower[module] == 0:
            program.lower[module] = 1
            better = program.solve(program.hours_row, *ties)
            if better is None:
                program.lower[module] = program.upper[module] = 0
            else:
                chosen = better
        elif chosen[module]:
            program.lower[module] = 1
    return np.flatnonzero(chosen).tolist()


def _other_than(program: _Program, chosen: BoolArray) -> LinearConstraint:
    """Return the constraint that at least one module differs from a choice."""
    row = np.zeros_like(program.worth)
    row[: program.n] = np.where(chosen, -1.0, 1.0)
    return LinearConstraint(row, 1.0 - float(chosen.sum()), np.inf)


def _put_in_order(
    problem: PlanProblem, chosen: Collection[int]
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Order a plan: prerequisites first, then by what each adds per hour given those before."""
    left = set(chosen)
    order: list[int] = []
    added: list[float] = []
    while left:
        ready = [m for m in left if not left.intersection(problem.prerequisites[m])]
        so_far = gap_closed(problem, order)
        gain = {m: gap_closed(problem, [*order, m]) - so_far for m in ready}
        best = min(
            ready,
            key=lambda m: (
                -round(gain[m] / float(problem.hours[m]), DECIMALS - 2),
                problem.hours[m],
                problem.module_ids[m],
            ),
        )
        order.append(best)
        added.append(gain[best])
        left.remove(best)
    return tuple(order), tuple(added)
