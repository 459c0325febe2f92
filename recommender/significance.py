"""How sure an estimate is: the 95 % range of one, and what many tests at once leave of each."""

from __future__ import annotations

import numpy as np

from recommender.arrays import FloatArray

NORMAL_95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""


def adjust_p_values(p_values: FloatArray) -> FloatArray:
    """Adjust p-values for how many tests there are.

    Parameters
    ----------
    p_values : ndarray of any shape
        NaN where nothing could be tested, which counts as no test.

    Returns
    -------
    ndarray of the same shape
        At or below a rate q, of which at most the share q is false; NaN where nothing was tested.

    Notes
    -----
    `scipy.stats.false_discovery_control` does this too, but takes two seconds to be imported.

    References
    ----------
    Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", Journal of the Royal
    Statistical Society B 57 (1995), 289-300.
    """
    adjusted = np.full(p_values.shape, np.nan)
    tested = np.isfinite(p_values)
    p = p_values[tested]
    order = np.argsort(p)
    stepped = p[order] * p.size / np.arange(1, p.size + 1)
    smallest = np.minimum.accumulate(stepped[::-1])[::-1].clip(max=1.0)
    among = np.empty(p.size)
    among[order] = smallest
    adjusted[tested] = among
    return adjusted
