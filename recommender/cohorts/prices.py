"""Prices of the shared limits at which demand meets supply, and the bound that they prove."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recommender.arrays import FloatArray
from recommender.cohorts.bundles import Bundles, BundleSearch
from recommender.cohorts.limits import Limits, Pool, gather_pool
from recommender.cohorts.master import Relaxation
from recommender.cohorts.options import Options

# temperature, slack of the search and box of the prices: from undecided people to decided ones
_ROUNDS_OF_SAMPLE = (
    (0.1, 0.06, 0.3),
    (0.04, 0.04, 0.2),
    (0.015, 0.02, 0.1),
    (0.006, 0.012, 0.1),
    (0.003, 0.01, 0.05),
    (0.003, 0.01, 0.05),
)
_ROUNDS = ((0.004, 0.01, 0.04), (0.002, 0.008, 0.03), (0.001, 0.006, 0.02))
# every eighth person: their prices come near those of all, for an eighth of the work
_SAMPLE = 8
_STEPS = 60
# sets held at once while prices are rough, and most sets will not be the best in the end
_FEW = 40_000
_MOST_RELAXATIONS = 25


@dataclass(frozen=True)
class Prices:
    """Prices and what they prove.

    Parameters
    ----------
    of_limits : ndarray of shape (n_rows,)
        Price of each limit.
    bound : float
        No choice is worth more, rewards included.
    relaxation : Relaxation
        The mixture of sets that comes nearest to it.
    """

    of_limits: FloatArray
    bound: float
    relaxation: Relaxation


def find_prices(search: BundleSearch, limits: Limits, *, missed: float) -> Prices:
    """Find prices by the linear programme over the sets of seats that come up.

    In larger problems the prices of a few sets are far off, and each programme takes seconds; there
    the dual is smoothed first, for a sample of the people and then for all.

    Parameters
    ----------
    search : BundleSearch
        Finds the sets.
    limits : Limits
        What people share.
    missed : float
        Share of the bound that the mixture may be short of it; 0 for as near as numbers go.

    Returns
    -------
    Prices
        Those with the lowest bound.
    """
    prices = _start(search.options, limits)
    recent: list[Bundles] = []
    if missed:
        sampled = np.arange(len(search.people)) % _SAMPLE == 0
        # whoever is not in the sample cannot pay, and the others find their share of the seats
        outside = np.where(sampled[search.row], 0.0, np.inf)
        part = replace(limits, most=limits.most / _SAMPLE)
        prices, _ = _smooth(search, part, prices, _ROUNDS_OF_SAMPLE, outside)
        prices, recent = _smooth(search, limits, prices, _ROUNDS, np.zeros(len(outside)))
    best, bound, relaxation, settled = prices, np.inf, None, False
    for step in range(_MOST_RELAXATIONS):
        # sets a little below the best come along: when prices move, one of them may be the best
        bundles = search.search(limits.price(prices), slack=0.01 if step else 0.015)
        proven = limits.bound(prices, bundles)
        if proven < bound:
            best, bound = prices, proven
        pool = gather_pool(limits, [*recent, bundles])
        if relaxation is None:
            pool = pool.near(prices, bundles, 0.015)
            relaxation = Relaxation(limits, len(search.people), pool)
            added, recent = len(pool.row), []
        else:
            added = relaxation.add(pool)
        enough = bound - relaxation.value <= max(missed, 1e-9) * max(1.0, abs(bound))
        if relaxation.lacking < 1e-6 and (enough or settled):
            break
        # a step on from the best prices: those of a poor pool are far off at first
        settled = not added
        prices = relaxation.prices if settled else 0.2 * best + 0.8 * relaxation.prices
    assert relaxation
    return Prices(best, bound, relaxation)


def _start(options: Options, limits: Limits) -> FloatArray:
    """Return one price of seats at which about twice as many are wanted as there are."""
    seats = int(2 * limits.most[: limits.n_lots].sum())
    worth = np.sort(options.alone)[::-1]
    prices = np.zeros(len(limits.most))
    prices[: limits.n_lots] = max(0.0, worth[seats]) if seats < len(worth) else 0.0
    return prices


def _smooth(
    search: BundleSearch,
    limits: Limits,
    prices: FloatArray,
    rounds: tuple[tuple[float, float, float], ...],
    outside: FloatArray,
) -> tuple[FloatArray, list[Bundles]]:
    """Return smoothed prices of those options that are not priced out, and the last sets."""
    recent: list[Bundles] = []
    for temperature, slack, box in rounds:
        price = limits.price(prices) + outside
        recent = [*recent[-2:], search.search(price, slack=slack, most=_FEW)]
        pool = gather_pool(limits, recent)
        prices = smooth_prices(limits, pool, prices, temperature=temperature, box=box, steps=_STEPS)
    return prices, recent


def smooth_prices(
    limits: Limits, pool: Pool, prices: FloatArray, *, temperature: float, box: float, steps: int
) -> FloatArray:
    """Find prices at which demand meets supply, if everybody were a little undecided.

    The dual of the linear programme over the pool has a kink wherever somebody's best set changes.
    With the soft maximum in place of the maximum it is smooth, and L-BFGS-B goes down it in few
    steps.

    Parameters
    ----------
    limits : Limits
        What there is.
    pool : Pool
        The sets that people choose from.
    prices : ndarray of shape (n_rows,)
        Where to start.
    temperature : float
        Weighted levels by which sets differ and are still both chosen.
    box : float
        Weighted levels by which a price may move, since the pool is of sets near `prices`.
    steps : int
        Iterations at most.

    Returns
    -------
    ndarray of shape (n_rows,)
        The prices.

    References
    ----------
    Yu. Nesterov (2005), Smooth minimization of non-smooth functions, Mathematical Programming 103.
    """
    if not len(pool.row):
        return prices
    # here, as a server imports this file and seldom solves: it takes 20 MB and .3 s
    from scipy.optimize import minimize

    begin = np.flatnonzero(np.diff(pool.row, prepend=-1))
    many = np.diff(np.append(begin, len(pool.row)))
    by_row = pool.use.T.tocsr()

    def dual(at: FloatArray) -> tuple[float, FloatArray]:
        worth = (pool.worth - pool.use @ at) / temperature
        # no seat at all is worth 0
        top = np.maximum(0.0, np.maximum.reduceat(worth, begin))
        share = np.exp(worth - np.repeat(top, many))
        total = np.exp(-top) + np.add.reduceat(share, begin)
        value = temperature * float((np.log(total) + top).sum()) + float(at @ limits.most)
        return value, limits.most - by_row @ (share / np.repeat(total, many))

    bounds = list(zip(np.maximum(0.0, prices - box), prices + box, strict=True))
    answer = minimize(
        dual, prices, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps}
    )
    smoothed: FloatArray = np.maximum(answer.x, 0.0)
    return smoothed
