"""A linear mixed model on Gram matrices, with as many variances as there are blocks.

Shared columns and columns of one module: the normal equations are an arrow, solved by eliminating
the modules one by one (all at once, as a batch). Variances are found by restricted maximum
likelihood, with the fixed-point update of MacKay and a weak prior that keeps them off zero.

References
----------
MacKay (1992), Bayesian interpolation, Neural Computation 4; Searle, Casella & McCulloch (1992),
Variance Components, chapter 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray

MAX_ROUNDS = 60
# Largest change of the logarithm of a variance that counts as settled.
TOLERANCE = 0.01
# A variance below this share of the noise changes no prediction; it may still drift towards zero
# for hundreds of rounds, so convergence does not wait for it.
NEGLIGIBLE = 0.002


@dataclass(frozen=True)
class Equations:
    """Cross-products of the columns, unshrunken.

    Attributes
    ----------
    shared : ndarray of shape (p, p)
        Products of the shared columns with each other.
    shared_after : ndarray of shape (p,)
        Products of the shared columns with the outcome.
    own : ndarray of shape (n_modules, b, b)
        Products of a module's own columns; unused columns are zero.
    across : ndarray of shape (n_modules, b, p)
        Products of own and shared columns.
    own_after : ndarray of shape (n_modules, b)
        Products of own columns with the outcome.
    square : float
        Sum of squares of the outcome.
    n_rows : int
        Number of records.
    shared_block : ndarray of int, shape (p,)
        Block of each shared column; -1 for one that is not shrunk.
    own_block : ndarray of int, shape (n_modules, b)
        Block of each own column; -2 for an unused one.
    prior_count, prior_share : ndarray of shape (n_blocks,)
        How many coefficients of each block to assume beforehand, and of which mean square, as a
        share of the noise.
    """

    shared: FloatArray
    shared_after: FloatArray
    own: FloatArray
    across: FloatArray
    own_after: FloatArray
    square: float
    n_rows: int
    shared_block: IntArray
    own_block: IntArray
    prior_count: FloatArray
    prior_share: FloatArray


@dataclass(frozen=True)
class Solution:
    """Coefficients and what is needed for their covariance.

    Attributes
    ----------
    shared : ndarray of shape (p,)
        Coefficients of the shared columns.
    own : ndarray of shape (n_modules, b)
        Coefficients of the own columns.
    shared_inverse : ndarray of shape (p, p)
        Covariance of the shared coefficients over `noise`.
    own_inverse : ndarray of shape (n_modules, b, b)
        Covariance of the own coefficients over `noise`, if the shared ones were known.
    carry : ndarray of shape (n_modules, b, p)
        By how much a change of the shared coefficients lowers the own ones.
    variances : ndarray of shape (n_blocks,)
        Variance of the coefficients of each block.
    noise : float
        Residual variance.
    """

    shared: FloatArray
    own: FloatArray
    shared_inverse: FloatArray
    own_inverse: FloatArray
    carry: FloatArray
    variances: FloatArray
    noise: float


def solve(equations: Equations, variances: FloatArray, noise: float) -> Solution:
    """Solve the mixed-model equations for given variances."""
    e = equations
    ridge = noise / variances
    # Next to no ridge on columns that are not shrunk: it only keeps the matrix invertible.
    shared_ridge = np.where(e.shared_block >= 0, ridge[np.maximum(e.shared_block, 0)], 1e-9)
    # An unused column is all zeros: a 1 on its diagonal keeps the batch invertible.
    own_ridge = np.where(e.own_block >= 0, ridge[np.maximum(e.own_block, 0)], 1.0)
    n_modules, width = own_ridge.shape
    own = e.own.copy()
    diagonal = np.arange(width)
    own[:, diagonal, diagonal] += own_ridge
    own_inverse: FloatArray = np.linalg.inv(own).astype(np.float64)
    carry = own_inverse @ e.across
    p = e.shared.shape[0]
    # The Schur complement: the modules are eliminated, and what is left is small and dense.
    reduced = e.shared + np.diag(shared_ridge)
    if n_modules:
        reduced = reduced - e.across.reshape(-1, p).T @ carry.reshape(-1, p)
    alone = np.einsum("mij,mj->mi", own_inverse, e.own_after)
    right = e.shared_after - e.across.reshape(-1, p).T @ alone.ravel()
    inverse = _inverse(reduced)
    shared = inverse @ right
    return Solution(
        shared=shared,
        own=alone - carry @ shared,
        shared_inverse=inverse,
        own_inverse=own_inverse,
        carry=carry,
        variances=variances,
        noise=noise,
    )


def _inverse(matrix: FloatArray) -> FloatArray:
    """Invert a positive definite matrix; the result is exactly symmetric."""
    from scipy.linalg.lapack import dpotrf, dpotri  # slow to import, and only a fit needs it

    # Scaled to a unit diagonal first: sums of squares differ by many orders between columns.
    scale = 1.0 / np.sqrt(np.diag(matrix))
    # By Cholesky, which takes half the time of a general inverse and notices dependent columns.
    factor, failed = dpotrf(matrix * scale[:, None] * scale, lower=1)
    if failed:
        raise np.linalg.LinAlgError("columns of the effect model are linearly dependent")
    inverse, _ = dpotri(factor, lower=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    return inverse * scale[:, None] * scale


def estimate(equations: Equations, n_blocks: int, max_rounds: int = MAX_ROUNDS) -> Solution:
    """Estimate variances and coefficients.

    Parameters
    ----------
    equations : Equations
        Cross-products.
    n_blocks : int
        Number of blocks of shrunken columns.
    max_rounds : int
        Updates of the variances at most.

    Returns
    -------
    Solution
    """
    e = equations
    n_flat = int((e.shared_block == -1).sum())
    degrees = max(e.n_rows - n_flat, 1)
    counts = np.bincount(e.shared_block[e.shared_block >= 0], minlength=n_blocks)
    counts = counts + np.bincount(e.own_block[e.own_block >= 0], minlength=n_blocks)
    # Only a start, which the first update replaces; 1e-4 holds where all levels are zero.
    noise = max(0.1 * e.square / max(e.n_rows, 1), 1e-4)
    variances = np.full(n_blocks, 0.1 * noise)
    solution = solve(e, variances, noise)
    for _ in range(max_rounds):
        # The REML update of the noise: y'(y - Xb), over n less the number of unshrunken columns.
        left = e.square - e.shared_after @ solution.shared
        left -= float((e.own_after * solution.own).sum())
        new_noise = max(float(left) / degrees, 1e-6)
        shared_var: FloatArray = np.diag(solution.shared_inverse)
        # The own coefficients vary by themselves and with the shared ones.
        own_var = np.einsum("mii->mi", solution.own_inverse) + np.einsum(
            "mip,mip->mi", solution.carry @ solution.shared_inverse, solution.carry
        )
        size, trace = np.zeros(n_blocks), np.zeros(n_blocks)
        for block, value, spread in (
            (e.shared_block, solution.shared, shared_var),
            (e.own_block, solution.own, own_var),
        ):
            use = block >= 0
            size += np.bincount(block[use], weights=value[use] ** 2, minlength=n_blocks)
            trace += np.bincount(block[use], weights=spread[use], minlength=n_blocks)
        # MacKay's gamma: how many coefficients of the block the data determine; it divides below.
        known = np.clip(counts - trace * noise / variances, 1e-3 * counts, counts)
        new = (size + e.prior_count * e.prior_share * new_noise) / (known + e.prior_count)
        # Variances matter by ratio, so convergence is judged on logarithms.
        moved = np.abs(np.log(new / variances))[new > NEGLIGIBLE * new_noise]
        change = max(float(moved.max(initial=0.0)), abs(float(np.log(new_noise / noise))))
        variances, noise = new, new_noise
        solution = solve(e, variances, noise)
        if change < TOLERANCE:
            break
    return solution
