"""Who could take which seat, within what, and what the seats of a cohort are worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.errors import ShapeMismatchError


@dataclass(frozen=True)
class Offerings:
    """Runs of modules that have seats; arrays of shape (n_offerings,).

    Parameters
    ----------
    ids : tuple of str
        Their ids.
    module : ndarray of int
        Position of the module in `CohortProblem.module_ids`.
    seats : ndarray of int
        Seats that are still free, >= 0.
    starts_on, ends_on : ndarray of int
        First and last day, in days from 1970-01-01 (`arrays.to_day`).
    cost : ndarray of float
        CNY a seat.
    """

    ids: tuple[str, ...]
    module: IntArray
    seats: IntArray
    starts_on: IntArray
    ends_on: IntArray
    cost: FloatArray

    def __post_init__(self) -> None:
        _same_length("offerings", len(self.ids), self.module, self.seats, self.starts_on)
        _same_length("offerings", len(self.ids), self.ends_on, self.cost)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class CohortProblem:
    """What the seats of a cohort are given by.

    A *pair* is a person and a module that is a candidate for the person. Whoever must not have a
    module, or completed it, has no pair with it.

    Parameters
    ----------
    person_ids : tuple of str
        The people; their order has no influence on who gets a seat.
    unit_ids : tuple of str
        The units that floors and budgets are of.
    unit : ndarray of int of shape (n_people,)
        Position of each person's unit.
    gap, weight : ndarray of shape (n_people, n_competencies)
        Gap in levels, 0 where there is none or it is to be assessed first; importance.
    hours_budget : ndarray of shape (n_people,)
        Hours that each person has for the cohort, ``inf`` where nothing bounds them.
    module_ids : tuple of str
        The modules.
    hours : ndarray of shape (n_modules,)
        Hours of a participant.
    prerequisites : tuple of tuple of int
        For each module, positions of those to be completed before it: earlier, or in an offering
        of the cohort that ends before it starts.
    completed : ndarray of bool of shape (n_people, n_modules)
        Whether the person completed the module.
    pair_person, pair_module : ndarray of int of shape (n_pairs,)
        The pairs, each once, in any order.
    improvement : csr_array of shape (n_pairs, n_competencies)
        Expected improvement in levels, >= 0, of what the module serves for the person.
    offerings : Offerings
        The seats there are.
    blocked_person, blocked_from, blocked_to : ndarray of int of shape (n_blocked,)
        Absences: a person, and the first and last day of it.
    floors : ndarray of int of shape (n_units,)
        Seats that each unit must get at least; 0 for none (`share_floors`).
    cost_budget : float
        CNY for the whole cohort, ``inf`` for no bound.
    unit_cost_budget : ndarray of shape (n_units,)
        CNY for the people of each unit.
    must : tuple of tuple of int
        (person, module) of those who have to get a seat.
    hour_price : float
        Weighted levels that an hour must add (DESIGN, section 4, "Plan").

    Raises
    ------
    ShapeMismatchError
        If the arrays do not fit together.
    """

    person_ids: tuple[str, ...]
    unit_ids: tuple[str, ...]
    unit: IntArray
    gap: FloatArray
    weight: FloatArray
    hours_budget: FloatArray
    module_ids: tuple[str, ...]
    hours: FloatArray
    prerequisites: tuple[tuple[int, ...], ...]
    completed: BoolArray
    pair_person: IntArray
    pair_module: IntArray
    improvement: csr_array
    offerings: Offerings
    blocked_person: IntArray
    blocked_from: IntArray
    blocked_to: IntArray
    floors: IntArray
    cost_budget: float
    unit_cost_budget: FloatArray
    must: tuple[tuple[int, int], ...] = ()
    hour_price: float = 0.0

    def __post_init__(self) -> None:
        people = self.unit, self.gap, self.weight, self.hours_budget, self.completed
        _same_length("people", len(self.person_ids), *people)
        _same_length("modules", len(self.module_ids), self.hours, self.completed.T)
        _same_length("prerequisites", len(self.module_ids), np.array(self.prerequisites, object))
        _same_length("units", len(self.unit_ids), self.floors, self.unit_cost_budget)
        _same_length("blocked", len(self.blocked_person), self.blocked_from, self.blocked_to)
        _same_length("pairs", len(self.pair_person), self.pair_module)
        if self.improvement.shape != (len(self.pair_person), self.gap.shape[1]):
            raise ShapeMismatchError(f"improvement: {self.improvement.shape}")


@dataclass(frozen=True)
class Seats:
    """Who holds which seat; arrays of shape (n_seats,), by offering, then person.

    Parameters
    ----------
    person, offering : ndarray of int
        Positions in the problem.
    """

    person: IntArray
    offering: IntArray


@dataclass(frozen=True)
class Draw:
    """A lottery among people whose values for the last seats of a module are nearly the same.

    Everybody in it can attend every offering that is drawn for, whatever else they hold, and each
    has the same chance: `seats` / number of members. The seats go to the smallest numbers.

    Parameters
    ----------
    draw_id : str
        The module and the offerings; with the seed it settles the numbers.
    module : int
        Position of the module.
    offerings : tuple of int
        The offerings that the seats are of.
    seats : int
        Seats that are drawn for.
    members : tuple of int
        Positions of the people, by their ids.
    added : tuple of float
        What a seat adds for each, given the person's other seats, in weighted levels.
    numbers : tuple of float
        The number each drew, in [0, 1).
    won : tuple of bool
        Who got a seat.
    """

    draw_id: str
    module: int
    offerings: tuple[int, ...]
    seats: int
    members: tuple[int, ...]
    added: tuple[float, ...]
    numbers: tuple[float, ...]
    won: tuple[bool, ...]

    @property
    def chance(self) -> float:
        """Probability of a seat, the same for every member."""
        return self.seats / len(self.members)


@dataclass(frozen=True)
class WaitList:
    """Who waits for which offering; arrays of shape (n_waiting,), by offering, then place.

    Parameters
    ----------
    person, offering : ndarray of int
        Positions in the problem.
    place : ndarray of int
        1 for whoever comes first.
    added : ndarray of float
        What the seat would add, given the person's other seats, in weighted levels; places go by
        it, of equals the smaller number comes first.
    number : ndarray of float
        Lottery number in [0, 1), of the draw where the person lost one.
    """

    person: IntArray
    offering: IntArray
    place: IntArray
    added: FloatArray
    number: FloatArray


@dataclass(frozen=True)
class CohortChoice:
    """The seats, how good they are at least, and how near-ties were settled.

    Parameters
    ----------
    seats : Seats
        Who gets which seat.
    added : ndarray of float of shape (n_seats,)
        What each seat adds given the person's other seats, in weighted levels.
    expected_gap_closed : float
        Weighted levels that all seats close together.
    value : float
        That less the price of the hours; what is maximised.
    bound : float
        No choice of seats is worth more than this.
    draws : tuple of Draw
        The lotteries, by their ids.
    lottery_loss, lottery_loss_at_most : float
        Value that the lotteries cost, and what they could have cost, in weighted levels; negative
        where the draw happened to be better.
    waiting : WaitList
        Who waits for a seat.
    seat_price : ndarray of float of shape (n_offerings,)
        Estimate of what one more seat would add, in weighted levels.
    seed : int
        Settles the draws and all numbers.
    tolerance : float
        Weighted levels within which two people counted as equal.
    """

    seats: Seats
    added: FloatArray
    expected_gap_closed: float
    value: float
    bound: float
    draws: tuple[Draw, ...]
    lottery_loss: float
    lottery_loss_at_most: float
    waiting: WaitList
    seat_price: FloatArray
    seed: int
    tolerance: float

    @property
    def optimality_gap(self) -> float:
        """Share of the bound that a better choice could add at most; 0 where this is the best."""
        return max(0.0, self.bound - self.value) / self.bound if self.bound > 0 else 0.0


@dataclass(frozen=True)
class Replacement:
    """What became of the seats of people who dropped out.

    Parameters
    ----------
    seats : Seats
        All seats after it; whoever did not drop out holds what they held before.
    taken : tuple of tuple of int
        (offering, person) of those who moved up, in the order in which the seats were given.
    unfilled : tuple of int
        Offerings whose freed seat nobody on the wait list could take; one entry a seat.
    waiting : WaitList
        Who still waits.
    units_below_floor : tuple of int
        Units that have fewer seats than their floor.
    """

    seats: Seats
    taken: tuple[tuple[int, int], ...]
    unfilled: tuple[int, ...]
    waiting: WaitList
    units_below_floor: tuple[int, ...]


@dataclass(frozen=True)
class PolicyOutcome:
    """What a way of giving seats leads to.

    Parameters
    ----------
    policy : str
        ``order-of-application``, ``greedy`` or ``exact``.
    seats : Seats
        Who would get which seat.
    expected_gap_closed : float
        Weighted levels in all.
    unit_gap_closed : ndarray of float of shape (n_units,)
        Weighted levels for the people of each unit.
    unit_seats : ndarray of int of shape (n_units,)
        Seats of each unit.
    units_below_floor : tuple of int
        Units that would have fewer seats than their floor.
    must_unmet : tuple of tuple of int
        (person, module) of those who have to get a seat and would not.
    """

    policy: str
    seats: Seats
    expected_gap_closed: float
    unit_gap_closed: FloatArray
    unit_seats: IntArray
    units_below_floor: tuple[int, ...]
    must_unmet: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class OfferingValue:
    """What one more offering would add to the cohort.

    Parameters
    ----------
    proposal : int
        Position in the proposed offerings.
    wanted : int
        People for whom a seat would add something, given the seats they have.
    estimate : float
        Weighted levels it would add if nobody else's seats changed: never too much.
    at_most : float
        Weighted levels it can add at all, by the prices of the seats.
    added : float or None
        Weighted levels it adds with all seats given anew; None where that was not worked out.
    people : int
        Seats taken in it, anew where `added` was worked out.
    cost : float
        CNY of those seats.
    """

    proposal: int
    wanted: int
    estimate: float
    at_most: float
    added: float | None
    people: int
    cost: float


def _same_length(what: str, length: int, *arrays: np.ndarray) -> None:
    lengths = [len(array) for array in arrays]
    if any(each != length for each in lengths):
        raise ShapeMismatchError(f"{what}: {length} and {lengths}")
