"""The inverse of a sparse, positive definite matrix, as far as a ridge needs it.

Most columns of a design of many modules meet few others: one module's rows have no other module.
So the few columns that meet many are kept, and the rest falls into small groups without a link to
each other, which are eliminated all at once (a Schur complement). What is left is small and dense.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.sparse.csgraph import connected_components

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.improvement.normal_equations.products import Columns, is_sparse

# Below this many columns, one dense inverse is faster than a search for groups.
FEW_COLUMNS = 300
# Larger groups cost more to eliminate than their columns cost if kept.
LARGEST_GROUP = 60
# Added to a diagonal of ones, so that columns without a ridge that depend on each other share
# their effect.
JITTER = 1e-10
# Rows for which covariances are computed at a time: bounds the memory.
ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class Groups:
    """Groups of about the same size, and their products.

    Attributes
    ----------
    columns : ndarray of shape (n_groups, width)
        Columns of each group; where a group has fewer, the number of all columns.
    own : ndarray of shape (n_groups, width, width)
        Products of a group's columns.
    across : ndarray of shape (n_groups, width, n_kept)
        Products of a group's columns and the kept ones.
    """

    columns: IntArray
    own: FloatArray
    across: FloatArray


class GramSystem:
    """A Gram matrix laid out so that it is quickly factorised for one ridge after another.

    Parameters
    ----------
    gram : ndarray or sparse array of shape (n_columns, n_columns)
        Products of the columns, none of them zero throughout.
    keep : ndarray of bool, shape (n_columns,)
        Columns that may not be eliminated, as they have no ridge and may depend on others.
    """

    def __init__(self, gram: Columns, keep: BoolArray) -> None:
        self.n_columns = gram.shape[0]
        self.groups: list[Groups] = []
        if not is_sparse(gram) or self.n_columns <= FEW_COLUMNS:
            self.kept = np.arange(self.n_columns)
            self.products = gram.toarray() if is_sparse(gram) else gram
            return
        self.kept, batches = _find_groups(gram, keep)
        self.products = gram[self.kept][:, self.kept].toarray()
        ends, size = np.append(gram.indptr, gram.nnz), self.n_columns + 1
        padded = sp.csr_array((gram.data, gram.indices, ends), shape=(size, size))
        for columns in batches:
            flat, shape = columns.ravel(), (*columns.shape, columns.shape[1])
            row, column = np.broadcast_arrays(columns[:, :, None], columns[:, None, :])
            own = np.asarray(padded[row.ravel(), column.ravel()]).reshape(shape)
            across = padded[flat][:, self.kept].toarray().reshape(*columns.shape, -1)
            self.groups.append(Groups(columns, own, across))

    def factorise(self, ridge: FloatArray) -> Factor:
        """Factorise the Gram matrix with a ridge on its diagonal.

        Parameters
        ----------
        ridge : ndarray of shape (n_columns,)
            What is added to the diagonal, >= 0.

        Returns
        -------
        Factor

        Raises
        ------
        LinAlgError
            If columns without a ridge depend on each other beyond what rounding bears.
        """
        kept = self.kept
        # Scaled to a unit diagonal: sums of squares differ by many orders between columns.
        scale = 1.0 / np.sqrt(np.diag(self.products) + ridge[kept])
        left = self.products * scale[:, None] * scale
        left[np.diag_indices_from(left)] = np.where(ridge[kept] > 0, 1.0, 1.0 + JITTER)
        log_det = -2.0 * float(np.log(scale).sum())
        # Where a group has fewer columns, a 1 on its diagonal changes nothing.
        padded = np.append(ridge, 1.0)
        inner = []
        for group in self.groups:
            diagonal = np.arange(group.columns.shape[1])
            by = 1.0 / np.sqrt(group.own[:, diagonal, diagonal] + padded[group.columns])
            own = group.own * by[:, :, None] * by[:, None, :]
            own[:, diagonal, diagonal] = 1.0
            triangle = np.linalg.cholesky(own)
            log_det += 2.0 * float(np.log(triangle[:, diagonal, diagonal] / by).sum())
            root = np.linalg.inv(triangle)
            half = root @ (group.across * by[:, :, None] * scale)
            flat = half.reshape(-1, kept.size)
            left -= flat.T @ flat
            carry = (np.swapaxes(root, 1, 2) @ half) * by[:, :, None] / scale
            inner.append(Eliminated(group.columns, root * by[:, None, :], carry))
        triangle, failed = dpotrf(left, lower=1, clean=1)
        if failed:
            raise np.linalg.LinAlgError("columns without a ridge depend on each other")
        log_det += 2.0 * float(np.log(np.diag(triangle)).sum())
        inverse = dpotri(triangle, lower=1)[0] if kept.size else left
        # LAPACK has left the other half at the zeros of the triangle
        inverse = inverse + inverse.T
        inverse[np.diag_indices_from(inverse)] *= 0.5
        return Factor(self.n_columns, kept, inverse * scale[:, None] * scale, inner, log_det)


@dataclass(frozen=True)
class Eliminated:
    """Groups after their elimination.

    Attributes
    ----------
    columns : ndarray of shape (n_groups, width)
        Columns of each group; where a group has fewer, the number of all columns.
    root : ndarray of shape (n_groups, width, width)
        Root of the inverse of the group's own part, which is root' root.
    carry : ndarray of shape (n_groups, width, n_kept)
        By how much a change of the kept coefficients lowers the group's.
    """

    columns: IntArray
    root: FloatArray
    carry: FloatArray


@dataclass(frozen=True)
class Factor:
    """The inverse of a Gram matrix with a ridge, in parts.

    Attributes
    ----------
    n_columns : int
        Number of columns.
    kept : ndarray of shape (n_kept,)
        Columns that were not eliminated.
    inverse : ndarray of shape (n_kept, n_kept)
        Their part of the inverse.
    groups : list of Eliminated
        The rest.
    log_det : float
        Logarithm of the determinant of the matrix (not of its inverse).
    """

    n_columns: int
    kept: IntArray
    inverse: FloatArray
    groups: list[Eliminated]
    log_det: float

    def solve(self, moment: FloatArray) -> FloatArray:
        """Return the inverse times a vector of shape (n_columns,)."""
        right, padded = moment[self.kept], np.append(moment, 0.0)
        for group in self.groups:
            right = right - np.tensordot(padded[group.columns], group.carry, axes=2)
        solution = np.empty(self.n_columns + 1)
        solution[self.kept] = kept = self.inverse @ right
        for group in self.groups:
            alone = np.swapaxes(group.root, 1, 2) @ (group.root @ padded[group.columns][:, :, None])
            solution[group.columns] = alone[:, :, 0] - group.carry @ kept
        return solution[:-1]

    def diagonal(self) -> FloatArray:
        """Return the diagonal of the inverse, of shape (n_columns,)."""
        diagonal = np.empty(self.n_columns + 1)
        diagonal[self.kept] = np.diag(self.inverse)
        for group in self.groups:
            # A group's coefficients vary by themselves and with the kept ones.
            carry = group.carry.reshape(-1, self.kept.size)
            with_kept = np.einsum("ij,ij->i", carry @ self.inverse, carry)
            own = np.square(group.root).sum(axis=1)
            diagonal[group.columns] = own + with_kept.reshape(own.shape)
        return diagonal[:-1]

    def quadratic(self, rows: Columns) -> FloatArray:
        """Return x' inverse x for every row x.

        Parameters
        ----------
        rows : ndarray or sparse array of shape (n_rows, n_columns)
            The rows.

        Returns
        -------
        ndarray of shape (n_rows,)
        """
        if not self.groups and not is_sparse(rows):
            return np.einsum("ij,ij->i", rows @ self.inverse, rows)
        root, carry = self._eliminated_parts()
        sparse, values = sp.csr_array(rows), np.empty(rows.shape[0])
        for start in range(0, values.size, ROWS_AT_ONCE):
            part = sparse[start : start + ROWS_AT_ONCE]
            seen = sp.coo_array(part[:, self.kept] - part @ carry)
            row, column = seen.coords
            # Only where the row is not zero: far fewer entries than the whole product has.
            products = (seen.tocsr() @ self.inverse)[row, column] * seen.data
            own = (part @ root.T).power(2).sum(axis=1)
            values[start : start + ROWS_AT_ONCE] = own + np.bincount(row, products, part.shape[0])
        return values

    def _eliminated_parts(self) -> tuple[sp.csr_array, sp.csr_array]:
        """Return root and carry of all groups as sparse arrays over all columns."""
        n, n_kept = self.n_columns, self.kept.size
        root, carry = sp.csr_array((n + 1, n + 1)), sp.csr_array((n + 1, n_kept))
        for group in self.groups:
            index, to = group.columns[:, :, None], group.columns[:, None, :]
            root += _scatter(group.root, index, to, root.shape)
            carry += _scatter(group.carry, index, np.arange(n_kept), carry.shape)
        return root[:-1, :-1], carry[:-1]


def _scatter(
    values: FloatArray, rows: IntArray, columns: IntArray, shape: tuple[int, int]
) -> sp.csr_array:
    used = values != 0
    row, column = (np.broadcast_to(index, values.shape)[used] for index in (rows, columns))
    return sp.csr_array((values[used], (row, column)), shape=shape)


def _find_groups(gram: sp.csr_array, keep: BoolArray) -> tuple[IntArray, list[IntArray]]:
    """Find the fewest of the busiest columns without which the rest falls into small groups."""
    n_columns = gram.shape[0]
    order = np.argsort(-np.where(keep, n_columns, np.diff(gram.indptr)), kind="stable")

    def label(rest: IntArray) -> IntArray:
        return connected_components(gram[rest][:, rest], directed=False)[1].astype(np.int64)

    # One at least: what is left after the elimination has to be a matrix.
    low, high = max(int(keep.sum()), 1), n_columns
    while low < high:
        middle = (low + high) // 2
        if np.bincount(label(order[middle:])).max() <= LARGEST_GROUP:
            high = middle
        else:
            low = middle + 1
    kept, rest = np.sort(order[:low]), order[low:]
    if not rest.size:
        return kept, []
    labels = label(rest)
    sizes = np.bincount(labels)
    by_label = np.split(rest[np.argsort(labels, kind="stable")], np.cumsum(sizes)[:-1])
    # Groups of like size are computed as one batch, filled up to the next power of two.
    widths = 2 ** np.ceil(np.log2(sizes)).astype(np.int64)
    batches = []
    for width in np.unique(widths):
        columns = np.full((int((widths == width).sum()), width), n_columns)
        for row, group in zip(columns, np.flatnonzero(widths == width), strict=True):
            row[: sizes[group]] = by_label[group]
        batches.append(columns)
    return kept, batches
