"""The seats that each person could take, as flat arrays."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from graphlib import TopologicalSorter

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.cohorts.problem import CohortProblem


@dataclass(frozen=True)
class Options:
    """Each person with each seat that the person could take; arrays of shape (n_options,).

    Options stand by person, then module with prerequisites first, then offering. People stand in
    an order that the seed draws, so that neither ids nor rows favour anybody where choices are
    equal.

    Parameters
    ----------
    person, offering, module : ndarray of int
        Positions in the problem.
    lot : ndarray of int
        Position of what has a price: the offering, or all offerings of its module and cost.
    served : ndarray of int of shape (n_options, n_served)
        Positions of the competencies served, padded with 0.
    improvement : ndarray of shape (n_options, n_served)
        Expected improvement in levels, padded with 0.
    weight : ndarray of shape (n_options, n_served)
        Weight of each of them for the person.
    hours, cost : ndarray of float
        Hours and CNY of the seat.
    alone : ndarray of float
        What the seat is worth to somebody who holds no other: weighted levels less hours' price.
    dependent, needed, must : ndarray of bool
        Whether the person has not completed a prerequisite of it; whether it is such a
        prerequisite of another option of the person; whether the person has to get the module.
    lot_offerings : tuple of tuple of int
        Offerings of each lot.
    """

    person: IntArray
    offering: IntArray
    module: IntArray
    lot: IntArray
    served: IntArray
    improvement: FloatArray
    weight: FloatArray
    hours: FloatArray
    cost: FloatArray
    alone: FloatArray
    dependent: BoolArray
    needed: BoolArray
    must: BoolArray
    lot_offerings: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.person)

    @property
    def dated(self) -> BoolArray:
        """Whether the lot of each is one offering, so that its dates are known."""
        one: BoolArray = np.array([len(each) == 1 for each in self.lot_offerings], dtype=bool)
        return one[self.lot]

    def take(self, rows: IntArray) -> Options:
        """Return some of them.

        Parameters
        ----------
        rows : ndarray of int
            Positions, ascending.

        Returns
        -------
        Options
            Those alone, of the same lots.
        """
        arrays = [each.name for each in fields(self) if each.name != "lot_offerings"]
        return replace(self, **{name: getattr(self, name)[rows] for name in arrays})


def draw_order(names: tuple[str, ...], seed: int) -> IntArray:
    """Return positions in an order that depends on the names and the seed alone.

    Parameters
    ----------
    names : tuple of str
        Ids.
    seed : int
        Another seed, another order.

    Returns
    -------
    ndarray of int of shape (n_names,)
        Positions in `names`.
    """
    keys = [hashlib.sha256(f"{seed}:{name}".encode()).digest() for name in names]
    return np.array(sorted(range(len(names)), key=keys.__getitem__), dtype=np.int64)


def find_overlaps(problem: CohortProblem) -> BoolArray:
    """Find which offerings have a day in common.

    Parameters
    ----------
    problem : CohortProblem
        The offerings.

    Returns
    -------
    ndarray of bool of shape (n_offerings, n_offerings)
        True also of each with itself.
    """
    offerings = problem.offerings
    before = offerings.ends_on[:, None] < offerings.starts_on
    overlap: BoolArray = ~(before | before.T)
    return overlap


def find_options(problem: CohortProblem, seed: int) -> Options:
    """Find the seats that each person could take, whatever the others take.

    Left out are seats that no best choice needs: those worth nothing to a person who has not to
    take them, whose unit has no floor, and that prepare for nothing. A seat adds to others at most
    what it is worth alone, so no choice loses by their absence.

    Parameters
    ----------
    problem : CohortProblem
        People, modules and offerings.
    seed : int
        Settles the order of people.

    Returns
    -------
    Options
        Each offering is its own lot.
    """
    offerings = problem.offerings
    depth = find_depths(problem.prerequisites)
    person, module, pair, offering = _cross(problem, depth, seed)

    # limits of one person and one seat; what people share is settled by prices later
    fits = offerings.seats[offering] > 0
    fits &= problem.hours[module] <= problem.hours_budget[person]
    money = np.minimum(problem.cost_budget, problem.unit_cost_budget)[problem.unit]
    fits &= offerings.cost[offering] <= money[person]
    fits &= ~_is_away(problem)[person, offering]
    dependent = _require(problem, depth, person, module, offering, fits)

    served, improvement, weight = _pad(problem)
    gap = problem.gap[problem.pair_person[:, None], served]
    alone = (np.minimum(improvement, gap) * weight).sum(axis=1)
    alone -= problem.hour_price * problem.hours[problem.pair_module]

    must = np.zeros(problem.completed.shape, dtype=bool)
    for each in problem.must:
        must[each] = True
    wanted = must[person, module] | (problem.floors[problem.unit[person]] > 0) | (alone[pair] > 0)
    needed = np.zeros(problem.completed.shape, dtype=bool)
    # from the deepest up, as what prepares for a module may need preparing for itself
    for later in np.argsort(-depth, kind="stable").tolist():
        rows = np.flatnonzero(fits & (module == later)) if problem.prerequisites[later] else ()
        for before in problem.prerequisites[later] if len(rows) else ():
            used = person[rows][wanted[rows] | needed[person[rows], later]]
            needed[used[~problem.completed[used, before]], before] = True
    keep = np.flatnonzero(fits & (wanted | needed[person, module]))
    person, offering, module, pair = person[keep], offering[keep], module[keep], pair[keep]
    return Options(
        person=person,
        offering=offering,
        module=module,
        lot=offering,
        served=served[pair],
        improvement=improvement[pair],
        weight=weight[pair],
        hours=problem.hours[module],
        cost=offerings.cost[offering],
        alone=alone[pair],
        dependent=dependent[keep],
        needed=needed[person, module],
        must=must[person, module],
        lot_offerings=tuple((each,) for each in range(len(offerings))),
    )


def merge_offerings(problem: CohortProblem, options: Options) -> Options:
    """Merge what differs by its dates alone: offerings of one module at one cost are a lot.

    Not so where a module needs another or is needed, as dates settle whether it can be taken.

    Parameters
    ----------
    problem : CohortProblem
        The offerings.
    options : Options
        By offering.

    Returns
    -------
    Options
        One for each person and lot. Dates of lots with several offerings are left aside, so that
        what is worth most among these is worth at least as much as with them.
    """
    offerings = problem.offerings
    tied = _all_needed(problem) | {m for m, needs in enumerate(problem.prerequisites) if needs}
    names = [
        (module, cost, offering if module in tied else -1)
        for offering, (module, cost) in enumerate(
            zip(offerings.module.tolist(), offerings.cost.tolist(), strict=True)
        )
    ]
    lots = {name: lot for lot, name in enumerate(sorted(set(names)))}
    lot_of = np.array([lots[name] for name in names], dtype=np.int64)
    lot = lot_of[options.offering]
    _, rows = np.unique(np.stack([_by_change(options.person), lot]), axis=1, return_index=True)
    rows.sort()
    members: list[list[int]] = [[] for _ in lots]
    for offering, each in enumerate(lot_of.tolist()):
        members[each].append(offering)
    merged = replace(options, lot=lot, lot_offerings=tuple(tuple(each) for each in members))
    return merged.take(rows)


def _by_change(person: IntArray) -> IntArray:
    """Number the people as they come."""
    numbers: IntArray = np.cumsum(np.diff(person, prepend=-1) != 0) - 1
    return numbers


def find_depths(prerequisites: tuple[tuple[int, ...], ...]) -> IntArray:
    """Find how many steps of prerequisites come before each module.

    Parameters
    ----------
    prerequisites : tuple of tuple of int
        For each module, positions of its prerequisites.

    Returns
    -------
    ndarray of int of shape (n_modules,)
        0 where there are none.
    """
    depth = np.zeros(len(prerequisites), dtype=np.int64)
    for module in TopologicalSorter(dict(enumerate(prerequisites))).static_order():
        depth[module] = max((depth[before] + 1 for before in prerequisites[module]), default=0)
    return depth


def _cross(
    problem: CohortProblem, depth: IntArray, seed: int
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Return person, module, pair and offering of each pair with each offering of its module."""
    offerings = problem.offerings
    place = np.empty(len(problem.person_ids), dtype=np.int64)
    place[draw_order(problem.person_ids, seed)] = np.arange(len(place))
    # by their ids, so that nothing hangs on the order in which the catalogue names modules
    rank = np.empty(len(problem.module_ids), dtype=np.int64)
    rank[np.argsort(np.array(problem.module_ids))] = np.arange(len(rank))
    by_module = np.lexsort((np.array(offerings.ids), offerings.module))
    begin = np.searchsorted(offerings.module[by_module], np.arange(len(rank) + 1))
    pairs = np.lexsort(
        (rank[problem.pair_module], depth[problem.pair_module], place[problem.pair_person])
    )
    many = np.diff(begin)[problem.pair_module[pairs]]
    pair = np.repeat(pairs, many)
    person, module = problem.pair_person[pair], problem.pair_module[pair]
    inside = np.arange(len(pair)) - np.repeat(np.cumsum(many) - many, many)
    return person, module, pair, by_module[begin[module] + inside]


def _require(
    problem: CohortProblem,
    depth: IntArray,
    person: IntArray,
    module: IntArray,
    offering: IntArray,
    fits: BoolArray,
) -> BoolArray:
    """Take out, in place, what no offering prepares for in time; return what needs preparing."""
    starts, ends = problem.offerings.starts_on, problem.offerings.ends_on
    dependent = np.zeros(len(person), dtype=bool)
    # first day after which each person could have each module
    ready = np.full(problem.completed.shape, np.iinfo(np.int64).max)
    # prerequisites first: what cannot be prepared for prepares for nothing either
    for later in np.argsort(depth, kind="stable").tolist():
        if not problem.prerequisites[later] and later not in _all_needed(problem):
            continue
        rows = np.flatnonzero(module == later)
        for before in problem.prerequisites[later]:
            missing = ~problem.completed[person[rows], before]
            dependent[rows] |= missing
            fits[rows] &= ~missing | (ready[person[rows], before] < starts[offering[rows]])
        rows = rows[fits[rows]]
        np.minimum.at(ready, (person[rows], later), ends[offering[rows]])
    return dependent


def _all_needed(problem: CohortProblem) -> set[int]:
    return {before for needs in problem.prerequisites for before in needs}


def _is_away(problem: CohortProblem) -> BoolArray:
    """Return whether each person is absent on a day of each offering."""
    away = np.zeros((len(problem.person_ids), len(problem.offerings)), dtype=bool)
    meets = (problem.blocked_from[:, None] <= problem.offerings.ends_on) & (
        problem.blocked_to[:, None] >= problem.offerings.starts_on
    )
    np.logical_or.at(away, problem.blocked_person, meets)
    return away


def _pad(problem: CohortProblem) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return competencies, improvements and weights of each pair side by side, padded with 0."""
    table = problem.improvement.tocsr()
    many = np.diff(table.indptr)
    row = np.repeat(np.arange(len(many)), many)
    column = np.arange(len(row)) - np.repeat(table.indptr[:-1], many)
    shape = len(many), max(1, int(many.max(initial=1)))
    served, improvement = np.zeros(shape, dtype=np.int64), np.zeros(shape)
    served[row, column], improvement[row, column] = table.indices, table.data
    return served, improvement, problem.weight[problem.pair_person[:, None], served]
