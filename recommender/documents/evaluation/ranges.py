"""Ranges of what was counted and measured, as charts, report and pages show them."""

from __future__ import annotations

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.significance import NORMAL_95

FEW = 20  # with fewer records the interval of a share near 90 % is wider than ±14 points


def find_share_range(share: FloatArray, count: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the 95 % interval of a share after Wilson (1927).

    Parameters
    ----------
    share, count : ndarray of shape (n_groups,)
        The share in each group, and of how many records.

    Returns
    -------
    lower : ndarray of shape (n_groups,)
        NaN without records.
    upper : ndarray of shape (n_groups,)
        Likewise.
    """
    # the plain normal interval would pass 100 % and be empty where every interval held
    n = np.where(count > 0, count, np.nan).astype(float)
    square = NORMAL_95**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = NORMAL_95 / (1 + square / n) * np.sqrt(share * (1 - share) / n + square / (4 * n**2))
    return middle - half, middle + half
