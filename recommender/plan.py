"""One person's plan: the set of modules worth most under hours, budget and prerequisites."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from recommender.arrays import DECIMALS, BoolArray, FloatArray
from recommender.errors import ConflictError

# With the default tolerance of HiGHS, 1e-6, a module "chosen" by 0.999999 would get a plan past a
# budget by a cent (DECISIONS, 6).
_TOLERANCE = 1e-9
# Plans whose worth, hours or cost differ by less are equal: the solver cannot tell them apart.
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
    stages : tuple of int
        For each module the stage of the learning path it is for; earlier ones are taken first.
        Empty where no path frames the plan.
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
        The modules, the gaps and the limits.

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
    return arrange(problem, _solve(problem))


def arrange(problem: PlanProblem, chosen: Collection[int]) -> PlanChoice:
    """Put a given set of modules in order and say what it is worth.

    Parameters
    ----------
    problem : PlanProblem
        The modules and the gaps.
    chosen : collection of int
        Positions of the modules, with all their prerequisites.

    Returns
    -------
    PlanChoice
        Prerequisites first, then stages, then what each adds per hour given those before it.
    """
    order, added = _put_in_order(problem, chosen)
    return PlanChoice(order, added, gap_closed(problem, chosen))


class _Program:
    """The mixed-integer programme: 0/1 for each module, the gap closed for each competency."""

    def __init__(self, problem: PlanProblem) -> None:
        import highspy  # slow to import, and needed by plans only

        self.problem = problem
        # Only competencies with a gap get a variable; the others can close nothing.
        n, served = len(problem.hours), np.flatnonzero(problem.gap > 0)
        self.n = n
        n_columns = n + len(served)
        rest = np.zeros(len(served))
        self.worth = np.concatenate([-problem.hour_price * problem.hours, problem.weight[served]])
        self.hours = np.concatenate([problem.hours, rest])
        self.cost = np.concatenate([problem.cost, rest])
        self.highs = highspy.Highs()
        self.highs.silent()
        # Through highspy and not scipy.milp, which offers no setting for these tolerances.
        for option in ("primal_feasibility_tolerance", "mip_feasibility_tolerance"):
            self.highs.setOptionValue(option, _TOLERANCE)
        # HiGHS stops by default within 1e-4 of the best plan; here it has to be the best.
        self.highs.setOptionValue("mip_rel_gap", 0.0)
        self.highs.setOptionValue("mip_abs_gap", 0.0)
        # One plan is a small programme: a pool of threads costs it more than it gains.
        self.highs.setOptionValue("threads", 1)
        # The tolerance above holds with presolve off only (DECISIONS, 6).
        self.highs.setOptionValue("presolve", "off")
        self.highs.addVars(
            n_columns,
            # A module that must be in the plan has the bounds 1 and 1, any other 0 and 1.
            np.array([float(i in problem.must) for i in range(n)] + [0.0] * len(served)),
            np.concatenate([np.ones(n), problem.gap[served]]),
        )
        self.highs.changeColsIntegrality(
            n,
            np.arange(n, dtype=np.int32),
            np.full(n, highspy.HighsVarType.kInteger),
        )
        for place, k in enumerate(served):
            # The gap closed in k is at most what the chosen modules improve in k. With the gap as
            # upper bound of the variable, that makes the min() of the design linear.
            row = np.zeros(n_columns)
            row[:n] = -problem.improvement[:, k]
            row[n + place] = 1.0
            self.bound(row, upper=0.0)
        self.bound(self.hours, upper=problem.hours_budget)
        self.bound(self.cost, upper=problem.cost_budget)
        for module, needed in enumerate(problem.prerequisites):
            for before in needed:
                row = np.zeros(n_columns)
                # module - before <= 0: the module only with what comes before it.
                row[module], row[before] = 1.0, -1.0
                self.bound(row, upper=0.0)

    def bound(self, row: FloatArray, *, lower: float = -np.inf, upper: float = np.inf) -> int:
        """Keep a weighted sum of the variables within bounds; return the row's number."""
        index = np.flatnonzero(row).astype(np.int32)
        self.highs.addRow(lower, upper, len(index), index, row[index])
        return int(self.highs.getNumRow()) - 1

    def drop_last(self) -> None:
        """Take the row out that was added last."""
        last = int(self.highs.getNumRow()) - 1
        self.highs.deleteRows(1, np.array([last], dtype=np.int32))

    def fix(self, module: int, *, chosen: bool) -> None:
        """Decide for or against a module."""
        self.highs.changeColBounds(module, float(chosen), float(chosen))

    def maximise(self, objective: FloatArray) -> BoolArray | None:
        """Return which modules are chosen, or None where nothing is feasible.

        Raises
        ------
        RuntimeError
            If the solver ends in any other way: the programme is bounded, so that is a bug.
        """
        from highspy import HighsModelStatus, ObjSense

        columns = np.arange(len(objective), dtype=np.int32)
        self.highs.changeColsCost(len(objective), columns, objective)
        self.highs.changeObjectiveSense(ObjSense.kMaximize)
        self.highs.run()
        status = self.highs.getModelStatus()
        if status == HighsModelStatus.kInfeasible:
            return None
        if status != HighsModelStatus.kOptimal:
            raise RuntimeError(f"plan: the solver ended with {status.name}")
        values = np.array(self.highs.getSolution().col_value[: self.n])
        # Integers come back as floats, off by up to the tolerance.
        return values > 0.5

    def other_than(self, chosen: BoolArray, objective: FloatArray) -> BoolArray | None:
        """Return the best choice that differs in at least one module, if there is any."""
        row = np.zeros_like(self.worth)
        row[: self.n] = np.where(chosen, -1.0, 1.0)
        # Σ of those left out - Σ of those chosen >= 1 - their number: at least one module differs.
        self.bound(row, lower=1.0 - float(chosen.sum()))
        other = self.maximise(objective)
        self.drop_last()
        return other

    def value(self, chosen: BoolArray) -> float:
        """Return what a choice is worth: the gap closed less the price of its hours."""
        problem = self.problem
        closed = gap_closed(problem, np.flatnonzero(chosen).tolist())
        return closed - problem.hour_price * float(problem.hours @ chosen)


def _solve(problem: PlanProblem) -> list[int]:
    # HiGHS gives a programme without columns a status of its own, which is not "optimal".
    if not len(problem.hours):
        return []
    program = _Program(problem)
    chosen = program.maximise(program.worth)
    if chosen is None:
        raise ConflictError(
            "plan.infeasible",
            modules=", ".join(problem.module_ids[i] for i in sorted(problem.must)) or "–",
            hours=f"{problem.hours_budget:g}",
            cost=f"{problem.cost_budget:g}",
        )
    # From here on only plans that are worth as much count.
    program.bound(program.worth, lower=program.value(chosen) - _TIE)
    if program.other_than(chosen, program.worth) is None:
        return np.flatnonzero(chosen).tolist()

    # Several plans are worth the same: take fewer hours, then lower cost, then ids in order. Each
    # result is bound before the next question, so that it is kept.
    for row in (program.hours, program.cost):
        least = program.maximise(-row)
        chosen = chosen if least is None else least
        program.bound(row, upper=float(row[: program.n] @ chosen) + _TIE)
    # Modules stand in the order of their ids: each is taken if some plan as good has it. Most often
    # the first question already finds no other plan.
    for module in range(program.n):
        if program.other_than(chosen, -program.hours) is None:
            break
        if not chosen[module]:
            program.fix(module, chosen=True)
            earlier = program.maximise(-program.hours)
            if earlier is None:
                program.fix(module, chosen=False)
            else:
                chosen = earlier
        else:
            program.fix(module, chosen=True)
    return np.flatnonzero(chosen).tolist()


def _put_in_order(
    problem: PlanProblem, chosen: Collection[int]
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Order a plan: prerequisites, then stages, then what each adds per hour given those before."""
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
                problem.stages[m] if problem.stages else 0,
                # Two decimals fewer than usual: a difference of two sums, divided by the hours,
                # agrees in fewer digits than a sum.
                -round(gain[m] / float(problem.hours[m]), DECIMALS - 2),
                problem.hours[m],
                problem.module_ids[m],
            ),
        )
        order.append(best)
        added.append(gain[best])
        left.remove(best)
    return tuple(order), tuple(added)
