"""The best set of modules, found by looking at each set that the relaxation does not rule out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.plan.problem import TOLERANCE, PlanProblem

# To look at more sets than these takes longer than the solver's search.
_MOST = 4000
# Share of the bound; a wrong guess costs a second look, with the slack that is then known.
_FIRST_SLACK = 1 / 32
# More than the last digits in which two sums of the same differ, and less than what decides ties.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Relaxation:
    """Best solution of a plan's programme where modules may be taken in part.

    Parameters
    ----------
    worth : ndarray of shape (n_modules + n_gaps,)
        What the programme counts for a whole module, and for a level closed of each gap.
    taken : ndarray of shape (n_modules,)
        How much of each module is taken, 0 to 1.
    reduced_cost : ndarray of shape (n_modules,)
        What a whole module more, or less, costs of the worth at least, as HiGHS signs it.
    bound : float
        Worth of the solution.
    """

    worth: FloatArray
    taken: FloatArray
    reduced_cost: FloatArray
    bound: float


def find_best(problem: PlanProblem, pool: IntArray, relaxed: Relaxation) -> BoolArray | None:
    """Find the best set of modules among those near the relaxation, and prove that it is the best.

    A set is worth no more than the relaxation less the reduced cost of each module in which the
    two differ. So where all sets within some slack of the bound are known, and one is worth as
    much as those outside can be at most, no set is worth more.

    Parameters
    ----------
    problem : PlanProblem
        What may be chosen, and within what.
    pool : ndarray of int of shape (n_modules,)
        Positions of the modules to choose from, ascending, with the prerequisites of each.
    relaxed : Relaxation
        Solution of the programme of these modules.

    Returns
    -------
    ndarray of bool of shape (n_modules,) or None
        Which modules of the pool are in the best set. None where too many sets are near.

    References
    ----------
    DECISIONS, 54.
    """
    n = len(pool)
    served = problem.gap > 0
    gap, useful = problem.gap[served], problem.useful[np.ix_(pool, served)]
    slack = abs(relaxed.bound) * _FIRST_SLACK
    while (sets := _find_near(problem, pool, relaxed, slack)) is not None:
        if not len(sets):
            slack = 2 * slack + _ROUNDING
            continue
        # not by BLAS, whose threads wait for each other longer than this takes, and add up in
        # another order than one of them alone
        closed = np.minimum(gap, np.einsum("ij,jk->ik", sets, useful))
        worth = np.einsum("ij,j->i", sets, relaxed.worth[:n])
        worth += np.einsum("ij,j->i", closed, relaxed.worth[n:])
        best = int(worth.argmax())
        if worth[best] >= relaxed.bound - slack:
            found: BoolArray = sets[best]
            return found
        slack = relaxed.bound - float(worth[best]) + _ROUNDING
    return None


def _find_near(
    problem: PlanProblem, pool: IntArray, relaxed: Relaxation, slack: float
) -> BoolArray | None:
    """Return the sets that may be chosen and lose no more than the slack, one a row."""
    limits = np.array([problem.hours_budget, problem.cost_budget]) + TOLERANCE
    needed = np.stack([problem.hours[pool], problem.cost[pool]], axis=1)
    likely, loss = relaxed.taken > 0.5, np.abs(relaxed.reduced_cost)
    undecided = (loss <= slack) & ~np.isin(pool, list(problem.must))
    decided = likely & ~undecided
    sets, lost, spent = decided[None], np.zeros(1), needed[decided].sum(axis=0)[None]
    # the dearest differences first: they leave the fewest sets to go on with
    for module in sorted(np.flatnonzero(undecided), key=lambda module: -loss[module]):
        n_without = len(sets)
        sets = np.concatenate([sets, sets])
        sets[n_without:, module] = True
        differs = sets[:, module] != likely[module]
        lost = np.concatenate([lost, lost]) + loss[module] * differs
        spent = np.concatenate([spent, spent + needed[module]])
        near = (lost <= slack) & (spent <= limits).all(axis=1)
        sets, lost, spent = sets[near], lost[near], spent[near]
        if len(sets) > _MOST:
            return None
    allowed = (spent <= limits).all(axis=1)
    modules: list[int] = pool.tolist()
    for module, position in enumerate(modules):
        before = np.searchsorted(pool, problem.prerequisites[position])
        allowed &= ~sets[:, module] | sets[:, before].all(axis=1)
    return sets[allowed]
