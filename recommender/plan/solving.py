"""One person's plan: the set of modules worth most under hours, budget and prerequisites."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.errors import ConflictError
from recommender.plan.enumeration import Relaxation, find_best
from recommender.plan.order import arrange
from recommender.plan.problem import TOLERANCE, PlanChoice, PlanProblem, gap_closed

if TYPE_CHECKING:
    from highspy import HighsLp

# Weighted levels an hour that do not tell two plans apart.
_TIE = 1e-9
# The solver ignores improvements below 1e-9; the steps that decide ties are smaller and scaled up.
_SCALE = 1e6
_OPTIONS = {
    # With the default, 1e-6, a module "chosen" by 0.999999 would get a plan past a budget by a cent
    # (DECISIONS, 6).
    "primal_feasibility_tolerance": TOLERANCE,
    "mip_feasibility_tolerance": TOLERANCE,
    "dual_feasibility_tolerance": TOLERANCE,
    # HiGHS stops by default within 1e-4 of the best plan; here it has to be the best.
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.0,
    # One plan is a small programme: a pool of threads costs it more than it gains.
    "threads": 1,
    # The tolerance holds with presolve off only (DECISIONS, 6), also in the first relaxation.
    "presolve": "off",
    "mip_root_presolve_only": True,
    # Cuts alone prove most plans at the root. These two heuristics took longer than all the rest
    # and were not needed; the others run where a search is.
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_run_root_reduced_cost": False,
}
SECONDS = 2.0
"""Time the solver has for one plan; with the largest catalogues tried it takes .04."""


def choose_plan(problem: PlanProblem, *, seconds: float = SECONDS) -> PlanChoice:
    """Choose the set of modules that is worth most, exactly.

    Parameters
    ----------
    problem : PlanProblem
        What may be chosen, and within what.
    seconds : float
        Time to find it in. Past that the best set so far is returned, with what it may miss.

    Returns
    -------
    PlanChoice
        Of plans worth the same the one with fewer hours, then lower cost, then the module
        ids that come first; where there are `places`, these decide after the hours.

    Raises
    ------
    ConflictError
        If the modules that must be in the plan do not fit the budgets.

    References
    ----------
    DESIGN, section 4, "Plan".
    """
    chosen, missing = _solve(problem, seconds)
    return replace(arrange(problem, chosen), optimality_gap=missing)


def seek_shortest(problem: PlanProblem) -> PlanProblem:
    """Return the problem whose best plan closes as much as can be closed, in the fewest hours.

    Hours have no price in it, so that they only decide between plans that close the same. What is
    not worth the price of its hours even alone closes nothing there, or a hundredth of a level
    would be reason enough to send somebody away for two days. Modules that have to be in the plan,
    or that another module needs, count as they are.

    Parameters
    ----------
    problem : PlanProblem
        The modules, the gaps, and the price of an hour.

    Returns
    -------
    PlanProblem
        The same with no price, and no improvement where it is not worth the hours.
    """
    alone = problem.useful @ problem.weight
    idle = alone <= problem.hour_price * problem.hours
    idle[sorted(problem.must.union(*problem.prerequisites))] = False
    return replace(
        problem, hour_price=0.0, improvement=np.where(idle[:, None], 0.0, problem.improvement)
    )


def _solve(problem: PlanProblem, seconds: float) -> tuple[list[int], float]:
    """Return the best set, and by how much at most another one may be better."""
    forced = _with_prerequisites(problem, problem.must)
    if _exceeds(problem, forced):
        raise ConflictError(
            "plan.infeasible",
            modules=", ".join(problem.module_ids[i] for i in sorted(problem.must)) or "–",
            hours=f"{problem.hours_budget:g}",
            cost=f"{problem.cost_budget:g}",
        )
    pool = np.flatnonzero(~_dominated(problem))
    if not len(pool):
        return [], 0.0
    chosen, missing = _maximise(problem, pool, seconds)
    if chosen is None:
        chosen, missing = forced, missing - _worth(problem, forced)
    # the bound has in it what decides ties, and that can be less than nothing
    return chosen, max(0.0, missing)


def _with_prerequisites(problem: PlanProblem, chosen: Collection[int]) -> list[int]:
    """Return a set with all that its modules need."""
    whole: set[int] = set()
    rest = list(chosen)
    while rest:
        module = rest.pop()
        if module not in whole:
            whole.add(module)
            rest += problem.prerequisites[module]
    return sorted(whole)


def _exceeds(problem: PlanProblem, chosen: list[int]) -> bool:
    return bool(
        problem.hours[chosen].sum() > problem.hours_budget + TOLERANCE
        or problem.cost[chosen].sum() > problem.cost_budget + TOLERANCE
    )


def _worth(problem: PlanProblem, chosen: list[int]) -> float:
    """Return the gap closed less the price of the hours."""
    price = problem.hour_price * float(problem.hours[chosen].sum())
    return gap_closed(problem, chosen) - price


def _dominated(problem: PlanProblem) -> BoolArray:
    """Find the modules that no best plan holds, since better ones leave no use for them.

    One module is better than another if it improves every competency as much and takes no more
    hours or money. A plan that holds the worse and not the better gets no worse by exchanging
    them, so a best plan that holds the worse holds all that are better. Where those together
    leave the worse too little to add, or no room, it is out. Real catalogues have many
    modules that are nearly alike; without this the solver weighs each mixture of them.
    """
    n = len(problem.hours)
    hours, cost = problem.hours, problem.cost
    first = np.arange(n)
    # [a, b]: whether a is better than b; of two that are the same the one with the earlier id is
    better = (hours[:, None] <= hours) & (cost[:, None] <= cost)
    better &= (hours[:, None] < hours) | (cost[:, None] < cost) | (first[:, None] < first)
    if problem.places is not None:
        better &= problem.places[:, None] < problem.places
    useful = problem.useful[:, problem.gap > 0]
    better &= (useful[:, None] >= useful).all(axis=2)
    needs = np.zeros((n, n), dtype=np.float32)
    for module, before in enumerate(problem.prerequisites):
        needs[module, list(before)] = 1.0
    # an exchange must neither bring in a new prerequisite nor take one away
    better &= needs @ (1.0 - needs).T == 0
    stays: BoolArray = np.any(needs > 0, axis=0)
    stays[list(problem.must)] = True

    above = better.T.astype(np.float64)
    gained = np.minimum(problem.gap, above @ problem.improvement)
    adds = np.minimum(problem.gap, gained + problem.improvement) - gained
    useless = adds @ problem.weight <= problem.hour_price * hours
    no_room = above @ hours + hours > problem.hours_budget + TOLERANCE
    no_money = above @ cost + cost > problem.cost_budget + TOLERANCE
    return (useless | no_room | no_money) & ~stays


def _maximise(
    problem: PlanProblem, pool: IntArray, seconds: float
) -> tuple[list[int] | None, float]:
    """Choose from the modules in the pool.

    Returns the best set that was found, if there was time for one, and by how much at most another
    set may be worth more than it, or than none.
    """
    import highspy  # slow to import, and needed by plans only

    solver = highspy.Highs()
    solver.silent()
    for name, value in (_OPTIONS | {"time_limit": seconds, "solve_relaxation": True}).items():
        solver.setOptionValue(name, value)
    n, program = len(pool), _to_program(problem, pool)
    solver.passModel(program)
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
        solution, bound = solver.getSolution(), solver.getInfo().objective_function_value
        taken, reduced_cost = np.array(solution.col_value[:n]), np.array(solution.col_dual[:n])
        relaxed = Relaxation(np.array(program.col_cost_), taken, reduced_cost, bound)
        best = find_best(problem, pool, relaxed)
        if best is not None:
            return pool[best].tolist(), 0.0

    solver.setOptionValue("solve_relaxation", False)
    solver.run()
    status, info = solver.getModelStatus(), solver.getInfo()
    ended = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kTimeLimit)
    if status not in ended:  # a plan is bounded, and one that is feasible was found before
        raise RuntimeError(f"plan: the solver ended with {status.name}")
    chosen = None
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        chosen = pool[np.array(solver.getSolution().col_value[:n]) > 0.5].tolist()
    if status == highspy.HighsModelStatus.kOptimal:
        return chosen, 0.0
    # no bound was found yet where time ran out early; all gaps closed is one
    bound = min(info.mip_dual_bound / _SCALE, float(problem.weight @ problem.gap))
    return chosen, bound - _worth(problem, chosen or [])


def _to_program(problem: PlanProblem, pool: IntArray) -> HighsLp:
    """Return the programme: a 0/1 variable a module of the pool, the gap closed a competency."""
    import highspy

    n, served = len(pool), np.flatnonzero(problem.gap > 0)
    hours, cost = problem.hours[pool], problem.cost[pool]
    modules: list[int] = pool.tolist()
    place = {module: i for i, module in enumerate(modules)}
    needed: list[tuple[int, int]] = [
        (place[module], place[before])
        for module in modules
        for before in problem.prerequisites[module]
    ]
    budgets = np.array([problem.hours_budget, problem.cost_budget])
    bounded = np.isfinite(budgets)
    k, b = len(served), int(bounded.sum())
    rows = np.zeros((k + b + len(needed), n + k))
    # The gap closed in a competency is at most what the chosen modules improve in it; with the gap
    # as the upper bound of the variable, that makes the min() of the design linear. No module
    # counts for more than the gap: for whole modules that is the same, for parts of them it is a
    # nearer bound, and there is less to search.
    rows[:k, :n] = -problem.useful[np.ix_(pool, served)].T
    rows[:k, n:] = np.eye(k)
    rows[k : k + b, :n] = np.stack([hours, cost])[bounded]
    for row, (module, before) in enumerate(needed, start=k + b):
        rows[row, module], rows[row, before] = 1.0, -1.0
    row_of, column = np.nonzero(rows)

    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = rows.shape
    worth = np.concatenate([-problem.hour_price * hours, problem.weight[served]])
    worth[:n] += _ties(hours, cost, None if problem.places is None else problem.places[pool])
    program.col_cost_ = _SCALE * worth
    program.sense_ = highspy.ObjSense.kMaximize
    program.col_lower_ = np.concatenate([[float(m in problem.must) for m in pool], np.zeros(k)])
    program.col_upper_ = np.concatenate([np.ones(n), problem.gap[served]])
    program.row_lower_ = np.full(len(rows), -np.inf)
    program.row_upper_ = np.concatenate([np.zeros(k), budgets[bounded], np.zeros(len(needed))])
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = np.searchsorted(row_of, np.arange(len(rows) + 1))
    program.a_matrix_.index_ = column
    program.a_matrix_.value_ = rows[row_of, column]
    whole, part = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    program.integrality_ = [whole] * n + [part] * k
    return program


def _ties(hours: FloatArray, cost: FloatArray, places: IntArray | None) -> FloatArray:
    """Return what the objective of each module is changed by, to decide between equal plans.

    Fewer hours, then lower cost, then the ids that come first: each step so much smaller than the
    one before that it matters only where that is the same, and the first below what tells
    the worth of two plans apart. Places are all different, so nothing is left to decide after
    them.
    """
    different = np.unique(hours)
    step = float(np.diff(different).min()) if len(different) > 1 else 1.0
    second = cost if places is None else places.astype(np.float64)
    cheaper = 0.4 * step * second / max(1.0, float(second.sum()))
    if places is not None:
        return -_TIE * (hours + cheaper)
    earlier = np.exp2(-np.arange(len(hours)) * min(1.0, 20 / len(hours)))
    return _TIE * (1e-4 * earlier - hours - cheaper)
