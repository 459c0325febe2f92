"""What another standard would change: who moves, and how many gaps open or close."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.gaps import STANDINGS, GapArrays, find_gaps, judge_standing

_GAP = STANDINGS.index("gap")


@dataclass(frozen=True)
class GapTotals:
    """Gaps under one standard, competency by competency; all arrays of shape (n_competencies,).

    Parameters
    ----------
    met, near, gap : ndarray of int
        People by their standing.
    gap_levels : ndarray of float
        Sum of the gaps of all of them, in levels.
    priority : ndarray of float
        The same times the weights.
    """

    met: IntArray
    near: IntArray
    gap: IntArray
    gap_levels: FloatArray
    priority: FloatArray


@dataclass(frozen=True)
class StandardChange:
    """Where people stand under the old standard and the new one.

    Parameters
    ----------
    opened, closed : ndarray of bool, shape (n_people, n_competencies)
        Who gets a gap to speak of, and who has none any more; False where to be assessed first.
    moved : ndarray of bool, shape (n_people,)
        Who has at least one gap opened or closed.
    assessed : ndarray of int, shape (n_competencies,)
        People with a valid assessment; of the others nothing is said.
    expected_opened, expected_closed : ndarray of float, shape (n_competencies,)
        People expected to come to lie below the target, or above it, by their *true* levels:
        probabilities under a normal error, added up. Levels near a target move by chance, so these
        may differ from what is counted.
    before, after : GapTotals
        Under the old standard and the new.
    """

    opened: BoolArray
    closed: BoolArray
    moved: BoolArray
    assessed: IntArray
    expected_opened: FloatArray
    expected_closed: FloatArray
    before: GapTotals
    after: GapTotals


def simulate_change(
    levels: FloatArray,
    standard_errors: FloatArray,
    *,
    old_targets: FloatArray,
    new_targets: FloatArray,
    old_weights: FloatArray,
    new_weights: FloatArray,
    near_gap: float,
) -> StandardChange:
    """Compare people with another standard than theirs; their levels stay.

    Parameters
    ----------
    levels, standard_errors : ndarray of shape (n_people, n_competencies)
        In levels; NaN where to be assessed first.
    old_targets, new_targets : ndarray of shape (n_people, n_competencies)
        Targets of each person's grade, in levels.
    old_weights, new_weights : ndarray of shape (n_people, n_competencies)
        Importance weights.
    near_gap : float
        Levels below a target that do not count as a gap yet.

    Returns
    -------
    StandardChange
        People in their order.

    Raises
    ------
    ShapeMismatchError
        If the arrays differ in shape.

    References
    ----------
    DESIGN, section 4, "Gap".
    """
    old = find_gaps(levels, old_targets, standard_errors, weights=old_weights)
    new = find_gaps(levels, new_targets, standard_errors, weights=new_weights)
    standing = [judge_standing(gaps.gap, near_gap=near_gap) for gaps in (old, new)]
    assessed = ~np.isnan(levels)
    opened: BoolArray = (standing[0] != _GAP) & (standing[1] == _GAP) & assessed
    closed: BoolArray = (standing[0] == _GAP) & (standing[1] != _GAP)
    moved: BoolArray = np.logical_or(opened, closed).sum(axis=1) > 0
    # the same error in both: who is below the one target is below every higher one
    rise = np.where(assessed, new.confidence - old.confidence, 0.0)
    return StandardChange(
        opened=opened,
        closed=closed,
        moved=moved,
        assessed=assessed.sum(axis=0),
        expected_opened=np.maximum(rise, 0.0).sum(axis=0),
        expected_closed=np.maximum(-rise, 0.0).sum(axis=0),
        before=_add_up(old, standing[0]),
        after=_add_up(new, standing[1]),
    )


def _add_up(gaps: GapArrays, standing: IntArray) -> GapTotals:
    met, near, gap = ((standing == code).sum(axis=0) for code in range(len(STANDINGS)))
    return GapTotals(
        met=met,
        near=near,
        gap=gap,
        gap_levels=np.nansum(gaps.gap, axis=0),
        priority=np.nansum(gaps.priority, axis=0),
    )
