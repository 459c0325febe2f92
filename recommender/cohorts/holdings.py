"""Seats as they are given: what everybody holds, and what one more seat would add."""

from __future__ import annotations

import heapq

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.cohorts.options import Options, find_overlaps
from recommender.cohorts.problem import CohortProblem, Seats
from recommender.errors import ShapeMismatchError

# hours and money that were added and taken away again are off by less
_EPSILON = 1e-9


class Holdings:
    """Who holds which seat, kept up to date seat by seat.

    Parameters
    ----------
    problem : CohortProblem
        The limits.
    options : Options
        The seats that people could take, by offering.
    """

    def __init__(self, problem: CohortProblem, options: Options) -> None:
        self.problem, self.options = problem, options
        n_people = len(problem.person_ids)
        self.free = problem.offerings.seats.copy()
        self.gained = np.zeros_like(problem.gap)
        self.hours_left = problem.hours_budget.copy()
        self.money_left = problem.cost_budget
        self.unit_money_left = problem.unit_cost_budget.copy()
        self.unit_seats = np.zeros(len(problem.unit_ids), dtype=np.int64)
        # counted, not noted: two held runs may both keep somebody from a third
        self._busy = np.zeros((n_people, len(problem.offerings)), dtype=np.int64)
        self._overlap = find_overlaps(problem).astype(np.int64)
        self._has = np.zeros(problem.completed.shape, dtype=bool)
        self.held: dict[int, set[int]] = {}
        n_offerings = len(problem.offerings)
        self._key = options.person * n_offerings + options.offering
        self._by_key = np.argsort(self._key, kind="stable")

    def of_person(self, person: int) -> IntArray:
        """Find the options of a person.

        Parameters
        ----------
        person : int
            Position in the problem.

        Returns
        -------
        ndarray of int
            Positions in `Options`.
        """
        first = np.searchsorted(self._key, person * self.free.size, sorter=self._by_key)
        last = np.searchsorted(self._key, (person + 1) * self.free.size, sorter=self._by_key)
        return self._by_key[first:last]

    def find(self, person: IntArray, offering: IntArray) -> IntArray:
        """Find the options of people with offerings.

        Parameters
        ----------
        person, offering : ndarray of int
            Positions in the problem.

        Returns
        -------
        ndarray of int
            Positions in `Options`, -1 where there is none.
        """
        key = np.asarray(person) * len(self.problem.offerings) + np.asarray(offering)
        if not len(self._key):
            return np.full(key.shape, -1, dtype=np.int64)
        at = np.searchsorted(self._key, key, sorter=self._by_key)
        row = self._by_key[np.minimum(at, len(self._by_key) - 1)]
        return np.where(self._key[row] == key, row, -1)

    def take(self, option: int) -> None:
        """Give a seat.

        Parameters
        ----------
        option : int
            Position in `Options`.
        """
        self._move(option, 1)
        self.held.setdefault(int(self.options.person[option]), set()).add(option)

    def leave(self, option: int) -> None:
        """Take a seat back.

        Parameters
        ----------
        option : int
            Position in `Options`.
        """
        self._move(option, -1)
        self.held[int(self.options.person[option])].remove(option)

    def _move(self, option: int, sign: int) -> None:
        options = self.options
        person, offering = int(options.person[option]), int(options.offering[option])
        unit = self.problem.unit[person]
        self.free[offering] -= sign
        np.add.at(self.gained[person], options.served[option], sign * options.improvement[option])
        self.hours_left[person] -= sign * options.hours[option]
        self.money_left -= sign * options.cost[option]
        self.unit_money_left[unit] -= sign * options.cost[option]
        self.unit_seats[unit] += sign
        self._busy[person] += sign * self._overlap[offering]
        self._has[person, options.module[option]] = sign > 0

    def adds(self, rows: IntArray) -> FloatArray:
        """Return what each of some seats would add to what its person holds.

        Parameters
        ----------
        rows : ndarray of int of shape (n_rows,)
            Positions in `Options`.

        Returns
        -------
        ndarray of shape (n_rows,)
            Weighted levels less the price of hours.
        """
        return self._value(rows, self._gained_by(rows))

    def added(self, rows: IntArray) -> FloatArray:
        """Return what each of some held seats adds to the other seats of its person.

        Parameters
        ----------
        rows : ndarray of int of shape (n_rows,)
            Positions in `Options`.

        Returns
        -------
        ndarray of shape (n_rows,)
            Weighted levels less the price of hours.
        """
        return self._value(rows, self._gained_by(rows) - self.options.improvement[rows])

    def _gained_by(self, rows: IntArray) -> FloatArray:
        gained: FloatArray = self.gained[
            self.options.person[rows][:, None], self.options.served[rows]
        ]
        return gained

    def _value(self, rows: IntArray, gained: FloatArray) -> FloatArray:
        options = self.options
        gap = self.problem.gap[options.person[rows][:, None], options.served[rows]]
        # what goes beyond a gap is worth nothing
        closed = np.minimum(np.maximum(gap - gained, 0), options.improvement[rows])
        value: FloatArray = (closed * options.weight[rows]).sum(axis=1)
        return value - self.problem.hour_price * options.hours[rows]

    def has(self, rows: IntArray) -> BoolArray:
        """Tell which options are of modules that the person holds a seat in.

        Parameters
        ----------
        rows : ndarray of int of shape (n_rows,)
            Positions in `Options`.

        Returns
        -------
        ndarray of bool of shape (n_rows,)
            Whichever run it is.
        """
        held: BoolArray = self._has[self.options.person[rows], self.options.module[rows]]
        return held

    def could_attend(self, rows: IntArray) -> BoolArray:
        """Tell which seats people could take beside what they hold, if there were seats and money.

        Parameters
        ----------
        rows : ndarray of int of shape (n_rows,)
            Positions in `Options`.

        Returns
        -------
        ndarray of bool of shape (n_rows,)
            By module, dates, hours and prerequisites of the person.
        """
        options = self.options
        person, offering = options.person[rows], options.offering[rows]
        able: BoolArray = ~self._has[person, options.module[rows]]
        able &= self._busy[person, offering] == 0
        able &= options.hours[rows] <= self.hours_left[person] + _EPSILON
        for at in np.flatnonzero(able & options.dependent[rows]).tolist():
            able[at] = self._is_prepared(int(rows[at]))
        return able

    def can_take(self, rows: IntArray) -> BoolArray:
        """Tell which seats people could take now.

        Parameters
        ----------
        rows : ndarray of int of shape (n_rows,)
            Positions in `Options`.

        Returns
        -------
        ndarray of bool of shape (n_rows,)
            By all limits.
        """
        return self.is_there(rows) & self.could_attend(rows)

    def is_there(self, rows: IntArray) -> BoolArray:
        """Tell for which seats there is a place and money, whatever the person holds.

        Parameters
        ----------
        rows : ndarray of int of shape (n_rows,)
            Positions in `Options`.

        Returns
        -------
        ndarray of bool of shape (n_rows,)
            By seats and budgets.
        """
        options = self.options
        money = np.minimum(self.money_left, self.unit_money_left)
        there: BoolArray = self.free[options.offering[rows]] > 0
        there &= options.cost[rows] <= money[self.problem.unit[options.person[rows]]] + _EPSILON
        return there

    def _is_prepared(self, option: int) -> bool:
        problem, options = self.problem, self.options
        person = int(options.person[option])
        starts = problem.offerings.starts_on[options.offering[option]]
        return all(
            problem.completed[person, before]
            or any(
                options.module[held] == before
                and problem.offerings.ends_on[options.offering[held]] < starts
                for held in self.held.get(person, ())
            )
            for before in problem.prerequisites[int(options.module[option])]
        )

    def is_needed(self, option: int) -> bool:
        """Tell whether another seat of the person needs this one.

        Parameters
        ----------
        option : int
            Position in `Options` of a held seat.

        Returns
        -------
        bool
            True where a held module has it as a prerequisite that was not completed.
        """
        person, module = int(self.options.person[option]), int(self.options.module[option])
        return not self.problem.completed[person, module] and any(
            module in self.problem.prerequisites[int(self.options.module[held])]
            for held in self.held[person]
        )

    @property
    def rows(self) -> IntArray:
        """Positions in `Options` of all held seats, by offering, then person."""
        held = np.array(sorted(each for one in self.held.values() for each in one), dtype=np.int64)
        options = self.options
        return held[np.lexsort((options.person[held], options.offering[held]))]

    @property
    def seats(self) -> Seats:
        """All held seats."""
        rows = self.rows
        return Seats(self.options.person[rows], self.options.offering[rows])

    @property
    def person_gap_closed(self) -> FloatArray:
        """Weighted levels that each person's seats close."""
        problem = self.problem
        closed: FloatArray = (np.minimum(problem.gap, self.gained) * problem.weight).sum(axis=1)
        return closed

    @property
    def value(self) -> float:
        """Weighted levels of all, less the price of the hours."""
        hours = float(self.options.hours[self.rows].sum())
        return float(self.person_gap_closed.sum()) - self.problem.hour_price * hours

    @property
    def units_below_floor(self) -> tuple[int, ...]:
        """Units with fewer seats than their floor."""
        return tuple(np.flatnonzero(self.unit_seats < self.problem.floors).tolist())

    @property
    def must_unmet(self) -> tuple[tuple[int, int], ...]:
        """Those who have to get a seat and hold none."""
        return tuple(each for each in self.problem.must if not self._has[each])


def hold_seats(problem: CohortProblem, options: Options, seats: Seats) -> Holdings:
    """Return the holdings of given seats.

    Parameters
    ----------
    problem : CohortProblem
        The problem.
    options : Options
        Its options, by offering.
    seats : Seats
        Who holds what.

    Returns
    -------
    Holdings
        With all of them taken.

    Raises
    ------
    ShapeMismatchError
        If somebody holds a seat that is no option of the problem.
    """
    holdings = Holdings(problem, options)
    rows = holdings.find(seats.person, seats.offering)
    if (rows < 0).any():
        raise ShapeMismatchError("seats: somebody holds a seat that is no option of the problem")
    for row in rows.tolist():
        holdings.take(row)
    return holdings


def give_greedily(holdings: Holdings, rows: IntArray, *, at_least: float = 0.0) -> None:
    """Give seats one by one, each time the one that adds most, until none adds anything.

    Parameters
    ----------
    holdings : Holdings
        What is held already; changed in place.
    rows : ndarray of int
        Positions in `Options` of the seats to give.
    at_least : float
        Weighted levels that a seat must add more than.
    """
    rows = rows[holdings.is_there(rows)]
    adds = holdings.adds(rows)
    # what a seat adds only shrinks as others are given, so the queue is put right when it is asked
    queue = [(-value, row) for value, row in zip(adds.tolist(), rows.tolist(), strict=True)]
    queue = [each for each in queue if each[0] < -at_least]
    heapq.heapify(queue)
    waiting: dict[int, list[int]] = {}
    offering = holdings.options.offering.tolist()
    while queue:
        promised, row = heapq.heappop(queue)
        if holdings.free[offering[row]] < 1:
            continue
        one = np.array([row])
        if not holdings.is_there(one)[0]:
            continue
        if not holdings.could_attend(one)[0]:
            # asked again when the person has another seat, which may be what it lacked
            if holdings.options.dependent[row]:
                waiting.setdefault(int(holdings.options.person[row]), []).append(row)
            continue
        value = float(holdings.adds(one)[0])
        if value <= at_least:
            continue
        if queue and -value > queue[0][0]:
            heapq.heappush(queue, (-value, row))
            continue
        holdings.take(row)
        for again in waiting.pop(int(holdings.options.person[row]), ()):
            heapq.heappush(queue, (promised, again))
