"""Which further offerings would close most."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.cohorts.bundles import BundleSearch
from recommender.cohorts.holdings import Holdings, hold_seats
from recommender.cohorts.limits import find_limits
from recommender.cohorts.options import Options, find_options, merge_offerings
from recommender.cohorts.problem import (
    CohortChoice,
    CohortProblem,
    Offerings,
    OfferingValue,
)
from recommender.cohorts.solving import Solution, rewards, solve

_EPSILON = 1e-9
# sets held at once for each proposed module: fewer make the upper limit a little wider, not wrong
_FEW = 500


def value_new_offerings(
    problem: CohortProblem, choice: CohortChoice, proposals: Offerings, *, resolve: int = 3
) -> tuple[OfferingValue, ...]:
    """Value proposed offerings, such as each module in each month.

    Each is valued on its own. Two sums bound what it adds: at least what its seats add while
    everybody keeps theirs, and at most what the people who gain most by it gain at the prices of
    all other seats. For those that could add most, all seats are given anew.

    Parameters
    ----------
    problem : CohortProblem
        The problem.
    choice : CohortChoice
        The seats that were chosen.
    proposals : Offerings
        The proposed ones, with modules of the problem.
    resolve : int
        For how many of them all seats are given anew.

    Returns
    -------
    tuple of OfferingValue
        Those that were worked out first, then by what they could add at most.

    Raises
    ------
    ConflictError
        If the problem has no answer; `choose_cohort` would have said so.
    """
    base = solve(problem, seed=choice.seed)
    values = _bracket(problem, base, proposals, choice.seed)
    values.sort(key=lambda each: (-each.at_most, -each.estimate, each.proposal))
    first = [_resolve(problem, base, proposals, each, choice.seed) for each in values[:resolve]]
    first.sort(key=lambda each: (-(each.added or 0.0), each.proposal))
    return *first, *values[resolve:]


def _join(problem: CohortProblem, proposals: Offerings, at: list[int]) -> CohortProblem:
    """Return the problem with some proposed offerings after its own."""
    old = problem.offerings
    offerings = Offerings(
        ids=(*old.ids, *(f"{proposals.ids[each]} (new)" for each in at)),
        module=np.concatenate([old.module, proposals.module[at]]),
        seats=np.concatenate([old.seats, proposals.seats[at]]),
        starts_on=np.concatenate([old.starts_on, proposals.starts_on[at]]),
        ends_on=np.concatenate([old.ends_on, proposals.ends_on[at]]),
        cost=np.concatenate([old.cost, proposals.cost[at]]),
    )
    return replace(problem, offerings=offerings)


def _bracket(
    problem: CohortProblem, base: Solution, proposals: Offerings, seed: int
) -> list[OfferingValue]:
    """Bound from both sides what each proposal adds."""
    wider = _join(problem, proposals, list(range(len(proposals))))
    options = find_options(wider, seed)
    holdings = hold_seats(wider, options, base.holdings.seats)
    missed, gains = _find_gains(wider, options, base, len(problem.offerings))
    values: list[OfferingValue] = []
    for at in range(len(proposals)):
        rows = np.flatnonzero(options.offering == len(problem.offerings) + at)
        seats = int(proposals.seats[at])
        # at the prices of all else, nobody gains more than this by a seat that costs nothing
        gain = gains[options.module[rows], options.person[rows]] if len(rows) else np.empty(0)
        at_most = missed + _sum_largest(gain, seats)
        if not (options.must[rows].any() or problem.floors.any()):
            # take its seats away again, with those that it opened the way to, and the rest is a
            # choice of the present ones: so it adds no more than what all of these close alone,
            # which says more where seats are ample
            opened = _add_up_opened(wider, options, int(proposals.module[at]))
            alone = options.alone[rows] + opened[options.person[rows]]
            at_most = min(at_most, base.bound - base.holdings.value + _sum_largest(alone, seats))
        able = rows[holdings.could_attend(rows)]
        adds = holdings.adds(able)
        able, adds = able[adds > _EPSILON], adds[adds > _EPSILON]
        estimate, people = _sum_affordable(holdings, able, adds, seats)
        values.append(
            OfferingValue(
                proposal=at,
                wanted=len(able),
                estimate=estimate,
                at_most=max(at_most, estimate),
                added=None,
                people=people,
                cost=people * float(proposals.cost[at]),
            )
        )
    return values


def _add_up_opened(problem: CohortProblem, options: Options, module: int) -> FloatArray:
    """Return what modules that require one close alone, person by person."""
    opened: set[int] = set()
    next_ones = {module}
    while next_ones:
        next_ones = {
            each
            for each, before in enumerate(problem.prerequisites)
            if each not in opened and next_ones.intersection(before)
        }
        opened |= next_ones
    total = np.zeros(len(problem.person_ids))
    for each in sorted(opened):
        rows = np.flatnonzero(options.module == each)
        best = np.zeros(len(total))
        np.maximum.at(best, options.person[rows], options.alone[rows])
        total += best
    return total


def _sum_largest(values: FloatArray, most: int) -> float:
    return float(np.sort(values)[::-1][:most].sum())


def _sum_affordable(
    holdings: Holdings, rows: IntArray, adds: FloatArray, seats: int
) -> tuple[float, int]:
    """Return what seats add to those who gain most by them, and how many there is money for."""
    options, unit = holdings.options, holdings.problem.unit
    money, of_unit = holdings.money_left, holdings.unit_money_left.copy()
    total, people = 0.0, 0
    for at in np.argsort(-adds, kind="stable").tolist():
        cost, mine = float(options.cost[rows[at]]), unit[options.person[rows[at]]]
        if people >= seats:
            break
        if cost <= min(money, of_unit[mine]) + _EPSILON:
            money, people, total = money - cost, people + 1, total + float(adds[at])
            of_unit[mine] -= cost
    return total, people


def _find_gains(
    wider: CohortProblem, options: Options, base: Solution, n_present: int
) -> tuple[float, FloatArray]:
    """Return what the present seats miss at most, and each person's gain by a free seat a module.

    The prices are those of the present seats; what is not offered yet costs too much to be in a
    set, but for the module that is looked at.
    """
    merged = merge_offerings(wider, options)
    search, limits = BundleSearch(wider, merged), find_limits(wider, merged)
    shared = base.prices[base.limits.n_lots :] * np.where(
        limits.money[limits.n_lots :], limits.dearest / base.limits.dearest, 1.0
    )
    of_offering = np.full(len(wider.offerings), np.inf)
    for lot, members in enumerate(base.priced.lot_offerings):
        of_offering[list(members)] = base.prices[lot]
    never = 1.0 + float((wider.weight * wider.gap).sum(axis=1).max(initial=0.0))
    seat = np.array([min(never, of_offering[list(each)].min()) for each in merged.lot_offerings])
    there = np.array(
        [
            sum(int(wider.offerings.seats[each]) for each in members if each < n_present)
            for members in merged.lot_offerings
        ]
    )
    price = limits.price(np.concatenate([seat, shared]))
    before = search.search(price)
    bound = float(before.bound.sum() + seat @ there + limits.most[limits.n_lots :] @ shared)
    bound -= rewards(wider, limits)
    gains = np.zeros((len(wider.module_ids), len(wider.person_ids)))
    for module in np.unique(wider.offerings.module[n_present:]).tolist():
        mine = merged.module == module
        could = np.zeros(len(wider.person_ids), dtype=bool)
        could[merged.person[mine]] = True
        free = price - np.where(mine, seat[merged.lot], 0.0)
        # nobody else's best changes, so theirs is not searched again
        free = np.where(could[merged.person], free, never)
        after = search.search(free, most=_FEW)
        gain = np.maximum(0.0, after.bound - before.best)
        gains[module, search.people] = np.where(could[search.people], gain, 0.0)
    return max(0.0, bound - base.holdings.value), gains


def _resolve(
    problem: CohortProblem, base: Solution, proposals: Offerings, value: OfferingValue, seed: int
) -> OfferingValue:
    wider = _join(problem, proposals, [value.proposal])
    after = solve(wider, seed=seed)
    people = int((after.holdings.seats.offering == len(problem.offerings)).sum())
    return replace(
        value,
        added=max(0.0, after.holdings.value - base.holdings.value),
        people=people,
        cost=people * float(proposals.cost[value.proposal]),
    )
