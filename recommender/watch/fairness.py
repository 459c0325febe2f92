"""How groups fare beside the others of the same grade and with gaps of the same size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.errors import ShapeMismatchError
from recommender.significance import NORMAL_95

GAP_BANDS = 5


@dataclass(frozen=True)
class GroupComparison:
    """Groups, each beside all others; arrays of shape (n_groups,), NaN where nobody has a value.

    Attributes
    ----------
    count : ndarray of int
        People with a value.
    mean, mean_error : ndarray of float
        Of them, as they are, and its standard error.
    difference, error : ndarray of float
        By how much they lie above the others of their strata, and its standard error; NaN where
        no stratum has members of the group and others.
    """

    count: IntArray
    mean: FloatArray
    mean_error: FloatArray
    difference: FloatArray
    error: FloatArray

    @property
    def lower(self) -> FloatArray:
        """Lower end of the 95 % interval of the difference."""
        return self.difference - NORMAL_95 * self.error

    @property
    def upper(self) -> FloatArray:
        """Upper end of the 95 % interval of the difference."""
        return self.difference + NORMAL_95 * self.error


def make_strata(grade: IntArray, gap: FloatArray, *, n_bands: int = GAP_BANDS) -> IntArray:
    """Put people together who have the same grade and gaps of about the same size.

    Parameters
    ----------
    grade : ndarray of int, shape (n_people,)
        Code of the grade.
    gap : ndarray of shape (n_people,)
        Mean gap in levels; NaN for who is to be assessed first, which is a stratum of its own.
    n_bands : int
        In so many bands of equal size the people of a grade are divided.

    Returns
    -------
    ndarray of int, shape (n_people,)
        Code of the stratum.

    References
    ----------
    Cochran (1968), The effectiveness of adjustment by subclassification in removing bias in
    observational studies, Biometrics 24: five bands remove about nine tenths of it.
    """
    band = np.full(grade.size, n_bands, dtype=np.int64)
    for code in np.unique(grade):
        rows = (grade == code) & np.isfinite(gap)
        if rows.any():
            edges = np.quantile(gap[rows], np.arange(1, n_bands) / n_bands)
            band[rows] = np.searchsorted(edges, gap[rows], side="right")
    return grade * (n_bands + 1) + band


def compare_groups(
    values: FloatArray, group: IntArray, stratum: IntArray, *, n_groups: int
) -> GroupComparison:
    """Compare each group with everybody else, stratum by stratum.

    Parameters
    ----------
    values : ndarray of shape (n_people,)
        What is compared; NaN for who is left out.
    group : ndarray of int, shape (n_people,)
        Code of each one's group; -1 for who belongs to the others of every group.
    stratum : ndarray of int, shape (n_people,)
        Who is comparable, as `make_strata` returns it.
    n_groups : int
        How many groups there are.

    Returns
    -------
    GroupComparison

    Raises
    ------
    ShapeMismatchError
        If the arrays differ in length.

    Notes
    -----
    A stratum counts by n·m / (n + m), of n members and m others. The standard error is that of
    dealing the values of each stratum out to its people by lot: right for any distribution of
    hours, most of which are 0.

    References
    ----------
    Mantel (1963), Chi-square tests with one degree of freedom, JASA 58; Koch et al. (1982).
    """
    if not values.shape == group.shape == stratum.shape:
        raise ShapeMismatchError(f"people: {values.shape}, {group.shape}, {stratum.shape}")
    known = np.isfinite(values)
    value, codes = values[known], np.unique(stratum[known], return_inverse=True)[1]
    n_strata = int(codes.max(initial=-1)) + 1
    # everybody without a group is one more, whose column is dropped in the end
    of = np.where(group[known] < 0, n_groups, group[known])
    cell = codes * (n_groups + 1) + of
    shape = (n_strata, n_groups + 1)
    size = n_strata * (n_groups + 1)
    n = np.bincount(cell, minlength=size).reshape(shape).astype(float)
    sums = np.bincount(cell, weights=value, minlength=size).reshape(shape)
    n_all = n.sum(axis=1, keepdims=True)
    usual = sums.sum(axis=1, keepdims=True) / n_all
    left = value - usual[codes, 0]
    squares = np.bincount(codes, weights=left**2, minlength=n_strata)[:, None]
    variance = squares / np.maximum(n_all - 1, 1)
    share = n * (n_all - n) / n_all
    weight = share.sum(axis=0)
    count = n.sum(axis=0)

    def over(part: FloatArray, whole: FloatArray) -> FloatArray:
        return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)

    mean = over(sums.sum(axis=0), count)
    spread: FloatArray = np.bincount(
        of, weights=(value - mean[of]) ** 2, minlength=n_groups + 1
    ).astype(float)
    return GroupComparison(
        count=count[:-1].astype(np.int64),
        mean=mean[:-1],
        mean_error=np.sqrt(over(spread, count * (count - 1)))[:-1],
        difference=over((sums - n * usual).sum(axis=0), weight)[:-1],
        error=over(np.sqrt((share * variance).sum(axis=0)), weight)[:-1],
    )


def find_since(differences: FloatArray, tolerances: FloatArray) -> int:
    """Find the period from which on a difference has been there without a break.

    Parameters
    ----------
    differences, tolerances : ndarray of shape (n_periods,)
        By period, the oldest first; NaN where nothing is known.

    Returns
    -------
    int
        Position of the first period of the latest run in which all lie beyond their tolerance, on
        the side of the last one; the last period where there is no such run.
    """
    last = len(differences) - 1
    there = np.sign(differences[-1]) * differences > tolerances
    breaks = np.flatnonzero(~there)
    return min(int(breaks[-1]) + 1, last) if breaks.size else 0
