"""The seats of a cohort: the best ones, draws among near-equals, and who waits."""

from __future__ import annotations

import numpy as np

from recommender.arrays import FloatArray
from recommender.cohorts.holdings import Holdings
from recommender.cohorts.lottery import hold_lotteries
from recommender.cohorts.problem import CohortChoice, CohortProblem
from recommender.cohorts.solving import Solution, solve
from recommender.cohorts.waiting import list_waiting


def choose_cohort(problem: CohortProblem, *, seed: int, tolerance: float) -> CohortChoice:
    """Give the seats of a cohort.

    Parameters
    ----------
    problem : CohortProblem
        Who could take what, and within what.
    seed : int
        Settles draws and all else that nothing else decides. The same problem, seed and tolerance
        give the same answer, in whichever order the people stand.
    tolerance : float
        Weighted levels within which two people count as equal at the last seats, >= 0.

    Returns
    -------
    CohortChoice
        Seats, draws, wait list, and the bound.

    Raises
    ------
    ConflictError
        If floors cannot be kept, or somebody who must have a seat cannot have it.
    """
    solution = solve(problem, seed=seed)
    holdings = solution.holdings
    best = holdings.value
    draws, at_most = hold_lotteries(holdings, seed=seed, tolerance=tolerance)
    rows = holdings.rows
    return CohortChoice(
        seats=holdings.seats,
        added=holdings.added(rows),
        expected_gap_closed=float(holdings.person_gap_closed.sum()),
        value=holdings.value,
        bound=solution.bound,
        draws=draws,
        lottery_loss=best - holdings.value if draws else 0.0,
        lottery_loss_at_most=float(at_most),
        waiting=list_waiting(holdings, draws, seed=seed),
        seat_price=_seat_prices(holdings, solution),
        seed=seed,
        tolerance=tolerance,
    )


def _seat_prices(holdings: Holdings, solution: Solution) -> FloatArray:
    price = np.zeros(len(holdings.problem.offerings))
    for lot, members in enumerate(solution.priced.lot_offerings):
        price[list(members)] = solution.prices[lot]
    return price
