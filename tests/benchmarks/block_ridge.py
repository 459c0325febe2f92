"""BlockRidge on many rows and on many modules, beside one solve of the same columns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from recommender.improvement.model.block_ridge import BlockRidge
from tests.benchmarks.measuring import Figure, measure

Rows = tuple[sp.csr_array, np.ndarray, np.ndarray]

N_ROWS = 1_000_000
# Values of each categorical column: competencies, units, modalities, modules and the like.
N_VALUES = (18, 18, 18, 18, 18, 50, 12, 5, 5, 400, 20, 8)
N_MODULES, N_MODULE_ROWS, N_COMPETENCIES = 1_500, 20_000, 18
# Rows in which a second module was completed.
SHARED = 0.1


def many_rows() -> Rows:
    """Make a million rows of 20 values that are not zero, in 598 columns."""
    rng = np.random.default_rng(0)
    parts, rows = [sp.csr_array(rng.normal(size=(N_ROWS, 8)))], np.arange(N_ROWS)
    for n_values in N_VALUES:
        entries = rng.random(N_ROWS), (rows, rng.integers(0, n_values, N_ROWS))
        parts.append(sp.csr_array(entries, shape=(N_ROWS, n_values)))
    return _finish(parts, rng)


def many_modules() -> Rows:
    """Make rows of 1,500 modules with three competencies each, some of two modules."""
    rng = np.random.default_rng(0)
    serves = rng.integers(0, N_COMPETENCIES, (N_MODULES, 3))
    popular = rng.pareto(1.2, N_MODULES) + 0.1
    modules = rng.choice(N_MODULES, N_MODULE_ROWS, p=popular / popular.sum())
    which = rng.integers(0, 3, N_MODULE_ROWS)
    competency, pairs, rows = serves[modules, which], modules * 3 + which, np.arange(N_MODULE_ROWS)
    second = np.flatnonzero(rng.random(N_MODULE_ROWS) < SHARED)
    for of in range(N_COMPETENCIES):
        here = second[competency[second] == of]
        others = np.flatnonzero(serves.ravel() == of)
        chance = popular[others // 3] / popular[others // 3].sum()
        pairs = np.concatenate([pairs, rng.choice(others, here.size, p=chance)])
        rows = np.concatenate([rows, here])
    every, one = np.arange(N_MODULE_ROWS), np.ones(rows.size)
    parts = [
        sp.csr_array(rng.normal(size=(N_MODULE_ROWS, 8))),
        sp.csr_array((one[every], (every, competency)), shape=(N_MODULE_ROWS, N_COMPETENCIES)),
        sp.csr_array((one, (rows, pairs // 3)), shape=(N_MODULE_ROWS, N_MODULES)),
        sp.csr_array((one, (rows, pairs)), shape=(N_MODULE_ROWS, 3 * N_MODULES)),
    ]
    return _finish(parts, rng)


def _finish(parts: list[sp.csr_array], rng: np.random.Generator) -> Rows:
    X = sp.csr_array(sp.hstack(parts))
    blocks = np.repeat(np.arange(-1, len(parts) - 1), [part.shape[1] for part in parts])
    return X, X @ rng.normal(0, 0.2, X.shape[1]) + rng.normal(0, 0.5, X.shape[0]), blocks


def fit_many_rows() -> Callable[[], object]:
    """Prepare our fit of many rows."""
    return _fit(many_rows())


def fit_many_modules() -> Callable[[], object]:
    """Prepare our fit of many modules."""
    return _fit(many_modules())


def solve_many_rows() -> Callable[[], object]:
    """Prepare the bare solve of many rows."""
    return _solve(many_rows())


def solve_many_modules() -> Callable[[], object]:
    """Prepare the bare solve of many modules."""
    return _solve(many_modules())


def _fit(made: Rows) -> Callable[[], object]:
    X, y, blocks = made
    return lambda: BlockRidge(blocks).fit(X, y)


def _solve(made: Rows) -> Callable[[], object]:
    X, y, _ = made

    def work() -> object:
        with threadpool_limits(limits=1, user_api="blas"):
            gram = (X.T @ X).toarray()
            gram[np.diag_indices_from(gram)] += 1.0
            return scipy.linalg.cho_solve(scipy.linalg.cho_factor(gram), X.T @ y)

    return work


def run() -> list[Figure]:
    """Measure both fits beside one product and one Cholesky solve each."""
    figures = []
    for size, bare, ours in (
        (f"ridge on {N_ROWS:,} rows", solve_many_rows, fit_many_rows),
        (f"ridge on {N_MODULES:,} modules", solve_many_modules, fit_many_modules),
    ):
        beside = Figure(f"{size}: bare normal-equation solve", *measure(bare, repeats=1))
        seconds, peak = measure(ours, repeats=1)
        ratio = seconds / beside.seconds
        figures += [
            beside,
            Figure(f"{size}: variances of all blocks", seconds, peak, beside.name, ratio),
        ]
    return figures
