"""From records to normal equations: Gram matrices per cell, and the model's columns on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.improvement.model import features
from recommender.improvement.model.features import AT_AFTER, N_FUNCTIONS, Pairs
from recommender.improvement.model.mixed import Equations, Solution

# The blocks that take `MODULE_PRIOR` in the simpler model.
OWN = ("module", "pair")
WEAK_PRIOR = (1.0, 0.003)
MODULE_PRIOR = (20.0, 0.027)
"""How many coefficients to assume beforehand, and their mean square over the noise: nearly nothing,
except that modules are assumed to differ by about 0.1 level where the noise is 0.6 level."""


@dataclass(frozen=True)
class Grams:
    """All that the model needs of the records: sums by cell, whatever their number.

    Attributes
    ----------
    cells : ndarray of shape (n_cells, n_functions, n_functions)
        Weighted cross-products of the base functions in each cell.
    counts : ndarray of int, shape (n_cells,)
        Records in each cell.
    """

    cells: FloatArray
    counts: IntArray


@dataclass(frozen=True)
class Design:
    """The model's columns, as maps on the base functions.

    Attributes
    ----------
    maps : ndarray of shape (n_cells, n_functions, p)
        Shared columns in each cell.
    shared_block : ndarray of int, shape (p,)
        Block of each shared column, -1 for one that is not shrunk.
    is_effect : ndarray of bool, shape (p,)
        Whether the column is of the effect, not of the no-training expectation.
    own_maps : ndarray of shape (n_pairs, n_functions, width)
        Columns of the module's own in the cells of its pairs.
    own_block : ndarray of int, shape (n_modules, width)
        Block of each own column, -2 for an unused one.
    is_pair : ndarray of bool, shape (width,)
        Whether an own column is of one pair of the module, not of the module.
    row : ndarray of int, shape (n_pairs,)
        Row of `own_block` of each pair.
    names : tuple of str
        Names of the blocks.
    prior : ndarray of shape (n_blocks, 2)
        Coefficients to assume beforehand in each block, and their mean square over the noise.
    """

    maps: FloatArray
    shared_block: IntArray
    is_effect: BoolArray
    own_maps: FloatArray
    own_block: IntArray
    is_pair: BoolArray
    row: IntArray
    names: tuple[str, ...]
    prior: FloatArray

    @property
    def n_blocks(self) -> int:
        """Number of blocks of shrunken columns."""
        return len(self.names)


def aggregate(z: FloatArray, cell: IntArray, weights: FloatArray, n_cells: int) -> Grams:
    """Sum the records up by cell; `cell` is sorted."""
    counts = np.bincount(cell, minlength=n_cells).astype(np.int64)
    ends = np.cumsum(counts)
    cells = np.zeros((n_cells, N_FUNCTIONS, N_FUNCTIONS))
    for code in np.flatnonzero(counts):
        # Cell by cell: the products of all records at once would not fit in memory.
        rows = slice(ends[code] - counts[code], ends[code])
        # With the root of the weight on both sides the product stays exactly symmetric.
        part = z[rows] * np.sqrt(weights[rows, None])
        cells[code] = part.T @ part
    return Grams(cells, counts)


def make_design(
    pairs: Pairs, n_competencies: int, profile: FloatArray | None, *, size_known: bool
) -> Design:
    """Lay out the model's columns."""
    return _lay_out(
        pairs,
        features.untrained_blocks(pairs, n_competencies),
        features.effect_blocks(pairs, n_competencies, profile, size_known=size_known),
        features.module_functions(profile, size_known=size_known),
        features.pair_functions(profile, size_known=size_known),
        WEAK_PRIOR,
    )


def make_simple_design(pairs: Pairs, n_competencies: int) -> Design:
    """Lay out the columns of the simpler model beside."""
    untrained, effect = features.simple_blocks(pairs, n_competencies)
    by_module, by_pair = [("module", features.CONSTANT)], [("pair", features.CONSTANT)]
    return _lay_out(pairs, untrained, effect, by_module, by_pair, MODULE_PRIOR)


def _lay_out(
    pairs: Pairs,
    base: list[features.Block],
    effect: list[features.Block],
    by_module: list[tuple[str, FloatArray]],
    by_pair: list[tuple[str, FloatArray]],
    own_prior: tuple[float, float],
) -> Design:
    names: list[str] = []
    shared_block: list[int] = []
    for block in base + effect:
        if not block.flat:
            names.append(block.name)
        shared_block += [-1 if block.flat else len(names) - 1] * block.maps.shape[2]
    n_effect = sum(block.maps.shape[2] for block in effect)
    codes, row = np.unique(pairs.module, return_inverse=True)
    # The number of a pair within its module: pairs are sorted by module.
    slot = np.arange(pairs.size) - np.searchsorted(row, row)
    n_slots = int(slot.max(initial=0)) + 1
    # All modules are as wide as the one with the most pairs, so that they are solved as one batch;
    # columns that a module does not need stay zero, with block -2.
    width = len(by_module) + n_slots * len(by_pair)
    own_maps = np.zeros((pairs.size, features.N_FUNCTIONS, width))
    own_block = np.full((codes.size, width), -2)
    for column, (name, function) in enumerate(by_module):
        own_maps[:, :, column] = function
        own_block[:, column] = len(names)
        names.append(name)
    for number, (name, function) in enumerate(by_pair):
        column = len(by_module) + slot * len(by_pair) + number
        own_maps[np.arange(pairs.size), :, column] = function
        own_block[row, column] = len(names)
        names.append(name)
    return Design(
        maps=np.concatenate([block.maps for block in base + effect], axis=2),
        shared_block=np.array(shared_block),
        is_effect=np.arange(len(shared_block)) >= len(shared_block) - n_effect,
        own_maps=own_maps,
        own_block=own_block,
        is_pair=np.arange(width) >= len(by_module),
        row=row,
        names=tuple(names),
        prior=np.array([own_prior if name in OWN else WEAK_PRIOR for name in names]),
    )


def equations(grams: Grams, design: Design, cells: BoolArray | None = None) -> Equations:
    """Sum up the normal equations of the records in some of the cells (default all)."""
    n_cells, _, p = design.maps.shape
    n_pairs, _, width = design.own_maps.shape
    use = np.ones(n_cells, dtype=bool) if cells is None else cells
    shared = np.zeros((p, p))
    shared_after = np.zeros(p)
    n_modules = design.own_block.shape[0]
    own = np.zeros((n_modules, width, width))
    across = np.zeros((n_modules, width, p))
    own_after = np.zeros((n_modules, width))
    for code in np.flatnonzero(use & (grams.counts > 0)):
        gram = grams.cells[code]
        maps = design.maps[code]
        # In one cell most columns are zero: those of other competencies, bands, modalities.
        active = np.flatnonzero(maps.any(axis=0))
        maps = maps[:, active]
        product = gram @ maps
        shared[np.ix_(active, active)] += maps.T @ product
        shared_after[active] += product[AT_AFTER]
        # The cells after the pairs hold control rows, which no module owns.
        if code < n_pairs:
            # Several pairs share the row of their module.
            row, mine = design.row[code], design.own_maps[code]
            own[row] += mine.T @ gram @ mine
            own_after[row] += mine.T @ gram[AT_AFTER]
            across[row][:, active] += mine.T @ product
    diagonal = grams.cells[:, AT_AFTER, AT_AFTER]
    return Equations(
        shared=shared,
        shared_after=shared_after,
        own=own,
        across=across,
        own_after=own_after,
        square=float(diagonal[use].sum()),
        n_rows=int(grams.counts[use].sum()),
        shared_block=design.shared_block,
        own_block=design.own_block,
        prior_count=design.prior[:, 0],
        prior_share=design.prior[:, 1],
    )


def cell_coefficients(
    design: Design, solution: Solution, *, columns: BoolArray | None = None
) -> FloatArray:
    """Compute the coefficients of the base functions in each cell, from some shared columns.

    Returns
    -------
    ndarray of shape (n_cells, n_functions)
    """
    p = design.maps.shape[2]
    shared = solution.shared[:p]
    if columns is not None:
        shared = np.where(columns, shared, 0.0)
    return design.maps @ shared


def own_coefficients(
    design: Design, solution: Solution, *, columns: BoolArray | None = None
) -> FloatArray:
    """Compute each pair's coefficients of the base functions, from the module's own columns."""
    own = solution.own if columns is None else solution.own * columns
    return np.einsum("cfw,cw->cf", design.own_maps, own[design.row])


def cell_covariances(
    design: Design, solution: Solution, pairs: IntArray, *, columns: BoolArray | None = None
) -> FloatArray:
    """Posterior covariance of the coefficients of the base functions in pairs, over the noise.

    Returns
    -------
    ndarray of shape (pairs.size, n_functions, n_functions)
    """
    maps = design.maps[pairs]
    own_maps, row = design.own_maps[pairs], design.row[pairs]
    reach = maps if columns is None else maps * columns
    # The own coefficients move with the shared ones; their own spread is added below.
    reach = reach - own_maps @ solution.carry[row]
    covariance = (reach @ solution.shared_inverse) @ reach.transpose(0, 2, 1)
    return covariance + own_maps @ solution.own_inverse[row] @ own_maps.transpose(0, 2, 1)
