"""An assessment: the level that ratings, exams or an import give, its standard error, its day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray

# The proficiency levels of the framework; level 0 is below the first of them (DESIGN, section 2).
N_LEVELS = 4


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


def no_assessments() -> AssessmentArrays:
    """Return the assessments of nobody."""
    ints, floats = np.zeros(0, dtype=np.int64), np.zeros(0)
    return AssessmentArrays(ints, ints, floats, floats, ints, np.zeros(0, dtype=bool))
