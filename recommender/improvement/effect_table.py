"""What a fitted model says of every module, as tables by starting level: all that serving reads.

Any estimator becomes such a table (`compiling.py`), so that ranking, plans and predictions need
neither the estimator nor scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.errors import ModelError
from recommender.improvement.history_checks import Bracket

# A twentieth of a level apart: lines between these points are within .005 of the effect model.
GRID = np.linspace(0.0, 4.0, 81)
POOLED, MEASURED = 0, 1
DEFAULT_ESTIMATOR = "effect-model"
EFFECT_COVERAGE = 0.94
"""What the nominal 90 % interval of the true effect covers on simulated histories, over all people
and modules."""
TOP_COVERAGE = 0.93
"""The same for the module that is ranked first, whose effect is more often overestimated."""


@dataclass(frozen=True)
class Calibration:
    """How far the next measured level may lie from its expectation, in levels on [0, 4].

    Attributes
    ----------
    edges : ndarray of shape (n_bands - 1,)
        Inner edges of the bands of starting level.
    known_lower, known_upper : ndarray of shape (n_bands,)
        For modules with records: bounds of what is measured beyond the expectation.
    unseen_lower, unseen_upper : ndarray of shape (n_bands,)
        For modules without, from modules left out.
    """

    edges: FloatArray
    known_lower: FloatArray
    known_upper: FloatArray
    unseen_lower: FloatArray
    unseen_upper: FloatArray

    def bounds(self, level: FloatArray, seen: BoolArray) -> tuple[FloatArray, FloatArray]:
        """Lower and upper bound for starting levels on [0, 4], with and without records."""
        band = np.searchsorted(self.edges, level, side="right")
        lower = np.where(seen, self.known_lower[band], self.unseen_lower[band])
        upper = np.where(seen, self.known_upper[band], self.unseen_upper[band])
        return lower, upper


@dataclass(frozen=True)
class EffectTable:
    """What a model says of every pair of module and competency, by starting level.

    Tables are of shape (n_pairs, n_grid) on the starting levels of `GRID`, linear between. All
    levels in them are on [0, 4]; `scale` maps them back.

    Attributes
    ----------
    estimator : str
        Name of the model that the tables are of.
    pair_module, pair_competency : ndarray of int, shape (n_pairs,)
        Codes of every module and competency that can be asked about, sorted.
    effect : ndarray of shape (n_pairs, n_grid)
        What the module adds over no training, before the end of the scale limits it.
    effect_lower, effect_upper : ndarray of shape (n_pairs, n_grid)
        Bounds of the true effect; NaN throughout where the model has no interval.
    untrained : ndarray of shape (n_pairs, n_grid)
        Level to expect without training.
    parts : ndarray of shape (3, n_pairs, n_grid)
        `effect` taken apart: features of the catalogue, module, module x competency.
    evidence_count : ndarray of int, shape (n_pairs,)
        Trained records of the module for the competency.
    org_effects : ndarray of shape (n_orgs,)
        By how much people of a unit end above or below others who start alike.
    calibration : Calibration
        How far the next measured level may lie from its expectation.
    scale : tuple of float
        Lowest and highest level of the records.
    size_known : bool
        False without control rows: effects then tell the order of modules only.
    asked_since : float
        Months between a completion and the assessment that effects are told for.
    table_error : float
        How far the effect of the model itself lies from the table at most.
    reliability : float
        Of one recorded level, from control rows; NaN without.
    bracket : Bracket
        Mean effect by ANCOVA and by reliability-corrected gain.
    """

    estimator: str
    pair_module: IntArray
    pair_competency: IntArray
    effect: FloatArray
    effect_lower: FloatArray
    effect_upper: FloatArray
    untrained: FloatArray
    parts: FloatArray
    evidence_count: IntArray
    org_effects: FloatArray
    calibration: Calibration
    scale: tuple[float, float]
    size_known: bool
    asked_since: float
    table_error: float
    reliability: float
    bracket: Bracket


def has_interval(fit: EffectTable) -> bool:
    """Say whether a model tells how far its effects may be off."""
    return fit.size_known and bool(np.isfinite(fit.effect_lower).all())


@dataclass(frozen=True)
class Prediction:
    """What to expect of modules for people, one value per question, on the scale of the records.

    Attributes
    ----------
    expected_improvement, effect_lower, effect_upper : ndarray of shape (n,)
        Effect over no training and the interval of the true effect, in levels; the interval is
        NaN where the model has none.
    expected_level_after, level_after_lower, level_after_upper : ndarray of shape (n,)
        Next measured level if the module is taken, with its 90 % interval.
    evidence_count : ndarray of int, shape (n,)
        Trained records of the module for the competency.
    basis : ndarray of int, shape (n,)
        `MEASURED` where there are such records, else `POOLED`.
    """

    expected_improvement: FloatArray
    effect_lower: FloatArray
    effect_upper: FloatArray
    expected_level_after: FloatArray
    level_after_lower: FloatArray
    level_after_upper: FloatArray
    evidence_count: IntArray
    basis: IntArray


@dataclass(frozen=True)
class Explanation:
    """A prediction as a sum: all parts add up to `expected_level_after` exactly.

    Attributes
    ----------
    no_training, features, module, module_competency, limit : ndarray of shape (n,)
        Level without training; what catalogue and starting level add; what the module does more
        than modules like it, and more for this competency; what the end of the scale takes off.
    expected_improvement, expected_level_after : ndarray of shape (n,)
        The sum from `features` on (limited), and of all.
    """

    no_training: FloatArray
    features: FloatArray
    module: FloatArray
    module_competency: FloatArray
    limit: FloatArray
    expected_improvement: FloatArray
    expected_level_after: FloatArray


def predict(
    fit: EffectTable,
    module: IntArray,
    competency: IntArray,
    level: FloatArray,
    org: IntArray | None = None,
) -> Prediction:
    """Predict effects and next levels.

    Parameters
    ----------
    fit : EffectTable
        The model.
    module, competency : ndarray of int, shape (n,)
        Codes; the pair must be one of the model's.
    level : ndarray of shape (n,)
        Recorded level, on `fit.scale`.
    org : ndarray of int, shape (n,), optional
        Code of the unit; -1, or a code that the model has not seen, for none.

    Returns
    -------
    Prediction

    Raises
    ------
    ModelError
        `model.unknown-pair` if a module does not address the competency.
    """
    pair = find_pairs(fit, module, competency)
    low, unit, x = _on_four(fit, level)
    left = 4.0 - x
    # A module cannot lift anybody beyond the top of the scale, not even at the upper bound.
    effect = np.minimum(at_grid(fit.effect, pair, x), left)
    after = np.clip(at_grid(fit.untrained, pair, x) + _org_effect(fit, org, x) + effect, 0.0, 4.0)
    count = fit.evidence_count[pair]
    lower, upper = fit.calibration.bounds(x, count > 0)
    return Prediction(
        expected_improvement=effect * unit,
        effect_lower=np.minimum(at_grid(fit.effect_lower, pair, x), left) * unit,
        effect_upper=np.minimum(at_grid(fit.effect_upper, pair, x), left) * unit,
        expected_level_after=low + after * unit,
        # The bounds enclose the expectation, even where both quantiles lie on one side of it.
        level_after_lower=low + np.clip(after + lower, 0.0, after) * unit,
        level_after_upper=low + np.clip(after + upper, after, 4.0) * unit,
        evidence_count=count,
        basis=np.where(count > 0, MEASURED, POOLED),
    )


def explain(
    fit: EffectTable,
    module: IntArray,
    competency: IntArray,
    level: FloatArray,
    org: IntArray | None = None,
) -> Explanation:
    """Take predictions apart; parameters as in `predict`."""
    pair = find_pairs(fit, module, competency)
    low, unit, x = _on_four(fit, level)
    whole = predict(fit, module, competency, level, org)
    base = low + (at_grid(fit.untrained, pair, x) + _org_effect(fit, org, x)) * unit
    features, of_module, of_pair = (at_grid(part, pair, x) * unit for part in fit.parts)
    return Explanation(
        no_training=base,
        features=features,
        module=of_module,
        module_competency=of_pair,
        # Whatever the end of the scale changed, so that the parts add up exactly.
        limit=whole.expected_level_after - (base + features + of_module + of_pair),
        expected_improvement=whole.expected_improvement,
        expected_level_after=whole.expected_level_after,
    )


def expect_levels(
    fit: EffectTable,
    row: IntArray,
    module: IntArray,
    competency: IntArray,
    level: FloatArray,
    org: IntArray,
) -> FloatArray:
    """Predict the next level after several modules in one interval.

    Parameters
    ----------
    fit : EffectTable
        The model.
    row, module : ndarray of int, shape (n_events,)
        Interval and code of each completed module; every interval has one.
    competency : ndarray of int, shape (n,)
        Code of each interval.
    level : ndarray of shape (n,)
        Recorded level before, on `fit.scale`.
    org : ndarray of int, shape (n,)
        Code of the unit of each interval; -1 for none.

    Returns
    -------
    ndarray of shape (n,)
        Level on `fit.scale`; the end of the scale limits the sum of the effects.
    """
    pair = find_pairs(fit, module, competency[row])
    low, unit, x = _on_four(fit, level)
    effect = np.bincount(row, weights=at_grid(fit.effect, pair, x[row]), minlength=x.size)
    # What happens without training is the same for all modules of a competency.
    any_pair = np.zeros(x.size, dtype=np.int64)
    any_pair[row] = pair
    base = at_grid(fit.untrained, any_pair, x) + _org_effect(fit, org, x)
    return low + np.clip(base + np.minimum(effect, 4.0 - x), 0.0, 4.0) * unit


def find_pairs(fit: EffectTable, module: IntArray, competency: IntArray) -> IntArray:
    """Find the rows of the model's pairs.

    Raises
    ------
    ModelError
        `model.unknown-pair` if the model has none for a module and competency.
    """
    width = int(max(fit.pair_competency.max(initial=0), np.max(competency, initial=0))) + 1
    keys = fit.pair_module * width + fit.pair_competency
    asked = np.asarray(module) * width + np.asarray(competency)
    # A key beyond the last has no row of its own; it is caught by the comparison below.
    row = np.minimum(np.searchsorted(keys, asked), keys.size - 1)
    wrong = np.flatnonzero((keys[row] != asked) | (np.asarray(competency) < 0))
    if wrong.size:
        raise ModelError("model.unknown-pair", rows=wrong[:10].tolist(), count=int(wrong.size))
    return row


def at_grid(table: FloatArray, row: IntArray, level: FloatArray) -> FloatArray:
    """Read rows of a table at levels on [0, 4], linear between the levels of `GRID`."""
    left, share = grid_position(level)
    return table[row, left] * (1.0 - share) + table[row, left + 1] * share


def grid_position(level: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the point of `GRID` at or below levels on [0, 4], and how far to the next they lie."""
    at = level * ((GRID.size - 1) / 4.0)
    left = np.minimum(at.astype(np.int64), GRID.size - 2)
    return left, at - left


def _on_four(fit: EffectTable, level: FloatArray) -> tuple[float, float, FloatArray]:
    """Return the lowest level, a quarter of the scale, and the levels on [0, 4]."""
    low, high = fit.scale
    unit = (high - low) / 4.0
    return low, unit, np.clip((np.asarray(level, dtype=np.float64) - low) / unit, 0.0, 4.0)


def _org_effect(fit: EffectTable, org: IntArray | None, like: FloatArray) -> FloatArray:
    if org is None or not fit.org_effects.size:
        return np.zeros_like(like)
    known = (org >= 0) & (org < fit.org_effects.size)
    return np.where(known, fit.org_effects[np.where(known, org, 0)], 0.0)
