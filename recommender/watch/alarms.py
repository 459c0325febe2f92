"""When a difference is an alarm: tests against a tolerance, all of a report together."""

from __future__ import annotations

import numpy as np
from scipy import special

from recommender.arrays import BoolArray, FloatArray
from recommender.significance import adjust_p_values

FALSE_ALARM_RATE = 0.01
"""Of reports in which nothing goes beyond its tolerance, the most that raise any alarm."""
FEWEST_TESTED = 20
"""People below whom a group is shown, but not tested: the normal range is too rough there."""


def p_value_beyond(estimate: FloatArray, error: FloatArray, tolerance: FloatArray) -> FloatArray:
    """Test that the true value lies within a tolerance of nothing.

    Parameters
    ----------
    estimate, error : ndarray of shape (n,)
        Normal estimate and its standard error, >= 0.
    tolerance : ndarray of shape (n,)
        How far from 0 the true value may lie, >= 0.

    Returns
    -------
    ndarray of shape (n,)
        p-value: how likely so large an estimate is at the most where the true value is tolerated;
        NaN where there is no estimate.

    References
    ----------
    Lehmann & Romano (2005), Testing Statistical Hypotheses, 3.7: the test of an interval.
    """
    distance = np.abs(estimate)
    return _tail(distance - tolerance, error) + _tail(distance + tolerance, error)


def p_value_below(estimate: FloatArray, error: FloatArray, bound: FloatArray) -> FloatArray:
    """Test that the true value is not below a bound; shapes and p-values as in `p_value_beyond`."""
    return _tail(bound - estimate, error)


def _tail(distance: FloatArray, error: FloatArray) -> FloatArray:
    # without any spread there is no doubt: beyond is beyond, and at the bound is within it
    sure = np.where(distance > 0, np.inf, -np.inf)
    z = np.divide(distance, error, out=sure, where=error > 0)
    return np.where(np.isnan(distance + error), np.nan, special.ndtr(-z))


def choose_alarms(p_values: FloatArray, *, rate: float = FALSE_ALARM_RATE) -> BoolArray:
    """Choose which of many tests raise an alarm.

    Parameters
    ----------
    p_values : ndarray of shape (n,)
        Of all tests of a report; NaN where nothing could be tested.
    rate : float
        The most that may be false: of the alarms raised and, where nothing is wrong, of reports.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    # NaN is not at or below anything
    return adjust_p_values(p_values) <= rate
