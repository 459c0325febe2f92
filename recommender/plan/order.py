"""The order of a plan: prerequisites, stages, lower steps, then what is added per hour."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence

import numpy as np

from recommender.arrays import DECIMALS, BoolArray
from recommender.plan.problem import PlanChoice, PlanProblem, gap_closed, gap_closed_with


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
        Prerequisites first, then stages, then lower steps, then what each adds per hour given
        those before it.
    """
    order, added, held_back = _put_in_order(problem, sorted(chosen))
    return PlanChoice(order, added, gap_closed(problem, chosen), held_back=held_back)


def follow(problem: PlanProblem, order: Sequence[int]) -> PlanChoice:
    """Take a set of modules in an order that somebody else has set, and say what it is worth.

    Parameters
    ----------
    problem : PlanProblem
        The modules and the gaps.
    order : sequence of int
        Positions of the modules, with all their prerequisites, in the order to take them.

    Returns
    -------
    PlanChoice
        What each adds is counted in that order.
    """
    closed = [gap_closed(problem, order[:place]) for place in range(len(order) + 1)]
    added = tuple(after - before for before, after in itertools.pairwise(closed))
    return PlanChoice(tuple(order), added, closed[-1], held_back=tuple(() for _ in order))


def _put_in_order(
    problem: PlanProblem, chosen: list[int]
) -> tuple[tuple[int, ...], tuple[float, ...], tuple[tuple[int, ...], ...]]:
    """Order a plan; also return what each module adds, and which ones each holds back."""
    needed, before = _find_precedence(problem, chosen)
    stage = np.array(problem.stages)[chosen] if problem.stages else np.zeros(len(chosen))
    left = np.ones(len(chosen), dtype=bool)
    order: list[int] = []
    added: list[float] = []
    held_back: list[tuple[int, ...]] = []
    so_far = 0.0
    while left.any():
        ready = np.flatnonzero(left & ~needed[left].any(axis=0))
        ready = ready[stage[ready] == stage[ready].min()]
        chain = _close(before & left & left[:, None])
        # Lower steps can lead in a circle, where modules serve two competencies. Nothing in the
        # circle waits for the rest of it, or the plan would have no beginning.
        waits = np.asarray((chain & ~chain.T).any(axis=0), dtype=bool)
        open_now: list[int] = ready.tolist()
        with_each = gap_closed_with(problem, order, [chosen[i] for i in open_now])
        closed = dict(zip(open_now, with_each, strict=True))
        gain = {i: closed[i] - so_far for i in open_now}
        # Two decimals fewer than usual: a difference of two sums, divided by the hours,
        # agrees in fewer digits than a sum.
        rate = {i: round(gain[i] / float(problem.hours[chosen[i]]), DECIMALS - 2) for i in gain}
        best = min(
            gain,
            key=lambda i: (
                bool(waits[i]),
                -rate[i],
                0 if problem.places is None else int(problem.places[chosen[i]]),
                float(problem.hours[chosen[i]]),
                problem.module_ids[chosen[i]],
            ),
        )
        order.append(chosen[best])
        added.append(gain[best])
        held_back.append(tuple(chosen[i] for i in gain if waits[i] and rate[i] > rate[best]))
        left[best], so_far = False, closed[best]
    return tuple(order), tuple(added), tuple(held_back)


def _find_precedence(problem: PlanProblem, chosen: list[int]) -> tuple[BoolArray, BoolArray]:
    """Say of each two modules [a, b] whether b needs a, and whether a comes before b at all.

    A lower step comes first unless it needs the higher one, or is of a later stage.
    """
    n = len(chosen)
    needed = np.zeros((n, n), dtype=bool)
    for b, module in enumerate(chosen):
        needed[[chosen.index(a) for a in problem.prerequisites[module]], b] = True
    if problem.from_level is None:
        return needed, needed
    start = problem.from_level[chosen]
    # False where either is NaN
    lower = np.asarray((start[:, None] < start).any(axis=2), dtype=bool)
    if problem.stages:
        stage = np.array(problem.stages)[chosen]
        lower &= stage[:, None] <= stage
    return needed, needed | (lower & ~_close(needed).T)


def _close(before: BoolArray) -> BoolArray:
    """Add to what comes directly before what all that comes before it through others."""
    while True:
        # as floats: numpy has no fast product of Booleans
        steps = before.astype(np.float32)
        wider: BoolArray = before | (steps @ steps > 0)
        if (wider == before).all():
            return before
        before = wider
