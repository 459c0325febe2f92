"""Levels against targets: gaps, how sure they are, and how much each matters."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, round_off
from recommender.errors import ShapeMismatchError

# From the standard library: importing scipy takes as long as all the rest of a question about
# gaps, which has to be answered within a second.
_erfc = np.vectorize(math.erfc, otypes=[float])


@dataclass(frozen=True)
class GapArrays:
    """Gaps; all arrays of shape (n_people, n_competencies).

    Parameters
    ----------
    gap : ndarray of float
        Levels below the target, >= 0; NaN where to be assessed first.
    confidence : ndarray of float
        Probability that the true level is below the target; NaN where to be assessed first.
    priority : ndarray of float
        Weight times gap; NaN where to be assessed first.
    """

    gap: FloatArray
    confidence: FloatArray
    priority: FloatArray


def find_gaps(
    levels: FloatArray, targets: FloatArray, standard_errors: FloatArray, *, weights: FloatArray
) -> GapArrays:
    """Compare assessed levels with target levels.

    Parameters
    ----------
    levels : ndarray of shape (n_people, n_competencies)
        Assessed level in [0, 4]; NaN where there is no valid assessment.
    targets : ndarray of shape (n_people, n_competencies)
        Target level of the person's grade, in levels.
    standard_errors : ndarray of shape (n_people, n_competencies)
        Standard error of `levels`, in levels, > 0.
    weights : ndarray of shape (n_people, n_competencies)
        Importance of each competency for the person's grade, mean 1.

    Returns
    -------
    GapArrays
        NaN where there is no level.

    Raises
    ------
    ShapeMismatchError
        If the arrays differ in shape.

    References
    ----------
    DESIGN, section 4, "Gap".
    """
    shapes = {levels.shape, targets.shape, standard_errors.shape, weights.shape}
    if len(shapes) > 1:
        raise ShapeMismatchError(f"levels, targets, errors and weights differ: {shapes}")
    # Rounded, so that a level of exactly the target leaves no gap of a rounding error.
    distance = round_off(targets - levels)
    # np.maximum keeps NaN. np.fmax would turn "assess first" into a gap of 0.
    gap = np.maximum(distance, 0.0)
    # The normal distribution function of distance / error: P(true level < target).
    confidence = 0.5 * _erfc(-distance / (standard_errors * math.sqrt(2.0)))
    return GapArrays(gap=gap, confidence=confidence, priority=weights * gap)
