"""Expected gap closed, for many people at once, and the modules that close most."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from recommender.arrays import DECIMALS, BoolArray, FloatArray, IntArray
from recommender.candidates import (
    ModuleArrays,
    permit,
    require_prerequisites,
    serves_gap,
)
from recommender.errors import ShapeMismatchError
from recommender.improvement.effect_table import GRID, at_grid, grid_position

# Bounds the memory: the values of a million people for 500 modules would take 4 GB at once.
CHUNK_PEOPLE = 1024
# Up to so many places are filled by one argmax each, more by sorting the row.
FEW = 16
# Values are compared as whole multiples of this, so that sums in another order are equal.
_UNIT = 10.0**-DECIMALS


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
    value : ndarray of float
        What the modules are ranked by: the gap closed, or that by the hour or by the CNY, infinite
        where it comes for nothing; NaN where there is no module.
    """

    module: IntArray
    expected_gap_closed: FloatArray
    value: FloatArray


@dataclass(frozen=True)
class ModelOrder:
    """The order of modules by a model that does not know how much any of them adds.

    Parameters
    ----------
    table : ndarray of shape (n_pairs, n_grid)
        By how many levels each pair does better or worse than the average module of its
        competency, at the levels of `GRID`.
    usual : ndarray of shape (n_pairs,)
        What the experts expect of the average module of the pair's competency, in levels.
    """

    table: FloatArray
    usual: FloatArray


def predict_improvement(levels: FloatArray, table: FloatArray) -> FloatArray:
    """Read what modules are expected to add from a table of effects.

    Parameters
    ----------
    levels : ndarray of shape (n_people,) or (n_people, n_pairs)
        Level of each person in the pair's competency; a vector when all pairs share one.
    table : ndarray of shape (n_pairs, n_grid) or (n_pairs, 1)
        Expected improvement of each pair at the levels of `GRID`, linear between, or at any level.

    Returns
    -------
    ndarray of shape (n_people, n_pairs)
        Expected improvement over no training, in levels, never below 0.
    """
    at = levels[:, None] if levels.ndim == 1 else levels
    at = np.broadcast_to(at, (len(levels), len(table)))
    return np.maximum(_read_table(table, at), 0.0)


def _read_table(table: FloatArray, levels: FloatArray) -> FloatArray:
    """Read each pair's row at the levels of its column; NaN where the level is."""
    if table.shape[1] == 1:
        return np.where(np.isnan(levels), np.nan, table[:, 0])
    known = np.clip(np.nan_to_num(levels), 0.0, GRID[-1])
    value = at_grid(table, np.broadcast_to(np.arange(len(table)), levels.shape), known)
    return np.where(np.isnan(levels), np.nan, value)


def value_modules(
    levels: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
    modules: ModuleArrays,
    table: FloatArray,
) -> FloatArray:
    """Compute the expected gap closed of every module for every person.

    Parameters
    ----------
    levels, targets, weights : ndarray of shape (n_people, n_competencies)
        Level (NaN where to be assessed first) and target in levels, importance weight.
    modules : ModuleArrays
        The modules.
    table : ndarray of shape (n_pairs, n_grid) or (n_pairs, 1)
        Expected improvement of each pair of `modules`, as in `predict_improvement`.

    Returns
    -------
    ndarray of shape (n_people, n_modules)
        Weighted levels, >= 0; -inf where the module serves no gap.

    Raises
    ------
    ShapeMismatchError
        If `table` does not have a row for each pair.

    References
    ----------
    DESIGN, section 4, "Expected gap closed".
    """
    steps = _group_by_step(modules, table)
    return _value_in_units(levels, targets, weights, steps, modules.n_modules) * _UNIT


@dataclass(frozen=True)
class _Steps:
    """Steps in one competency; pairs that cover the same step serve the same people.

    For each step, `rows` are the modules that cover it and `effects` their estimates, a row for
    each level of the grid. `first` says that these modules have no value from an earlier step yet.
    """

    competency: int
    from_level: FloatArray
    to_level: FloatArray
    rows: list[IntArray]
    effects: list[FloatArray]
    first: list[bool]


def _group_by_step(modules: ModuleArrays, table: FloatArray) -> list[_Steps]:
    if len(table) != len(modules.pair_module):
        raise ShapeMismatchError(
            f"{len(table)} rows of effects for {len(modules.pair_module)} pairs"
        )
    served: set[int] = set()
    groups: dict[int, dict[tuple[bool, float, float], list[int]]] = {}
    for pair in np.argsort(modules.pair_competency, kind="stable").tolist():
        module, competency = int(modules.pair_module[pair]), int(modules.pair_competency[pair])
        # Modules with and without an earlier value go to different steps, as the first value is
        # assigned and later ones are added.
        step = module not in served, float(modules.pair_from[pair]), float(modules.pair_to[pair])
        served.add(module)
        groups.setdefault(competency, {}).setdefault(step, []).append(pair)
    return [
        _Steps(
            competency,
            np.array([from_level for _, from_level, _ in steps]),
            np.array([to_level for _, _, to_level in steps]),
            [modules.pair_module[pairs] for pairs in steps.values()],
            # In units already, and by level: a person is looked up by one row for all modules.
            [np.ascontiguousarray(table[pairs].T) / _UNIT for pairs in steps.values()],
            [first for first, _, _ in steps],
        )
        for competency, steps in groups.items()
    ]


def _value_in_units(
    levels: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
    steps: list[_Steps],
    n_modules: int,
) -> FloatArray:
    """Return values of shape (n_people, n_modules) in whole units, -inf where nothing is served.

    A step serves few people, so only those are computed, all modules of the step at once; what a
    module closes is bounded by the gap.
    """
    value = np.full((len(levels), n_modules), -np.inf)
    for step in steps:
        k = step.competency
        # A column is spread over memory and read many times below, so it is copied once.
        level, target = np.ascontiguousarray(levels[:, k]), np.ascontiguousarray(targets[:, k])
        serves = serves_gap(level, target, step.from_level[:, None], step.to_level[:, None])
        weight = np.ascontiguousarray(weights[:, k])
        gap = (target - level) / _UNIT
        # Levels of NaN serve nothing, so theirs are never used.
        left, share = grid_position(np.nan_to_num(level))
        for people, rows, effects, first in zip(
            serves, step.rows, step.effects, step.first, strict=True
        ):
            served = np.flatnonzero(people)
            if len(effects) == 1:
                gain = np.repeat(effects, served.size, axis=0)
            else:
                gain = effects[left[served]]
                gain += share[served, None] * (effects[left[served] + 1] - gain)
            np.minimum(gain, gap[served, None], out=gain)
            np.maximum(gain, 0.0, out=gain)
            gain *= weight[served, None]
            cells = served[:, None], rows
            # Somebody whom only this step serves still stands at -inf.
            value[cells] = gain if first else np.maximum(value[cells], 0.0) + gain
    np.rint(value, out=value)
    return value


def order_modules(
    levels: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
    modules: ModuleArrays,
    order: ModelOrder,
) -> FloatArray:
    """Compute what modules are put in order by, where only their order is known.

    Within a competency the model alone decides. Between competencies counts what an average
    module closes, by the experts: that times weight is raised or lowered in proportion to how much
    better or worse than the average the model finds a module. The result orders modules and is
    no size of an effect, hence it is neither bounded by the gap nor by 0.

    Parameters
    ----------
    levels, targets, weights : ndarray of shape (n_people, n_competencies)
        Level (NaN where to be assessed first) and target in levels, importance weight.
    modules : ModuleArrays
        The modules.
    order : ModelOrder
        What the model says of each pair of `modules`.

    Returns
    -------
    ndarray of shape (n_people, n_modules)
        The larger, the earlier; 0 where the module serves no gap.
    """
    competency = modules.pair_competency
    level, target = levels[:, competency], targets[:, competency]
    better = _read_table(order.table, level)
    closes = np.minimum(target - level, order.usual) / np.maximum(order.usual, _UNIT)
    serves = serves_gap(level, target, modules.pair_from, modules.pair_to)
    key = np.where(serves, weights[:, competency] * closes * (order.usual + better), 0.0)
    of_module = modules.pair_module[:, None] == np.arange(len(modules.ids))
    total: FloatArray = key @ of_module.astype(np.float64)
    return total


def _drop_unprepared(value: FloatArray, modules: ModuleArrays, completed: BoolArray | None) -> None:
    """Take out, in place, modules whose prerequisites are neither completed nor candidates."""
    if not modules.prerequisite_order:
        return
    # After all other exclusions: a prerequisite that is itself excluded cannot be planned.
    candidate = ~np.isneginf(value)
    require_prerequisites(candidate, modules, completed)
    value[~candidate] = -np.inf


def rank_modules(
    levels: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
    modules: ModuleArrays,
    table: FloatArray,
    *,
    grade: IntArray,
    top: int,
    objective: Objective = Objective.GAP,
    completed: BoolArray | None = None,
    recently_completed: BoolArray | None = None,
    modalities: Collection[str] | None = None,
    order: ModelOrder | None = None,
    target_grade: int | None = None,
) -> RankedArrays:
    """Rank the candidate modules of every person and keep the best.

    Parameters
    ----------
    levels, targets, weights : ndarray of shape (n_people, n_competencies)
        Level (NaN where to be assessed first) and target in levels, importance weight.
    modules : ModuleArrays
        The modules, in the order of tie-breaks.
    table : ndarray of shape (n_pairs, n_grid) or (n_pairs, 1)
        Expected improvement of each pair of `modules`, as in `predict_improvement`.
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
    order : ModelOrder, optional
        Rank by this order; the improvements of `table` then only say what is closed.
    target_grade : int, optional
        Position of the grade that the targets are of, where not of each person's own.

    Returns
    -------
    RankedArrays
        Ties by lower hours, then module id.

    References
    ----------
    DESIGN, section 4, "Expected gap closed".
    """
    n_people = len(levels)
    top = min(top, modules.n_modules)
    best = np.full((n_people, top), -1, dtype=np.int64)
    closed = np.full((n_people, top), np.nan)
    worth = np.full((n_people, top), np.nan)
    steps = _group_by_step(modules, table)
    # Most modules are open to all grades: only the others have to be looked up for each person.
    closed_to = permit(
        modules,
        np.arange(len(modules.grade_allowed)),
        target_grade=target_grade,
        modalities=modalities,
    )
    restricted = np.flatnonzero(~closed_to.all(axis=0))

    for first in range(0, n_people, CHUNK_PEOPLE):
        rows = slice(first, min(first + CHUNK_PEOPLE, n_people))
        value = _value_in_units(levels[rows], targets[rows], weights[rows], steps, len(modules.ids))
        value[:, restricted] = np.where(
            closed_to[grade[rows]][:, restricted], value[:, restricted], -np.inf
        )
        if recently_completed is not None:
            value[recently_completed[rows]] = -np.inf
        _drop_unprepared(value, modules, None if completed is None else completed[rows])
        ranked_by = value
        if order is not None:
            keys = order_modules(levels[rows], targets[rows], weights[rows], modules, order)
            if objective is not Objective.GAP:
                # What is worth less than nothing would be worth less still in fewer hours.
                keys = np.maximum(keys, 0.0)
            ranked_by = np.where(np.isneginf(value), -np.inf, np.rint(keys / _UNIT))
        best[rows], closed[rows], worth[rows] = _keep_best(
            value, _score(ranked_by, modules, objective), top
        )
    closed *= _UNIT
    worth *= _UNIT
    return RankedArrays(module=best, expected_gap_closed=closed, value=worth)


def _score(units: FloatArray, modules: ModuleArrays, objective: Objective) -> FloatArray:
    if objective is Objective.GAP:
        return units
    price = modules.hours if objective is Objective.PER_HOUR else modules.cost
    with np.errstate(divide="ignore", invalid="ignore"):
        # A module that adds something and costs nothing is worth infinitely much; one that adds
        # nothing is worth nothing, whatever it costs (DECISIONS, 1).
        return np.where(units == 0, 0.0, np.rint(units / price))


def _keep_best(
    value: FloatArray, score: FloatArray, top: int
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return positions, values and scores of the best modules; of equals the first comes first."""
    rows = np.arange(len(value))
    best = np.empty((len(value), top), dtype=np.int64)
    worth = np.empty((len(value), top))
    if top > FEW:
        # Stable, as the order of the modules is the order of ties.
        best[:] = np.argsort(-score, axis=1, kind="stable")[:, :top]
        worth[:] = score[rows[:, None], best]
    else:
        # Places are crossed out with -inf, and `value` is still needed for what they close.
        left = score.copy() if score is value else score
        for place in range(top):
            best[:, place] = left.argmax(axis=1)
            worth[:, place] = left[rows, best[:, place]]
            left[rows, best[:, place]] = -np.inf
    empty = np.isneginf(worth)
    closed = np.where(empty, np.nan, value[rows[:, None], best])
    best[empty] = -1
    worth[empty] = np.nan
    return best, closed, worth
