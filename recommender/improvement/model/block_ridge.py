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
from typing import Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import (
    _check_sample_weight,  # pyright: ignore[reportPrivateUsage]
    check_is_fitted,
    validate_data,
)
from threadpoolctl import threadpool_limits

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.improvement.model.elimination import Factor, GramSystem

# A variance below this share of the noise changes no prediction; it may still drift towards zero
# for hundreds of rounds, so convergence does not wait for it.
NEGLIGIBLE = 0.002
# How many coefficients of each block to assume beforehand, and their mean square over the noise.
PRIOR_COUNT, PRIOR_SHARE = 1.0, 0.003
# Data that can be interpolated leave no noise: the least, over the mean square of the outcome,
LEAST_NOISE = 1e-6
# and the most a variance may be over the noise, for columns of size 1.
LARGEST_RATIO = 1e6


@dataclass(frozen=True)
class Products:
    """Weighted sums over rows: all that a fit needs to know of them.

    Models that share rows and columns can share the sums.

    Attributes
    ----------
    gram : ndarray or sparse array of shape (n_columns, n_columns)
        Products of the columns with each other.
    moment : ndarray of shape (n_columns,)
        Products of the columns with the outcome.
    square : float
        Sum of squares of the outcome.
    n_rows : float
        Number of rows, or the sum of their weights.
    size : ndarray of shape (n_columns,)
        Mean square of each column where it is not zero: an effect of 1 matters as much in a
        one-hot column of few rows as in one of many.
    """

    gram: FloatArray | sp.csr_array
    moment: FloatArray
    square: float
    n_rows: float
    size: FloatArray

    @classmethod
    def of(
        cls,
        X: FloatArray | sp.csr_array,
        y: FloatArray,
        sample_weight: FloatArray | None = None,
    ) -> Self:
        """Sum up rows.

        Parameters
        ----------
        X : ndarray or sparse array of shape (n_rows, n_columns)
            The columns; for an intercept, a column of ones among them.
        y : ndarray of shape (n_rows,)
            Outcome; best about its mean, so that rounding does not take its last digits.
        sample_weight : ndarray of shape (n_rows,), optional
            How many rows each row stands for; default 1.

        Returns
        -------
        Products
        """
        weight = np.ones(len(y)) if sample_weight is None else sample_weight
        if sp.issparse(X):
            X = sp.csr_array(X)
            weighted = X if sample_weight is None else sp.csr_array(X.multiply(weight[:, None]))
            gram = sp.csr_array(X.T @ weighted)
        else:
            weighted = X if sample_weight is None else X * weight[:, None]
            gram = X.T @ weighted
        return cls(
            gram=gram,
            moment=weighted.T @ y,
            square=float(weight @ np.square(y)),
            n_rows=float(weight.sum()),
            size=_size(X, weight),
        )


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
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 3))
    >>> model = BlockRidge(blocks=[0, 1, 1]).fit(X, X[:, 0] + rng.normal(size=200))
    >>> model.coef_.round(1)
    array([1. , 0.1, 0. ])
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

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
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
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=np.float64, y_numeric=True)
        weight = None
        if sample_weight is not None:
            weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        y = np.asarray(y, dtype=np.float64)
        center, level = np.zeros(X.shape[1]), 0.0
        with threadpool_limits(limits=1, user_api="blas"):
            if self.fit_intercept:
                # About the mean, sums of squares keep their digits; a sparse X would become dense.
                level = float(np.average(y, weights=weight))
                if not sp.issparse(X):
                    center = np.average(X, axis=0, weights=weight)
                centered = _with_ones(X if sp.issparse(X) else X - center)
                products = Products.of(centered, y - level, weight)
                products = replace(products, size=_size(_with_ones(X), weight))
            else:
                products = Products.of(X, y, weight)
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
        with threadpool_limits(limits=1, user_api="blas"):
            coef = self._estimate(products, blocks, n_blocks, fixed, noise)
        self.n_features_in_ = n_features
        self._center = np.zeros(n_features)
        self.coef_ = coef[:n_features]
        self.intercept_ = float(coef[n_features]) if self.fit_intercept else 0.0
        return self

    def _estimate(
        self,
        products: Products,
        blocks: IntArray,
        n_blocks: int,
        fixed: FloatArray | None,
        fixed_noise: float | None,
    ) -> FloatArray:
        # A column without data says nothing of its block's variance, and drops out.
        seen = np.flatnonzero(products.gram.diagonal() > 0)
        gram, moment = products.gram[seen][:, seen], products.moment[seen]
        block = blocks[seen]
        shrunk = block >= 0
        system = GramSystem(gram, ~shrunk)
        of = block[shrunk]
        degrees = max(products.n_rows - int((~shrunk).sum()), 1.0)
        count = np.bincount(of, minlength=n_blocks)
        size = np.bincount(of, weights=products.size[seen][shrunk], minlength=n_blocks)
        size = np.where(count > 0, size / np.maximum(count, 1), 1.0)
        least = max(LEAST_NOISE * products.square / max(products.n_rows, 1.0), 1e-30)
        # Only a start, which the first update replaces.
        noise = fixed_noise or max(0.1 * products.square / max(products.n_rows, 1.0), least)
        variances = fixed if fixed is not None else 0.1 * noise / size

        def solve() -> tuple[Factor, FloatArray]:
            ridge = np.zeros(block.size)
            ridge[shrunk] = noise / variances[of]
            factor = system.factorise(ridge)
            return factor, factor.solve(moment)

        factor, coef = solve()
        self.n_iter_ = 0
        settled = fixed is not None and fixed_noise is not None
        while not settled and self.n_iter_ < self.max_iter:
            self.n_iter_ += 1
            # The REML update of the noise: y'(y - Xb), over n less the unpenalised columns.
            left = products.square - float(moment @ coef)
            new_noise = fixed_noise or max(left / degrees, least)
            new = variances
            if fixed is None:
                # MacKay's gamma, how many coefficients of a block the data determine, divides.
                trace = np.bincount(of, weights=factor.diagonal()[shrunk], minlength=n_blocks)
                known = np.clip(count - trace * noise / variances, 1e-3 * count, count)
                square = np.bincount(of, weights=coef[shrunk] ** 2, minlength=n_blocks)
                share = PRIOR_SHARE * new_noise / size
                new = (square + PRIOR_COUNT * share) / (known + PRIOR_COUNT)
                new = np.minimum(new, LARGEST_RATIO * new_noise / size)
            # Variances matter by ratio, so convergence is judged on logarithms.
            moved = np.abs(np.log(new / variances))[new * size > NEGLIGIBLE * new_noise]
            change = max(float(moved.max(initial=0.0)), abs(float(np.log(new_noise / noise))))
            variances, noise = new, new_noise
            factor, coef = solve()
            settled = change < self.tol
        left = products.square - float(moment @ coef)
        self.log_marginal_likelihood_ = -0.5 * (
            (products.n_rows - int((~shrunk).sum())) * np.log(2 * np.pi)
            + (products.n_rows - seen.size) * np.log(noise)
            + float(count @ np.log(variances))
            + factor.log_det
            + left / noise
        )
        self.variances_, self.noise_ = variances, float(noise)
        self._factor, self._seen, self._blocks = factor, seen, blocks
        full = np.zeros(blocks.size)
        full[seen] = coef
        return full

    def predict(
        self,
        X: ArrayLike,
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
            X = _with_ones(X if sp.issparse(X) else X - self._center)
        return mean, np.sqrt(self._variance(X) + self.noise_)

    def combination_variance(self, X: ArrayLike) -> FloatArray:
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
            zeros = np.zeros((X.shape[0], 1))
            X = sp.csr_array(sp.hstack([X, zeros])) if sp.issparse(X) else np.hstack([X, zeros])
        return self._variance(X)

    def _variance(self, X: FloatArray | sp.csr_array) -> FloatArray:
        with threadpool_limits(limits=1, user_api="blas"):
            variance = self.noise_ * self._factor.quadratic(X[:, self._seen])
        unseen = self._blocks >= 0
        unseen[self._seen] = False
        if unseen.any():
            # Of a column without data, all that is known is the prior.
            rest = X[:, np.flatnonzero(unseen)]
            square = rest.power(2) if sp.issparse(rest) else np.square(rest)
            variance = variance + square @ self.variances_[self._blocks[unseen]]
        return variance

    def _check_blocks(self, n_features: int) -> tuple[IntArray, int]:
        if self.blocks is None:
            blocks = np.zeros(n_features, dtype=np.int64)
        else:
            blocks = np.asarray(self.blocks, dtype=np.int64)
            if blocks.shape != (n_features,) or blocks.min(initial=-1) < -1:
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


def _with_ones(X: FloatArray | sp.csr_array) -> FloatArray | sp.csr_array:
    ones: BoolArray | FloatArray = np.ones((X.shape[0], 1))
    return sp.csr_array(sp.hstack([X, ones])) if sp.issparse(X) else np.hstack([X, ones])


def _size(X: FloatArray | sp.csr_array, weight: FloatArray | None) -> FloatArray:
    """Return the mean square of each column where it is not zero; 1 where it always is."""
    weight = np.ones(X.shape[0]) if weight is None else weight
    if sp.issparse(X):
        filled = sp.csr_array((X.data != 0, X.indices, X.indptr), shape=X.shape)
        square = X.power(2).T @ weight
    else:
        filled, square = X != 0, np.square(X).T @ weight
    count = filled.T @ weight
    return np.where(count > 0, square / np.where(count > 0, count, 1.0), 1.0)
