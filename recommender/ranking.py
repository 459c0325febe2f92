"""Expected gap closed, for many people at once, and the modules that close most."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from recommender.candidates import (
    ModuleArrays,
    match_levels,
    permit,
    require_prerequisites,
)
from recommender.errors import ShapeMismatchError
from recommender.scoring import DECIMALS, BoolArray, FloatArray, IntArray

CHUNK_PEOPLE = 512


class Objective(StrEnum):
    """What the ranking goes by."""

    GAP = "gap"
    PER_HOUR = "per_hour"
    PER_COST = "per_cost"


@dataclass(frozen=True)
class RankedArrays:
    """The best modules of each person; arrays of shape (n_people, n_top).

    Parameters
    ----------
    module : ndarray of int
        Position of the module, best first; -1 where there are fewer candidates.
    expected_gap_closed : ndarray of float
        In weighted levels; NaN where there is no module.
    """

    module: IntArray
    expected_gap_closed: FloatArray


def predict_improvement(levels: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Evaluate the compiled effect model.

    Parameters
    ----------
    levels : ndarray of shape (n_people,) or (n_people, n_pairs)
        Level of each person in the pair's competency; a vector when all pairs share one.
    coefficients : ndarray of shape (n_pairs, degree + 1)
        Polynomial in the level, constant first.

    Returns
    -------
    ndarray of shape (n_people, n_pairs)
        Expected improvement over no training, in levels, never below 0.
    """
    at = levels[:, None] if levels.ndim == 1 else levels
    value = np.broadcast_to(coefficients[:, -1], (len(levels), len(coefficients)))
    for power in range(coefficients.shape[1] - 2, -1, -1):
        value = value * at + coefficients[:, power]
    return np.maximum(value, 0.0)


def value_modules(
    levels: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
    modules: ModuleArrays,
    coefficients: FloatArray,
    *,
    permitted: BoolArray,
    completed: BoolArray | None = None,
) -> FloatArray:
    """Compute the expected gap closed of every module for every person.

    Parameters
    ----------
    levels, targets, weights : ndarray of shape (n_people, n_competencies)
        Level (NaN where to be assessed first) and target in levels, importance weight.
    modules : ModuleArrays
        The modules.
    coefficients : ndarray of shape (n_pairs, degree + 1)
        Expected improvement of each pair of `modules`, a polynomial in the level.
    permitted : ndarray of shape (n_people, n_modules)
        As `recommender.candidates.permit` returns it.
    completed : ndarray of shape (n_people, n_modules), optional
        Whether the person ever completed the module.

    Returns
    -------
    ndarray of shape (n_people, n_modules)
        Weighted levels, >= 0; -inf where the module is no candidate.

    Raises
    ------
    ShapeMismatchError
        If `coefficients` does not have a row for each pair.

    References
    ----------
    DESIGN, section 4, "Expected gap closed".
    """
    if len(coefficients) != len(modules.pair_module):
        raise ShapeMismatchError(
            f"{len(coefficients)} rows of coefficients for {len(modules.pair_module)} pairs"
        )
    n_people, n_modules = permitted.shape
    value = np.zeros((n_modules, n_people))
    candidate = np.zeros((n_modules, n_people), dtype=bool)
    start = 0
    for k in range(levels.shape[1]):
        stop = int(np.searchsorted(modules.pair_competency, k, side="right"))
        if stop == start:
            continue
        pairs = slice(start, stop)
        start = stop
        rows = modules.pair_module[pairs]
        level, target = levels[:, k], targets[:, k]
        serves = match_levels(
            level, target, modules.pair_from[pairs, None], modules.pair_to[pairs, None]
        )
        gain = predict_improvement(level, coefficients[pairs]).T
        gain = np.minimum(gain, target - level) * weights[:, k]
        value[rows] += np.where(serves, gain, 0.0)
        candidate[rows] |= serves
    candidate &= permitted.T
    require_prerequisites(candidate.T, modules, completed)
    np.round(value, DECIMALS, out=value)
    value[~candidate] = -np.inf
    return value.T


def rank_modules(
    levels: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
    modules: ModuleArrays,
    coefficients: FloatArray,
    *,
    grade: IntArray,
    top: int,
    objective: Objective = Objective.GAP,
    completed: BoolArray | None = None,
    recently_completed: BoolArray | None = None,
    modalities: Collection[str] | None = None,
) -> RankedArrays:
    """Rank the candidate modules of every person and keep the best.

    Parameters
    ----------
    levels, targets, weights : ndarray of shape (n_people, n_competencies)
        Level (NaN where to be assessed first) and target in levels, importance weight.
    modules : ModuleArrays
        The modules, in the order of tie-breaks.
    coefficients : ndarray of shape (n_pairs, degree + 1)
        Expected improvement of each pair of `modules`, a polynomial in the level.
    grade : ndarray of shape (n_people,)
        Position of each person's grade.
    top : int
        How many modules to keep, >= 1.
    objective : Objective
        Whether the value itself counts, or the value by hour or by CNY.
    completed, recently_completed : ndarray of shape (n_people, n_modules), optional
        Whether the person completed the module ever, and within its repeat interval.
    modalities : collection of str, optional
        The allowed modalities; all when not given.

    Returns
    -------
    RankedArrays
        Ties by lower hours, then module id.

    References
    ----------
    DESIGN, section 4, "Expected gap closed".
    """
    n_people, n_modules = len(levels), len(modules.ids)
    top = min(top, n_modules)
    best = np.full((n_people, top), -1, dtype=np.int64)
    closed = np.full((n_people, top), np.nan)
    for first in range(0, n_people, CHUNK_PEOPLE):
        rows = slice(first, min(first + CHUNK_PEOPLE, n_people))
        done = None if completed is None else completed[rows]
        recent = None if recently_completed is None else recently_completed[rows]
        value = value_modules(
            levels[rows],
            targets[rows],
            weights[rows],
            modules,
            coefficients,
            permitted=permit(
                modules, grade[rows], recently_completed=recent, modalities=modalities
            ),
            completed=done,
        )
        best[rows], closed[rows] = _keep_best(value, _score(value, modules, objective), top)
    return RankedArrays(module=best, expected_gap_closed=closed)


def _score(value: FloatArray, modules: ModuleArrays, objective: Objective) -> FloatArray:
    if objective is Objective.GAP:
        return value
    price = modules.hours if objective is Objective.PER_HOUR else modules.cost
    with np.errstate(divide="ignore", invalid="ignore"):
        # a module that costs nothing and adds something is worth any price; one that adds
        # nothing is worth nothing, whatever it costs
        return np.where(value == 0, 0.0, np.round(value / price, DECIMALS))


def _keep_best(value: FloatArray, score: FloatArray, top: int) -> tuple[IntArray, FloatArray]:
    """Return positions and values of the best modules; of equals the first comes first."""
    rows = np.arange(len(value))
    best = np.empty((len(value), top), dtype=np.int64)
    if top > 16:
        best[:] = np.argsort(-score, axis=1, kind="stable")[:, :top]
    else:
        # for a handful, one pass each is faster than sorting or partitioning a row
        left = score.copy()
        for place in range(top):
            best[:, place] = left.argmax(axis=1)
            left[rows, best[:, place]] = -np.inf
    kept = value[rows[:, None], best]
    empty = np.isneginf(kept)
    best[empty] = -1
    return best, np.where(empty, np.nan, kept)
