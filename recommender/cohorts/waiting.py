"""Who waits for a seat, and who moves up when somebody drops out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recommender.arrays import FloatArray, IntArray, round_off
from recommender.cohorts.holdings import Holdings, hold_seats
from recommender.cohorts.lottery import draw_numbers
from recommender.cohorts.options import find_options
from recommender.cohorts.problem import CohortProblem, Draw, Replacement, Seats, WaitList
from recommender.errors import ShapeMismatchError

_EPSILON = 1e-9


def list_waiting(holdings: Holdings, draws: Sequence[Draw], *, seed: int) -> WaitList:
    """List who waits for each full offering: as many as it has seats, and all who lost a draw.

    Parameters
    ----------
    holdings : Holdings
        Who holds what.
    draws : sequence of Draw
        The lotteries that were held.
    seed : int
        Settles the numbers of those who were in none.

    Returns
    -------
    WaitList
        By what the seat would add, of equals by the smaller number.
    """
    problem, options = holdings.problem, holdings.options
    rows = np.setdiff1d(np.flatnonzero(holdings.free[options.offering] == 0), holdings.rows)
    rows = rows[holdings.could_attend(rows)]
    adds = round_off(holdings.adds(rows))
    rows, adds = rows[adds > _EPSILON], adds[adds > _EPSILON]
    person, offering = options.person[rows], options.offering[rows]

    by_id = np.argsort(np.array(problem.person_ids))
    place_by_id = np.empty(len(by_id), dtype=np.int64)
    place_by_id[by_id] = np.arange(len(by_id))
    number = np.empty(len(rows))
    for each in np.unique(offering).tolist():
        here = offering == each
        # for everybody by id, waiting or not: so nobody's number hangs on who else waits
        drawn = draw_numbers(seed, f"wait:{problem.offerings.ids[each]}", len(by_id))
        number[here] = drawn[place_by_id[person[here]]]
    lost = _losers(problem, draws)
    loser = np.zeros(len(rows), dtype=bool)
    for at, (one, module) in enumerate(
        zip(person.tolist(), options.module[rows].tolist(), strict=True)
    ):
        if (one, module) in lost:
            loser[at], number[at] = True, lost[one, module]
    order = np.lexsort((number, -adds, offering))
    offering, place = offering[order], _number_places(offering[order])
    stays = (place <= problem.offerings.seats[offering]) | loser[order]
    order, offering = order[stays], offering[stays]
    return WaitList(person[order], offering, _number_places(offering), adds[order], number[order])


def _losers(problem: CohortProblem, draws: Sequence[Draw]) -> dict[tuple[int, int], float]:
    return {
        (person, draw.module): number
        for draw in draws
        for person, number, won in zip(draw.members, draw.numbers, draw.won, strict=True)
        if not won
    }


def _number_places(offering: IntArray) -> IntArray:
    places: IntArray = np.arange(len(offering)) - np.searchsorted(offering, offering) + 1
    return places


def replace_dropouts(
    problem: CohortProblem,
    seats: Seats,
    waiting: WaitList,
    dropped: Sequence[tuple[int, int]],
) -> Replacement:
    """Give the seats of people who dropped out to those who wait for them.

    Nobody else's seat changes. The first on the list who can still take the seat gets it; where
    the unit of the person who left falls below its floor, the first of that unit.

    Parameters
    ----------
    problem : CohortProblem
        The problem that the seats were given by; budgets, dates and hours are kept.
    seats : Seats
        All seats, those of the people who dropped out among them.
    waiting : WaitList
        Who waits.
    dropped : sequence of tuple of int
        (person, offering) of each seat that is given back.

    Returns
    -------
    Replacement
        The seats after it.

    Raises
    ------
    ShapeMismatchError
        If somebody drops out of a seat that was not theirs, or a seat is none of the problem.
    """
    options = find_options(problem, 0)
    holdings = hold_seats(problem, options, seats)
    gone = holdings.find(*np.array(dropped, dtype=np.int64).reshape(-1, 2).T).tolist()
    for row in gone:
        if row not in holdings.held.get(int(options.person[row]), ()):
            raise ShapeMismatchError("dropped: a seat that was not held")
        holdings.leave(row)
    left = {person for person, _ in dropped}
    taken: list[tuple[int, int]] = []
    unfilled: list[int] = []
    for row in gone:
        offering = int(options.offering[row])
        unit = int(problem.unit[options.person[row]])
        queue = waiting.person[waiting.offering == offering].tolist()
        queue = [person for person in queue if person not in left]
        if holdings.unit_seats[unit] < problem.floors[unit]:
            queue.sort(key=lambda person: problem.unit[person] != unit)
        ready = holdings.find(np.array(queue, dtype=np.int64), np.full(len(queue), offering))
        ready = ready[ready >= 0]
        ready = ready[holdings.can_take(ready)]
        ready = ready[holdings.adds(ready) > _EPSILON]
        if len(ready):
            holdings.take(int(ready[0]))
            taken.append((offering, int(options.person[ready[0]])))
        else:
            unfilled.append(offering)
    return Replacement(
        holdings.seats,
        tuple(taken),
        tuple(unfilled),
        _still_waiting(holdings, waiting, left),
        holdings.units_below_floor,
    )


def _still_waiting(holdings: Holdings, waiting: WaitList, left: set[int]) -> WaitList:
    """Return those who can still take the seat they wait for, in the order they stood in."""
    rows = holdings.find(waiting.person, waiting.offering)
    stays = (rows >= 0) & ~np.isin(waiting.person, sorted(left))
    stays[stays] = holdings.could_attend(rows[stays])
    adds: FloatArray = np.zeros(len(rows))
    adds[stays] = round_off(holdings.adds(rows[stays]))
    at = np.flatnonzero(stays & (adds > _EPSILON))
    return WaitList(
        waiting.person[at],
        waiting.offering[at],
        _number_places(waiting.offering[at]),
        adds[at],
        waiting.number[at],
    )
