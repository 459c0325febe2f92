"""The seats worth most: column generation, whole sets, runs, and what is proven of the result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.cohorts.bundles import MOST_NODES, Bundles, BundleSearch
from recommender.cohorts.holdings import Holdings, give_greedily
from recommender.cohorts.limits import Limits, Pool, find_limits, gather_pool, smooth_prices
from recommender.cohorts.master import Relaxation, choose_whole
from recommender.cohorts.options import Options, find_depths, find_options, merge_offerings
from recommender.cohorts.problem import CohortProblem
from recommender.cohorts.seating import seat_people
from recommender.errors import ConflictError

EXACT_OPTIONS = 3000
"""Up to so many options the seats are chosen by offering, and proven to be the best."""
MISSED = 2e-4
"""Share of the bound at which the search for better prices ends in larger problems."""
# temperature, slack of the search and box of the prices: from undecided people to decided ones
_ROUNDS = (
    (0.1, 0.06, 0.3),
    (0.04, 0.04, 0.2),
    (0.015, 0.02, 0.1),
    (0.006, 0.012, 0.1),
    (0.003, 0.01, 0.05),
)
_STEPS = 60
_FEW = 40_000
_MOST_RELAXATIONS = 25


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
        Proven to be the best with up to `EXACT_OPTIONS` options.

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
    ordered = rewards(problem, limits)
    prices, bound, found = _find_prices(search, limits, exact=exact)
    chosen = _choose(search, limits, prices, bound, found, exact=exact)
    holdings = Holdings(problem, options)
    sets, proven = chosen
    if exact:
        _take_all(holdings, sets)
    else:
        seat_people(holdings, _runs(options, priced, sets), find_depths(problem.prerequisites))
        give_greedily(holdings, np.arange(len(options)))
        _mend_floors(holdings)
    _check(problem, holdings)
    bound = holdings.value if proven else max(bound - ordered, holdings.value)
    return Solution(holdings, bound, priced, limits, prices)


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


def _find_prices(
    search: BundleSearch, limits: Limits, *, exact: bool
) -> tuple[FloatArray, float, list[Bundles]]:
    """Return prices, the bound that they prove, and the sets that came up near them."""
    prices = np.zeros(len(limits.most))
    prices[: limits.n_lots] = _first_price(search.options, limits)
    recent: list[Bundles] = []
    for temperature, slack, box in () if exact else _ROUNDS:
        recent = [*recent[-2:], search.search(limits.price(prices), slack=slack, most=_FEW)]
        pool = gather_pool(limits, recent)
        prices = smooth_prices(limits, pool, prices, temperature=temperature, box=box, steps=_STEPS)
    best, bound, relaxation, settled = prices, np.inf, None, False
    found: list[Bundles] = []
    for step in range(_MOST_RELAXATIONS):
        bundles = search.search(limits.price(prices), slack=0.01 if step else 0.015)
        found.append(bundles)
        proven = limits.bound(prices, bundles)
        if proven < bound:
            best, bound = prices, proven
        if relaxation is None:
            pool = _near(limits, gather_pool(limits, [*recent, bundles]), prices, bundles, 0.015)
            relaxation = Relaxation(limits, len(search.people), pool)
            added = len(pool.row)
        else:
            added = relaxation.add(gather_pool(limits, [bundles]))
        missed = bound - relaxation.value
        enough = missed <= (1e-9 if exact else MISSED) * max(1.0, abs(bound))
        if relaxation.lacking < 1e-6 and (enough or settled):
            break
        # a step on from the best prices: those of a poor pool are far off at first
        settled = not added
        prices = relaxation.prices if settled else 0.2 * best + 0.8 * relaxation.prices
    return best, bound, found


def _first_price(options: Options, limits: Limits) -> float:
    """Return a price at which about twice as many seats are wanted as there are."""
    seats = int(2 * limits.most[: limits.n_lots].sum())
    worth = np.sort(options.alone)[::-1]
    return float(max(0.0, worth[seats])) if seats < len(worth) else 0.0


def _near(limits: Limits, pool: Pool, prices: FloatArray, bundles: Bundles, slack: float) -> Pool:
    reduced = pool.worth - pool.use @ prices
    return pool.take(np.flatnonzero(reduced >= bundles.best[pool.row] - slack))


def _choose(
    search: BundleSearch,
    limits: Limits,
    prices: FloatArray,
    bound: float,
    found: list[Bundles],
    *,
    exact: bool,
) -> tuple[IntArray, bool]:
    """Return the options of the sets chosen, and whether nothing is better.

    A choice is short of the bound by what each person's set is short of that person's best, at
    least. So whoever wants more than is had already needs sets only that are short by less than
    what is missed: with all of these, the integer programme has the best.
    """
    n_people = len(search.people)
    near = search.search(limits.price(prices), slack=0.004)
    pool = _near(
        limits, gather_pool(limits, [*found, near]), prices, near, 0.004 if not exact else 0.05
    )
    chosen, lacking = choose_whole(limits, n_people, pool, relative_gap=0.0 if exact else MISSED)
    if not exact:
        return _options_of(pool, chosen), False
    value = float(pool.worth[chosen].sum()) if not lacking.any() else -np.inf
    missed = bound - value
    if not np.isfinite(missed):
        missed = 2 * float(limits.reward.max(initial=0.0)) + bound + 1.0
    if missed <= 1e-9 * max(1.0, abs(bound)):
        return _options_of(pool, chosen), True
    whole = search.search(limits.price(prices), slack=missed + 1e-9)
    proven = bool(np.all(whole.bound <= whole.best + 1e-12)) and len(whole.row) <= MOST_NODES
    if not proven:
        return _options_of(pool, chosen), False
    pool = gather_pool(limits, [whole])
    chosen, _ = choose_whole(limits, n_people, pool, relative_gap=0.0)
    return _options_of(pool, chosen), True


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
            return
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
