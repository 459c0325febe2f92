"""From a fit to what is asked of it: polynomials per pair, spreads, calibrated intervals."""

from __future__ import annotations

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.improvement.model import features
from recommender.improvement.model.conformal import Calibration, calibrate
from recommender.improvement.model.design import (
    cell_coefficients,
    cell_covariances,
    equations,
    own_coefficients,
)
from recommender.improvement.model.fitting import State, fitted, residuals
from recommender.improvement.model.mixed import solve

# Polynomials, because ranking evaluates them as one matrix product a step (MODEL.md, finding 8).
DEGREE = 5
# A twentieth of a level apart: lines between these points are within .001 of the curve (MODEL.md).
GRID = np.linspace(0.0, 4.0, 81)
# Quantiles of so many residuals are exact enough; more would only cost time.
MAX_CALIBRATED = 20_000
MAX_FOLDS = 5


def horner(coefficients: FloatArray, level: FloatArray) -> FloatArray:
    """Evaluate polynomials, lowest power first along the last axis, at levels in [0, 4]."""
    value = coefficients[..., -1] + np.zeros_like(level)
    for power in range(coefficients.shape[-1] - 2, -1, -1):
        value = value * level + coefficients[..., power]
    return value


def grid_functions(state: State) -> FloatArray:
    """Base functions of every pair on the grid, shape (n_pairs, n_grid, n_functions)."""
    from_ = state.pairs.from_
    basis = np.zeros((from_.size, GRID.size, features.N_FUNCTIONS))
    levels = np.broadcast_to(GRID, (from_.size, GRID.size))
    basis[:, :, : features.AT_FROM.stop] = features.level_functions(levels, from_[:, None])
    return basis


def effect_polynomials(state: State, basis: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Effect of each pair as polynomials of the level, in parts, and their covariance.

    Returns
    -------
    parts : ndarray of shape (3, n_pairs, degree + 1)
        Of the features, of the module, of the pair, lowest power first.
    covariance : ndarray of shape (n_pairs, degree + 1, degree + 1)
    """
    n_pairs = state.pairs.size
    # The least-squares polynomial through the grid is linear in the coefficients, so that one
    # matrix carries values and covariance over.
    to_polynomial = np.linalg.pinv(GRID[:, None] ** np.arange(DEGREE + 1)) @ basis
    by_member: list[FloatArray] = []
    covariance = np.zeros((n_pairs, DEGREE + 1, DEGREE + 1))
    for design, solution in state.members:
        coefficients = (
            cell_coefficients(design, solution, columns=design.is_effect)[:n_pairs],
            own_coefficients(design, solution, columns=~design.is_pair),
            own_coefficients(design, solution, columns=design.is_pair),
        )
        by_member.append(
            np.stack([np.einsum("cdf,cf->cd", to_polynomial, part) for part in coefficients])
        )
        member_covariance = cell_covariances(
            design, solution, np.arange(n_pairs), columns=design.is_effect
        )
        covariance += (
            to_polynomial @ (solution.noise * member_covariance) @ to_polynomial.transpose(0, 2, 1)
        )
    parts = np.mean(by_member, axis=0)
    covariance /= len(by_member)
    # Where the members disagree, the mean is less certain than each of them says: the spread
    # between them is added to the mean of their variances.
    for member in by_member:
        apart = (member - parts).sum(axis=0)
        covariance += apart[:, :, None] * apart[:, None, :] / len(by_member)
    return parts, (covariance + covariance.transpose(0, 2, 1)) / 2.0


def untrained_levels(state: State, basis: FloatArray) -> FloatArray:
    """Level to expect without training, shape (n_pairs, n_grid), after the module's usual time."""
    members = [
        cell_coefficients(design, solution, columns=~design.is_effect)
        for design, solution in state.members
    ]
    without = np.mean(members, axis=0)[: state.pairs.size]
    time = mean_time(state)
    by_time = (time * without[:, features.AT_TIME])[:, None]
    by_level = (time * without[:, features.AT_TIME_LEVEL])[:, None]
    level = np.einsum("cgf,cf->cg", basis, without)
    return level + by_time + by_level * (GRID - features.MIDDLE_LEVEL)


def mean_time(state: State) -> FloatArray:
    """Mean standardised time between assessments of each pair's module, shrunk to that of all."""
    trained = state.is_trained
    days = state.records.days_between[trained]
    size = int(max(state.pairs.module.max(), state.records.module.max())) + 1
    counts = np.bincount(state.records.module[trained], minlength=size)
    sums = np.bincount(state.records.module[trained], weights=days, minlength=size)
    # As if five records of average time had been seen: a module without any gets the mean.
    return ((sums + 5.0 * days.mean()) / (counts + 5.0))[state.pairs.module]


def raw_deviation(state: State) -> FloatArray:
    """Mean of what the features leave unexplained, by module, and by pair beyond its module."""
    design, cell = state.design, state.cell
    trained = state.is_trained
    coefficients = np.mean([cell_coefficients(*member) for member in state.members], axis=0)
    left = state.z[:, features.AT_AFTER] - np.einsum("nf,nf->n", state.z, coefficients[cell])
    left = left[trained]
    pair = cell[trained]
    row = design.row
    of_module = np.bincount(row[pair], weights=left, minlength=design.own_block.shape[0])
    n_module = np.bincount(row[pair], minlength=design.own_block.shape[0])
    of_module = of_module / np.maximum(n_module, 1)
    of_pair = np.bincount(pair, weights=left, minlength=row.size)
    n_pair = np.bincount(pair, minlength=row.size)
    of_pair = np.where(n_pair > 0, of_pair / np.maximum(n_pair, 1) - of_module[row], 0.0)
    return np.stack([of_module[row], of_pair], axis=1)


def calibrate_levels(state: State, basis: FloatArray, seed: int) -> tuple[Calibration, FloatArray]:
    """Find how far the next measured level may lie from its expectation.

    Returns
    -------
    calibration : Calibration
        Bounds by band, in standard deviations, from records left out.
    spread : ndarray of shape (n_pairs, n_grid)
        Standard deviation of the next level, in levels.
    """
    design, solution = state.design, state.solution
    rows = np.flatnonzero(state.is_trained)
    if rows.size > MAX_CALIBRATED:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MAX_CALIBRATED, replace=False))
    records, cell, weights = state.records.rows(rows), state.cell[rows], state.weights[rows]
    covariance = cell_covariances(design, solution, np.arange(state.pairs.size))
    functions = state.z[rows]
    left = residuals(design, solution, functions, cell)
    functions[:, features.AT_AFTER] = 0.0
    leverage = _quadratic(functions, covariance, cell)
    known = records.org >= 0
    if state.org_effects.size:
        leverage[known] += state.org_leverage[records.org[known]]
    # A leverage of 1 would divide by zero below: such a record alone decides its own fit.
    leverage = np.clip(leverage * weights, 0.0, 0.95)

    # As in a prediction, where the time between is not known: the module's usual time stands in.
    # Leaving a record out moves its fitted value by residual * leverage / (1 - leverage), so that
    # no record needs a fit without it.
    asked = functions.copy()
    time = mean_time(state)[cell]
    asked[:, features.AT_TIME] = time
    asked[:, features.AT_TIME_LEVEL] = time * (records.level_before - features.MIDDLE_LEVEL)
    after = state.z[rows, features.AT_AFTER]
    expected = np.mean([fitted(*member, asked, cell) for member in state.members], axis=0)
    residual = after - expected + left * leverage / (1.0 - leverage)
    noise_share = 1.0 / weights
    spread_row = np.sqrt(solution.noise * (noise_share + _quadratic(asked, covariance, cell)))
    # By module, as random rows would promise too much for modules without records (MODEL.md, 4).
    unseen = _left_out_modules(state, rows, asked, seed)

    at_level = functions[:, features.AT_LEVEL]
    # The noise by level, as a curve on the knots, for levels that no record has.
    gram = at_level.T @ at_level + np.eye(features.N_LEVEL)
    by_knot = (
        np.linalg.solve(gram, at_level.T @ (noise_share - noise_share.mean())) + noise_share.mean()
    )
    variance = basis[:, :, features.AT_LEVEL] @ np.maximum(by_knot, 0.05)
    variance += ((basis @ covariance) * basis).sum(axis=2)
    spread = np.sqrt(solution.noise * variance)
    return calibrate(records.level_before, residual / spread_row, unseen), spread


def _quadratic(z: FloatArray, covariance: FloatArray, cell: IntArray) -> FloatArray:
    """Variance of z times coefficients, row by row; rows are sorted by cell."""
    variance = np.empty(cell.size)
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    for start, end in zip(starts, np.append(starts[1:], cell.size), strict=True):
        part = z[start:end]
        variance[start:end] = ((part @ covariance[cell[start]]) * part).sum(axis=1)
    return np.maximum(variance, 0.0)


def _left_out_modules(state: State, rows: IntArray, asked: FloatArray, seed: int) -> FloatArray:
    """Standardised residuals of records whose module was left out of the fit."""
    design, solution = state.design, state.solution
    standardised = np.full(rows.size, np.nan)
    n_pairs = state.pairs.size
    used = np.unique(design.row[np.flatnonzero(state.grams.counts[:n_pairs])])
    n_folds = min(MAX_FOLDS, used.size)
    # With two modules or fewer, leaving one out would leave next to nothing to learn from.
    if n_folds < 3:
        return standardised
    fold_of = np.full(design.own_block.shape[0], -1)
    fold_of[np.random.default_rng(seed).permutation(used)] = np.arange(used.size) % n_folds
    cell = state.cell[rows]
    for fold in range(n_folds):
        out = np.zeros(state.grams.counts.size, dtype=bool)
        out[:n_pairs] = fold_of[design.row] == fold
        # The variances of the whole fit are kept: estimating them anew for each fold would cost a
        # fit each and hardly move them.
        without = solve(equations(state.grams, design, ~out), solution.variances, solution.noise)
        mine = np.flatnonzero(out[cell])
        pairs, where = np.unique(cell[mine], return_inverse=True)
        covariance = cell_covariances(design, without, pairs)
        left = state.z[rows[mine], features.AT_AFTER]
        left = left - fitted(design, without, asked[mine], cell[mine])
        spread = 1.0 / state.weights[rows[mine]] + _quadratic(asked[mine], covariance, where)
        standardised[mine] = left / np.sqrt(without.noise * spread)
    return standardised
