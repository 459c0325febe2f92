"""Ridge regression with a variance for each block of columns, chosen by marginal likelihood.

The coefficients of a block have mean zero and a common variance, so that features, modules and
pairs of module and competency are each shrunk as much as the data say (empirical Bayes). Columns
that are not penalised have a flat prior, and the likelihood is the restricted one. Variances are
found with the fixed-point update of MacKay and a weak prior that keeps them off zero.

References
----------
MacKay (1992), Bayesian interpolation, Neural Computation 4; Searle, Casella & McCulloch (1992),
Variance Components, chapter 6.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self, cast

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import (
    _check_sample_weight,  # pyright: ignore[reportPrivateUsage]
    check_is_fitted,
    validate_data,
)
from threadpoolctl import ThreadpoolController

from recommender.arrays import FloatArray, IntArray
from recommender.improvement.normal_equations.elimination import Factor, GramSystem
from recommender.improvement.normal_equations.products import (
    Columns,
    Products,
    append_column,
    is_sparse,
    mean_squares,
)

# A variance below this share of the noise changes no prediction; it may still drift towards zero
# for hundreds of rounds, so convergence does not wait for it.
NEGLIGIBLE = 0.002
# How many coefficients of each block to assume beforehand, and their mean square over the noise.
PRIOR_COUNT, PRIOR_SHARE = 1.0, 0.003
# Data that can be interpolated leave no noise: the least, over the mean square of the outcome,
LEAST_NOISE = 1e-6
# and the most a variance may be over the noise, for columns of size 1.
LARGEST_RATIO = 1e6
# Found once: to look for the libraries takes longer than a small fit.
_LIBRARIES = ThreadpoolController()


class BlockRidge(RegressorMixin, BaseEstimator):
    """Ridge regression with one variance per block of columns.

    Parameters
    ----------
    blocks : array-like of int, shape (n_features,), optional
        Block of each column, counted from 0; -1 for a column that is not penalised. Default: all
        columns are one block.
    fit_intercept : bool
        Whether there is a constant beside, which is not penalised.
    variances : array-like of shape (n_blocks,), optional
        Variance of the coefficients of each block, > 0; default: estimated.
    noise : float, optional
        Variance of the outcome about its mean, > 0; default: estimated.
    max_iter : int
        Updates of variances and noise at most.
    tol : float
        Largest change of the logarithm of a variance that counts as settled.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients; 0 for a column without data.
    intercept_ : float
        The constant.
    variances_ : ndarray of shape (n_blocks,)
        Variance of the coefficients of each block; that of a block without data is its prior's.
    noise_ : float
        Variance of the outcome about its mean.
    log_marginal_likelihood_ : float
        Restricted likelihood of the outcome. It compares designs with the same outcome and the
        same columns that are not penalised.
    n_iter_ : int
        Updates made.
    n_features_in_ : int
        Number of columns.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.repeat(np.eye(3), 50, axis=0)  # three courses, 50 people each
    >>> y = X @ [0.2, 0.5, 0.8] + np.tile([-0.5, 0.5], 75)
    >>> BlockRidge(fit_intercept=False).fit(X, y).coef_.round(2)
    array([0.2 , 0.49, 0.78])
    """

    def __init__(
        self,
        blocks: ArrayLike | None = None,
        *,
        fit_intercept: bool = True,
        variances: ArrayLike | None = None,
        noise: float | None = None,
        max_iter: int = 60,
        tol: float = 0.01,
    ) -> None:
        self.blocks = blocks
        self.fit_intercept = fit_intercept
        self.variances = variances
        self.noise = noise
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X: Columns, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit variances and coefficients.

        Parameters
        ----------
        X : array-like or sparse array of shape (n_samples, n_features)
            The columns.
        y : array-like of shape (n_samples,)
            The outcome.
        sample_weight : array-like of shape (n_samples,), optional
            How many rows each row stands for; default 1.

        Returns
        -------
        BlockRidge
            Itself.

        Raises
        ------
        ValueError
            If the parameters do not fit the columns or each other.
        """
        X, y = validate_data(
            self, X, cast(Any, y), accept_sparse="csr", dtype=np.float64, y_numeric=True
        )
        weight = None
        if sample_weight is not None:
            weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        y = np.asarray(y, dtype=np.float64)
        center, level = np.zeros(X.shape[1]), 0.0
        with _LIBRARIES.limit(limits=1, user_api="blas"):
            if not self.fit_intercept:
                products = Products.of(X, y, weight)
            else:
                # About the mean, sums of squares keep their digits.
                level, ones = float(np.average(y, weights=weight)), np.ones((len(y), 1))
                products = Products.of(ones, y - level, weight)
                if is_sparse(X):
                    # It stays as it is: centred, it would be dense.
                    products = products.extend(ones, X, y - level, weight)
                else:
                    center = np.average(X, axis=0, weights=weight)
                    products = products.extend(ones, X - center, y - level, weight)
                    # Centred, a one-hot column is nowhere zero; its size is that of before.
                    total = np.sum(np.square(X) * (1.0 if weight is None else weight[:, None]), 0)
                    size = np.append(mean_squares(X, total, weight), 1.0)
                    products = replace(products, size=size)
            self.fit_products(products)
        self._center = center
        self.intercept_ += level - float(center @ self.coef_)
        return self

    def fit_products(self, products: Products) -> Self:
        """Fit variances and coefficients from sums over rows.

        Parameters
        ----------
        products : Products
            The sums. With `fit_intercept`, the last column is that of ones.

        Returns
        -------
        BlockRidge
            Itself.

        Raises
        ------
        ValueError
            If the parameters do not fit the columns or each other.
        """
        n_features = products.moment.size - int(self.fit_intercept)
        blocks, n_blocks = self._check_blocks(n_features)
        fixed, noise = self._check_variances(n_blocks)
        # The matrices are small and many: BLAS threads would mostly wait for each other, and add
        # up in another order, so that the same data would not give the same bytes.
        with _LIBRARIES.limit(limits=1, user_api="blas"):
            # A column without data says nothing of its block's variance, and drops out.
            seen = np.flatnonzero(products.gram.diagonal() > 0)
            coef = np.zeros(blocks.size)
            coef[seen] = self._estimate(_Equations(products, seen, blocks, n_blocks), fixed, noise)
        self._seen, self._blocks = seen, blocks
        self.n_features_in_ = n_features
        self._center = np.zeros(n_features)
        self.coef_ = coef[:n_features]
        self.intercept_ = float(coef[n_features]) if self.fit_intercept else 0.0
        return self

    def _estimate(
        self, equations: _Equations, fixed: FloatArray | None, fixed_noise: float | None
    ) -> FloatArray:
        # Only a start, which the first update replaces.
        noise = fixed_noise or max(0.1 * equations.mean_square, equations.least_noise)
        now = equations.solve(0.1 * noise / equations.size if fixed is None else fixed, noise)
        self.n_iter_ = 0
        settled = fixed is not None and fixed_noise is not None
        while not settled and self.n_iter_ < self.max_iter:
            self.n_iter_ += 1
            variances, noise = equations.update(now, fixed, fixed_noise)
            # Variances matter by ratio, so convergence is judged on logarithms.
            moved = np.abs(np.log(variances / now.variances))
            moved = moved[variances * equations.size > NEGLIGIBLE * noise]
            change = max(float(moved.max(initial=0.0)), abs(float(np.log(noise / now.noise))))
            now = equations.solve(variances, noise)
            settled = change < self.tol
        self.log_marginal_likelihood_ = equations.log_likelihood(now)
        self.variances_, self.noise_, self._factor = now.variances, now.noise, now.factor
        return now.coef

    def predict(
        self,
        X: Columns,
        return_std: bool = False,
    ) -> FloatArray | tuple[FloatArray, FloatArray]:
        """Predict the outcome.

        Parameters
        ----------
        X : array-like or sparse array of shape (n_samples, n_features)
            The columns.
        return_std : bool
            Whether to return the standard deviation too.

        Returns
        -------
        mean : ndarray of shape (n_samples,)
            Expected outcome.
        std : ndarray of shape (n_samples,)
            Its standard deviation, with that of the noise; only with `return_std`.
        """
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        mean = X @ self.coef_ + self.intercept_
        if not return_std:
            return mean
        if self.fit_intercept:
            X = append_column(X if is_sparse(X) else X - self._center, 1.0)
        return mean, np.sqrt(self._variance(X) + self.noise_)

    def combination_variance(self, X: Columns) -> FloatArray:
        """Compute how sure combinations of the coefficients are: the variance of X @ coef_.

        Parameters
        ----------
        X : array-like or sparse array of shape (n_combinations, n_features)
            Weight of each coefficient in each combination.

        Returns
        -------
        ndarray of shape (n_combinations,)
            Variance, without intercept and without noise.
        """
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        if self.fit_intercept:
            X = append_column(X, 0.0)
        return self._variance(X)

    def _variance(self, X: Columns) -> FloatArray:
        with _LIBRARIES.limit(limits=1, user_api="blas"):
            variance = self.noise_ * self._factor.quadratic(X[:, self._seen])
        unseen = self._blocks >= 0
        unseen[self._seen] = False
        if unseen.any():
            # Of a column without data, all that is known is the prior.
            rest: Columns = X[:, np.flatnonzero(unseen)]
            square = rest.power(2) if is_sparse(rest) else np.square(rest)
            variance = variance + square @ self.variances_[self._blocks[unseen]]
        return variance

    def _check_blocks(self, n_features: int) -> tuple[IntArray, int]:
        if self.blocks is None:
            blocks = np.zeros(n_features, dtype=np.int64)
        else:
            given = np.asarray(self.blocks)
            blocks = given.astype(np.int64)
            wrong = blocks.min(initial=-1) < -1 or not np.array_equal(blocks, given)
            if wrong or blocks.shape != (n_features,):
                raise ValueError(f"blocks must be {n_features} whole numbers, -1 or above")
        n_blocks = int(blocks.max(initial=-1)) + 1
        # The intercept is a column like others, so that a sparse X stays sparse.
        return np.append(blocks, -1) if self.fit_intercept else blocks, n_blocks

    def _check_variances(self, n_blocks: int) -> tuple[FloatArray | None, float | None]:
        if self.noise is not None and not self.noise > 0:
            raise ValueError(f"noise must be above 0, but is {self.noise}")
        if self.variances is None:
            return None, self.noise
        variances = np.asarray(self.variances, dtype=np.float64)
        if variances.shape != (n_blocks,) or not (variances > 0).all():
            raise ValueError(f"variances must be {n_blocks} numbers above 0, one for each block")
        return variances, self.noise

    def __sklearn_tags__(self) -> Tags:
        """Say that X may be sparse."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


@dataclass(frozen=True)
class _Solution:
    """Coefficients for given variances; `left` is y'(y - X coef)."""

    variances: FloatArray
    noise: float
    factor: Factor
    coef: FloatArray
    left: float


class _Equations:
    """The equations of the columns that have data, and what is learned from their solution."""

    def __init__(self, products: Products, seen: IntArray, blocks: IntArray, n_blocks: int) -> None:
        self.shrunk = blocks[seen] >= 0
        self.block = blocks[seen][self.shrunk]
        self.system = GramSystem(products.gram[seen][:, seen], ~self.shrunk)
        self.moment, self.square = products.moment[seen], products.square
        self.n_rows, self.n_blocks = products.n_rows, n_blocks
        self.degrees = products.n_rows - int((~self.shrunk).sum())
        self.count = np.bincount(self.block, minlength=n_blocks)
        # The mean square of a block's columns: variances are judged in units of the outcome.
        total = self.sum_by_block(products.size[seen])
        self.size = np.where(self.count > 0, total / np.maximum(self.count, 1), 1.0)
        self.mean_square = products.square / max(products.n_rows, 1.0)
        self.least_noise = max(LEAST_NOISE * self.mean_square, 1e-30)

    def sum_by_block(self, values: FloatArray) -> FloatArray:
        return np.bincount(self.block, values[self.shrunk], self.n_blocks).astype(np.float64)

    def solve(self, variances: FloatArray, noise: float) -> _Solution:
        ridge = np.zeros(self.shrunk.size)
        ridge[self.shrunk] = noise / variances[self.block]
        factor = self.system.factorise(ridge)
        coef = factor.solve(self.moment)
        left = self.square - float(self.moment @ coef)
        return _Solution(variances, noise, factor, coef, left)

    def update(
        self, now: _Solution, fixed: FloatArray | None, fixed_noise: float | None
    ) -> tuple[FloatArray, float]:
        # Of restricted likelihood: over n less the number of unpenalised columns.
        noise = fixed_noise or max(now.left / max(self.degrees, 1.0), self.least_noise)
        if fixed is not None:
            return fixed, noise
        # MacKay's gamma, how many coefficients of a block the data determine, divides.
        lost = self.sum_by_block(now.factor.diagonal()) * now.noise / now.variances
        known = np.clip(self.count - lost, 1e-3 * self.count, self.count)
        square = self.sum_by_block(np.square(now.coef))
        square += PRIOR_COUNT * PRIOR_SHARE * noise / self.size
        most = LARGEST_RATIO * noise / self.size
        return np.minimum(square / (known + PRIOR_COUNT), most), noise

    def log_likelihood(self, now: _Solution) -> float:
        return -0.5 * (
            self.degrees * np.log(2 * np.pi)
            + (self.n_rows - self.shrunk.size) * np.log(now.noise)
            + float(self.count @ np.log(now.variances))
            + now.factor.log_det
            + now.left / now.noise
        )
