"""Sums over rows, which are all that a linear model needs to know of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import scipy.sparse as sp

from recommender.arrays import FloatArray

# An ndarray or a sparse array: the types of numpy and scipy have no common name.
Columns = Any

# Sparse rows multiplied at a time: few enough to stay in the cache of the processor.
ROWS_AT_ONCE = 16_000


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

    gram: Columns
    moment: FloatArray
    square: float
    n_rows: float
    size: FloatArray

    @classmethod
    def of(cls, X: Columns, y: FloatArray, sample_weight: FloatArray | None = None) -> Self:
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
        weighted_y = y if sample_weight is None else y * sample_weight
        gram = _multiply(X, _weigh(X, sample_weight))
        return cls(
            gram=gram,
            moment=X.T @ weighted_y,
            square=float(weighted_y @ y),
            n_rows=float(len(y) if sample_weight is None else sample_weight.sum()),
            size=mean_squares(X, gram.diagonal(), sample_weight),
        )

    def extend(
        self,
        X: Columns,
        more: Columns,
        y: FloatArray,
        sample_weight: FloatArray | None = None,
    ) -> Self:
        """Add columns before the first ones, whose products are not summed up again.

        Parameters
        ----------
        X : ndarray or sparse array of shape (n_rows, n_columns)
            The columns that these are the products of.
        more : ndarray or sparse array of shape (n_rows, n_more)
            The columns to add.
        y : ndarray of shape (n_rows,)
            The same outcome.
        sample_weight : ndarray of shape (n_rows,), optional
            The same weights.

        Returns
        -------
        Products
            Those of `more` and `X`, in this order, so that a column of ones stays the last.
        """
        added = type(self).of(more, y, sample_weight)
        across = _multiply(more, _weigh(X, sample_weight))
        parts = [[added.gram, across], [across.T, self.gram]]
        sparse = any(is_sparse(part) for row in parts for part in row)
        return type(self)(
            gram=sp.csr_array(sp.block_array(parts)) if sparse else np.block(parts),
            moment=np.concatenate([added.moment, self.moment]),
            square=self.square,
            n_rows=self.n_rows,
            size=np.concatenate([added.size, self.size]),
        )


def is_sparse(X: Columns) -> bool:
    """Tell whether columns are a sparse array; the type is left open, see `Columns`."""
    return sp.issparse(X)


def append_column(X: Columns, value: float) -> Columns:
    """Append a column of one value to an ndarray or a sparse array."""
    column: Columns = np.full((X.shape[0], 1), value)
    return sp.csr_array(sp.hstack([X, column])) if is_sparse(X) else np.hstack([X, column])


def mean_squares(X: Columns, total: FloatArray, weight: FloatArray | None) -> FloatArray:
    """Divide sums of squares by the rows where a column is not zero; 1 where it always is."""
    if weight is None:
        count = X.count_nonzero(axis=0) if is_sparse(X) else np.count_nonzero(X, axis=0)
    else:
        count = (X != 0).T @ weight
    return np.where(count > 0, total / np.where(count > 0, count, 1.0), 1.0)


def _weigh(X: Columns, weight: FloatArray | None) -> Columns:
    if weight is None:
        return X
    return sp.csr_array(X.multiply(weight[:, None])) if is_sparse(X) else X * weight[:, None]


def _multiply(left: Columns, right: Columns) -> Columns:
    """Return left' right, a sparse array if both are sparse."""
    if not (is_sparse(left) and is_sparse(right)):
        return left.T @ right
    left, right = sp.csr_array(left), sp.csr_array(right)
    total = sp.csr_array((left.shape[1], right.shape[1]))
    for start in range(0, left.shape[0], ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        total = total + left[rows].T @ right[rows]
    return sp.csr_array(total)
