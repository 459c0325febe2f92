"""What people scored in single items, and by everything else.

A questionnaire asks no more than the levels around a person's target, and raters leave out what
they have not seen. So behaviour is not compared with a sum of the other items, which would count
who was asked for what, but with the level that scoring gives without the item.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.scoring.assessments import N_LEVELS
from recommender.scoring.ratings import (
    HIGHEST_RATING,
    RATER_TYPE_CODES,
    RatingArrays,
    combine_types,
    sum_levels,
)

_N_TYPES = len(RATER_TYPE_CODES)


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
        no score or no other indicator of its level was rated.
    """

    score: FloatArray
    rest: FloatArray


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
        # without another indicator of the same level nothing else says whether it is reached
        rest[person, item] = np.where(others[at].sum(axis=1) > 0.5, level, np.nan)
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
