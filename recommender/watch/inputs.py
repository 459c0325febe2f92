"""How the inputs of a model are distributed; kept in its card, and read without any statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray

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
    shares = find_shares(np.searchsorted(edges, values[known], side="right"), edges.size + 1)
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
    shares = find_shares(code_labels(values, labels), len(labels))
    return InputSummary(
        name, (), tuple(labels), tuple(shares.tolist()), int(np.unique(person).size)
    )


def code_labels(values: Sequence[str] | FloatArray, labels: Sequence[str]) -> IntArray:
    """Return the position of each value among labels, of which the last stands for all others."""
    at = {label: code for code, label in enumerate(labels)}
    others = len(labels) - 1
    return np.array([at.get(str(value), others) for value in values], dtype=np.int64)


def find_shares(code: IntArray, n_bins: int) -> FloatArray:
    """Return the share of records in each bin; 0 where there are no records."""
    return np.bincount(code, minlength=n_bins) / max(code.size, 1)
