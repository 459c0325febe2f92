"""One set of seats for each person within the shared limits: a linear programme for HiGHS."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import coo_array, csc_array, hstack, vstack

from recommender.arrays import FloatArray, IntArray
from recommender.cohorts.limits import Limits, Pool

_OPTIONS = {
    "threads": 1,
    "random_seed": 0,
    "primal_feasibility_tolerance": 1e-9,
    "mip_feasibility_tolerance": 1e-9,
}
MOST_BRANCHES = 2000
"""Branches of the integer programme; no clock, so that the same problem has the same answer."""
FEW_SETS = 6000
"""Out of so many sets those of all people are chosen at once."""


class Relaxation:
    """The linear programme over a growing pool; each solution starts from the one before.

    Parameters
    ----------
    limits : Limits
        What people share.
    n_people : int
        People with options.
    pool : Pool
        The sets to begin with.
    """

    def __init__(self, limits: Limits, n_people: int, pool: Pool) -> None:
        self._n_people, self._pool = n_people, pool
        self._floors = np.arange(limits.n_lots, limits.n_lots + len(limits.floor_units)) + n_people
        self._solver = _new_solver()
        self._penalty = 1.0
        matrix = _columns(n_people, pool)
        short = _short(self._floors, matrix.shape[0])
        cost = np.concatenate([np.full(len(self._floors), -self._penalty), [0.0], pool.worth])
        self._solver.passModel(_to_program(hstack([short, matrix]).tocsc(), cost, limits, n_people))
        # from nothing the interior point is there in half the time, from a solution the simplex
        self._solver.setOptionValue("solver", "ipm")
        self._solver.run()
        self._solver.setOptionValue("solver", "choose")

    @property
    def value(self) -> float:
        """Value of the best mixture of sets."""
        return float(self._solver.getInfo().objective_function_value)

    @property
    def lacking(self) -> float:
        """Seats that floors lack with the sets there are."""
        return float(np.sum(self._solver.getSolution().col_value[: len(self._floors)]))

    @property
    def prices(self) -> FloatArray:
        """Prices of the limits, >= 0."""
        dual = np.array(self._solver.getSolution().row_dual)
        return np.maximum(dual[self._n_people :], 0.0)

    def divide(self) -> tuple[Pool, Pool]:
        """Tell apart who has one whole set in the mixture, or none, and who has parts of several.

        Returns
        -------
        whole : Pool
            The sets of the former; empty where few sets have come up.
        divided : Pool
            All sets of the latter that have come up.
        """
        if len(self._pool.row) <= FEW_SETS:
            return self._pool.take(np.empty(0, dtype=np.int64)), self._pool
        share = np.array(self._solver.getSolution().col_value)[len(self._floors) + 1 :]
        whole = share > 1 - 1e-6
        divided = self._pool.row[(share > 1e-6) & ~whole]
        return (
            self._pool.take(np.flatnonzero(whole)),
            self._pool.take(np.flatnonzero(np.isin(self._pool.row, divided))),
        )

    def add(self, pool: Pool) -> int:
        """Add sets that would improve the mixture.

        Parameters
        ----------
        pool : Pool
            Sets that may.

        Returns
        -------
        int
            How many were added.
        """
        dual = np.array(self._solver.getSolution().row_dual)
        gain = pool.worth - pool.use @ dual[self._n_people :] - dual[pool.row]
        pool = pool.take(np.flatnonzero(gain > 1e-9))
        n = len(pool.row)
        if self.lacking > 1e-6:
            # dearer by steps: at once, the first prices would be far from any that matter
            self._penalty = min(10 * self._penalty, 1e6)
            for column in range(len(self._floors)):
                self._solver.changeColCost(column, -self._penalty)
        elif not n:
            return 0
        if n:
            self._pool = self._pool.followed_by(pool)
            matrix = _columns(self._n_people, pool)
            self._solver.addCols(
                n,
                pool.worth,
                np.zeros(n),
                np.full(n, np.inf),
                matrix.nnz,
                matrix.indptr[:-1],
                matrix.indices,
                matrix.data,
            )
        self._solver.run()
        return n


def choose_whole(
    limits: Limits, n_people: int, pool: Pool, *, relative_gap: float
) -> tuple[IntArray, FloatArray, float]:
    """Choose at most one set a person.

    Parameters
    ----------
    limits : Limits
        What people share.
    n_people : int
        People with options.
    pool : Pool
        The sets.
    relative_gap : float
        By which share of its value a better choice of these sets may be missed.

    Returns
    -------
    chosen : ndarray of int
        Positions in the pool.
    lacking : ndarray of shape (n_floors,)
        Seats that each floor lacks.
    bound : float
        No choice of these sets is worth more; more than what is chosen after `MOST_BRANCHES`.
    """
    import highspy  # slow to import, and needed by plans and cohorts only

    floors = np.arange(limits.n_lots, limits.n_lots + len(limits.floor_units)) + n_people
    matrix = _columns(n_people, pool)
    short = _short(floors, matrix.shape[0])
    # more than any reward, so that a seat by order is never bought with a floor
    penalty = 1e3 * (1.0 + float(np.abs(limits.reward).max(initial=0.0) / 1e3))
    cost = np.concatenate([np.full(len(floors), -penalty), [0.0], pool.worth])
    program = _to_program(hstack([short, matrix]).tocsc(), cost, limits, n_people)
    program.integrality_ = [highspy.HighsVarType.kInteger] * len(cost)
    solver = _new_solver()
    solver.setOptionValue("mip_rel_gap", relative_gap)
    solver.setOptionValue("mip_abs_gap", 0.0 if relative_gap == 0 else 1e-6)
    solver.setOptionValue("mip_max_nodes", MOST_BRANCHES)
    solver.passModel(program)
    solver.run()
    solution = np.array(solver.getSolution().col_value)
    if not len(solution):
        raise RuntimeError(f"cohort: the solver ended with {solver.getModelStatus().name}")
    chosen: IntArray = np.flatnonzero(solution[len(floors) + 1 :] > 0.5)
    lacking: FloatArray = np.rint(solution[: len(floors)])
    return chosen, lacking, float(solver.getInfo().mip_dual_bound)


def _new_solver() -> Any:
    """Make a silent solver of one thread whose answer hangs on no clock.

    Returns
    -------
    highspy.Highs
        With no model yet.
    """
    import highspy

    solver = highspy.Highs()
    solver.silent()
    for name, value in _OPTIONS.items():
        solver.setOptionValue(name, value)
    return solver


def _columns(n_people: int, pool: Pool) -> csc_array:
    """Return a column for each set: its person's row, then what it takes of the limits."""
    n = len(pool.row)
    whose = coo_array((np.ones(n), (pool.row, np.arange(n))), shape=(n_people, n))
    return vstack([whose.tocsc(), pool.use.T.tocsc()]).tocsc()


def _short(floors: IntArray, n_rows: int) -> csc_array:
    """Return a column for each floor that stands in for seats it lacks, and an empty one.

    HiGHS solves no programme without columns.
    """
    n = len(floors)
    return coo_array((-np.ones(n), (floors, np.arange(n))), shape=(n_rows, n + 1)).tocsc()


def _to_program(matrix: csc_array, worth: FloatArray, limits: Limits, n_people: int) -> Any:
    import highspy

    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    program.sense_ = highspy.ObjSense.kMaximize
    program.col_cost_ = worth
    program.col_lower_ = np.zeros(len(worth))
    # the row of the person keeps each set at one already
    program.col_upper_ = np.full(len(worth), np.inf)
    program.row_lower_ = np.full(matrix.shape[0], -np.inf)
    program.row_upper_ = np.concatenate([np.ones(n_people), limits.most])
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = matrix.indptr
    program.a_matrix_.index_ = matrix.indices
    program.a_matrix_.value_ = matrix.data
    return program
