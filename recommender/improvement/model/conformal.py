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

# The 5 % tails of a band then rest on seven or more records each.
MIN_PER_BAND = 150
MAX_BANDS = 5
COVERAGE = 0.9


@dataclass(frozen=True)
class Calibration:
    """How far the next measured level may lie from its expectation, in standard deviations.

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
    # Bands, because intervals are narrower near the ceiling; equal edges, where many start alike,
    # are one.
    edges = np.unique(np.quantile(level, np.arange(1, n_bands) / n_bands))
    band = np.searchsorted(edges, level, side="right")
    bounds = np.zeros((4, edges.size + 1))
    for code in range(edges.size + 1):
        mine = band == code
        bounds[:2, code] = _tails(known[mine] if mine.any() else known)
        left_out = unseen[np.isfinite(unseen)]
        of_band = unseen[mine & np.isfinite(unseen)]
        # Too few in the band: take those of all bands, and without enough of them those of known
        # modules, which are a little too narrow.
        if of_band.size < MIN_PER_BAND // 2:
            of_band = left_out if left_out.size >= 30 else known[mine] if mine.any() else known
        bounds[2:, code] = _tails(of_band)
    return Calibration(edges, *bounds)


def _tails(residuals: FloatArray) -> tuple[float, float]:
    """Find bounds that hold 90 %, corrected for a finite sample, half of the rest on each side."""
    ordered = np.sort(residuals)
    n = ordered.size
    # n + 1, as the next level is one more draw: without it small samples promise too much.
    upper = int(np.ceil((n + 1) * (1.0 + COVERAGE) / 2.0)) - 1
    lower = int(np.floor((n + 1) * (1.0 - COVERAGE) / 2.0)) - 1
    return float(ordered[max(lower, 0)]), float(ordered[min(upper, n - 1)])
