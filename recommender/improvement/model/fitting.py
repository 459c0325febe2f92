"""The steps of a fit: noise by level, mean effect by level, units, then the mixed model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.improvement.model import features
from recommender.improvement.model.design import (
    Design,
    Grams,
    aggregate,
    cell_coefficients,
    equations,
    make_design,
    make_simple_design,
    own_coefficients,
)
from recommender.improvement.model.mixed import Solution, estimate
from recommender.improvement.model.tables import ModuleTable, RecordTable

# With fewer control rows, what happens without training cannot be told apart from the effect.
MIN_CONTROLS = 30
# Early fits only find weights, profile and units: few rounds do, and for the first look some
# 100,000 records.
FIRST_ROUNDS = 12
FIRST_ROWS = 100_000
# Beyond this, units take one turn and variances few rounds: so many records settle both at once.
MANY_ROWS = 300_000
ROUNDS, ROUNDS_MANY = 60, 12
ORG_ROUNDS = 40
# Records of average noise to assume at each level, so that rare levels get no extreme weight.
WEIGHT_DAMPING = 50.0


@dataclass(frozen=True)
class State:
    """Everything about a fit before it is compiled. Rows are sorted by cell; levels are on [0, 4].

    Attributes
    ----------
    records : RecordTable
        The records, times standardised.
    pairs : Pairs
        Every (module, competency).
    cell : ndarray of int, shape (n_records,)
        Row of `pairs`, or `n_pairs` + competency for a control row.
    z : ndarray of shape (n_records, n_functions)
        Base functions; the outcome among them is less `org_effects`.
    weights : ndarray of shape (n_records,)
        Inverse of the relative noise variance.
    org_effects, org_leverage : ndarray of shape (n_orgs,)
        Shrunken deviation of each unit, and what one record of weight 1 moves it by.
    grams, design, solution
        The equations and their solution.
    simple : tuple of Design and Solution, optional
        A simpler model of the same records: the mean of both predicts better than either.
    size_known : bool
        Whether there are enough control rows to know the size of effects.
    """

    records: RecordTable
    pairs: features.Pairs
    cell: IntArray
    z: FloatArray
    weights: FloatArray
    org_effects: FloatArray
    org_leverage: FloatArray
    grams: Grams
    design: Design
    solution: Solution
    simple: tuple[Design, Solution] | None
    size_known: bool

    @property
    def members(self) -> list[tuple[Design, Solution]]:
        """The models whose mean predicts."""
        return [(self.design, self.solution)] + ([self.simple] if self.simple else [])

    @property
    def is_trained(self) -> BoolArray:
        """Which records are of a module."""
        return self.cell < self.pairs.size


def fit_state(
    records: RecordTable, modules: ModuleTable, n_competencies: int, scale: tuple[float, float]
) -> State:
    """Fit the model; parameters as in `fit_effects`."""
    inner = _on_inner_scale(records, scale)
    trained = inner.module >= 0
    pairs = features.make_pairs(modules, inner.module[trained], inner.competency[trained], scale)
    cell = _cells(pairs, inner)
    order = np.argsort(cell, kind="stable")
    inner, cell = inner.rows(order), cell[order]
    n_cells = pairs.size + n_competencies
    size_known = int((cell >= pairs.size).sum()) >= MIN_CONTROLS
    z = features.base_functions(inner, pairs, cell)

    # A first look, at some of the records where there are many: noise, mean effect, residuals.
    some = slice(None, None, max(1, cell.size // FIRST_ROWS))
    design = make_design(pairs, n_competencies, None, size_known=size_known)
    grams = aggregate(z[some], cell[some], np.ones(cell[some].size), n_cells)
    solution = estimate(equations(grams, design), design.n_blocks, FIRST_ROUNDS)
    left = residuals(design, solution, z, cell)
    weights = _weights(inner, z, left)
    if size_known:
        # Only with control rows is the mean effect known, and so the curve to scale by.
        profile = _profile(design, solution, grams)
        design = make_design(pairs, n_competencies, profile, size_known=True)

    # Then units, by turns with the rest: they cut across cells, so they cannot be columns of the
    # Gram matrices.
    n_orgs = int(inner.org.max(initial=-1)) + 1
    many = cell.size > MANY_ROWS
    effects, leverage = np.zeros(0), np.zeros(0)
    for turn in range(2 if np.unique(inner.org[inner.org >= 0]).size > 1 else 0):
        effects, leverage = _org_effects(left, weights, inner.org, n_orgs, solution.noise)
        of_org = _of_org(effects, inner.org)
        z[:, features.AT_AFTER] = inner.level_after - of_org
        if many or turn == 1:
            break
        grams = aggregate(z, cell, weights, n_cells)
        solution = estimate(equations(grams, design), design.n_blocks, FIRST_ROUNDS)
        left = residuals(design, solution, z, cell) + of_org
    grams = aggregate(z, cell, weights, n_cells)
    solution = estimate(equations(grams, design), design.n_blocks, ROUNDS_MANY if many else ROUNDS)
    simple = None
    if size_known:
        # Averaged with a model of straight lines it ranks better than either alone (MODEL.md).
        beside = make_simple_design(pairs, n_competencies)
        simple = (beside, estimate(equations(grams, beside), beside.n_blocks, ROUNDS))
    return State(
        *(inner, pairs, cell, z, weights, effects, leverage),
        *(grams, design, solution, simple, size_known),
    )


def fitted(design: Design, solution: Solution, z: FloatArray, cell: IntArray) -> FloatArray:
    """Compute the later level that the model expects of records, without what their unit adds."""
    coefficients = cell_coefficients(design, solution)
    coefficients[: design.row.size] += own_coefficients(design, solution)
    # The outcome is one of the base functions; it must not predict itself.
    coefficients[:, features.AT_AFTER] = 0.0
    expected: FloatArray = np.einsum("nf,nf->n", z, coefficients[cell])
    return expected


def residuals(design: Design, solution: Solution, z: FloatArray, cell: IntArray) -> FloatArray:
    """Compute what the model leaves unexplained of the later level."""
    return z[:, features.AT_AFTER] - fitted(design, solution, z, cell)


def _of_org(effects: FloatArray, org: IntArray) -> FloatArray:
    return np.where(org >= 0, effects[np.maximum(org, 0)], 0.0)


def _org_effects(
    left: FloatArray, weights: FloatArray, org: IntArray, n_orgs: int, noise: float
) -> tuple[FloatArray, FloatArray]:
    """Mean residual of each unit, shrunk by the variance between units (maximum likelihood)."""
    known = org >= 0
    total = np.bincount(org[known], weights=weights[known], minlength=n_orgs).astype(np.float64)
    mean = np.bincount(org[known], weights=(weights * left)[known], minlength=n_orgs)
    mean = mean.astype(np.float64) / np.maximum(total, 1e-9)
    seen = total > 0
    variance = 0.05 * noise
    for _ in range(ORG_ROUNDS):
        # One step of expectation maximisation: squared posterior mean plus posterior variance.
        share = total / (total + noise / variance)
        new = float(((share * mean) ** 2 + variance * (1.0 - share))[seen].mean())
        # Kept off zero: from there it could never grow again.
        variance = max(new, 1e-6 * noise)
    ridge = noise / variance
    return total / (total + ridge) * mean, 1.0 / (total + ridge)


def _on_inner_scale(records: RecordTable, scale: tuple[float, float]) -> RecordTable:
    # Knots and priors are made for levels in [0, 4], whatever the scale of the records.
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
        # A single interval of many years must not tilt the line of time.
        days_between=np.clip(standard, -3.0, 3.0),
        org=records.org,
        # In years before the last record: drift is then 0 at the end, where predictions are made.
        after_day=np.where(dated, (day - last) / 365.25, 0.0),
    )


def _cells(pairs: features.Pairs, records: RecordTable) -> IntArray:
    width = int(max(pairs.competency.max(), records.competency.max())) + 1
    keys = pairs.module * width + pairs.competency
    row = np.searchsorted(keys, records.module * width + records.competency)
    return np.where(records.module >= 0, row, pairs.size + records.competency)


def _weights(records: RecordTable, z: FloatArray, left: FloatArray) -> FloatArray:
    """Inverse of the noise by starting level, relative to its mean."""
    square = left**2
    basis = z[:, features.AT_LEVEL]
    mean = float(square.mean())
    gram = basis.T @ basis
    variance = np.linalg.solve(
        gram + WEIGHT_DAMPING * np.eye(gram.shape[0]), basis.T @ square + WEIGHT_DAMPING * mean
    )
    # Bounded: a level where all happen to agree must not outweigh the rest.
    by_row = basis @ np.clip(variance / mean, 0.25, 4.0)
    trained = records.module >= 0
    # Records with and without training may differ in noise, so each group is scaled by its own.
    for group in (trained, ~trained):
        n = int(group.sum())
        if n:
            ratio = float((square[group] / by_row[group]).mean()) / mean
            by_row[group] *= (n * ratio + WEIGHT_DAMPING) / (n + WEIGHT_DAMPING)
    return 1.0 / by_row


def _profile(design: Design, solution: Solution, grams: Grams) -> FloatArray | None:
    """Mean effect by starting level, scaled to a mean of 1; None unless clearly positive."""
    n_pairs = design.own_maps.shape[0]
    varied = ("effect", "readiness")
    named = np.array([name.startswith(varied) for name in design.names])
    of_level = design.is_effect & ((design.shared_block < 0) | named[design.shared_block])
    curve = cell_coefficients(design, solution, columns=of_level)[:n_pairs]
    sums = grams.cells[:n_pairs, : features.N_LEVEL, :].sum(axis=1)
    total = float(sums[:, : features.N_LEVEL].sum())
    mean = float((sums * curve).sum() / total)
    largest = curve[np.argmax(np.abs(curve).sum(axis=1))]
    # A mean effect near 0, or below, is no curve to scale others by.
    return largest / mean if mean > 0.05 else None
