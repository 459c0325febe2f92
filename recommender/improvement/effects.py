"""The effect model: what a module adds for a person at a level, learned from past improvement.

One linear mixed model for all improvement records. What happens without training (a curve of the
starting level by competency, time, unit) holds in every record and is told by the control rows;
what a module adds holds in the trained records only: features of the catalogue, the starting
level relative to the module's levels, and deviations of the module and of module x competency,
each shrunk by a variance that the data choose. Compiled to a polynomial of the level per pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.errors import ModelError, ShapeMismatchError
from recommender.improvement import features
from recommender.improvement.conformal import Calibration, calibrate
from recommender.improvement.design import (
    Design,
    Grams,
    aggregate,
    cell_coefficients,
    cell_covariances,
    equations,
    make_design,
    own_coefficients,
)
from recommender.improvement.history_checks import (
    Bracket,
    bracket_effect,
    check_history,
    find_reliability,
)
from recommender.improvement.mixed import Solution, estimate, solve
from recommender.improvement.tables import ModuleTable, RecordTable

__all__ = [
    "MEASURED",
    "MIN_TRAINED",
    "POOLED",
    "EffectFit",
    "Explanation",
    "ModuleTable",
    "Prediction",
    "RecordTable",
    "explain",
    "fit_effects",
    "predict",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

POOLED, MEASURED = 0, 1
MIN_TRAINED = 30
MIN_CONTROLS = 30
DEGREE = 5
MAX_CALIBRATED = 40000
MAX_FOLDS = 8
GRID = np.linspace(0.0, 4.0, 81)
NORMAL_90 = 1.6448536269514722


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
    _check(records, modules, n_competencies, scale)
    inner = _on_inner_scale(records, scale)
    trained = inner.module >= 0
    pairs = features.make_pairs(modules, inner.module[trained], inner.competency[trained], scale)
    cell = _cells(pairs, inner)
    size_known = int((~trained).sum()) >= MIN_CONTROLS
    z = features.base_functions(inner, pairs, cell)
    n_orgs = int(inner.org.max(initial=-1)) + 1
    if n_orgs < 2:
        n_orgs = 0

    def summed(weights: FloatArray) -> Grams:
        return aggregate(z, cell, weights, inner.org, pairs.size + n_competencies, n_orgs)

    # first the mean effect by starting level and the noise by level, then the model that uses them
    grams = summed(np.ones(inner.size))
    design = make_design(pairs, n_competencies, None, size_known=size_known)
    solution = estimate(equations(grams, design), design.n_blocks)
    weights = _weights(design, solution, z, cell, inner)
    grams = summed(weights)
    if size_known:
        profile = _profile(design, solution, grams)
        design = make_design(pairs, n_competencies, profile, size_known=True)
    solution = estimate(equations(grams, design), design.n_blocks)
    state = _State(inner, pairs, cell, z, weights, grams, design, solution)
    return _compile(state, n_competencies, scale=scale, size_known=size_known, seed=seed)


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
        Code of the unit; -1 or a code not seen for none.

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
    effect = evaluate_effect(fit.coefficients[pair], x)
    powers = x[:, None] ** np.arange(fit.coefficients.shape[1])
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
        effect_lower=np.minimum(effect - bound, top) * unit,
        effect_upper=np.minimum(effect + bound, top) * unit,
        expected_level_after=low + after * unit,
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
    shrinkage = (of_module - raw_module) + (of_pair - raw_pair)
    before_limit = base + catalogue + raw_module + raw_pair + shrinkage
    return Explanation(
        no_training=base,
        features=catalogue,
        module=raw_module,
        module_competency=raw_pair,
        shrinkage=shrinkage,
        limit=whole.expected_level_after - before_limit,
        expected_improvement=whole.expected_improvement,
        expected_level_after=whole.expected_level_after,
    )


def find_pairs(fit: EffectFit, module: IntArray, competency: IntArray) -> IntArray:
    """Rows of the model's pairs.

    Raises
    ------
    ModelError
        `model.unknown-pair` if the model has none for a module and competency.
    """
    width = int(max(fit.pair_competency.max(initial=0), np.max(competency, initial=0))) + 1
    keys = fit.pair_module * width + fit.pair_competency
    asked = np.asarray(module) * width + np.asarray(competency)
    row = np.minimum(np.searchsorted(keys, asked), keys.size - 1)
    wrong = np.flatnonzero((keys[row] != asked) | (np.asarray(competency) < 0))
    if wrong.size:
        raise ModelError("model.unknown-pair", rows=wrong[:10].tolist(), count=int(wrong.size))
    return row


def horner(coefficients: FloatArray, level: FloatArray) -> FloatArray:
    """Value of polynomials, lowest power first along the last axis, at levels in [0, 4]."""
    value = coefficients[..., -1] + np.zeros_like(level)
    for power in range(coefficients.shape[-1] - 2, -1, -1):
        value = value * level + coefficients[..., power]
    return value


def evaluate_effect(coefficients: FloatArray, level: FloatArray) -> FloatArray:
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
    if levels.min() < scale[0] - 1e-9 or levels.max() > scale[1] + 1e-9:
        raise ModelError(
            "model.level-outside-scale",
            lowest=float(levels.min()),
            highest=float(levels.max()),
            scale=scale,
        )
    if np.ptp(records.level_before) == 0.0 or np.ptp(records.level_after) == 0.0:
        raise ModelError("model.levels-do-not-vary", value=float(levels[0, 0]))


def _on_inner_scale(records: RecordTable, scale: tuple[float, float]) -> RecordTable:
    unit = (scale[1] - scale[0]) / 4.0
    days = records.days_between
    known = np.isfinite(days)
    centre = float(days[known].mean()) if known.any() else 0.0
    spread = float(days[known].std()) if known.any() else 0.0
    standard = np.where(known, (days - centre) / (spread if spread > 1e-9 else 1.0), 0.0)
    day = records.after_day
    dated = np.isfinite(day)
    last = float(day[dated].max()) if dated.any() else 0.0
    return RecordTable(
        person=records.person,
        competency=records.competency,
        module=records.module,
        level_before=np.clip((records.level_before - scale[0]) / unit, 0.0, 4.0),
        level_after=np.clip((records.level_after - scale[0]) / unit, 0.0, 4.0),
        days_between=np.clip(standard, -3.0, 3.0),
        org=records.org,
        after_day=np.where(dated, (day - last) / 365.25, 0.0),
    )


def _cells(pairs: features.Pairs, records: RecordTable) -> IntArray:
    width = int(max(pairs.competency.max(), records.competency.max())) + 1
    keys = pairs.module * width + pairs.competency
    found = np.searchsorted(keys, records.module * width + records.competency)
    return np.where(records.module >= 0, found, pairs.size + records.competency)


@dataclass(frozen=True)
class _State:
    records: RecordTable
    pairs: features.Pairs
    cell: IntArray
    z: FloatArray
    weights: FloatArray
    grams: Grams
    design: Design
    solution: Solution


def _org_values(design: Design, solution: Solution, org: IntArray) -> FloatArray:
    effects = solution.shared[design.maps.shape[2] :]
    if not effects.size:
        return np.zeros(org.size)
    return np.where(org >= 0, effects[np.maximum(org, 0)], 0.0)


def _fitted(
    design: Design, solution: Solution, z: FloatArray, cell: IntArray, org: IntArray
) -> FloatArray:
    coefficients = cell_coefficients(design, solution)
    n_pairs = design.own_maps.shape[0]
    coefficients[:n_pairs] += own_coefficients(design, solution)
    return np.einsum("nf,nf->n", z, coefficients[cell]) + _org_values(design, solution, org)


def _weights(
    design: Design, solution: Solution, z: FloatArray, cell: IntArray, records: RecordTable
) -> FloatArray:
    """Inverse of the noise by starting level, relative to its mean."""
    residual = records.level_after - _fitted(design, solution, z, cell, records.org)
    square = residual**2
    basis = z[:, features.AT_LEVEL]
    mean = float(square.mean())
    gram = basis.T @ basis
    prior = 50.0
    variance = np.linalg.solve(
        gram + prior * np.eye(gram.shape[0]), basis.T @ square + prior * mean
    )
    by_row = basis @ np.clip(variance / mean, 0.25, 4.0)
    trained = records.module >= 0
    for group in (trained, ~trained):
        n = int(group.sum())
        if n:
            ratio = float((square[group] / by_row[group]).mean()) / mean
            by_row[group] *= (n * ratio + prior) / (n + prior)
    return 1.0 / by_row


def _profile(design: Design, solution: Solution, grams: Grams) -> FloatArray | None:
    """Mean effect by starting level, scaled to a mean of 1; None where it is not clearly positive."""
    n_pairs = design.own_maps.shape[0]
    varied = ("effect", "readiness", "headroom")
    of_level = np.array(
        [
            effect and (block < 0 or design.names[block].startswith(varied))
            for effect, block in zip(design.is_effect, design.shared_block, strict=True)
        ]
    )
    curve = cell_coefficients(design, solution, columns=of_level)[:n_pairs]
    sums = grams.cells[:n_pairs, : features.N_LEVEL, :].sum(axis=1)
    total = float(sums[:, : features.N_LEVEL].sum())
    mean = float((sums * curve).sum() / total)
    largest = curve[np.argmax(np.abs(curve).sum(axis=1))]
    return largest / mean if mean > 0.05 else None


def _compile(
    state: _State, n_competencies: int, *, scale: tuple[float, float], size_known: bool, seed: int
) -> EffectFit:
    design, solution, pairs, records = state.design, state.solution, state.pairs, state.records
    n_pairs = pairs.size
    counts = state.grams.counts[:n_pairs]
    trained = records.module >= 0
    project = np.linalg.pinv(GRID[:, None] ** np.arange(DEGREE + 1))
    basis = np.zeros((n_pairs, GRID.size, features.N_FUNCTIONS))
    basis[:, :, : features.AT_TO.stop] = features.level_functions(
        np.broadcast_to(GRID, (n_pairs, GRID.size)), pairs.from_[:, None], pairs.to[:, None]
    )
    to_polynomial = project @ basis
    whole = np.append(np.ones(features.AT_TO.stop, dtype=bool), np.zeros(4, dtype=bool))
    catalogue = cell_coefficients(design, solution, columns=design.is_effect)[:n_pairs]
    parts = np.stack(
        [
            np.einsum("cdf,cf->cd", to_polynomial, part * whole)
            for part in (
                catalogue,
                own_coefficients(design, solution, columns=~design.is_pair),
                own_coefficients(design, solution, columns=design.is_pair),
            )
        ]
    )
    covariance, _ = cell_covariances(design, solution, columns=design.is_effect)
    covariance = to_polynomial @ (solution.noise * covariance) @ to_polynomial.transpose(0, 2, 1)

    without = cell_coefficients(design, solution, columns=~design.is_effect)[:n_pairs]
    time = _mean_time(state)
    untrained = basis @ without[:, :, None]
    untrained = (
        untrained[:, :, 0]
        + (time * without[:, features.AT_TIME])[:, None]
        + (time * without[:, features.AT_TIME_LEVEL])[:, None] * (GRID - features.MIDDLE_LEVEL)
    )
    calibration, spread = _calibrate(state, basis, seed)
    reliability = find_reliability(records)
    coefficients = parts.sum(axis=0)
    mean_effect = float(
        horner(coefficients[state.cell[trained]], records.level_before[trained]).mean()
    )
    return EffectFit(
        pair_module=pairs.module,
        pair_competency=pairs.competency,
        coefficients=coefficients,
        coefficient_covariance=(covariance + covariance.transpose(0, 2, 1)) / 2.0,
        evidence_count=counts,
        parts=parts,
        raw_deviation=_raw_deviation(state),
        untrained=untrained,
        org_effects=solution.shared[design.maps.shape[2] :],
        level_spread=spread,
        calibration=calibration,
        scale=scale,
        size_known=size_known,
        reliability=reliability,
        bracket=bracket_effect(records, mean_effect, reliability),
        warnings=check_history(records, MIN_CONTROLS),
        block_names=design.names,
        block_variances=solution.variances,
        noise=solution.noise,
    )


def _mean_time(state: _State) -> FloatArray:
    """Mean standardised time between assessments of each pair's module, shrunk to that of all."""
    trained = state.records.module >= 0
    days = state.records.days_between[trained]
    size = int(max(state.pairs.module.max(), state.records.module.max())) + 1
    counts = np.bincount(state.records.module[trained], minlength=size)
    sums = np.bincount(state.records.module[trained], weights=days, minlength=size)
    return ((sums + 5.0 * days.mean()) / (counts + 5.0))[state.pairs.module]


def _raw_deviation(state: _State) -> FloatArray:
    """Mean of what features leave over, by module, and by pair beyond its module."""
    design, solution, cell = state.design, state.solution, state.cell
    trained = cell < state.pairs.size
    coefficients = cell_coefficients(design, solution)
    left = state.records.level_after - _org_values(design, solution, state.records.org)
    left = (left - np.einsum("nf,nf->n", state.z, coefficients[cell]))[trained]
    pair = cell[trained]
    row = design.row
    of_module = np.bincount(row[pair], weights=left, minlength=design.own_block.shape[0])
    n_module = np.bincount(row[pair], minlength=design.own_block.shape[0])
    of_module = of_module / np.maximum(n_module, 1)
    of_pair = np.bincount(pair, weights=left, minlength=row.size)
    n_pair = np.bincount(pair, minlength=row.size)
    of_pair = np.where(n_pair > 0, of_pair / np.maximum(n_pair, 1) - of_module[row], 0.0)
    return np.stack([of_module[row], of_pair], axis=1)


def _calibrate(state: _State, basis: FloatArray, seed: int) -> tuple[Calibration, FloatArray]:
    """Standard deviation of the next level on the grid, and what makes its intervals hold."""
    design, solution, z = state.design, state.solution, state.z
    rows = np.flatnonzero(state.cell < state.pairs.size)
    if rows.size > MAX_CALIBRATED:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MAX_CALIBRATED, replace=False))
    records, cell, weights = state.records.rows(rows), state.cell[rows], state.weights[rows]
    covariance, reach = cell_covariances(design, solution)
    asked = z[rows].copy()
    time = _mean_time(state)[cell]
    asked[:, features.AT_TIME] = time
    asked[:, features.AT_TIME_LEVEL] = time * (records.level_before - features.MIDDLE_LEVEL)
    org = records.org

    # leaving one record out moves its own fitted value by residual * leverage / (1 - leverage)
    left = records.level_after - _fitted(design, solution, z[rows], cell, org)
    given = z[rows].copy()
    given[:, features.AT_AFTER] = 0.0
    leverage = np.einsum("nf,nfg,ng->n", given, covariance[cell], given)
    p = design.maps.shape[2]
    if solution.shared.size > p:
        known = np.flatnonzero(org >= 0)
        to_org = reach[cell[known]] @ solution.shared_inverse[:, p + org[known]].T[:, :, None]
        leverage[known] += 2.0 * np.einsum("nf,nf->n", given[known], to_org[:, :, 0])
        leverage[known] += np.diag(solution.shared_inverse)[p + org[known]]
    leverage = np.clip(leverage * weights, 0.0, 0.95)
    asked[:, features.AT_AFTER] = 0.0
    residual = records.level_after - _fitted(design, solution, asked, cell, org)
    residual = residual + left * leverage / (1.0 - leverage)

    # noise by level
    relative = np.linalg.lstsq(z[:, features.AT_LEVEL][rows], 1.0 / weights, rcond=None)[0]
    noise = solution.noise
    at_row = np.einsum("nf,nfg,ng->n", asked, covariance[cell], asked)
    spread_row = np.sqrt(noise * np.maximum(1.0 / weights + at_row, 1e-6))
    spread = np.sqrt(
        noise
        * np.maximum(
            basis[:, :, features.AT_LEVEL] @ np.maximum(relative, 0.05)
            + np.einsum("cgf,cfh,cgh->cg", basis, covariance, basis, optimize=True),
            1e-6,
        )
    )
    unseen = _left_out_modules(state, rows, asked, seed)
    return calibrate(records.level_before, residual / spread_row, unseen), spread


def _left_out_modules(state: _State, rows: IntArray, asked: FloatArray, seed: int) -> FloatArray:
    """Standardised residuals of records whose module was left out of the fit."""
    design, solution = state.design, state.solution
    found = np.full(rows.size, np.nan)
    used = np.unique(design.row[np.flatnonzero(state.grams.counts[: state.pairs.size])])
    n_folds = min(MAX_FOLDS, used.size)
    if n_folds < 3:
        return found
    fold_of = np.full(design.own_block.shape[0], -1)
    fold_of[np.random.default_rng(seed).permutation(used)] = np.arange(used.size) % n_folds
    cell = state.cell[rows]
    n_cells = state.grams.counts.size
    for fold in range(n_folds):
        out = np.zeros(n_cells, dtype=bool)
        out[: state.pairs.size] = fold_of[design.row] == fold
        without = solve(equations(state.grams, design, ~out), solution.variances, solution.noise)
        mine = np.flatnonzero(out[cell])
        covariance, _ = cell_covariances(design, without)
        where = cell[mine]
        values = _fitted(design, without, asked[mine], where, state.records.org[rows[mine]])
        spread = np.einsum("nf,nfg,ng->n", asked[mine], covariance[where], asked[mine])
        spread = without.noise * (1.0 / state.weights[rows[mine]] + spread)
        residual = state.records.level_after[rows[mine]] - values
        found[mine] = residual / np.sqrt(np.maximum(spread, 1e-6))
    return found
