"""Exam results in, assessments out (DESIGN, section 4, "Knowledge competency")."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray, round_off
from recommender.scoring.assessments import N_LEVELS, AssessmentArrays, no_assessments


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
    """How exams are weighted and passed.

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
    # numpy 2.0 gives this inverse a second axis; earlier and later releases do not.
    sitting = sitting.reshape(-1)
    n = len(keys)
    competency, level = keys[:, 1], keys[:, 2]
    weight = rules.subject_weights[exams.competency, exams.level - 1, exams.subject]
    needed = (rules.subject_weights[competency, level - 1] > 0).sum(axis=1)
    # A subject stands at most once in a sitting, so counting them is enough.
    complete = np.bincount(sitting, minlength=n) == needed
    # The weights of an exam need not add up to 1: they are renormalised over its subjects.
    total = rules.subject_weights[competency, level - 1].sum(axis=1)
    points = np.bincount(sitting, weight * exams.score, minlength=n).astype(float)
    # Rounded before the comparison: 80 points pass in whatever order the subjects are added up.
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
        Standard error of a level between neighbouring exams, in levels; of one between exams
        further apart so many times that.
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
        return no_assessments()
    person, competency = sittings.person[counts], sittings.competency[counts]
    level, day = sittings.level[counts], sittings.day[counts]
    score, passed = sittings.score[counts], sittings.passed[counts]

    pairs, pair = np.unique(np.stack([person, competency], axis=1), axis=0, return_inverse=True)
    pair = pair.reshape(-1)
    base = np.zeros(len(pairs), dtype=np.int64)
    np.maximum.at(base, pair, np.where(passed, level, 0))
    # Dated by the latest complete sitting, even where another one decides the level.
    latest = np.full(len(pairs), -1, dtype=np.int64)
    np.maximum.at(latest, pair, day)

    # Above the highest passed exam the lowest one that was sat decides: by its share of the pass
    # mark the level lies between the two. Nobody passed it, or the base would be higher.
    tried = np.full(len(pairs), N_LEVELS + 1, dtype=np.int64)
    np.minimum.at(tried, pair, np.where(level > base[pair], level, N_LEVELS + 1))
    at_tried = level == tried[pair]
    # Sorted by pair, then day, so that the last row of each pair is the latest such sitting.
    order = np.lexsort((day[at_tried], pair[at_tried]))
    owner = pair[at_tried][order]
    last = np.append(owner[1:] != owner[:-1], True) if len(owner) else np.zeros(0, dtype=bool)
    rows = np.flatnonzero(at_tried)[order][last]
    steps, part = np.zeros(len(pairs)), np.zeros(len(pairs))
    steps[pair[rows]] = level[rows] - base[pair[rows]]
    part[pair[rows]] = score[rows] / rules.pass_marks[competency[rows], level[rows] - 1]
    return AssessmentArrays(
        person=pairs[:, 0],
        competency=pairs[:, 1],
        level=round_off(np.clip(base + steps * part, 0.0, N_LEVELS)),
        # Between levels that lie further apart less is known.
        standard_error=exam_standard_error * np.maximum(1.0, steps),
        day=latest,
        disagreement=np.zeros(len(pairs), dtype=bool),
    )
