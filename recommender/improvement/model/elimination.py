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
        Columns of each group; -1 where a group has fewer.
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

    def __init__(self, gram: FloatArray | sp.csr_array, keep: BoolArray) -> None:
        n_columns = gram.shape[0]
        self.n_columns = n_columns
        if not sp.issparse(gram) or n_columns <= FEW_COLUMNS:
            dense = gram.toarray() if sp.issparse(gram) else np.asarray(gram)
            self.kept, self.products = np.arange(n_columns), dense
            self.groups: list[Groups] = []
            return
        gram = sp.csr_array(gram)
        self.kept, groups = _find_groups(gram, keep)
        kept_rows = gram[self.kept]
        self.products = kept_rows[:, self.kept].toarray()
        self.groups = [_lay_out(gram, self.kept, columns) for columns in groups]

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
        kept, log_det = self.kept, 0.0
        # Scaled to a unit diagonal: sums of squares differ by many orders between columns.
        scale = 1.0 / np.sqrt(np.diag(self.products) + ridge[kept])
        left = self.products * scale[:, None] * scale
        left[np.diag_indices_from(left)] = np.where(ridge[kept] > 0, 1.0, 1.0 + JITTER)
        inner = []
        for group in self.groups:
            real = group.columns >= 0
            diagonal = np.arange(group.columns.shape[1])
            # A column that only fills up is all zeros: a 1 on its diagonal changes nothing.
            added = np.where(real, ridge[group.columns], 1.0)
            by = 1.0 / np.sqrt(group.own[:, diagonal, diagonal] + added)
            own = group.own * by[:, :, None] * by[:, None, :]
            own[:, diagonal, diagonal] = 1.0
            triangle = np.linalg.cholesky(own)
            inverse_root = np.linalg.inv(triangle)
            half = inverse_root @ (group.across * by[:, :, None] * scale)
            flat = half.reshape(-1, kept.size)
            left -= flat.T @ flat
            carry = np.swapaxes(inverse_root, 1, 2) @ half
            inner.append(
                Eliminated(
                    columns=group.columns,
                    root=inverse_root * by[:, None, :],
                    carry=carry * by[:, :, None] / scale,
                )
            )
            log_det += 2.0 * float(np.log(triangle[:, diagonal, diagonal]).sum())
            log_det -= 2.0 * float(np.log(by[real]).sum())
        triangle, failed = dpotrf(left, lower=1, clean=1)
        if failed:
            raise np.linalg.LinAlgError("columns without a ridge depend on each other")
        log_det += 2.0 * float(np.log(np.diag(triangle)).sum()) - 2.0 * float(np.log(scale).sum())
        inverse, _ = dpotri(triangle, lower=1)
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        return Factor(self.n_columns, kept, inverse * scale[:, None] * scale, inner, log_det)


@dataclass(frozen=True)
class Eliminated:
    """Groups after their elimination.

    Attributes
    ----------
    columns : ndarray of shape (n_groups, width)
        Columns of each group; -1 where a group has fewer.
    root : ndarray of shape (n_groups, width, width)
        Root of the inverse of the group's own part: root' root.
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
        right = moment[self.kept]
        alone = []
        for group in self.groups:
            own = np.where(group.columns >= 0, moment[group.columns], 0.0)
            right = right - np.tensordot(own, group.carry, axes=2)
            alone.append(np.einsum("mki,mkj,mj->mi", group.root, group.root, own, optimize=True))
        solution = np.empty(self.n_columns)
        solution[self.kept] = self.inverse @ right
        for group, own in zip(self.groups, alone, strict=True):
            real = group.columns >= 0
            solution[group.columns[real]] = (own - group.carry @ solution[self.kept])[real]
        return solution

    def diagonal(self) -> FloatArray:
        """Return the diagonal of the inverse, of shape (n_columns,)."""
        diagonal = np.empty(self.n_columns)
        diagonal[self.kept] = np.diag(self.inverse)
        for group in self.groups:
            real = group.columns >= 0
            own = np.square(group.root).sum(axis=1)
            # A group's coefficients vary by themselves and with the kept ones.
            carry = group.carry.reshape(-1, self.kept.size)
            own += np.einsum("ij,ij->i", carry @ self.inverse, carry).reshape(own.shape)
            diagonal[group.columns[real]] = own[real]
        return diagonal

    def quadratic(self, rows: FloatArray | sp.csr_array) -> FloatArray:
        """Return x' inverse x for every row x.

        Parameters
        ----------
        rows : ndarray or sparse array of shape (n_rows, n_columns)
            The rows.

        Returns
        -------
        ndarray of shape (n_rows,)
        """
        if not self.groups and not sp.issparse(rows):
            return np.einsum("ij,ij->i", rows @ self.inverse, rows)
        sparse = sp.csr_array(rows)
        root, carry = self._eliminated_parts()
        values = np.empty(sparse.shape[0])
        for start in range(0, values.size, ROWS_AT_ONCE):
            part = sparse[start : start + ROWS_AT_ONCE]
            own = part @ root.T
            seen = sp.coo_array(part[:, self.kept] - part @ carry)
            row, column = seen.coords
            # Only where the row is not zero: far fewer entries than the whole product has.
            products = (seen.tocsr() @ self.inverse)[row, column] * seen.data
            values[start : start + ROWS_AT_ONCE] = own.power(2).sum(axis=1) + np.bincount(
                row, weights=products, minlength=part.shape[0]
            )
        return values

    def _eliminated_parts(self) -> tuple[sp.csr_array, sp.csr_array]:
        """Return root and carry of all groups as sparse matrices over all columns."""
        shapes = (self.n_columns, self.n_columns), (self.n_columns, self.kept.size)
        root, carry = sp.csr_array(shapes[0]), sp.csr_array(shapes[1])
        for group in self.groups:
            real = group.columns >= 0
            index = np.broadcast_to(group.columns[:, :, None], group.root.shape)
            both = real[:, :, None] & real[:, None, :] & (group.root != 0)
            to = np.broadcast_to(group.columns[:, None, :], group.root.shape)
            root += sp.csr_array((group.root[both], (index[both], to[both])), shape=shapes[0])
            some = real[:, :, None] & (group.carry != 0)
            _, _, at = np.nonzero(some)
            index = np.broadcast_to(group.columns[:, :, None], some.shape)
            carry += sp.csr_array((group.carry[some], (index[some], at)), shape=shapes[1])
        return root, carry


def _find_groups(gram: sp.csr_array, keep: BoolArray) -> tuple[IntArray, list[IntArray]]:
    """Find the fewest of the busiest columns without which the rest falls into small groups."""
    meets = np.where(keep, gram.shape[0], np.diff(gram.indptr))
    order = np.argsort(-meets, kind="stable")

    def labels_without(n_kept: int) -> IntArray:
        rest = order[n_kept:]
        _, labels = connected_components(gram[rest][:, rest], directed=False)
        return labels.astype(np.int64)

    low, high = int(keep.sum()), gram.shape[0]
    while low < high:
        middle = (low + high) // 2
        if np.bincount(labels_without(middle)).max() <= LARGEST_GROUP:
            high = middle
        else:
            low = middle + 1
    kept, rest = np.sort(order[:low]), order[low:]
    if not rest.size:
        return kept, []
    labels = labels_without(low)
    sizes = np.bincount(labels)
    # Groups of like size are computed as one batch, filled up to the next power of two.
    widths = 2 ** np.ceil(np.log2(sizes)).astype(np.int64)
    by_label = np.lexsort((rest, labels))
    ends = np.cumsum(sizes)
    batches = []
    for width in np.unique(widths):
        chosen = np.flatnonzero(widths == width)
        columns = np.full((chosen.size, width), -1)
        for row, label in zip(columns, chosen, strict=True):
            row[: sizes[label]] = rest[by_label[ends[label] - sizes[label] : ends[label]]]
        batches.append(columns)
    return kept, batches


def _lay_out(gram: sp.csr_array, kept: IntArray, columns: IntArray) -> Groups:
    n_groups, width = columns.shape
    real = columns >= 0
    place = np.full(gram.shape[0], -1)
    place[columns[real]] = np.flatnonzero(real.ravel())
    rows = gram[columns[real]].tocoo()
    at = np.flatnonzero(real.ravel())[rows.row]
    own = np.zeros((n_groups * width, width))
    inside = place[rows.col] >= 0
    own[at[inside], place[rows.col[inside]] % width] = rows.data[inside]
    kept_place = np.full(gram.shape[0], -1)
    kept_place[kept] = np.arange(kept.size)
    across = np.zeros((n_groups * width, kept.size))
    outside = kept_place[rows.col] >= 0
    across[at[outside], kept_place[rows.col[outside]]] = rows.data[outside]
    return Groups(
        columns=columns,
        own=own.reshape(n_groups, width, width),
        across=across.reshape(n_groups, width, kept.size),
    )
