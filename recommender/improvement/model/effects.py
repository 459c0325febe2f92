"""The effect model: what a module adds for a person at a level, learned from past improvement.

One linear mixed model for all improvement records. What happens without training (a curve of the
starting level by competency, time, unit) is part of every record, and the control rows tell it
apart. What a module adds is part of the trained records only: features of the catalogue, the
starting level relative to the module's levels, and deviations of the module and of module x
competency, each shrunk by a variance estimated from the data. With control rows the prediction is
the mean of two such models, a rich one and one of straight lines, which ranks better than either.
The result is compiled to a polynomial of the level for each pair.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits  # pyright: ignore[reportMissingTypeStubs]

from recommender.arrays import FloatArray, IntArray
from recommender.errors import ModelError, ShapeMismatchError
from recommender.improvement.model.compiling import (
    calibrate_levels,
    effect_polynomials,
    grid_functions,
    horner,
    raw_deviation,
    untrained_levels,
)
from recommender.improvement.model.conformal import Calibration
from recommender.improvement.model.fitting import fit_state
from recommender.improvement.model.history_checks import (
    Bracket,
    bracket_effect,
    check_history,
    find_reliability,
)
from recommender.improvement.model.tables import ModuleTable, RecordTable

MIN_TRAINED = 30
# The truth lies somewhere between the two estimates of the bracket: half its width is the doubt.
SELECTION_DOUBT = 0.5
VARIANCE_DOUBT = 400.0
EFFECT_COVERAGE = 0.8
"""What the nominal 90 % interval of the true effect covers on simulated histories of 5,000 trained
records where managers nominate moderately on what they did not record: .77 to .82 by how effects
depend on the level. Where they do so strongly it covers far less, about .28."""


@dataclass(frozen=True)
class EffectFit:
    """A fitted effect model. Levels inside are on [0, 4]; `scale` maps them back.

    Attributes
    ----------
    pair_module, pair_competency : ndarray of int, shape (n_pairs,)
        Codes of every (module, competency) that can be asked about, sorted.
    coefficients : ndarray of shape (n_pairs, degree + 1)
        Effect of the module as a polynomial of the level on [0, 4], lowest power first; clipped
        to at most 4 - level.
    coefficient_covariance : ndarray of shape (n_pairs, degree + 1, degree + 1)
        Posterior covariance of `coefficients`.
    evidence_count : ndarray of int, shape (n_pairs,)
        Trained records of the module for the competency.
    parts : ndarray of shape (n_parts, n_pairs, degree + 1)
        `coefficients` taken apart: features, module, module x competency.
    raw_deviation : ndarray of shape (n_pairs, 2)
        Unshrunken mean deviation from the features of the module, and of the pair from it.
    untrained : ndarray of shape (n_pairs, n_grid)
        Level to expect without training on a grid of starting levels in [0, 4].
    org_effects : ndarray of shape (n_orgs,)
        Shrunken deviation of each unit's later level.
    level_spread : ndarray of shape (n_pairs, n_grid)
        Standard deviation of the next measured level around its expectation.
    calibration : Calibration
        Turns `level_spread` into intervals that hold.
    scale : tuple of float
        Lowest and highest level of the records.
    size_known : bool
        False without control rows: effects are then relative to the average module.
    reliability : float
        Of one recorded level, from control rows; NaN without.
    bracket : Bracket
        Mean effect by ANCOVA and by reliability-corrected gain.
    warnings : tuple of str
        Codes of what limits the model.
    block_names : tuple of str
        Names of the blocks of columns.
    block_variances : ndarray of shape (n_blocks,)
        Estimated variance of each block's coefficients, in squared levels.
    noise : float
        Residual variance, in squared levels.
    """

    pair_module: IntArray
    pair_competency: IntArray
    coefficients: FloatArray
    coefficient_covariance: FloatArray
    evidence_count: IntArray
    parts: FloatArray
    raw_deviation: FloatArray
    untrained: FloatArray
    org_effects: FloatArray
    level_spread: FloatArray
    calibration: Calibration
    scale: tuple[float, float]
    size_known: bool
    reliability: float
    bracket: Bracket
    warnings: tuple[str, ...]
    block_names: tuple[str, ...]
    block_variances: FloatArray
    noise: float


def fit_effects(
    records: RecordTable,
    modules: ModuleTable,
    *,
    n_competencies: int,
    scale: tuple[float, float] = (0.0, 4.0),
    seed: int = 0,
) -> EffectFit:
    """Fit the effect model.

    Parameters
    ----------
    records : RecordTable
        Improvement records, control rows with module -1.
    modules : ModuleTable
        The catalogue.
    n_competencies : int
        Number of competency codes.
    scale : tuple of float
        Lowest and highest level of the records and of the catalogue.
    seed : int
        Decides which modules are left out together in calibration.

    Returns
    -------
    EffectFit

    Raises
    ------
    ModelError
        `model.too-few-records`, `model.bad-scale`, `model.level-outside-scale`,
        `model.level-missing`, `model.levels-do-not-vary`.
    ShapeMismatchError
        If codes do not fit the catalogue.
    """
    # the limit below reaches only what is loaded by then
    importlib.import_module("scipy.linalg.lapack")
    _check(records, modules, n_competencies, scale)
    # The matrices are small and many: BLAS threads would mostly wait for each other, and add up in
    # another order, so that the same history would not give the same bytes.
    with threadpool_limits(limits=1, user_api="blas"):
        return _fit(records, modules, n_competencies, scale, seed)


def _fit(
    records: RecordTable,
    modules: ModuleTable,
    n_competencies: int,
    scale: tuple[float, float],
    seed: int,
) -> EffectFit:
    state = fit_state(records, modules, n_competencies, scale)
    basis = grid_functions(state)
    parts, covariance = effect_polynomials(state, basis)
    coefficients = parts.sum(axis=0)
    trained = state.is_trained
    level = state.records.level_before[trained]
    mean_effect = float(horner(coefficients[state.cell[trained]], level).mean())
    X, after = state.records.to_intervals()
    reliability = find_reliability(X, after)
    bracket = bracket_effect(X, after, ancova=mean_effect, reliability=reliability)
    if state.size_known:
        # What managers know and did not record moves all effects alike, hence the constant term.
        doubt = (bracket.corrected_gain - bracket.ancova) * SELECTION_DOUBT
        covariance[:, 0, 0] += doubt**2 if np.isfinite(doubt) else 0.0
    # The posterior takes the variances as known, but they are estimates too: so it is widened, and
    # the less so the more records there are.
    covariance *= 1.0 + VARIANCE_DOUBT / level.size
    calibration, spread = calibrate_levels(state, basis, seed)
    return EffectFit(
        pair_module=state.pairs.module,
        pair_competency=state.pairs.competency,
        coefficients=coefficients,
        coefficient_covariance=covariance,
        evidence_count=state.grams.counts[: state.pairs.size],
        parts=parts,
        raw_deviation=raw_deviation(state),
        untrained=untrained_levels(state, basis),
        org_effects=state.org_effects,
        level_spread=spread,
        calibration=calibration,
        scale=scale,
        size_known=state.size_known,
        reliability=reliability,
        bracket=bracket,
        warnings=tuple(warning.code for warning in check_history(X, after)),
        block_names=state.design.names,
        block_variances=state.solution.variances,
        noise=state.solution.noise,
    )


def _check(
    records: RecordTable, modules: ModuleTable, n_competencies: int, scale: tuple[float, float]
) -> None:
    if not (np.isfinite(scale).all() and scale[0] < scale[1]):
        raise ModelError("model.bad-scale", scale=scale)
    for name, codes, limit in (
        ("records.module", records.module, modules.n_modules),
        ("records.competency", records.competency, n_competencies),
        ("modules.pair_module", modules.pair_module, modules.n_modules),
        ("modules.pair_competency", modules.pair_competency, n_competencies),
    ):
        lowest = -1 if name == "records.module" else 0
        if codes.size and not lowest <= codes.min() <= codes.max() < limit:
            raise ShapeMismatchError(f"{name}: codes must be in [{lowest}, {limit})")
    n_trained = int((records.module >= 0).sum())
    if n_trained < MIN_TRAINED:
        raise ModelError("model.too-few-records", found=n_trained, minimum=MIN_TRAINED)
    levels = np.stack([records.level_before, records.level_after])
    if not np.isfinite(levels).all():
        rows = np.flatnonzero(~np.isfinite(levels).all(axis=0))
        raise ModelError("model.level-missing", rows=rows[:10].tolist(), count=int(rows.size))
    # A hair beyond the scale is rounding; further out, the scale given is not that of the records.
    if levels.min() < scale[0] - 1e-9 or levels.max() > scale[1] + 1e-9:
        raise ModelError(
            "model.level-outside-scale",
            lowest=float(levels.min()),
            highest=float(levels.max()),
            scale=scale,
        )
    # Without variation there is no curve to fit, or no noise to estimate.
    if np.ptp(records.level_before) == 0.0 or np.ptp(records.level_after) == 0.0:
        raise ModelError("model.levels-do-not-vary", value=float(levels[0, 0]))
