"""Intervals of the next measured level that hold whatever the noise looks like.

References
----------
Barber, Candès, Ramdas & Tibshirani (2021), Predictive inference with the jackknife+, Annals of
Statistics 49; MODEL.md, finding 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, FloatArray

MIN_PER_BAND = 150
MAX_BANDS = 5
COVERAGE = 0.9


@dataclass(frozen=True)
class Calibration:
    """How far the next measured level falls from its expectation, in standard deviations.

    Attributes
    ----------
    edges : ndarray of shape (n_bands - 1,)
        Inner edges of the bands of starting level, on [0, 4].
    known_lower, known_upper : ndarray of shape (n_bands,)
        For modules with records.
    unseen_lower, unseen_upper : ndarray of shape (n_bands,)
        For modules without, from modules left out.
    """

    edges: FloatArray
    known_lower: FloatArray
    known_upper: FloatArray
    unseen_lower: FloatArray
    unseen_upper: FloatArray

    def bounds(self, level: FloatArray, seen: BoolArray) -> tuple[FloatArray, FloatArray]:
        """Lower and upper bound in standard deviations, for starting levels on [0, 4]."""
        band = np.searchsorted(self.edges, level, side="right")
        lower = np.where(seen, self.known_lower[band], self.unseen_lower[band])
        upper = np.where(seen, self.known_upper[band], self.unseen_upper[band])
        return lower, upper


def calibrate(level: FloatArray, known: FloatArray, unseen: FloatArray) -> Calibration:
    """Find the quantiles of left-out residuals by band of starting level.

    Parameters
    ----------
    level : ndarray of shape (n,)
        Starting level of trained records, on [0, 4].
    known : ndarray of shape (n,)
        Standardised residual with the record left out.
    unseen : ndarray of shape (n,)
        Standardised residual with the whole module left out; NaN where not done.
    """
    n_bands = int(np.clip(level.size // MIN_PER_BAND, 1, MAX_BANDS))
    edges = np.unique(np.quantile(level, np.arange(1, n_bands) / n_bands))
    band = np.searchsorted(edges, level, side="right")
    bounds = np.zeros((4, edges.size + 1))
    for code in range(edges.size + 1):
        mine = band == code
        bounds[:2, code] = _tails(known[mine] if mine.any() else known)
        left_out = unseen[np.isfinite(unseen)]
        own = unseen[mine & np.isfinite(unseen)]
        if own.size < MIN_PER_BAND // 2:
            own = left_out if left_out.size >= 30 else known[mine] if mine.any() else known
        bounds[2:, code] = _tails(own)
    return Calibration(edges, *bounds)


def _tails(residuals: FloatArray) -> tuple[float, float]:
    """Bounds that hold 90 % with the correction for a finite sample, half of the rest each side."""
    ordered = np.sort(residuals)
    n = ordered.size
    upper = int(np.ceil((n + 1) * (1.0 + COVERAGE) / 2.0)) - 1
    lower = int(np.floor((n + 1) * (1.0 - COVERAGE) / 2.0)) - 1
    return float(ordered[max(lower, 0)]), float(ordered[min(upper, n - 1)])
