"""Statistics of indicators and exam subjects, by classical test theory.

An *item* is a behavioural indicator or a subject of an exam; its score for a person lies in [0, 1].
The person is the unit everywhere: several raters of a person make one score, so an interval does
not shrink with raters who tell of the same people.

Missing scores are normal: a questionnaire asks no more than the levels around a person's target,
and raters leave out what they have not seen. So behaviour is not compared with a sum of the other
items, which would count who was asked for what, but with the level that scoring gives without the
item.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.errors import ShapeMismatchError
from recommender.scoring.assessments import N_LEVELS
from recommender.scoring.ratings import HIGHEST_RATING, RatingArrays, combine_types, sum_levels

_N_TYPES = 4


@dataclass(frozen=True)
class ScoredItems:
    """People's scores in indicators; all arrays of shape (n_people, n_items).

    Parameters
    ----------
    score : ndarray of float
        Fulfilment of the indicator in [0, 1], the rater types weighted as scoring weights them;
        NaN where nobody rated it.
    rest : ndarray of float
        Level in the indicator's competency by all other indicators, in [0, 4]; NaN where there is
        no score or no other indicator was rated.
    """

    score: FloatArray
    rest: FloatArray


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
    alpha: float
    lower: float
    upper: float


def score_items(
    ratings: RatingArrays,
    items: IntArray,
    *,
    item_competency: IntArray,
    item_level: IntArray,
    rater_weights: FloatArray,
    n_people: int,
) -> ScoredItems:
    """Score people in indicators, and by everything else that was rated.

    Parameters
    ----------
    ratings : RatingArrays
        Of one assessment of each person and competency.
    items : ndarray of int, shape (n_ratings,)
        Code of the indicator of each rating.
    item_competency, item_level : ndarray of int, shape (n_items,)
        What each indicator belongs to; levels from 1.
    rater_weights : ndarray of shape (4,)
        In the order of `RATER_TYPE_CODES`.
    n_people : int
        People, of whom some may have no rating.

    Returns
    -------
    ScoredItems
        The rest of an indicator is what `scoring` would give without it, so that it can be
        compared between people who were asked for different levels.

    References
    ----------
    DESIGN, section 4, "Behavioural competency".
    """
    n_items, n_competencies = len(item_level), int(item_competency.max(initial=-1)) + 1
    shape = (n_people, n_items)
    # Sums and counts of ratings by person and item, and by person and level of a competency; the
    # rater type is the last axis.
    cell = (ratings.person * n_items + items) * _N_TYPES + ratings.rater_type
    size = n_people * n_items * _N_TYPES
    count = np.bincount(cell, minlength=size).reshape(*shape, _N_TYPES)
    points = np.bincount(cell, ratings.rating / HIGHEST_RATING, minlength=size)
    total = points.astype(float).reshape(count.shape)
    score = _weigh(total, count, rater_weights)
    step = item_competency * N_LEVELS + item_level - 1
    step_count, step_total = (
        _add_columns(each, step, n_competencies * N_LEVELS) for each in (count, total)
    )
    person, item = np.nonzero(~np.isnan(score))
    rest = np.full(shape, np.nan)
    if len(person):
        levels = item_competency[item][:, None] * N_LEVELS + np.arange(N_LEVELS)
        others = step_count[person[:, None], levels].astype(float)
        sums = step_total[person[:, None], levels]
        at = np.arange(len(person)), item_level[item] - 1
        others[at] -= count[person, item]
        sums[at] -= total[person, item]
        # what an item leaves behind may be a rounding error where it was all there was
        by_type = np.divide(sums, others, out=np.full_like(sums, np.nan), where=others > 0.5)
        level = sum_levels(combine_types(by_type.swapaxes(1, 2), rater_weights))
        rest[person, item] = np.where(others.any(axis=(1, 2)), level, np.nan)
    return ScoredItems(score, rest)


def rest_means(scores: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Return the weighted mean of all other items, as the rest of each.

    Parameters
    ----------
    scores : ndarray of shape (n_people, n_items)
        NaN where missing.
    weights : ndarray of shape (n_items,), optional
        Weights of the items; all alike when not given.

    Returns
    -------
    ndarray of shape (n_people, n_items)
        NaN for people who lack any score: means over different items cannot be compared.
    """
    share = np.ones(scores.shape[1]) if weights is None else np.asarray(weights, dtype=float)
    total: FloatArray = (scores * share).sum(axis=1, keepdims=True)  # NaN with any missing one
    left = share.sum() - share
    return np.divide(total - scores * share, left, out=np.full_like(scores, np.nan), where=left > 0)


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
    reach = stats.t.ppf((1 + confidence) / 2, np.maximum(n - 1, 1)) * deviation / np.sqrt(n.clip(1))
    z = float(stats.norm.ppf((1 + confidence) / 2))
    r = _correlate(x, y, known, n)
    r_lower, r_upper = _fisher_interval(r, n, z)
    reached: BoolArray = known & (rest >= split)
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
    low, high = (float(stats.f.ppf(q, n - 1, (n - 1) * (k - 1))) for q in (rest, 1 - rest))
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


def _weigh(total: FloatArray, count: IntArray, rater_weights: FloatArray) -> FloatArray:
    """Combine the means of the rater types, of which some did not rate."""
    mean = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    weight = rater_weights * (count > 0)
    whole = weight.sum(axis=-1)
    return np.divide(
        (weight * mean).sum(axis=-1), whole, out=np.full(whole.shape, np.nan), where=whole > 0
    )


def _add_columns(values: FloatArray | IntArray, to: IntArray, n_columns: int) -> FloatArray:
    """Sum values of shape (n_people, n_items, ...) over the items that go to the same column."""
    sums = np.zeros((values.shape[0], n_columns, *values.shape[2:]))
    for column in np.unique(to).tolist():
        sums[:, column] = values[:, to == column].sum(axis=1)
    return sums


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
    n_reached, n_known = reached.sum(axis=0), known.sum(axis=0)
    n_below = n_known - n_reached
    # Those without a score get the last ranks: they do not shift the others. Rounded, so that
    # scores that are equal but for the order of a sum are tied.
    placed = np.where(known, np.round(scores, 9), np.inf)
    rank = stats.rankdata(placed, axis=0)
    above = np.where(reached, rank, 0.0).sum(axis=0) - n_reached * (n_reached + 1) / 2
    pairs = n_reached * n_below
    return np.divide(above, pairs, out=np.full(scores.shape[1], np.nan), where=pairs > 0)


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
