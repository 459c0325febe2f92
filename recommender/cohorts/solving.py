"""The seats worth most: column generation, whole sets, runs, and what is proven of the result."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.cohorts.bundles import MOST_NODES, BundleSearch
from recommender.cohorts.holdings import Holdings, give_greedily
from recommender.cohorts.limits import Limits, Pool, find_limits, gather_pool
from recommender.cohorts.master import choose_whole
from recommender.cohorts.options import Options, find_depths, find_options, merge_offerings
from recommender.cohorts.prices import Prices, find_prices
from recommender.cohorts.problem import CohortProblem
from recommender.cohorts.seating import seat_people
from recommender.errors import ConflictError

EXACT_OPTIONS = 3000
"""Up to so many options the seats are chosen by offering, and the best of all choices sought."""
TOLERANCE = 1e-9
"""Share of its size by which a sum may be off."""
MISSED = 3e-4
"""Share of the bound at which the search for better prices ends in larger problems."""


@dataclass(frozen=True)
class Solution:
    """The seats before any lottery.

    Parameters
    ----------
    holdings : Holdings
        Who holds what.
    bound : float
        No choice is worth more.
    priced : Options
        The options by lot, that prices were found for.
    limits : Limits
        What people share.
    prices : ndarray of shape (n_rows,)
        Price of each limit.
    """

    holdings: Holdings
    bound: float
    priced: Options
    limits: Limits
    prices: FloatArray


def solve(problem: CohortProblem, *, seed: int) -> Solution:
    """Give the seats so that the gap closed, less the price of hours, is largest.

    Prices of the shared limits split the problem into one for each person, which is solved
    exactly; what all of them pay and gain together bounds every choice (Dantzig-Wolfe). Prices are
    found by smoothing the dual first, then by the linear programme over the sets of seats that
    come up. An integer programme over sets near the best takes one of each person.

    Parameters
    ----------
    problem : CohortProblem
        What is to be given, and within what.
    seed : int
        Settles the order of people, and so which of equal choices it is.

    Returns
    -------
    Solution
        With up to `EXACT_OPTIONS` options the best, unless its proof takes too many branches; the
        bound is then above the value.

    Raises
    ------
    ConflictError
        If floors cannot be kept, or somebody who must have a seat cannot have it.

    References
    ----------
    G. Dantzig, P. Wolfe (1960), Decomposition principle for linear programs, Operations Research 8.
    """
    options = find_options(problem, seed)
    exact = len(options) <= EXACT_OPTIONS
    priced = options if exact else merge_offerings(problem, options)
    search, limits = BundleSearch(problem, priced), find_limits(problem, priced)
    holdings = Holdings(problem, options)
    prices = find_prices(search, limits, missed=0.0 if exact else MISSED)
    bound = prices.bound
    if exact:
        sets, bound = _choose_best(search, limits, prices)
        _take_all(holdings, sets)
    else:
        sets = _choose_near(search, limits, prices)
        seat_people(holdings, _runs(options, priced, sets), find_depths(problem.prerequisites))
        give_greedily(holdings, np.arange(len(options)))
        _mend_floors(holdings)
    _check(problem, holdings)
    bound -= rewards(problem, limits)
    if bound <= holdings.value + TOLERANCE * max(1.0, abs(bound)):
        bound = holdings.value
    return Solution(holdings, bound, priced, limits, prices.of_limits)


def rewards(problem: CohortProblem, limits: Limits) -> float:
    """Return the rewards of all who have to get a seat, to be taken off a bound.

    Parameters
    ----------
    problem : CohortProblem
        Who has to.
    limits : Limits
        What it is rewarded with.

    Returns
    -------
    float
        In weighted levels.
    """
    return float(limits.reward.max(initial=0.0)) * len(set(problem.must))


def _choose_best(search: BundleSearch, limits: Limits, prices: Prices) -> tuple[IntArray, float]:
    """Return the options of the best sets, and what no choice is worth more than.

    A choice is short of the bound by what each person's set is short of that person's best, at
    least. So whoever wants more than is had already needs sets only that are short by less than
    what is missed: with all of these, the integer programme has the best. It may end before it
    has found that, though, so an earlier choice may be the better one.
    """
    # the sets nearest to the best first; where that leaves a choice open, more of them
    slack = 0.05
    choices: list[tuple[float, float, IntArray]] = []
    while True:
        near = search.search(limits.price(prices.of_limits), slack=slack)
        pool = gather_pool(limits, [near])
        chosen, lacking, at_most = choose_whole(limits, len(search.people), pool, relative_gap=0.0)
        value = float(pool.worth[chosen].sum())
        choices.append((-float(lacking.sum()), value, _options_of(pool, chosen)))
        missed = prices.bound - value
        if lacking.any():
            # any set at all may be what a floor needs
            missed = 2 * float(limits.reward.max(initial=0.0)) + prices.bound + 1.0
        is_all = bool(np.all(near.bound <= near.best + 1e-12)) and len(near.row) <= MOST_NODES
        bound = min(prices.bound, max(at_most, prices.bound - slack)) if is_all else prices.bound
        if missed <= slack or not is_all:
            return max(choices, key=lambda choice: choice[:2])[2], bound
        slack = missed + TOLERANCE


def _choose_near(search: BundleSearch, limits: Limits, prices: Prices) -> IntArray:
    """Return the options of sets worth about as much as the mixture: few people have no whole."""
    whole, divided = prices.relaxation.divide()
    left = replace(limits, most=limits.most - whole.use.sum(axis=0))
    chosen, _, _ = choose_whole(left, len(search.people), divided, relative_gap=MISSED)
    return np.append(_options_of(whole, np.arange(len(whole.row))), _options_of(divided, chosen))


def _options_of(pool: Pool, chosen: IntArray) -> IntArray:
    options = pool.options[chosen]
    return np.sort(options[options >= 0])


def _runs(options: Options, priced: Options, sets: IntArray) -> IntArray:
    """Return every option of the people with the lots of their sets."""
    n_lots = len(priced.lot_offerings)
    lot_of = np.empty(len(options.lot_offerings), dtype=np.int64)
    for lot, members in enumerate(priced.lot_offerings):
        lot_of[list(members)] = lot
    taken = priced.person[sets] * n_lots + priced.lot[sets]
    mine = options.person * n_lots + lot_of[options.offering]
    return np.flatnonzero(np.isin(mine, taken))


def _take_all(holdings: Holdings, rows: IntArray) -> None:
    # by their start, so that prerequisites come first
    starts = holdings.problem.offerings.starts_on[holdings.options.offering[rows]]
    for row in rows[np.argsort(starts, kind="stable")].tolist():
        if not holdings.can_take(np.array([row]))[0]:
            raise RuntimeError("cohort: the solver broke a limit")
        holdings.take(row)


def _mend_floors(holdings: Holdings) -> None:
    """Bring units up to their floors, where runs on the same days left them a few seats short.

    Each step gives a free seat, or one of a unit that can spare it, where that costs least.
    """
    problem, options = holdings.problem, holdings.options
    while holdings.units_below_floor:
        short = np.isin(problem.unit[options.person], holdings.units_below_floor)
        rows = np.setdiff1d(np.flatnonzero(short), holdings.rows)
        rows = rows[holdings.could_attend(rows)]
        held = holdings.rows
        spare = (holdings.unit_seats > problem.floors)[problem.unit[options.person[held]]]
        # neither what was ordered nor what another seat rests on can be spared
        held = held[spare & ~options.must[held]]
        held = held[[not holdings.is_needed(row) for row in held.tolist()]]
        loss = holdings.added(held)
        weakest: dict[int, tuple[float, int]] = {}
        for row, value in zip(held.tolist(), loss.tolist(), strict=True):
            offering = int(options.offering[row])
            weakest[offering] = min(weakest.get(offering, (np.inf, -1)), (value, row))
        best: tuple[float, int, int] | None = None
        there = holdings.is_there(rows)
        for row, gain, free in zip(
            rows.tolist(), holdings.adds(rows).tolist(), there.tolist(), strict=True
        ):
            cost, out = (0.0, -1) if free else weakest.get(int(options.offering[row]), (np.inf, -1))
            if (out >= 0 or free) and (best is None or gain - cost > best[0]):
                best = gain - cost, row, out
        if best is None:
            return  # `_check` names the units that are still short
        _, row, out = best
        if out >= 0:
            holdings.leave(out)
        if not holdings.can_take(np.array([row]))[0]:
            if out >= 0:
                holdings.take(out)
            return
        holdings.take(row)


def _check(problem: CohortProblem, holdings: Holdings) -> None:
    if holdings.must_unmet:
        raise ConflictError(
            "cohort.must",
            people=", ".join(
                f"{problem.person_ids[person]} ({problem.module_ids[module]})"
                for person, module in holdings.must_unmet
            ),
        )
    if holdings.units_below_floor:
        raise ConflictError(
            "cohort.floors",
            units=", ".join(
                f"{problem.unit_ids[unit]} ({holdings.unit_seats[unit]} < {problem.floors[unit]})"
                for unit in holdings.units_below_floor
            ),
        )
