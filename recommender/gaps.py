"""Levels against targets: gaps, how sure they are, and which come first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from recommender.arrays import DECIMALS, FloatArray, IntArray
from recommender.errors import ShapeMismatchError


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
    distance = np.round(targets - levels, DECIMALS)
    gap = np.maximum(distance, 0.0)
    confidence: FloatArray = ndtr(distance / standard_errors)
    return GapArrays(gap=gap, confidence=confidence, priority=weights * gap)


def order_by_priority(gaps: GapArrays, weights: FloatArray) -> NDArray[np.int64]:
    """Order the competencies of each person by what matters most.

    Parameters
    ----------
    gaps : GapArrays
        Of shape (n_people, n_competencies).
    weights : ndarray of shape (n_people, n_competencies)
        Importance of each competency.

    Returns
    -------
    ndarray of shape (n_people, n_competencies)
        Competency indices, highest priority first; ties by weight, then framework order;
        those to be assessed first come last.
    """
    priority = np.round(np.where(np.isnan(gaps.priority), -1.0, gaps.priority), DECIMALS)
    index: IntArray = np.broadcast_to(np.arange(weights.shape[1], dtype=np.int64), weights.shape)
    order: IntArray = np.lexsort((index, -weights, -priority), axis=-1)
    return order
