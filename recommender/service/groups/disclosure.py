"""Which cells of a table are shown, so that nothing about a small group can be computed.

The table counts people by org unit and by grade, with the totals of both. What is shown of a cell
(how many, sums, means) adds up: a reader who knows a total and all but one of its parts knows the
last part. So it is not enough to leave out the small cells; some others have to go with them.

Unit by unit, from the top down, the cells of the units below are gone through from the largest to
the smallest, and a cell is shown unless then

- a small cell could be computed, or small parts of one total that are few even together; all cells
  of the unit above count as known here, shown or not;
- or something about a left-out cell of the unit above could.

By the second rule nothing that is shown below a unit says more of the unit than its own cells do,
so it suffices to look at one unit and those right below it at a time.

Such a table is a graph: parts and columns (all grades, then each grade) are its nodes, the cells
that are not known its edges. The cells of a part add up, and so do those of a column. So values can
be shifted along any cycle, now more and now less, and nothing that is known changes; what no cycle
changes can be computed, and nothing else [1]_. The sum of some edges at a node is safe if a cycle
passes the node by one of them and by another edge that is not one of them. Totals that were left
out are edges to one more node: no more comes out of them while their columns stay connected.

References
----------
.. [1] Gusfield, D. (1988). A graph theoretic approach to statistical data security. SIAM Journal
   on Computing, 17(3), 552-571.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import BoolArray, IntArray
from recommender.service.caches import SharedCache

SMALL_CELL = 5
"""Figures of fewer people than this are not shown."""
# The same counts come again with every question until somebody's facts change. A question has a
# table for each competency, beside each of several quarters for some readers.
_chosen = SharedCache(1024)


def find_above(units: Sequence[str]) -> IntArray:
    """Find the unit right above each one.

    Parameters
    ----------
    units : sequence of str
        Paths in their order; the first is empty and stands for everybody.

    Returns
    -------
    ndarray of shape (n_units,)
        Position of the nearest unit above that is in the list, which comes before; -1 for the
        first.
    """
    position = {unit: i for i, unit in enumerate(units)}
    above = np.full(len(units), -1, dtype=np.int64)
    for i, unit in enumerate(units[1:], start=1):
        # a unit above that nobody belongs to may not be listed; everybody, "", always is
        path = unit.rpartition("/")[0]
        while path not in position:
            path = path.rpartition("/")[0]
        above[i] = position[path]
    return above


def add_up(direct: NDArray[Any], above: IntArray) -> NDArray[Any]:
    """Sum what is counted in units and grades into the cells of the table.

    Parameters
    ----------
    direct : ndarray of shape (n_units, n_grades, ...)
        Of people who belong to the unit itself.
    above : ndarray of shape (n_units,)
        As `find_above` returns it.

    Returns
    -------
    ndarray of shape (n_units, 1 + n_grades, ...)
        With those of the units below; of every grade first, then grade by grade.
    """
    cells = np.concatenate([direct.sum(axis=1, keepdims=True), direct], axis=1)
    # from the last to the first: a unit is complete before it is added to the one above
    for i in range(len(above) - 1, 0, -1):
        cells[above[i]] += cells[i]
    return cells


def choose_shown(counts: IntArray, above: IntArray) -> BoolArray:
    """Choose the cells whose figures may be shown.

    Parameters
    ----------
    counts : ndarray of shape (n_units, 1 + n_grades, ...)
        How many people the figures of each cell rest on; as `add_up` returns it. The axes
        after these two are of tables that have nothing to do with each other.
    above : ndarray of shape (n_units,)
        As `find_above` returns it.

    Returns
    -------
    ndarray of bool, of the shape of `counts`
        True also where a cell counts nobody: there is no figure then.
    """
    tables = counts.astype(np.int64).reshape(*counts.shape[:2], -1)
    keys = [(above.tobytes(), table.tobytes()) for table in np.moveaxis(tables, 2, 0)]
    shown: dict[tuple[bytes, bytes], Any] = {key: _chosen.get(key) for key in keys}
    new = {key: i for i, key in enumerate(keys) if shown[key] is None}
    if new:
        found = _choose(tables[:, :, [*new.values()]], above)
        for key, table in zip(new, np.moveaxis(found, 2, 0), strict=True):
            shown[key] = table.copy()
            _chosen.put(key, shown[key])
    return np.stack([shown[key] for key in keys], axis=-1).reshape(counts.shape)


def _choose(counts: IntArray, above: IntArray) -> BoolArray:
    shown: BoolArray = counts == 0
    # all people are a part of nothing: there is no total to keep back, and none to subtract from
    shown[0] |= _choose_parts(counts[:1], np.ones_like(shown[0]), adds_up=False)[0]
    below: dict[int, list[int]] = {}
    for i, at in enumerate(above[1:].tolist(), start=1):
        below.setdefault(at, []).append(i)
    for at in sorted(below):  # a unit comes before those below it
        # people who belong to the unit itself are a part too, but have no cell that could be shown
        direct = counts[at] - counts[below[at]].sum(axis=0)
        parts = np.concatenate([counts[below[at]], direct[None]])
        shown[below[at]] |= _choose_parts(parts, shown[at], adds_up=True)[:-1]
    return shown


def _choose_parts(counts: IntArray, said: BoolArray, *, adds_up: bool) -> BoolArray:
    """Choose among the cells of the parts of one unit.

    Parameters
    ----------
    counts : ndarray of shape (n_parts, n_columns, n_tables)
        Of each part, all grades and by grade.
    said : ndarray of shape (n_columns, n_tables)
        Which cells of the whole unit are shown.
    adds_up : bool
        Whether the parts add up to something that is known.

    Returns
    -------
    ndarray of bool, of the shape of `counts`
        Which may be shown.
    """
    shown: BoolArray = counts >= SMALL_CELL
    # most tables keep nothing back
    hard = ((counts > 0) & ~shown).any(axis=(0, 1)) | ~said.all(axis=0)
    if not hard.any():
        return shown
    counts = counts[:, :, hard]
    secrets = _Secrets(counts, said[:, hard], adds_up=adds_up)
    unknown = counts > 0
    # what can be computed from the start cannot come out
    safe = secrets.find_safe(unknown)
    # the largest first, for they say most; ties by position, so that the same table always shows
    # the same cells
    flat = counts.reshape(-1, hard.sum())
    order = np.argsort(-flat, axis=0, kind="stable")
    tables = np.arange(hard.sum())
    for at in order[: (flat >= SMALL_CELL).sum(axis=0).max(initial=0)]:
        cell = *np.divmod(at, counts.shape[1]), tables
        unknown[cell] &= counts[cell] < SMALL_CELL
        unknown[cell] |= (safe & ~secrets.find_safe(unknown)).any(axis=0)
    shown[:, :, hard] &= ~unknown
    return shown


class _Secrets:
    """What must not come out of the cells of parts; arguments as of `_choose_parts`."""

    def __init__(self, counts: IntArray, said: BoolArray, *, adds_up: bool) -> None:
        self._small = (counts > 0) & (counts < SMALL_CELL)
        few = np.where(self._small, counts, 0)
        # small parts of one total that are few even together; the first column is a total itself
        self._of_part = self._small & (few[:, 1:].sum(axis=1, keepdims=True) < SMALL_CELL)
        self._of_part[:, 0] = False
        self._of_column = self._small & (few.sum(axis=0) < SMALL_CELL)
        self._unsaid = ~said
        self._adds_up = adds_up

    def find_safe(self, unknown: BoolArray) -> BoolArray:
        """Say what cannot be computed while these cells are not known, a row for each secret."""
        pairs = unknown[:, :, None] & unknown[:, None]
        links = pairs.sum(axis=0, dtype=np.int32)
        n_columns = len(links)
        # cycles: from one column to another without a part, and back by that part
        others = (links > 1) | ((links == 1) & ~pairs) | (not self._adds_up)
        ways = pairs & _connect(others) & ~np.eye(n_columns, dtype=bool)[..., None]
        cells = self._small & ways.any(axis=2)
        of_part = self._of_part[:, :, None] & ~self._of_part[:, None] & ways
        # from one part to another without the column that both are in
        others = np.tile(links > 0, (n_columns, 1, 1, 1))
        for k in range(n_columns):
            others[k, k] = others[k, :, k] = False
        ones = (self._of_column[:, :, None] & pairs).any(axis=0)
        rest = (~self._of_column[:, :, None] & pairs).any(axis=0)
        of_column = ones[:, :, None] & rest[:, None] & _connect(others)
        totals = self._unsaid[:, None] & self._unsaid & _connect(links > 0)
        n_tables = unknown.shape[2]
        return np.concatenate(
            [
                cells.reshape(-1, n_tables),
                of_part.any(axis=(1, 2)),
                of_column.any(axis=(1, 2)),
                totals.reshape(-1, n_tables),
            ]
        )


def _connect(linked: BoolArray) -> BoolArray:
    """Link what is linked over others, in an array of shape (..., n, n, n_tables)."""
    connected = linked.copy()
    for k in range(linked.shape[-2]):
        connected |= connected[..., :, k, None, :] & connected[..., None, k, :, :]
    return connected
