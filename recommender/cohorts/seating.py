"""Which run of a module each person attends, once it is settled who takes which modules."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_flow

from recommender.arrays import IntArray
from recommender.cohorts.holdings import Holdings


def seat_people(holdings: Holdings, rows: IntArray, depth: IntArray) -> None:
    """Give people a run of each module they take, to as many as can be, lot after lot.

    One lot alone is a matching of people and runs, which a largest flow solves. Runs on days that
    a person has given away already are left out of it, and prerequisites come first; then lots
    with few runs, as they leave no choice.

    Parameters
    ----------
    holdings : Holdings
        What is held already; changed in place.
    rows : ndarray of int of shape (n_rows,)
        Positions in `Options`: every run of the modules that people are to take.
    depth : ndarray of int of shape (n_modules,)
        Steps of prerequisites before each module.
    """
    options, offerings = holdings.options, holdings.problem.offerings
    names = np.stack([options.module[rows], options.cost[rows]], axis=1)
    _, lot = np.unique(names, axis=0, return_inverse=True)
    lots = [rows[lot == each] for each in range(int(lot.max(initial=-1)) + 1)]
    lots.sort(
        key=lambda lot: (
            int(depth[options.module[lot[0]]]),
            len(np.unique(options.offering[lot])),
            offerings.ids[int(options.offering[lot[0]])],
        )
    )
    for members in lots:
        members = members[holdings.can_take(members)]
        if not len(members):
            continue
        # those who must come are matched first, so that the others only get what they leave
        for first in (True, False):
            now = members[options.must[members] == first]
            for row in _match(holdings, now).tolist():
                if holdings.can_take(np.array([row]))[0]:
                    holdings.take(row)

    for members in lots:
        _move_aside(holdings, members)


def _move_aside(holdings: Holdings, rows: IntArray) -> None:
    """Seat those whom another seat kept from a lot, by moving that to another of its runs."""
    options = holdings.options
    # a run that is on the same days is all that keeps them from it
    rows = rows[holdings.is_there(rows) & ~holdings.has(rows)]
    for row in rows.tolist():
        if holdings.has(np.array([row]))[0] or not holdings.is_there(np.array([row]))[0]:
            continue
        person = int(options.person[row])
        for held in sorted(holdings.held.get(person, ())):
            # on another day it could come before its prerequisite, or after what it prepares for
            if options.dependent[held] or holdings.is_needed(held):
                continue
            holdings.leave(held)
            others = holdings.of_person(person)
            same = options.module[others] == options.module[held]
            others = others[same & (options.cost[others] == options.cost[held])]
            if holdings.can_take(np.array([row]))[0]:
                holdings.take(row)
                others = others[holdings.can_take(others)]
                if len(others):
                    holdings.take(int(others[0]))
                    break
                holdings.leave(row)
            holdings.take(held)


def _match(holdings: Holdings, rows: IntArray) -> IntArray:
    """Return a largest set of the options with one a person, within the free seats."""
    options = holdings.options
    if not len(rows):
        return rows
    # numbered as they come, since whom the flow prefers hangs on it
    at_person = np.cumsum(np.diff(options.person[rows], prepend=-1) != 0) - 1
    offering, at_offering = np.unique(options.offering[rows], return_inverse=True)
    n, m = int(at_person[-1]) + 1, len(offering)
    if m == 1:
        return rows[: int(holdings.free[offering[0]])]
    # source, people, offerings, sink
    sink = n + m + 1
    start = np.concatenate([np.zeros(n), 1 + at_person, 1 + n + np.arange(m)])
    end = np.concatenate([1 + np.arange(n), 1 + n + at_offering, np.full(m, sink)])
    room = np.concatenate([np.ones(n + len(rows)), holdings.free[offering]]).astype(np.int32)
    graph = coo_array((room, (start, end)), shape=(sink + 1, sink + 1)).tocsr()
    flow = maximum_flow(graph, 0, sink).flow.tocoo()
    used = (flow.row * (sink + 1) + flow.col)[flow.data > 0]
    return rows[np.isin((1 + at_person) * (sink + 1) + 1 + n + at_offering, used)]
