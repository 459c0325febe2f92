"""The set of seats worth most to each person at given prices, and all sets that come near it.

A search by branch and bound for all people at once. A set grows by one option at a time, in the
order of `Options`, in which prerequisites come first. What the rest can add to a set is at most
what each adds alone to it (the gap closed has decreasing returns), packed into the hours left as
if seats could be divided: that bounds what a branch can reach.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.cohorts.options import Options, find_overlaps
from recommender.cohorts.problem import CohortProblem

# sums of the same few numbers in another order differ by less
_EPSILON = 1e-12
_HOURS_EPSILON = 1e-9
MOST_NODES = 100_000
"""Sets held at once; of those dropped beyond it the bound is kept."""


@dataclass(frozen=True)
class Bundles:
    """Sets of seats, each of one person, and what is proven of all others.

    Parameters
    ----------
    row : ndarray of int of shape (n_bundles,)
        Whose they are: position in `BundleSearch.people`.
    options : ndarray of int of shape (n_bundles, n_most)
        Positions in `Options`, ascending, padded with -1 at the end.
    value : ndarray of shape (n_bundles,)
        Worth of the set without prices.
    best : ndarray of shape (n_people,)
        The largest worth less prices found of each person; at least 0, that of no seat at all.
    bound : ndarray of shape (n_people,)
        No set of the person has more.
    """

    row: IntArray
    options: IntArray
    value: FloatArray
    best: FloatArray
    bound: FloatArray


def widen_sets(options: IntArray, width: int) -> IntArray:
    """Bring sets of options to a width, as those of another search have it.

    Parameters
    ----------
    options : ndarray of int of shape (n_bundles, n_most)
        Positions in `Options`, padded with -1.
    width : int
        At least ``n_most``.

    Returns
    -------
    ndarray of int of shape (n_bundles, width)
        The same sets.
    """
    return np.pad(options, ((0, 0), (0, width - options.shape[1])), constant_values=-1)


class BundleSearch:
    """Searches sets of seats for all people at once.

    Parameters
    ----------
    problem : CohortProblem
        The people.
    options : Options
        What they could take.
    """

    def __init__(self, problem: CohortProblem, options: Options) -> None:
        self.problem, self.options = problem, options
        new = np.diff(options.person, prepend=-1) != 0
        self.people = options.person[new]
        self.row: IntArray = np.cumsum(new) - 1
        self._group = np.cumsum(new | (np.diff(options.module, prepend=-1) != 0))
        self._overlap, self._dated = find_overlaps(problem), options.dated

    def search(self, price: FloatArray, *, slack: float = 0.0, most: int = MOST_NODES) -> Bundles:
        """Find for each person the best set, and those that come near it.

        Parameters
        ----------
        price : ndarray of shape (n_options,)
            Price of each option, in weighted levels; a reward where negative.
        slack : float
            Sets are returned whose worth less prices is at most so much below the best.
        most : int
            Sets to hold at once.

        Returns
        -------
        Bundles
            Of each person with an option, with all such sets where `bound` is `best`.
        """
        start = self._start(price, slack)
        top = np.zeros(len(self.people))
        found: list[_Nodes] = []
        if start is None:
            return self._gather(found, price, slack, top, top)
        nodes, live, cheapest = start
        # the greedy sets first: the more they are worth, the less there is to search
        dive = nodes
        while len(dive.row):
            children, _ = self._expand(dive, live, price, cheapest, slack, None)
            order = np.lexsort((-children.value, children.row))
            first = np.flatnonzero(np.diff(children.row[order], prepend=-1))
            dive = children.take(order[first])
            np.maximum.at(top, dive.row, dive.value)
            found.append(replace(dive, members=np.sort(dive.members, axis=1)))
            # greed takes options in no order, so the next may stand before this one
            dive.column[:] = 0
        dropped = np.zeros(len(self.people))
        while len(nodes.row):
            children, ceiling = self._expand(nodes, live, price, cheapest, slack, top)
            np.maximum.at(top, children.row, children.value)
            found.append(children)
            if len(children.row) > most:
                # the best few of everybody, rather than all of some
                order = np.lexsort((-children.value, children.row))
                begin = np.searchsorted(children.row[order], children.row[order])
                order = order[np.argsort(np.arange(len(order)) - begin, kind="stable")]
                np.maximum.at(dropped, children.row[order[most:]], ceiling[order[most:]])
                children = children.take(np.sort(order[:most]))
            nodes = children
        return self._gather(found, price, slack, top, np.maximum(top, dropped))

    def _start(self, price: FloatArray, slack: float) -> tuple[_Nodes, _Live, BoolArray] | None:
        """Return empty sets, the options of each person that may be in one, the cheapest a module.

        An option that is not worth its price alone is not worth it beside others either, unless
        another one needs it.
        """
        options, problem = self.options, self.problem
        active = options.alone - price > -slack
        eager = np.zeros(len(self.people), dtype=bool)
        eager[self.row[active & options.dependent]] = True
        active |= options.needed & eager[self.row]
        live = np.flatnonzero(active)
        if not len(live):
            return None
        by_price = live[np.lexsort((price[live], self._group[live]))]
        cheapest = np.zeros(len(options), dtype=bool)
        cheapest[by_price[np.flatnonzero(np.diff(self._group[by_price], prepend=-1))]] = True
        row = self.row[live]
        begin = np.flatnonzero(np.diff(row, prepend=-1))
        rows = row[begin]
        people = self.people[rows]
        nodes = _Nodes(
            rows,
            np.zeros(len(rows), dtype=np.int64),
            np.zeros(len(rows)),
            problem.hours_budget[people],
            problem.gap[people],
            np.empty((len(rows), 0), dtype=np.int64),
        )
        return nodes, _Live(live, np.searchsorted(row, np.arange(len(self.people) + 1))), cheapest

    def _expand(
        self,
        nodes: _Nodes,
        live: _Live,
        price: FloatArray,
        cheapest: BoolArray,
        slack: float,
        top: FloatArray | None,
    ) -> tuple[_Nodes, FloatArray]:
        """Return the sets with one option more, and what each one's parent could reach at most.

        With `top` only those of parents that can come within `slack` of it.
        """
        options = self.options
        node, column, option = live.after(nodes)
        fits = options.hours[option] <= nodes.hours_left[node] + _HOURS_EPSILON
        node, column, option = node[fits], column[fits], option[fits]
        adds = np.minimum(
            nodes.left[node[:, None], options.served[option]], options.improvement[option]
        )
        gain = (adds * options.weight[option]).sum(axis=1)
        gain -= self.problem.hour_price * options.hours[option] + price[option]
        free = np.ones(len(node), dtype=bool)
        for member in nodes.members.T:
            free &= options.module[option] != options.module[member[node]]
        ceiling = np.empty(len(nodes.row))
        if top is not None:
            # of a module's runs one is taken, and the cheapest is worth most; dates and what has to
            # come before are left out, which makes the bound wider, never wrong
            ceiling = nodes.value + self._pack(nodes, node, option, gain, free & cheapest[option])
            free &= (ceiling >= top[nodes.row] - slack - _EPSILON)[node]
        # what does not pay now will not pay beside more: what a seat adds only shrinks
        free &= (gain > -slack) | options.needed[option]
        for member in nodes.members.T:
            # lots of several runs have no dates yet; `seat_people` finds a run for everybody
            both = self._dated[option] & self._dated[member[node]]
            offering = options.offering[member[node]]
            free &= ~(both & self._overlap[options.offering[option], offering])
        self._require(nodes, node, option, free)
        at = np.flatnonzero(free)
        parent, option = node[at], option[at]
        left = nodes.left[parent]
        for served, taken in zip(options.served[option].T, adds[at].T, strict=True):
            left[np.arange(len(at)), served] -= taken
        children = _Nodes(
            nodes.row[parent],
            column[at] + 1,
            nodes.value[parent] + gain[at],
            nodes.hours_left[parent] - options.hours[option],
            left,
            np.concatenate([nodes.members[parent], option[:, None]], axis=1),
        )
        return children, ceiling[parent]

    def _pack(
        self,
        nodes: _Nodes,
        node: IntArray,
        option: IntArray,
        gain: FloatArray,
        usable: BoolArray,
    ) -> FloatArray:
        """Return what the options could add to each node at most, packed by worth an hour."""
        useful = np.flatnonzero(usable & (gain > 0))
        at, gain, hours = node[useful], gain[useful], self.options.hours[option[useful]]
        per_hour = gain / np.maximum(hours, _HOURS_EPSILON)
        order = np.lexsort((-per_hour, at))
        at, gain, hours = at[order], gain[order], hours[order]
        before = np.cumsum(hours) - hours
        before = before - before[np.searchsorted(at, at)]
        room = np.maximum(nodes.hours_left[at] - before, 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.where(hours > 0, np.minimum(1.0, room / hours), 1.0)
        packed = np.zeros(len(nodes.row))
        np.add.at(packed, at, gain * part)
        return packed

    def _require(self, nodes: _Nodes, node: IntArray, option: IntArray, free: BoolArray) -> None:
        """Take out, in place, options without a prerequisite in their set that ends in time."""
        options, problem = self.options, self.problem
        rows = np.flatnonzero(free & options.dependent[option])
        starts, ends = problem.offerings.starts_on, problem.offerings.ends_on
        for module in np.unique(options.module[option[rows]]).tolist():
            of_module = rows[options.module[option[rows]] == module]
            for before in problem.prerequisites[module]:
                met = problem.completed[options.person[option[of_module]], before]
                for member in nodes.members.T:
                    earlier = member[node[of_module]]
                    prepares = options.module[earlier] == before
                    later = options.offering[option[of_module]]
                    prepares &= ends[options.offering[earlier]] < starts[later]
                    met = met | prepares
                free[of_module] &= met

    def _gather(
        self,
        found: list[_Nodes],
        price: FloatArray,
        slack: float,
        top: FloatArray,
        bound: FloatArray,
    ) -> Bundles:
        near = [
            each.take(np.flatnonzero(each.value >= top[each.row] - slack - _EPSILON))
            for each in found
        ]
        width = max((each.members.shape[1] for each in near), default=1)
        members = [widen_sets(each.members, width) for each in near]
        options = np.concatenate([np.empty((0, width), dtype=np.int64), *members])
        paid = np.where(options >= 0, price[options], 0.0).sum(axis=1) if len(options) else 0.0
        return Bundles(
            np.concatenate([np.empty(0, dtype=np.int64), *(each.row for each in near)]),
            options,
            np.concatenate([np.empty(0), *(each.value for each in near)]) + paid,
            top,
            bound,
        )


@dataclass(frozen=True)
class _Live:
    """The options that may be in a set, by person, and where those of each person begin."""

    options: IntArray
    begin: IntArray

    def after(self, nodes: _Nodes) -> tuple[IntArray, IntArray, IntArray]:
        """Return the options that may come next to each set: whose, which column, the option."""
        begin = self.begin[nodes.row] + nodes.column
        many = self.begin[nodes.row + 1] - begin
        node = np.repeat(np.arange(len(many)), many)
        place = np.arange(len(node)) + np.repeat(begin - np.cumsum(many) + many, many)
        return node, place - self.begin[nodes.row[node]], self.options[place]


@dataclass(frozen=True)
class _Nodes:
    """Sets in the making: whose, the next column, worth, hours and gaps left, and the options."""

    row: IntArray
    column: IntArray
    value: FloatArray
    hours_left: FloatArray
    left: FloatArray
    members: IntArray

    def take(self, rows: IntArray) -> _Nodes:
        return _Nodes(
            self.row[rows],
            self.column[rows],
            self.value[rows],
            self.hours_left[rows],
            self.left[rows],
            self.members[rows],
        )
