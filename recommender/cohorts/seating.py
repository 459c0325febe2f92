"""Which run of a module each person attends, once it is settled who takes which modules."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from scipy.sparse import coo_array

from recommender.arrays import FloatArray, IntArray
from recommender.cohorts.master import new_solver
from recommender.cohorts.options import Options, find_overlaps
from recommender.cohorts.problem import CohortProblem


def seat_people(problem: CohortProblem, options: Options, rows: IntArray) -> IntArray:
    """Give people a run of each module they take, as many and as valuable ones as can be.

    Nearly a problem of transport, with seats at one side and people at the other; days in common
    and prerequisites tie a few pairs of seats together.

    Parameters
    ----------
    problem : CohortProblem
        Seats and dates.
    options : Options
        By offering.
    rows : ndarray of int of shape (n_rows,)
        Positions in `Options`: every run of the modules that people are to take.

    Returns
    -------
    ndarray of int
        Those of `rows` that people get.
    """
    import highspy  # slow to import, and needed by plans and cohorts only

    if not len(rows):
        return rows
    person, module = options.person[rows], options.module[rows]
    offering, n = options.offering[rows], len(rows)
    _, once = np.unique(np.stack([person, module]), axis=1, return_inverse=True)
    entries = [(once, np.arange(n), np.ones(n))]
    most = [np.ones(int(once.max()) + 1)]
    entries.append((len(most[0]) + offering, np.arange(n), np.ones(n)))
    most.append(problem.offerings.seats.astype(np.float64))
    ties, limits = _tie(problem, options, rows)
    entries.append(
        (sum(map(len, most)) + ties[0].astype(np.int64), ties[1].astype(np.int64), ties[2])
    )
    most.append(limits)
    at, column, value = (np.concatenate(each) for each in zip(*entries, strict=True))
    upper = np.concatenate(most)
    matrix = coo_array((value, (at, column)), shape=(len(upper), n)).tocsc()

    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    program.sense_ = highspy.ObjSense.kMaximize
    # every seat counts, as somebody was to have it for a floor, or before another
    program.col_cost_ = 1.0 + np.maximum(options.alone[rows], 0.0) + 100.0 * options.must[rows]
    program.col_lower_, program.col_upper_ = np.zeros(n), np.ones(n)
    program.row_lower_, program.row_upper_ = np.full(len(upper), -np.inf), upper
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = matrix.indptr
    program.a_matrix_.index_ = matrix.indices
    program.a_matrix_.value_ = matrix.data
    program.integrality_ = [highspy.HighsVarType.kInteger] * n
    solver: Any = new_solver()
    solver.setOptionValue("mip_rel_gap", 1e-4)
    solver.passModel(program)
    solver.run()
    return rows[np.array(solver.getSolution().col_value) > 0.5]


def _tie(
    problem: CohortProblem, options: Options, rows: IntArray
) -> tuple[tuple[FloatArray, FloatArray, FloatArray], FloatArray]:
    """Return rows for seats that exclude one another, and for those that need an earlier one."""
    overlap = find_overlaps(problem)
    starts, ends = problem.offerings.starts_on, problem.offerings.ends_on
    entries: list[tuple[int, int, float]] = []
    most: list[float] = []
    person = options.person[rows]
    begin = np.append(np.flatnonzero(np.diff(person, prepend=-1)), len(rows))
    module, offering = options.module[rows].tolist(), options.offering[rows].tolist()
    for first, last in zip(begin[:-1].tolist(), begin[1:].tolist(), strict=True):
        inside = range(first, last)
        here = offering[first:last]
        if overlap[np.ix_(here, here)].sum() > len(here):
            for a, b in combinations(inside, 2):
                if module[a] != module[b] and overlap[offering[a], offering[b]]:
                    entries += [(len(most), a, 1.0), (len(most), b, 1.0)]
                    most.append(1.0)
        for later in inside:
            if not options.dependent[rows[later]]:
                continue
            for before in problem.prerequisites[module[later]]:
                if not problem.completed[person[first], before]:
                    entries.append((len(most), later, 1.0))
                    entries += [
                        (len(most), each, -1.0)
                        for each in inside
                        if module[each] == before and ends[offering[each]] < starts[offering[later]]
                    ]
                    most.append(0.0)
    columns = np.array(entries, dtype=np.float64).reshape(-1, 3).T
    return (columns[0], columns[1], columns[2]), np.array(most)
