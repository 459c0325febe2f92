"""What other ways of giving seats would lead to, on the same problem."""

from __future__ import annotations

import numpy as np

from recommender.arrays import IntArray
from recommender.cohorts.holdings import Holdings, give_greedily, hold_seats
from recommender.cohorts.options import find_options
from recommender.cohorts.problem import CohortProblem, PolicyOutcome, Seats

_EPSILON = 1e-9


def compare_policies(
    problem: CohortProblem, exact: Seats, *, applied: IntArray
) -> tuple[PolicyOutcome, ...]:
    """Compare the chosen seats with first come, first served, and with greed.

    By order of application each person takes, one after another, what adds most of what is left;
    greed gives at any time the seat that adds most of all. Both keep seats, dates, hours,
    prerequisites and budgets; floors and orders they do not know.

    Parameters
    ----------
    problem : CohortProblem
        The problem.
    exact : Seats
        The chosen seats.
    applied : ndarray of int
        Positions of people in the order in which they applied.

    Returns
    -------
    tuple of PolicyOutcome
        ``order-of-application``, ``greedy``, ``exact``.

    Raises
    ------
    ShapeMismatchError
        If a chosen seat is none of the problem.
    """
    # any seed will do: it only decides between seats that add the same
    options = find_options(problem, 0)
    first_come = Holdings(problem, options)
    for person in applied.tolist():
        rows = first_come.of_person(person)
        while len(rows):
            rows = rows[first_come.is_there(rows)]
            # what is not prepared for yet may be, once the person holds more
            able = first_come.could_attend(rows)
            adds = np.where(able, first_come.adds(rows), -np.inf)
            if not len(rows) or adds.max() <= _EPSILON:
                break
            first_come.take(int(rows[adds.argmax()]))
    greedy = Holdings(problem, options)
    give_greedily(greedy, np.arange(len(options)), at_least=_EPSILON)
    chosen = hold_seats(problem, options, exact)
    return (
        _outcome("order-of-application", first_come),
        _outcome("greedy", greedy),
        _outcome("exact", chosen),
    )


def _outcome(policy: str, holdings: Holdings) -> PolicyOutcome:
    problem, closed = holdings.problem, holdings.person_gap_closed
    unit_closed = np.zeros(len(problem.unit_ids))
    np.add.at(unit_closed, problem.unit, closed)
    return PolicyOutcome(
        policy=policy,
        seats=holdings.seats,
        expected_gap_closed=float(closed.sum()),
        unit_gap_closed=unit_closed,
        unit_seats=holdings.unit_seats.copy(),
        units_below_floor=holdings.units_below_floor,
        must_unmet=holdings.must_unmet,
    )


def share_floors(share: float, unit: IntArray, *, n_units: int, seats: int) -> IntArray:
    """Return floors that give each unit a share of what its size would give it.

    Parameters
    ----------
    share : float
        In [0, 1]; 1 asks for seats in proportion to people.
    unit : ndarray of int of shape (n_people,)
        Unit of each person.
    n_units : int
        How many there are.
    seats : int
        All seats.

    Returns
    -------
    ndarray of int of shape (n_units,)
        Rounded down, so that together they ask for no more than there is.
    """
    people = np.bincount(unit, minlength=n_units)
    floors: IntArray = np.floor(share * seats * people / max(1, len(unit)) + 1e-9).astype(np.int64)
    return floors
