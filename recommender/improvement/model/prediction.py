"""Predictions of the fitted effect model, and the parts that they are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.errors import ModelError
from recommender.improvement.model.compiling import GRID, horner
from recommender.improvement.model.effects import EffectFit

POOLED, MEASURED = 0, 1
# The 95 % quantile of the standard normal, written out to spare the import of scipy.
NORMAL_90 = 1.6448536269514722


@dataclass(frozen=True)
class Prediction:
    """What to expect of modules for people, one value per question, on the scale of the records.

    Attributes
    ----------
    expected_improvement, effect_lower, effect_upper : ndarray of shape (n,)
        Effect over no training and the interval of the true effect, in levels.
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
    no_training, features, module, module_competency, shrinkage, limit : ndarray of shape (n,)
        Level without training; what catalogue and starting level add; what the records of the
        module and of the pair add as they stand; what shrinkage takes back; the scale's end.
    expected_improvement, expected_level_after : ndarray of shape (n,)
        The sum from `features` on (limited), and of all.
    """

    no_training: FloatArray
    features: FloatArray
    module: FloatArray
    module_competency: FloatArray
    shrinkage: FloatArray
    limit: FloatArray
    expected_improvement: FloatArray
    expected_level_after: FloatArray


def predict(
    fit: EffectFit,
    module: IntArray,
    competency: IntArray,
    level: FloatArray,
    org: IntArray | None = None,
) -> Prediction:
    """Predict effects and next levels.

    Parameters
    ----------
    fit : EffectFit
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
    low, high = fit.scale
    unit = (high - low) / 4.0
    x = np.clip((np.asarray(level, dtype=np.float64) - low) / unit, 0.0, 4.0)
    effect = _evaluate_effect(fit.coefficients[pair], x)
    powers: FloatArray = np.vander(x, fit.coefficients.shape[1], increasing=True)
    # Rounding may leave a variance a hair below 0.
    spread = np.sqrt(
        np.maximum(np.einsum("ni,nij,nj->n", powers, fit.coefficient_covariance[pair], powers), 0.0)
    )
    top = 4.0 - x
    after = np.clip(_at_grid(fit.untrained, pair, x) + _org_effect(fit, org, x) + effect, 0.0, 4.0)
    deviation = _at_grid(fit.level_spread, pair, x)
    count = fit.evidence_count[pair]
    lower, upper = fit.calibration.bounds(x, count > 0)
    bound = NORMAL_90 * spread
    return Prediction(
        expected_improvement=effect * unit,
        # A module cannot lift anybody beyond the top of the scale, not even at the upper bound.
        effect_lower=np.minimum(effect - bound, top) * unit,
        effect_upper=np.minimum(effect + bound, top) * unit,
        expected_level_after=low + after * unit,
        # The bounds enclose the expectation, even where both quantiles lie on one side of it.
        level_after_lower=low + np.clip(after + lower * deviation, 0.0, after) * unit,
        level_after_upper=low + np.clip(after + upper * deviation, after, 4.0) * unit,
        evidence_count=count,
        basis=np.where(count > 0, MEASURED, POOLED),
    )


def explain(
    fit: EffectFit,
    module: IntArray,
    competency: IntArray,
    level: FloatArray,
    org: IntArray | None = None,
) -> Explanation:
    """Take predictions apart; parameters as in `predict`."""
    pair = find_pairs(fit, module, competency)
    low, high = fit.scale
    unit = (high - low) / 4.0
    x = np.clip((np.asarray(level, dtype=np.float64) - low) / unit, 0.0, 4.0)
    whole = predict(fit, module, competency, level, org)
    base = low + (_at_grid(fit.untrained, pair, x) + _org_effect(fit, org, x)) * unit
    catalogue, of_module, of_pair = (horner(part[pair], x) * unit for part in fit.parts)
    raw_module, raw_pair = fit.raw_deviation[pair].T * unit
    # What the records say as they stand, and what the model takes back of it, shown apart.
    shrinkage = (of_module - raw_module) + (of_pair - raw_pair)
    before_limit = base + catalogue + raw_module + raw_pair + shrinkage
    return Explanation(
        no_training=base,
        features=catalogue,
        module=raw_module,
        module_competency=raw_pair,
        shrinkage=shrinkage,
        # Whatever the clipping to the scale changed, so that the parts add up exactly.
        limit=whole.expected_level_after - before_limit,
        expected_improvement=whole.expected_improvement,
        expected_level_after=whole.expected_level_after,
    )


def find_pairs(fit: EffectFit, module: IntArray, competency: IntArray) -> IntArray:
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


def _evaluate_effect(coefficients: FloatArray, level: FloatArray) -> FloatArray:
    """Effect at levels in [0, 4]: the polynomial, at most what is left up to 4."""
    return np.minimum(horner(coefficients, level), 4.0 - level)


def _at_grid(table: FloatArray, pair: IntArray, level: FloatArray) -> FloatArray:
    at = level * ((GRID.size - 1) / 4.0)
    left = np.minimum(at.astype(np.int64), GRID.size - 2)
    share = at - left
    return table[pair, left] * (1.0 - share) + table[pair, left + 1] * share


def _org_effect(fit: EffectFit, org: IntArray | None, like: FloatArray) -> FloatArray:
    if org is None or not fit.org_effects.size:
        return np.zeros_like(like)
    known = (org >= 0) & (org < fit.org_effects.size)
    return np.where(known, fit.org_effects[np.where(known, org, 0)], 0.0)
