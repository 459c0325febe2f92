"""What a model predicted beside what was measured afterwards, in groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.errors import ShapeMismatchError

NOMINAL_COVERAGE = 0.9
"""Share of ranges of the next level that should hold."""


@dataclass(frozen=True)
class CalibrationFigures:
    """Records that a model did not learn from, in groups; arrays of shape (n_groups,).

    Attributes
    ----------
    records, people : ndarray of int
        How many records there are, and of how many people.
    predicted, observed : ndarray of float
        Mean gain in levels.
    offset, offset_error : ndarray of float
        Observed less predicted, and its standard error.
    slope, slope_error : ndarray of float
        Of observed on predicted gain; NaN where predictions do not vary.
    coverage, coverage_error : ndarray of float
        Share of the 90 % ranges that held.
    rest_offset, rest_error : ndarray of float
        The offset of all records outside of the group.
    """

    records: IntArray
    people: IntArray
    predicted: FloatArray
    observed: FloatArray
    offset: FloatArray
    offset_error: FloatArray
    slope: FloatArray
    slope_error: FloatArray
    coverage: FloatArray
    coverage_error: FloatArray
    rest_offset: FloatArray
    rest_error: FloatArray


def measure_calibration(
    predicted: FloatArray,
    observed: FloatArray,
    held: BoolArray,
    person: IntArray,
    group: IntArray,
    *,
    n_groups: int,
) -> CalibrationFigures:
    """Compare predicted with observed gains, group by group.

    Parameters
    ----------
    predicted, observed : ndarray of shape (n_records,)
        Gain of each record, in levels.
    held : ndarray of bool, shape (n_records,)
        Whether the measured level lies within the range that was given for it.
    person, group : ndarray of int, shape (n_records,)
        Whose record it is, and of which group; -1 for none.
    n_groups : int
        How many groups there are.

    Returns
    -------
    CalibrationFigures

    Raises
    ------
    ShapeMismatchError
        If the arrays differ in length.

    Notes
    -----
    All standard errors are by person: the records of one person come from the same raters and
    share their mistakes, so that ten of them are not ten witnesses.

    References
    ----------
    Liang & Zeger (1986), Longitudinal data analysis using generalized linear models, Biometrika 73.
    """
    arrays = (predicted, observed, held, person, group)
    if len({array.shape for array in arrays}) > 1:
        raise ShapeMismatchError(f"records: {[array.shape for array in arrays]}")
    residual = observed - predicted
    figures = np.full((n_groups, 10), np.nan)
    counts = np.zeros((n_groups, 2), dtype=np.int64)
    for code in range(n_groups):
        rows = group == code
        counts[code] = rows.sum(), np.unique(person[rows]).size
        if rows.any():
            x, y = predicted[rows], observed[rows]
            figures[code] = (
                x.mean(),
                y.mean(),
                *mean_by_person(residual[rows], person[rows]),
                *_slope_by_person(x, y, person[rows]),
                *mean_by_person(held[rows].astype(float), person[rows]),
                *mean_by_person(residual[~rows], person[~rows]),
            )
    return CalibrationFigures(counts[:, 0], counts[:, 1], *figures.T)


def mean_by_person(values: FloatArray, person: IntArray) -> tuple[float, float]:
    """Return a mean over records and its standard error by person; NaN where it has none.

    Parameters
    ----------
    values : ndarray of shape (n_records,)
        Any figure.
    person : ndarray of int, shape (n_records,)
        Whose it is.
    """
    if not values.size:
        return float("nan"), float("nan")
    mean = float(values.mean())
    return mean, _error_by_person(values - mean, person) / values.size


def _slope_by_person(x: FloatArray, y: FloatArray, person: IntArray) -> tuple[float, float]:
    centred = x - x.mean()
    spread = float(centred @ centred)
    if spread < 1e-9 * x.size:
        return float("nan"), float("nan")
    slope = float(centred @ y) / spread
    left = y - y.mean() - slope * centred
    return slope, _error_by_person(centred * left, person) / spread


def _error_by_person(scores: FloatArray, person: IntArray) -> float:
    """Standard error of a sum of scores of mean 0; NaN with a single person."""
    sums = np.bincount(np.unique(person, return_inverse=True)[1], weights=scores)
    n = sums.size
    return float(np.sqrt(n / (n - 1) * (sums @ sums))) if n > 1 else float("nan")
