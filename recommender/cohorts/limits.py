"""What people share: seats, floors and money, as rows of a linear programme with prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.cohorts.bundles import Bundles, widen_sets
from recommender.cohorts.options import Options
from recommender.cohorts.problem import CohortProblem


@dataclass(frozen=True)
class Limits:
    """The shared limits, each as Σ `use` · x <= `most`.

    Rows are the seats of the lots, then the floors (as negative seats), the budget of the cohort
    and those of units. Money stands in units of the dearest seat, so that all prices are of the
    size of what a seat is worth.

    Parameters
    ----------
    use : csr_array of shape (n_options, n_rows)
        What each option takes of each limit.
    most : ndarray of shape (n_rows,)
        What there is of it.
    floor_units : ndarray of int of shape (n_floors,)
        Units whose floors stand in the rows after those of the lots.
    n_lots : int
        Rows that are seats.
    money : ndarray of bool of shape (n_rows,)
        Rows that are budgets.
    dearest : float
        CNY of their unit.
    reward : ndarray of shape (n_options,)
        For options that somebody has to get: more than anything they could displace.
    """

    use: csr_array
    most: FloatArray
    floor_units: IntArray
    n_lots: int
    money: BoolArray
    dearest: float
    reward: FloatArray

    @property
    def floors(self) -> slice:
        """Rows that are floors."""
        return slice(self.n_lots, self.n_lots + len(self.floor_units))

    def price(self, multipliers: FloatArray) -> FloatArray:
        """Return the price of each option.

        Parameters
        ----------
        multipliers : ndarray of shape (n_rows,)
            Price of each limit, >= 0.

        Returns
        -------
        ndarray of shape (n_options,)
            In weighted levels.
        """
        price: FloatArray = self.use @ multipliers - self.reward
        return price

    def bound(self, multipliers: FloatArray, bundles: Bundles) -> float:
        """Return what no choice is worth more than (weak duality).

        Parameters
        ----------
        multipliers : ndarray of shape (n_rows,)
            Price of each limit, >= 0.
        bundles : Bundles
            Found at these prices.

        Returns
        -------
        float
            In weighted levels, with the rewards.
        """
        return float(bundles.bound.sum() + self.most @ multipliers)


def find_limits(problem: CohortProblem, options: Options) -> Limits:
    """Bring the limits that people share into rows.

    Parameters
    ----------
    problem : CohortProblem
        Seats, floors, budgets.
    options : Options
        By lot.

    Returns
    -------
    Limits
        Without floors of 0 and budgets of ``inf``.
    """
    n = len(options)
    every, unit = np.arange(n), problem.unit[options.person]
    n_lots = len(options.lot_offerings)
    seats = [problem.offerings.seats[list(each)].sum() for each in options.lot_offerings]
    rows = [(every, options.lot, np.ones(n))]
    most = [*map(float, seats)]
    floor_units = np.flatnonzero(problem.floors > 0)
    for each in floor_units.tolist():
        inside = np.flatnonzero(unit == each)
        rows.append((inside, np.full(len(inside), len(most)), -np.ones(len(inside))))
        most.append(-float(problem.floors[each]))
    dearest = max(1.0, float(options.cost.max(initial=0.0)))
    budgets = [(every, problem.cost_budget)]
    budgets += [
        (np.flatnonzero(unit == each), float(budget))
        for each, budget in enumerate(problem.unit_cost_budget.tolist())
    ]
    for inside, budget in budgets:
        if np.isfinite(budget):
            row = np.full(len(inside), len(most))
            rows.append((inside, row, options.cost[inside] / dearest))
            most.append(budget / dearest)
    at, row, value = (np.concatenate(each) for each in zip(*rows, strict=True))
    use = coo_array((value, (at, row)), shape=(n, len(most))).tocsr()
    # a seat by order may displace many others where money is short
    largest = 1.0 + float((problem.weight * problem.gap).sum(axis=1).max(initial=0.0))
    reward = np.where(options.must, 1000.0 * largest, 0.0)
    money = np.arange(len(most)) >= n_lots + len(floor_units)
    return Limits(use, np.array(most), floor_units, n_lots, money, dearest, reward)


@dataclass(frozen=True)
class Pool:
    """Sets of seats that a choice may be made of; arrays of shape (n_bundles,).

    Parameters
    ----------
    row : ndarray of int
        Whose, ascending.
    options : ndarray of int of shape (n_bundles, n_most)
        Positions in `Options`, padded with -1.
    worth : ndarray of float
        Value with the rewards.
    use : csr_array of shape (n_bundles, n_rows)
        What each takes of the limits.
    """

    row: IntArray
    options: IntArray
    worth: FloatArray
    use: csr_array

    def take(self, rows: IntArray) -> Pool:
        """Return some of the sets.

        Parameters
        ----------
        rows : ndarray of int
            Positions, ascending.

        Returns
        -------
        Pool
            Those.
        """
        return Pool(self.row[rows], self.options[rows], self.worth[rows], self.use[rows])

    def near(self, prices: FloatArray, bundles: Bundles, slack: float) -> Pool:
        """Return the sets that come near the best of each person.

        Parameters
        ----------
        prices : ndarray of shape (n_rows,)
            Price of each limit.
        bundles : Bundles
            Found at these prices.
        slack : float
            Weighted levels by which a set may be short of the best.

        Returns
        -------
        Pool
            Those.
        """
        reduced = self.worth - self.use @ prices
        return self.take(np.flatnonzero(reduced >= bundles.best[self.row] - slack))

    def followed_by(self, other: Pool) -> Pool:
        """Return these sets and others after them.

        Parameters
        ----------
        other : Pool
            None of which is among these.

        Returns
        -------
        Pool
            No longer by person.
        """
        wide = max(self.options.shape[1], other.options.shape[1])
        return Pool(
            np.append(self.row, other.row),
            np.concatenate([widen_sets(self.options, wide), widen_sets(other.options, wide)]),
            np.append(self.worth, other.worth),
            vstack([self.use, other.use]).tocsr(),
        )


def gather_pool(limits: Limits, searches: list[Bundles]) -> Pool:
    """Put sets of several searches together, each once.

    Parameters
    ----------
    limits : Limits
        What they take of.
    searches : list of Bundles
        At least one.

    Returns
    -------
    Pool
        By person.
    """
    width = max(each.options.shape[1] for each in searches)
    options = np.concatenate([widen_sets(each.options, width) for each in searches])
    row = np.concatenate([each.row for each in searches])
    value = np.concatenate([each.value for each in searches])
    order = np.lexsort((*options.T, row))
    row, options = row[order], options[order]
    new = np.ones(len(row), dtype=bool)
    new[1:] = (np.diff(row) != 0) | (np.diff(options, axis=0) != 0).any(axis=1)
    row, options, value = row[new], options[new], value[order][new]
    at, column = np.nonzero(options >= 0)
    holds = coo_array(
        (np.ones(len(at)), (at, options[at, column])), shape=(len(row), len(limits.reward))
    ).tocsr()
    return Pool(row, options, value + holds @ limits.reward, (holds @ limits.use).tocsr())
