"""Figures of how well predictions agree with what was measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.errors import ShapeMismatchError
from recommender.improvement.model.estimators import Estimator
from recommender.improvement.model.splitting import is_trained

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


def score_trained_rows(estimator: Estimator, X: pd.DataFrame, y: FloatArray) -> float:
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
