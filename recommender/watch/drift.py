"""Whether what a model is asked about, and what comes of it, is still what it was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from recommender.arrays import FloatArray, IntArray
from recommender.watch.calibration import mean_by_person
from recommender.watch.inputs import InputSummary, code_labels, find_shares


@dataclass(frozen=True)
class InputDrift:
    """One input now beside what it was.

    Attributes
    ----------
    name : str
        As in the summary.
    shares : tuple of float
        As in the summary, over the new records.
    people : int
        Whose records these are.
    index : float
        Population stability index, less what chance alone makes of it; 0 at the least.
    p_value : float
        Of the test that the true index is at most what is tolerated.
    """

    name: str
    shares: tuple[float, ...]
    people: int
    index: float
    p_value: float


def compare_input(
    summary: InputSummary,
    values: FloatArray | Sequence[str],
    person: IntArray,
    *,
    tolerance: float,
) -> InputDrift:
    """Compare an input of new records with the summary of those a model was trained on.

    Parameters
    ----------
    summary : InputSummary
        Of the training.
    values : ndarray of shape (n_records,) or sequence of str
        Of the new records; NaN where a number is not known.
    person : ndarray of int, shape (n_records,)
        Whose record each is.
    tolerance : float
        The largest index that is no matter.

    Returns
    -------
    InputDrift
        Its p-value counts people in place of records, which is cautious; NaN without any.

    References
    ----------
    Yurdakul & Naranjo (2020), Statistical properties of the population stability index, Journal of
    Risk Model Validation 14: over (1/n + 1/m) the index is chi-squared, non-central where the
    distributions differ.
    """
    if summary.labels:
        code, who = code_labels(values, list(summary.labels)), person
    else:
        numbers = np.asarray(values, dtype=float)
        known = np.isfinite(numbers)
        code = np.searchsorted(np.array(summary.edges), numbers[known], side="right")
        who = person[known]
    n_bins = len(summary.shares)
    shares = find_shares(code, n_bins)
    people = int(np.unique(who).size)
    told = tuple(shares.tolist())
    if not people or not summary.people or n_bins < 2:
        return InputDrift(summary.name, told, people, float("nan"), float("nan"))
    chance = 1.0 / people + 1.0 / summary.people
    # half a person a bin: a value that is new, or gone, would make the index infinite
    now = (shares * people + 0.5) / (people + 0.5 * n_bins)
    then = (np.array(summary.shares) * summary.people + 0.5) / (summary.people + 0.5 * n_bins)
    index = float(((now - then) * np.log(now / then)).sum())
    p_value = 1.0 - float(special.chndtr(index / chance, n_bins - 1, tolerance / chance))
    return InputDrift(summary.name, told, people, max(0.0, index - (n_bins - 1) * chance), p_value)


@dataclass(frozen=True)
class GainDrift:
    """Gains measured since the training beside those predicted.

    Attributes
    ----------
    offset, error : float
        Measured less predicted in levels, over all records, and its standard error by person.
    changed_at : int or None
        Day of the first record after the sharpest change; None where there is no clear one.
    before, after : float
        The offset up to that day and from it on; NaN without a change.
    p_value : float
        Of the test that the offset is the same throughout.
    """

    offset: float
    error: float
    changed_at: int | None
    before: float
    after: float
    p_value: float


def find_gain_drift(
    residual: FloatArray, day: IntArray, person: IntArray, *, rate: float
) -> GainDrift:
    """Find whether gains fall short of, or exceed, predictions, and since when.

    Parameters
    ----------
    residual : ndarray of shape (n_records,)
        Measured less predicted gain, in levels.
    day : ndarray of int, shape (n_records,)
        Day of the later assessment of each.
    person : ndarray of int, shape (n_records,)
        Whose it is.
    rate : float
        Below this p-value a change is a clear one.

    Returns
    -------
    GainDrift

    References
    ----------
    Ploberger & Krämer (1992), The CUSUM test with OLS residuals, Econometrica 60: under no change
    the cumulative sum is a Brownian bridge, whose largest value has Kolmogorov's distribution.
    """
    nan = float("nan")
    offset, error = mean_by_person(residual, person)
    n, days = residual.size, np.unique(day)
    if not np.isfinite(error) or error <= 0 or days.size < 2:
        return GainDrift(offset, error, None, nan, nan, nan)
    order = np.argsort(day, kind="stable")
    path = np.cumsum(residual[order] - offset)
    # where a day ends: records of one day have no order among themselves
    ends = np.flatnonzero(np.diff(day[order]))
    at = ends[np.argmax(np.abs(path[ends]))]
    # error · n is the standard error of the whole sum, by person
    p_value = float(special.kolmogorov(abs(path[at]) / (error * n)))
    if p_value > rate:
        return GainDrift(offset, error, None, nan, nan, p_value)
    ordered = residual[order]
    return GainDrift(
        offset,
        error,
        int(day[order][at + 1]),
        float(ordered[: at + 1].mean()),
        float(ordered[at + 1 :].mean()),
        p_value,
    )
