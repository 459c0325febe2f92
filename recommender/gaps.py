"""Levels against targets: gaps, how sure they are, and how much each matters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from recommender.arrays import FloatArray, IntArray, round_off
from recommender.errors import ShapeMismatchError

# From the standard library: importing scipy takes as long as all the rest of a question about
# gaps, which has to be answered within a second.
_erfc = np.vectorize(math.erfc, otypes=[float])

STANDINGS: tuple[Literal["met", "near", "gap"], ...] = ("met", "near", "gap")
"""Where an assessed person stands against a target, from the best on."""


@dataclass(frozen=True)
class GapArrays:
    """Gaps; all arrays of shape (n_people, n_competencies).

    Parameters
    ----------
    gap : ndarray of float
        Levels below the target, >= 0; NaN where to be assessed first.
    priority : ndarray of float
        Weight times gap; NaN where to be assessed first.
    distance, standard_error : ndarray of float
        Levels from the level to the target, negative above it, and how sure the level is.
    """

    gap: FloatArray
    priority: FloatArray
    distance: FloatArray
    standard_error: FloatArray

    @cached_property
    def confidence(self) -> FloatArray:
        """Probability that the true level is below the target; NaN where to be assessed first."""
        # worked out when asked for: of an organisation it takes longer than all the rest. It is
        # the normal distribution function of distance / error: P(true level < target)
        return 0.5 * _erfc(-self.distance / (self.standard_error * math.sqrt(2.0)))


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
    return GapArrays(gap, weights * gap, distance, standard_errors)


def judge_standing(gap: FloatArray, *, near_gap: float) -> IntArray:
    """Say who meets the target, who is near it, and who has a gap to speak of.

    Parameters
    ----------
    gap : ndarray
        Levels below the target, >= 0; NaN where to be assessed first.
    near_gap : float
        Levels; anything below it is near the target.

    Returns
    -------
    ndarray of int
        Positions in `STANDINGS`, of the same shape; -1 where to be assessed first.

    References
    ----------
    DESIGN, section 4, "Gap".
    """
    # met first: with a limit of 0 a gap of 0 is still no gap
    standing: IntArray = np.where(gap > 0, np.where(gap < near_gap, 1, 2), 0)
    standing[np.isnan(gap)] = -1
    return standing
