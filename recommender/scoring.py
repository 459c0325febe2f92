"""Raw ratings and exam results in, levels and their standard errors out.

All functions work on long arrays of integer codes for any number of people at once; days are
days since 1970-01-01. The rules are those of DESIGN, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray, round_off

RATER_TYPE_CODES = {"self": 0, "manager": 1, "peer": 2, "customer": 3}
SELF = RATER_TYPE_CODES["self"]
N_LEVELS = 4
HIGHEST_RATING = 3.0
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


@dataclass(frozen=True)
class ExamArrays:
    """Exam results, one subject a row; all arrays of shape (n_results,).

    Parameters
    ----------
    person, competency : ndarray of int
        Codes, from 0.
    level : ndarray of int
        Level of the exam, 1 to 4.
    subject : ndarray of int
        Position of the subject in that exam.
    score : ndarray of float
        Points, 0 to 100.
    day : ndarray of int
        Day of the sitting.
    """

    person: IntArray
    competency: IntArray
    level: IntArray
    subject: IntArray
    score: FloatArray
    day: IntArray


@dataclass(frozen=True)
class ExamRules:
    """What the exams ask.

    Parameters
    ----------
    subject_weights : ndarray of shape (n_competencies, 4, n_subjects)
        Weight of each subject; 0 where the exam has no such subject.
    pass_marks : ndarray of shape (n_competencies, 4)
        Points of 100; NaN where there is no exam.
    """

    subject_weights: FloatArray
    pass_marks: FloatArray


@dataclass(frozen=True)
class AssessmentArrays:
    """Assessments, one row each; all arrays of shape (n_assessments,).

    Parameters
    ----------
    person, competency : ndarray of int
        Codes, from 0.
    level : ndarray of float
        Level in [0, 4].
    standard_error : ndarray of float
        In levels, > 0.
    day : ndarray of int
        Day the assessment is dated by.
    disagreement : ndarray of bool
        Whether two rater types differ by more than one level.
    """

    person: IntArray
    competency: IntArray
    level: FloatArray
    standard_error: FloatArray
    day: IntArray
    disagreement: BoolArray


@dataclass(frozen=True)
class Sittings:
    """Sittings of exams, one row each; all arrays of shape (n_sittings,).

    Parameters
    ----------
    person, competency, level, day : ndarray of int
        Who sat which exam when.
    score : ndarray of float
        Standard score, 0 to 100; NaN where a subject is missing.
    complete : ndarray of bool
        Whether every subject has a score.
    passed : ndarray of bool
        Whether it is complete and reaches the pass mark.
    """

    person: IntArray
    competency: IntArray
    level: IntArray
    day: IntArray
    score: FloatArray
    complete: BoolArray
    passed: BoolArray


@dataclass(frozen=True)
class LevelArrays:
    """Current levels; all arrays of shape (n_people, n_competencies).

    Parameters
    ----------
    level, standard_error : ndarray of float
        NaN where there is no valid assessment.
    day : ndarray of int
        Day of the assessment; -1 where there is none.
    source : ndarray of int
        0 ratings, 1 exams, 2 imported; -1 where there is none.
    row : ndarray of int
        Row of the assessment in the arrays of its source; -1 where there is none.
    """

    level: FloatArray
    standard_error: FloatArray
    day: IntArray
    source: IntArray
    row: IntArray


SOURCES = ("ratings", "exams", "imported")


def sum_levels(fulfilment: FloatArray) -> FloatArray:
    """Add up levels as far as the one below is fulfilled.

    Parameters
    ----------
    fulfilment : ndarray of shape (..., 4)
        Fulfilment of each level in [0, 1]; 0 where no indicator was rated.

    Returns
    -------
    ndarray of shape (...)
        Level in [0, 4].
    """
    total: FloatArray = np.minimum.accumulate(fulfilment, axis=-1).sum(axis=-1)
    return round_off(total)


def assess_ratings(
    ratings: RatingArrays,
    *,
    rater_weights: FloatArray,
    rating_standard_error: float,
    window_days: int,
    as_of_day: int,
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
        Ratings so many days before the latest one form one assessment with it.
    as_of_day : int
        Later ratings do not count.

    Returns
    -------
    AssessmentArrays
        Every assessment there is, sorted by person, competency and day. Ratings by the
        person alone are none.

    References
    ----------
    DESIGN, section 4, "Behavioural competency" and "Current level".
    """
    seen = ratings.day <= as_of_day
    person, competency = ratings.person[seen], ratings.competency[seen]
    level, kind, rater = ratings.level[seen], ratings.rater_type[seen], ratings.rater[seen]
    rating, day = ratings.rating[seen], ratings.day[seen]
    if not len(person):
        return _no_assessments()

    dated = _date_by_latest(person, competency, day, window_days)
    n_competencies = int(competency.max()) + 1
    # one group an assessment: person, competency and the day it is dated by
    keys = (person * n_competencies + competency) * (int(dated.max()) + 1) + dated
    groups, first, group = np.unique(keys, return_index=True, return_inverse=True)
    n_groups = len(groups)

    by_type = _mean_by(group * 4 + kind, level, rating, n_groups * 4).reshape(n_groups, 4, 4)
    rated = ~np.isnan(by_type)
    weights = rater_weights[None, :, None] * rated
    sums = weights.sum(axis=1)
    combined = np.divide(
        (weights * np.where(rated, by_type, 0.0)).sum(axis=1),
        sums,
        out=np.zeros((n_groups, 4)),
        where=sums > 0,
    )
    type_present: BoolArray = rated.sum(axis=2) > 0
    type_level = np.where(type_present, sum_levels(np.where(rated, by_type, 0.0)), np.nan)

    # each rater as if there were no other
    n_raters_coded = int(rater.max()) + 1
    rater_keys, rater_of = np.unique(
        (group * 4 + kind) * n_raters_coded + rater, return_inverse=True
    )
    own = _mean_by(rater_of, level, rating, len(rater_keys))
    own_level = sum_levels(np.nan_to_num(own, nan=0.0))
    slot = rater_keys // n_raters_coded
    n_raters = np.bincount(slot, minlength=n_groups * 4).astype(float)
    mean = np.divide(
        np.bincount(slot, own_level, minlength=n_groups * 4),
        n_raters,
        out=np.zeros(n_groups * 4),
        where=n_raters > 0,
    )
    squares = np.bincount(slot, (own_level - mean[slot]) ** 2, minlength=n_groups * 4)
    variance = np.maximum(
        np.divide(squares, n_raters - 1, out=np.zeros(n_groups * 4), where=n_raters > 1),
        rating_standard_error**2,
    ).reshape(n_groups, 4)
    n_raters = n_raters.reshape(n_groups, 4)
    share = rater_weights * type_present
    share = share / share.sum(axis=1, keepdims=True)
    standard_error = np.sqrt(
        np.divide(
            share**2 * variance, n_raters, out=np.zeros((n_groups, 4)), where=type_present
        ).sum(axis=1)
    )

    highest = np.where(type_present, type_level, -np.inf).max(axis=1)
    lowest = np.where(type_present, type_level, np.inf).min(axis=1)
    others = [k for k in range(len(RATER_TYPE_CODES)) if k != SELF]
    counts: BoolArray = type_present[:, others].sum(axis=1) > 0
    return AssessmentArrays(
        person=person[first][counts],
        competency=competency[first][counts],
        level=sum_levels(combined)[counts],
        standard_error=standard_error[counts],
        day=dated[first][counts],
        disagreement=(round_off(highest - lowest) > DISAGREEMENT_LEVELS)[counts],
    )


def _no_assessments() -> AssessmentArrays:
    ints, floats = np.zeros(0, dtype=np.int64), np.zeros(0)
    return AssessmentArrays(ints, ints, floats, floats, ints, np.zeros(0, dtype=bool))


def _date_by_latest(
    person: IntArray, competency: IntArray, day: IntArray, window_days: int
) -> IntArray:
    """Return for each rating the latest day of the assessment it belongs to."""
    pair = np.unique(person * (int(competency.max()) + 1) + competency, return_inverse=True)[1]
    dated = np.full(len(day), -1, dtype=np.int64)
    open_rows = np.arange(len(day))
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
    total = np.bincount(cell, rating, minlength=size)
    mean = np.divide(total, count * HIGHEST_RATING, out=np.full(size, np.nan), where=count > 0)
    return mean.reshape(n_owners, N_LEVELS)


def score_sittings(exams: ExamArrays, rules: ExamRules) -> Sittings:
    """Turn subject scores into standard scores of sittings.

    Parameters
    ----------
    exams : ExamArrays
        In any order; each subject at most once in a sitting.
    rules : ExamRules
        Weights and pass marks.

    Returns
    -------
    Sittings
        Sorted by person, competency, level and day.

    References
    ----------
    DESIGN, section 4, "Knowledge competency".
    """
    if not len(exams.person):
        ints, flags = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
        return Sittings(ints, ints, ints, ints, np.zeros(0), flags, flags)
    table = np.stack([exams.person, exams.competency, exams.level, exams.day], axis=1)
    keys, sitting = np.unique(table, axis=0, return_inverse=True)
    sitting = sitting.reshape(-1)
    n = len(keys)
    competency, level = keys[:, 1], keys[:, 2]
    weight = rules.subject_weights[exams.competency, exams.level - 1, exams.subject]
    needed = (rules.subject_weights[competency, level - 1] > 0).sum(axis=1)
    complete = np.bincount(sitting, minlength=n) == needed
    total = rules.subject_weights[competency, level - 1].sum(axis=1)
    points = np.bincount(sitting, weight * exams.score, minlength=n).astype(float)
    score = round_off(points / total)
    passed: BoolArray = complete & (score >= rules.pass_marks[competency, level - 1])
    return Sittings(
        person=keys[:, 0],
        competency=competency,
        level=level,
        day=keys[:, 3],
        score=np.where(complete, score, np.nan),
        complete=complete,
        passed=passed,
    )


def assess_exams(
    sittings: Sittings,
    rules: ExamRules,
    *,
    exam_standard_error: float,
    as_of_day: int,
    valid_from_day: int,
) -> AssessmentArrays:
    """Turn the sittings within validity into one assessment a person and competency.

    Parameters
    ----------
    sittings : Sittings
        As `score_sittings` returns them.
    rules : ExamRules
        Weights and pass marks.
    exam_standard_error : float
        Standard error of every level found, in levels.
    as_of_day, valid_from_day : int
        Last and first day of the sittings that count.

    Returns
    -------
    AssessmentArrays
        Sorted by person and competency, dated by the latest complete sitting.

    References
    ----------
    DESIGN, section 4, "Knowledge competency" and "Current level".
    """
    counts = sittings.complete & (sittings.day <= as_of_day) & (sittings.day >= valid_from_day)
    if not counts.any():
        return _no_assessments()
    person, competency = sittings.person[counts], sittings.competency[counts]
    level, day = sittings.level[counts], sittings.day[counts]
    score, passed = sittings.score[counts], sittings.passed[counts]

    pairs, pair = np.unique(np.stack([person, competency], axis=1), axis=0, return_inverse=True)
    pair = pair.reshape(-1)
    base = np.zeros(len(pairs), dtype=np.int64)
    np.maximum.at(base, pair, np.where(passed, level, 0))
    latest = np.full(len(pairs), -1, dtype=np.int64)
    np.maximum.at(latest, pair, day)

    # the latest sitting one level above the highest passed one adds its share of the pass mark
    above = level == base[pair] + 1
    order = np.lexsort((day[above], pair[above]))
    owner = pair[above][order]
    last = np.append(owner[1:] != owner[:-1], True) if len(owner) else np.zeros(0, dtype=bool)
    rows = np.flatnonzero(above)[order][last]
    part = np.zeros(len(pairs))
    part[pair[rows]] = score[rows] / rules.pass_marks[competency[rows], level[rows] - 1]
    return AssessmentArrays(
        person=pairs[:, 0],
        competency=pairs[:, 1],
        level=round_off(np.clip(base + part, 0.0, N_LEVELS)),
        standard_error=np.full(len(pairs), exam_standard_error),
        day=latest,
        disagreement=np.zeros(len(pairs), dtype=bool),
    )


def pick_current(
    sources: tuple[AssessmentArrays, AssessmentArrays, AssessmentArrays],
    *,
    valid_from_days: tuple[int, int, int],
    as_of_day: int,
    n_people: int,
    n_competencies: int,
) -> LevelArrays:
    """Pick the most recent valid assessment of each person and competency.

    Parameters
    ----------
    sources : tuple of AssessmentArrays
        From ratings, from exams, imported.
    valid_from_days : tuple of int
        First day that still counts, for each source.
    as_of_day : int
        Last day that counts.
    n_people, n_competencies : int
        Shape of the result.

    Returns
    -------
    LevelArrays
        Of two assessments of one day the raw form wins over the imported one.

    References
    ----------
    DESIGN, section 4, "Current level".
    """
    shape = (n_people, n_competencies)
    result = LevelArrays(
        level=np.full(shape, np.nan),
        standard_error=np.full(shape, np.nan),
        day=np.full(shape, -1, dtype=np.int64),
        source=np.full(shape, -1, dtype=np.int64),
        row=np.full(shape, -1, dtype=np.int64),
    )
    # imported first, then the raw forms: a later write of the same day wins
    for source in (2, 1, 0):
        found = sources[source]
        rows = np.flatnonzero((found.day >= valid_from_days[source]) & (found.day <= as_of_day))
        rows = rows[np.argsort(found.day[rows], kind="stable")]
        newest = rows[found.day[rows] >= result.day[found.person[rows], found.competency[rows]]]
        where = found.person[newest], found.competency[newest]
        result.level[where] = found.level[newest]
        result.standard_error[where] = found.standard_error[newest]
        result.day[where] = found.day[newest]
        result.source[where] = source
        result.row[where] = newest
    return result
