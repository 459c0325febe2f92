"""Whether what a model is asked about, and what comes of it, is still what it was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from recommender.arrays import FloatArray, IntArray
from recommender.watch.calibration import mean_by_person

N_BINS = 10
MOST_LABELS = 30
FEWEST_NAMED = 5
"""People below whom a value is not named in a summary, as it goes with the model."""
OTHERS = ""


@dataclass(frozen=True)
class InputSummary:
    """How one input was distributed over the records that a model was trained on.

    Attributes
    ----------
    name : str
        ``level``, ``gap``, ``grade``, ``unit``, ``competency`` or ``module``.
    edges : tuple of float
        Of a number: inner edges of its bins.
    labels : tuple of str
        Of a code: its values; the last, which is empty, stands for all others.
    shares : tuple of float
        Of each bin or value; they add up to 1.
    people : int
        Whose records they are.
    """

    name: str
    edges: tuple[float, ...]
    labels: tuple[str, ...]
    shares: tuple[float, ...]
    people: int


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


def summarise_numbers(name: str, values: FloatArray, person: IntArray) -> InputSummary:
    """Summarise a number by its deciles.

    Parameters
    ----------
    name : str
        Of the input.
    values : ndarray of shape (n_records,)
        NaN where it is not known.
    person : ndarray of int, shape (n_records,)
        Whose record each is.

    Returns
    -------
    InputSummary
        With fewer bins where many values are equal.
    """
    known = np.isfinite(values)
    edges = np.empty(0)
    if known.any():
        lowest = float(values[known].min())
        edges = np.unique(np.quantile(values[known], np.arange(1, N_BINS) / N_BINS))
        # nothing lies below an edge that is the smallest value
        edges = edges[edges > lowest]
        if not edges.size:  # nine in ten are the smallest: all others are one bin
            edges = np.array([np.nextafter(lowest, np.inf)])
    shares = _shares(np.searchsorted(edges, values[known], side="right"), edges.size + 1)
    people = int(np.unique(person[known]).size)
    return InputSummary(name, tuple(edges.tolist()), (), tuple(shares.tolist()), people)


def summarise_labels(name: str, values: Sequence[str], person: IntArray) -> InputSummary:
    """Summarise a code by the shares of its most frequent values.

    Parameters
    ----------
    name : str
        Of the input.
    values : sequence of str
        One a record.
    person : ndarray of int, shape (n_records,)
        Whose record each is. A value that fewer than five people have counts among the others.

    Returns
    -------
    InputSummary
    """
    found, code = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    count = np.bincount(code, minlength=found.size)
    pairs = np.unique(np.stack([code, person], axis=1), axis=0) if code.size else np.empty((0, 2))
    people = np.bincount(pairs[:, 0].astype(np.int64), minlength=found.size)
    order = np.lexsort((found, -count))[:MOST_LABELS]
    labels = sorted(found[at] for at in order.tolist() if people[at] >= FEWEST_NAMED and found[at])
    labels = [*map(str, labels), OTHERS]
    shares = _shares(_code(values, labels), len(labels))
    return InputSummary(
        name, (), tuple(labels), tuple(shares.tolist()), int(np.unique(person).size)
    )


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
        code, who = _code(values, list(summary.labels)), person
    else:
        numbers = np.asarray(values, dtype=float)
        known = np.isfinite(numbers)
        code = np.searchsorted(np.array(summary.edges), numbers[known], side="right")
        who = person[known]
    n_bins = len(summary.shares)
    shares = _shares(code, n_bins)
    people = int(np.unique(who).size)
    told = tuple(shares.tolist())
    if not people or not summary.people or n_bins < 2:
        return InputDrift(summary.name, told, people, float("nan"), float("nan"))
    chance = 1.0 / people + 1.0 / summary.people
    # half a person a bin: a value that is new, or gone, would make the index infinite
    now = (shares * people + 0.5) / (people + 0.5 * n_bins)
    then = (np.array(summary.shares) * summary.people + 0.5) / (summary.people + 0.5 * n_bins)
    index = float(((now - then) * np.log(now / then)).sum())
    p_value = float(stats.ncx2.sf(index / chance, n_bins - 1, tolerance / chance))
    return InputDrift(summary.name, told, people, max(0.0, index - (n_bins - 1) * chance), p_value)


def _code(values: Sequence[str] | FloatArray, labels: Sequence[str]) -> IntArray:
    at = {label: code for code, label in enumerate(labels)}
    others = len(labels) - 1
    return np.array([at.get(str(value), others) for value in values], dtype=np.int64)


def _shares(code: IntArray, n_bins: int) -> FloatArray:
    return np.bincount(code, minlength=n_bins) / max(code.size, 1)


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
    p_value = float(stats.kstwobign.sf(abs(path[at]) / (error * n)))
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
