"""Statistics of indicators and exam subjects, by classical test theory.

An *item* is a behavioural indicator or a subject of an exam; its score for a person lies in [0, 1].
The person is the unit everywhere: several raters of a person make one score, so an interval does
not shrink with raters who tell of the same people. Missing scores are normal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from recommender.arrays import BoolArray, FloatArray, IntArray, round_off
from recommender.errors import ShapeMismatchError


@dataclass(frozen=True)
class ItemStatistics:
    """Statistics of items; all arrays of shape (n_items,), NaN where they cannot be told.

    Parameters
    ----------
    n : ndarray of int
        People with a score and a rest.
    difficulty, difficulty_lower, difficulty_upper : ndarray of float
        Mean score in [0, 1]: the *higher*, the easier. Interval by Student's t over people.
    discrimination, discrimination_lower, discrimination_upper : ndarray of float
        Correlation of the score with the rest, interval by Fisher's z.
    n_below, n_reached : ndarray of int
        People below the split of the rest, and at or above it.
    separation, separation_lower, separation_upper : ndarray of float
        Probability that somebody at or above the split scores higher in the item than somebody
        below it, ties counted half: 1 tells both apart without fail, .5 not at all. Interval by
        Newcombe's score method.
    """

    n: IntArray
    difficulty: FloatArray
    difficulty_lower: FloatArray
    difficulty_upper: FloatArray
    discrimination: FloatArray
    discrimination_lower: FloatArray
    discrimination_upper: FloatArray
    n_below: IntArray
    n_reached: IntArray
    separation: FloatArray
    separation_lower: FloatArray
    separation_upper: FloatArray


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha of an exam, with Feldt's interval; NaN where it cannot be told."""

    n: int
    value: float
    lower: float
    upper: float


def describe_items(
    scores: FloatArray,
    rest: FloatArray,
    split: FloatArray,
    *,
    confidence: float = 0.95,
) -> ItemStatistics:
    """Describe items by the scores of people.

    Parameters
    ----------
    scores, rest : ndarray of shape (n_people, n_items)
        Scores in [0, 1], and what everything else says of the same people; NaN where missing.
    split : ndarray of shape (n_items,)
        Where people are parted by the rest, in its unit.
    confidence : float
        Of each interval by itself, in (0, 1).

    Returns
    -------
    ItemStatistics
        Item by item.

    Raises
    ------
    ShapeMismatchError
        If scores, rest and split do not fit together.

    References
    ----------
    Corrected item-total correlation: J. C. Nunnally and I. H. Bernstein, *Psychometric Theory*,
    3rd ed., 1994, chapter 8. Separation is the area under the ROC curve; its interval is method 5
    of R. G. Newcombe, "Confidence intervals for an effect size measure based on the Mann-Whitney
    statistic. Part 2", Statistics in Medicine 25 (2006), 559-573.
    """
    if scores.shape != rest.shape or split.shape != scores.shape[1:]:
        raise ShapeMismatchError(
            f"scores, rest and split differ: {scores.shape}, {rest.shape}, {split.shape}"
        )
    known = ~np.isnan(scores) & ~np.isnan(rest)
    n: IntArray = known.sum(axis=0)
    x, y = np.where(known, scores, 0.0), np.where(known, rest, 0.0)
    mean, deviation = _mean_and_deviation(x, known, n)
    quantile = special.stdtrit(np.maximum(n - 1, 1), (1 + confidence) / 2)
    reach = quantile * deviation / np.sqrt(np.maximum(n, 1))
    z = float(special.ndtri((1 + confidence) / 2))
    r = _correlate(x, y, known, n)
    r_lower, r_upper = _fisher_interval(r, n, z)
    # rounded: a rest of exactly the split reaches it, in whatever order it was added up
    reached: BoolArray = known & (round_off(rest) >= split)
    n_reached: IntArray = reached.sum(axis=0)
    n_below: IntArray = n - n_reached
    separation = _separate(scores, known, reached)
    lower, upper = _newcombe_interval(separation, n_below, n_reached, z)
    return ItemStatistics(
        n=n,
        difficulty=mean,
        difficulty_lower=np.maximum(mean - reach, 0.0),
        difficulty_upper=np.minimum(mean + reach, 1.0),
        discrimination=r,
        discrimination_lower=r_lower,
        discrimination_upper=r_upper,
        n_below=n_below,
        n_reached=n_reached,
        separation=separation,
        separation_lower=lower,
        separation_upper=upper,
    )


def cronbach_alpha(scores: FloatArray, *, confidence: float = 0.95) -> Alpha:
    """Tell how far the subjects of an exam measure the same.

    Parameters
    ----------
    scores : ndarray of shape (n_people, n_items)
        Only people with every score count.
    confidence : float
        Of the interval, in (0, 1).

    Returns
    -------
    Alpha
        NaN with fewer than two items or two people, or where all people have the same sum.

    References
    ----------
    L. S. Feldt, "The approximate sampling distribution of Kuder-Richardson reliability coefficient
    twenty", Psychometrika 30 (1965), 357-370.
    """
    complete = scores[~np.isnan(scores).any(axis=1)]
    n, k = complete.shape
    nothing = Alpha(n, np.nan, np.nan, np.nan)
    if n < 2 or k < 2:
        return nothing
    whole = float(complete.sum(axis=1).var(ddof=1))
    if whole <= 1e-12:
        return nothing
    alpha = k / (k - 1) * (1 - float(complete.var(axis=0, ddof=1).sum()) / whole)
    rest = (1 - confidence) / 2
    low, high = (float(special.fdtri(n - 1, (n - 1) * (k - 1), q)) for q in (rest, 1 - rest))
    return Alpha(n, alpha, 1 - (1 - alpha) * high, 1 - (1 - alpha) * low)


def separation_variance(
    separation: FloatArray | float, n_below: IntArray, n_reached: IntArray
) -> FloatArray:
    """Return the variance an estimate of a separation has, by Newcombe's method 5."""
    theta = np.asarray(separation, dtype=float)
    middle = (n_below + n_reached) / 2 - 1
    spread = 1 + middle * ((1 - theta) / (2 - theta) + theta / (1 + theta))
    variance: FloatArray = theta * (1 - theta) * spread / (n_below * n_reached)
    return variance


def _mean_and_deviation(
    x: FloatArray, known: BoolArray, n: IntArray
) -> tuple[FloatArray, FloatArray]:
    nothing = np.full(len(n), np.nan)
    mean = np.divide(x.sum(axis=0), n, out=nothing.copy(), where=n > 0)
    squares = (np.where(known, x - mean, 0.0) ** 2).sum(axis=0)
    return mean, np.sqrt(np.divide(squares, n - 1, out=nothing, where=n > 1))


def _correlate(x: FloatArray, y: FloatArray, known: BoolArray, n: IntArray) -> FloatArray:
    """Return Pearson's correlation, column by column."""
    many = np.maximum(n, 1)
    dx = np.where(known, x - x.sum(axis=0) / many, 0.0)
    dy = np.where(known, y - y.sum(axis=0) / many, 0.0)
    spread = np.sqrt((dx**2).sum(axis=0) * (dy**2).sum(axis=0))
    # constant but for rounding errors: there is nothing to correlate
    r = np.divide(
        (dx * dy).sum(axis=0), spread, out=np.full(len(n), np.nan), where=spread > 1e-12 * many
    )
    return np.clip(r, -1.0, 1.0)


def _fisher_interval(r: FloatArray, n: IntArray, z: float) -> tuple[FloatArray, FloatArray]:
    with np.errstate(divide="ignore"):  # a correlation of 1 is infinite there, and comes back as 1
        at = np.arctanh(r)
    reach = np.divide(z, np.sqrt(np.maximum(n - 3, 1)), out=np.full(len(r), np.nan), where=n > 3)
    return np.tanh(at - reach), np.tanh(at + reach)


def _separate(scores: FloatArray, known: BoolArray, reached: BoolArray) -> FloatArray:
    """Return the Mann-Whitney statistic as a probability, column by column."""
    separation = np.full(scores.shape[1], np.nan)
    # scores that are equal but for the order of a sum are tied
    told = np.round(scores, 9)
    for i in range(scores.shape[1]):
        above = told[reached[:, i], i]
        below = np.sort(told[known[:, i] & ~reached[:, i], i])
        if len(above) and len(below):
            lower = np.searchsorted(below, above, side="left")
            not_higher = np.searchsorted(below, above, side="right")
            separation[i] = (lower + not_higher).mean() / (2 * len(below))
    return separation


def _newcombe_interval(
    separation: FloatArray, n_below: IntArray, n_reached: IntArray, z: float
) -> tuple[FloatArray, FloatArray]:
    """Find the separations that are just as far from the estimate as their error allows."""
    usable = (n_below > 0) & (n_reached > 0)
    one = np.ones(len(usable), dtype=np.int64)
    below, reached = np.where(usable, n_below, one), np.where(usable, n_reached, one)
    theta = np.where(usable, separation, 0.5)
    bounds: list[FloatArray] = []
    for end in (0.0, 1.0):
        # bisection: at the estimate the distance is 0 and within the error, at the end it is not
        inside, outside = theta.copy(), np.full_like(theta, end)
        for _ in range(50):
            middle = (inside + outside) / 2
            error = z * np.sqrt(separation_variance(middle, below, reached))
            within = np.abs(middle - theta) <= error
            inside, outside = np.where(within, middle, inside), np.where(within, outside, middle)
        bounds.append(np.where(usable, inside, np.nan))
    return bounds[0], bounds[1]
