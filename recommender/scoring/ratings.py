"""Ratings of behaviour in, assessments out (DESIGN, section 4, "Behavioural competency")."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray, round_off
from recommender.scoring.assessments import N_LEVELS, AssessmentArrays, no_assessments

# The code is the column of the rater type in `rater_weights` and in every array below.
RATER_TYPE_CODES = {"self": 0, "manager": 1, "peer": 2, "customer": 3}
SELF, MANAGER = RATER_TYPE_CODES["self"], RATER_TYPE_CODES["manager"]
# A rating of 3 means "always": the indicator is then fulfilled.
HIGHEST_RATING = 3.0
# Two rater types that differ by more than this are flagged (DESIGN, section 4).
DISAGREEMENT_LEVELS = 1.0


@dataclass(frozen=True)
class RatingArrays:
    """Ratings, one row each; all arrays of shape (n_ratings,).

    Parameters
    ----------
    person, competency : ndarray of int
        Codes, from 0.
    level : ndarray of int
        Level of the rated indicator, 1 to 4.
    rater_type : ndarray of int
        Code of `RATER_TYPE_CODES`.
    rater : ndarray of int
        Code of the rater.
    rating : ndarray of float
        0, 1, 2 or 3.
    day : ndarray of int
        Day of the rating.
    """

    person: IntArray
    competency: IntArray
    level: IntArray
    rater_type: IntArray
    rater: IntArray
    rating: FloatArray
    day: IntArray


def sum_levels(fulfilment: FloatArray) -> FloatArray:
    """Add up levels, each only as far as the one below it is fulfilled.

    Parameters
    ----------
    fulfilment : ndarray of shape (..., 4)
        Fulfilment of each level in [0, 1].

    Returns
    -------
    ndarray of shape (...)
        Level in [0, 4].
    """
    total: FloatArray = np.minimum.accumulate(fulfilment, axis=-1).sum(axis=-1)
    return round_off(total)


@dataclass(frozen=True)
class RatingDetails:
    """What assessments from ratings are made of; the first axis is the assessment.

    Parameters
    ----------
    person, competency, day : ndarray of shape (n,)
        Whose assessment, of what, dated when.
    rated : ndarray of shape (n, 4, 4)
        Fulfilment of each level by the ratings of each type; NaN where the type did not rate it.
    combined : ndarray of shape (n, 4)
        Fulfilment of each level over the types; of a level nobody rated that of the next higher
        rated one, 0 above the highest.
    type_level : ndarray of shape (n, 4)
        Own level of each rater type; NaN where there is none of the type.
    n_raters, variance : ndarray of shape (n, 4)
        Raters of each type, and the variance of one of them.
    rater_assessment, rater_type : ndarray of int, shape (n_raters,)
        For each rater of an assessment its position, and the rater's type.
    rater_level : ndarray of shape (n_raters,)
        The level that the rater alone would give.
    """

    person: IntArray
    competency: IntArray
    day: IntArray
    rated: FloatArray
    combined: FloatArray
    type_level: FloatArray
    n_raters: FloatArray
    variance: FloatArray
    rater_assessment: IntArray
    rater_type: IntArray
    rater_level: FloatArray


def assess_ratings(
    ratings: RatingArrays,
    *,
    rater_weights: FloatArray,
    rating_standard_error: float,
    window_days: int,
    as_of_day: int,
    min_raters_shown: int = 1,
) -> AssessmentArrays:
    """Turn ratings into assessments.

    Parameters
    ----------
    ratings : RatingArrays
        In any order.
    rater_weights : ndarray of shape (4,)
        Relative weight of each rater type, in the order of `RATER_TYPE_CODES`.
    rating_standard_error : float
        Least standard deviation of one rater, in levels.
    window_days : int
        How many days before the latest rating others still belong to the same assessment.
    as_of_day : int
        Later ratings do not count.
    min_raters_shown : int
        Types with fewer raters, but for self and manager, do not count for `disagreement`, which
        would tell the figures of a single rater.

    Returns
    -------
    AssessmentArrays
        Every assessment, sorted by person, competency and day. Where people rated only
        themselves, there is none.

    References
    ----------
    DESIGN, section 4, "Behavioural competency" and "Current level".
    """
    details = detail_ratings(
        ratings,
        rater_weights=rater_weights,
        rating_standard_error=rating_standard_error,
        window_days=window_days,
        as_of_day=as_of_day,
    )
    if not len(details.person):
        return no_assessments()
    present: BoolArray = details.n_raters > 0
    # Here the weights are renormalised over the types present at any level.
    share = rater_weights * present
    share = share / share.sum(axis=1, keepdims=True)
    variance = np.divide(
        share**2 * details.variance,
        details.n_raters,
        out=np.zeros_like(details.variance),
        where=present,
    )
    told = present & (details.n_raters >= min_raters_shown)
    told[:, [SELF, MANAGER]] = present[:, [SELF, MANAGER]]
    # one type left out alone is what remains of the level: then only the person's own is told
    alone = (present & ~told).sum(axis=1) == 1
    told[alone] &= np.arange(len(RATER_TYPE_CODES)) == SELF
    highest = np.where(told, details.type_level, -np.inf).max(axis=1)
    lowest = np.where(told, details.type_level, np.inf).min(axis=1)
    others = [k for k in range(len(RATER_TYPE_CODES)) if k != SELF]
    # Self ratings alone are no assessment: the window before then counts (DECISIONS, 1).
    counts: BoolArray = present[:, others].sum(axis=1) > 0
    return AssessmentArrays(
        person=details.person[counts],
        competency=details.competency[counts],
        level=sum_levels(details.combined)[counts],
        standard_error=np.sqrt(variance.sum(axis=1))[counts],
        day=details.day[counts],
        # Rounded: types exactly one level apart are not flagged, whatever the order of the sums.
        disagreement=(round_off(highest - lowest) > DISAGREEMENT_LEVELS)[counts],
    )


def detail_ratings(
    ratings: RatingArrays,
    *,
    rater_weights: FloatArray,
    rating_standard_error: float,
    window_days: int,
    as_of_day: int,
) -> RatingDetails:
    """Find what assessments are made of; for the parameters see `assess_ratings`.

    Returns
    -------
    RatingDetails
        Of every window, those with self ratings alone too; sorted by person, competency and day.
    """
    seen = ratings.day <= as_of_day
    person, competency = ratings.person[seen], ratings.competency[seen]
    level, kind, rater = ratings.level[seen], ratings.rater_type[seen], ratings.rater[seen]
    rating, day = ratings.rating[seen], ratings.day[seen]
    if not len(person):
        ints, none = np.zeros(0, dtype=np.int64), np.zeros((0, 4))
        rows = np.zeros((0, 4, 4)), none, none, none, none
        return RatingDetails(ints, ints, ints, *rows, ints, ints, np.zeros(0))

    dated = _date_by_latest(person, competency, day, window_days)
    n_competencies = int(competency.max()) + 1
    # An assessment is a person, a competency and a day. All three go into one integer, as
    # np.unique sorts integers much faster than rows.
    keys = (person * n_competencies + competency) * (int(dated.max()) + 1) + dated
    groups, first, group = np.unique(keys, return_index=True, return_inverse=True)
    n_groups = len(groups)

    by_type = _mean_by(group * 4 + kind, level, rating, n_groups * 4).reshape(n_groups, 4, 4)
    combined = combine_types(by_type, rater_weights)
    type_present: BoolArray = (~np.isnan(by_type)).sum(axis=2) > 0
    own = np.where(np.isnan(by_type), combined[:, None, :], by_type)

    # The level that each rater alone would give: its spread tells how sure the type's mean is.
    # What a rater was not asked about is taken as combined, so that it adds no spread.
    n_raters_coded = int(rater.max()) + 1
    rater_keys, rater_of = np.unique(
        (group * 4 + kind) * n_raters_coded + rater, return_inverse=True
    )
    slot = rater_keys // n_raters_coded
    rated_by = _mean_by(rater_of, level, rating, len(rater_keys))
    rater_level = sum_levels(np.where(np.isnan(rated_by), combined[slot // 4], rated_by))
    n_raters = np.bincount(slot, minlength=n_groups * 4).astype(float)
    mean = np.divide(
        np.bincount(slot, rater_level, minlength=n_groups * 4),
        n_raters,
        out=np.zeros(n_groups * 4),
        where=n_raters > 0,
    )
    # Deviations are squared, not values: the difference of two large sums would lose digits.
    squares = np.bincount(slot, (rater_level - mean[slot]) ** 2, minlength=n_groups * 4)
    # One rater has no spread, and a few may agree by chance: the catalogue's error is the floor.
    variance = np.maximum(
        np.divide(squares, n_raters - 1, out=np.zeros(n_groups * 4), where=n_raters > 1),
        rating_standard_error**2,
    )
    return RatingDetails(
        person=person[first],
        competency=competency[first],
        day=dated[first],
        rated=by_type,
        combined=combined,
        type_level=np.where(type_present, sum_levels(own), np.nan),
        n_raters=n_raters.reshape(n_groups, 4),
        variance=variance.reshape(n_groups, 4),
        rater_assessment=slot // 4,
        rater_type=slot % 4,
        rater_level=rater_level,
    )


def combine_types(by_type: FloatArray, rater_weights: FloatArray) -> FloatArray:
    """Combine what each type rated into the fulfilment of every level.

    Parameters
    ----------
    by_type : ndarray of shape (n, 4, 4)
        Fulfilment by rater type and level; NaN where the type did not rate the level.
    rater_weights : ndarray of shape (4,)
        Relative weight of each rater type.

    Returns
    -------
    ndarray of shape (n, 4)
        Of a level that nobody rated the fulfilment of the next higher rated one, 0 above the
        highest.
    """
    rated = ~np.isnan(by_type)
    # Renormalised at each level, over the types that rated it.
    weights = rater_weights[None, :, None] * rated
    sums: FloatArray = weights.sum(axis=1)
    combined: FloatArray = np.divide(
        (weights * np.where(rated, by_type, 0.0)).sum(axis=1),
        sums,
        out=np.zeros_like(sums),
        where=sums > 0,
    )
    # Not asked is not unfulfilled: who shows the harder was not asked about the easier. From the
    # top down, so that several levels in a row take the value of the one above them.
    for below in range(N_LEVELS - 2, -1, -1):
        unasked = sums[:, below] == 0
        combined[unasked, below] = combined[unasked, below + 1]
    return combined


def _date_by_latest(
    person: IntArray, competency: IntArray, day: IntArray, window_days: int
) -> IntArray:
    """Return for each rating the latest day of the assessment it belongs to."""
    pair = np.unique(person * (int(competency.max()) + 1) + competency, return_inverse=True)[1]
    dated = np.full(len(day), -1, dtype=np.int64)
    open_rows = np.arange(len(day))
    # Each round closes the latest window of every person and competency. Windows never overlap, so
    # no rating counts twice.
    while len(open_rows):
        latest = np.full(int(pair.max()) + 1, np.iinfo(np.int64).min)
        np.maximum.at(latest, pair[open_rows], day[open_rows])
        inside = day[open_rows] >= latest[pair[open_rows]] - window_days
        dated[open_rows[inside]] = latest[pair[open_rows[inside]]]
        open_rows = open_rows[~inside]
    return dated


def _mean_by(owner: IntArray, level: IntArray, rating: FloatArray, n_owners: int) -> FloatArray:
    """Return fulfilment of shape (n_owners, 4), NaN where a level has no rating."""
    cell = owner * N_LEVELS + level - 1
    size = n_owners * N_LEVELS
    count = np.bincount(cell, minlength=size)
    # NaN and not 0: a level that nobody rated is unknown, not unfulfilled.
    total = np.bincount(cell, rating, minlength=size)
    mean = np.divide(total, count * HIGHEST_RATING, out=np.full(size, np.nan), where=count > 0)
    return mean.reshape(n_owners, N_LEVELS)
