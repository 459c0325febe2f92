"""Figures of how well predictions agree with what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.errors import ShapeMismatchError
from recommender.improvement.intervals import is_trained

LATER_SHARE = 0.3
# An error from fewer intervals would be mostly luck.
MIN_JUDGED = 20
MIN_PER_BIN = 10


@dataclass(frozen=True)
class GainScore:
    """How well one model predicts the measured gain.

    Attributes
    ----------
    rmse : float
        Root mean squared error of the gain, in levels.
    r_squared : float
        Share of the variance of the gain explained; below 0 worse than its mean.
    slope : float
        Slope of measured on predicted gain; 1 is calibrated, NaN where predictions do not vary.
    n_records : int
        Records judged on.
    """

    rmse: float
    r_squared: float
    slope: float
    n_records: int


@dataclass(frozen=True)
class IntervalCoverage:
    """Share of intervals of the next level that held, by group.

    Attributes
    ----------
    groups : tuple of str
        Names of the groups.
    share : ndarray of shape (n_groups,)
        Share that held; NaN where there are no records.
    count : ndarray of int, shape (n_groups,)
        Records in each group.
    """

    groups: tuple[str, ...]
    share: FloatArray
    count: IntArray


@dataclass(frozen=True)
class GainBins:
    """Records in bins of the predicted gain, lowest first; arrays of shape (n_bins,).

    Attributes
    ----------
    predicted, measured : ndarray of float
        Mean gain of the bin, in levels.
    standard_error : ndarray of float
        Of `measured`; NaN with a single record.
    count : ndarray of int
        Records in the bin.
    """

    predicted: FloatArray
    measured: FloatArray
    standard_error: FloatArray
    count: IntArray


@dataclass(frozen=True)
class PairedDifference:
    """By how much the error of a model is larger than that of the judged one, on the same folds.

    Attributes
    ----------
    known, cold : float
        Mean over the folds of the difference of the RMSE, in levels, on later intervals of other
        people, and on modules left out; NaN where there are no folds.
    known_error, cold_error : float
        Their standard errors; NaN with a single fold.
    """

    known: float
    known_error: float
    cold: float
    cold_error: float


@dataclass(frozen=True)
class Evaluation:
    """Models side by side.

    Attributes
    ----------
    estimator : str
        Name of the model that is judged; the intervals of the next level are of this one.
    known, cold : dict of str to GainScore
        By name of the model, on later intervals of other people, and on modules left out.
    paired : dict of str to PairedDifference
        By name of each other model.
    coverage_by_evidence, coverage_by_band : IntervalCoverage
        Of the 90 % interval of the next measured level, on later intervals.
    coverage_known, coverage_cold : float
        Overall.
    calibration_known, calibration_cold : GainBins
        Measured beside predicted gain, on later intervals and on modules left out.
    size_known : bool
        Whether the history has enough control rows to tell how much modules add; without them only
        the order of modules is judged.
    """

    estimator: str
    known: dict[str, GainScore]
    cold: dict[str, GainScore]
    paired: dict[str, PairedDifference]
    coverage_by_evidence: IntervalCoverage
    coverage_by_band: IntervalCoverage
    coverage_known: float
    coverage_cold: float
    calibration_known: GainBins
    calibration_cold: GainBins
    size_known: bool = True


def is_later(X: pd.DataFrame, *, share: float = LATER_SHARE) -> BoolArray:
    """Say which intervals count as later; all of them where there are no dates."""
    day = X["assessed_on"].to_numpy().astype("datetime64[D]").astype(float)
    dated = X["assessed_on"].notna().to_numpy()
    if not dated.any():
        return np.ones(len(X), dtype=bool)
    return dated & (day >= np.quantile(day[dated], 1.0 - share))


def score_trained_rows(estimator: Any, X: pd.DataFrame, y: FloatArray) -> float:
    """Score a model for `cross_val_score` and `GridSearchCV`: the larger, the better.

    Returns
    -------
    float
        Minus the mean squared error of the next level of trained people, in squared levels. R² of
        the level cannot tell settings apart: most of a level is known before.
    """
    trained = is_trained(X)
    error = np.asarray(y, dtype=float)[trained] - estimator.predict(X[trained])
    return -float(np.mean(error**2))


def score_gain(predicted: FloatArray, measured: FloatArray) -> GainScore:
    """Compare predicted with measured gain, both of shape (n,), in levels."""
    if predicted.shape != measured.shape:
        raise ShapeMismatchError(f"gains: {predicted.shape} and {measured.shape}")
    if measured.size == 0:
        nan = float("nan")
        return GainScore(nan, nan, nan, 0)
    error = measured - predicted
    spread = float(((measured - measured.mean()) ** 2).sum())
    return GainScore(
        rmse=float(np.sqrt((error**2).mean())),
        r_squared=1.0 - float((error**2).sum()) / spread if spread > 0 else float("nan"),
        slope=calibration_slope(predicted, measured),
        n_records=int(measured.size),
    )


def calibration_slope(predicted: FloatArray, measured: FloatArray) -> float:
    """Slope of measured on predicted values; NaN where predictions do not vary."""
    centred = predicted - predicted.mean()
    spread = float(centred @ centred)
    return float(centred @ measured) / spread if spread > 1e-12 else float("nan")


def bin_gains(predicted: FloatArray, measured: FloatArray, *, n_bins: int = 10) -> GainBins:
    """Put records into bins of about the same size.

    Parameters
    ----------
    predicted, measured : ndarray of shape (n,)
        Gain of each record, in levels.
    n_bins : int
        At most so many; fewer where a bin would have less than ten records. Equal predictions
        share a bin.

    Returns
    -------
    GainBins
    """
    if predicted.shape != measured.shape:
        raise ShapeMismatchError(f"gains: {predicted.shape} and {measured.shape}")
    n_bins = int(np.clip(predicted.size // MIN_PER_BIN, 1, n_bins))
    edges = np.quantile(predicted, np.arange(1, n_bins) / n_bins) if predicted.size else []
    bin_of = np.searchsorted(edges, predicted, side="right")
    # Equal edges leave bins empty: those that hold records are numbered anew.
    _, code = np.unique(bin_of, return_inverse=True)
    count = np.bincount(code).astype(np.int64)
    mean = np.bincount(code, weights=measured) / count
    squares = np.bincount(code, weights=(measured - mean[code]) ** 2)
    variance = np.divide(squares, count - 1, out=np.full(count.size, np.nan), where=count > 1)
    return GainBins(
        predicted=np.bincount(code, weights=predicted) / count,
        measured=mean,
        standard_error=np.sqrt(variance / count),
        count=count,
    )


def cover_groups(held: BoolArray, group: IntArray, names: tuple[str, ...]) -> IntervalCoverage:
    """Share of intervals that held in each group, given as codes into the names."""
    count = np.bincount(group, minlength=len(names)).astype(np.int64)
    share = np.bincount(group, weights=held, minlength=len(names)) / np.maximum(count, 1)
    return IntervalCoverage(names, np.where(count > 0, share, np.nan), count)
