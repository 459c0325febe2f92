"""Measured beside predicted gain, in bins: whether a model means what it says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.errors import ShapeMismatchError

MIN_PER_BIN = 10


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


def bin_gains(predicted: FloatArray, measured: FloatArray, *, n_bins: int = 10) -> GainBins:
    """Put records into bins of about the same size.

    Parameters
    ----------
    predicted, measured : ndarray of shape (n,)
        Gain of each record, in levels.
    n_bins : int
        At most; fewer if a bin had less than ten records. Equal predictions share a bin.

    Returns
    -------
    GainBins
    """
    if predicted.shape != measured.shape:
        raise ShapeMismatchError(f"gains: {predicted.shape} and {measured.shape}")
    n_bins = int(np.clip(predicted.size // MIN_PER_BIN, 1, n_bins))
    edges = np.quantile(predicted, np.arange(1, n_bins) / n_bins) if predicted.size else []
    found = np.searchsorted(edges, predicted, side="right")
    _, code = np.unique(found, return_inverse=True)
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
