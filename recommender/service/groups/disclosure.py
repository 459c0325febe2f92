"""Which cells of a table are shown, so that nothing about a small group can be computed.

The table counts people by org unit and by grade, with the totals of both. What is shown of a cell
(how many, sums, means) adds up: a reader who knows a total and all but one of its parts knows the
last part. So it is not enough to leave out the small cells; some others have to go with them.

A cell is a vector over the groups of people that no cell splits. What can be computed is what the
vectors of the shown cells span. Unit by unit, from the top down, the cells of the units below are
gone through from the largest to the smallest, and a cell is shown unless then

- a small cell were in the span, or small parts of one total that are few even together; all cells
  of the unit above count as known here, shown or not;
- or something about a left-out cell of the unit above were in it.

By the second rule nothing that is shown below a unit says more of the unit than its own cells do,
so it suffices to look at one unit and those right below it at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import BoolArray, FloatArray, IntArray

SMALL_CELL = 5
"""Figures of fewer people than this are not shown."""
# Squared length under which what is left of a vector counts as nothing: far above the rounding
# errors of sums of zeros and ones.
_TINY = 1e-9


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
    counts : ndarray of shape (n_units, 1 + n_grades)
        How many people the figures of each cell rest on; as `add_up` returns it.
    above : ndarray of shape (n_units,)
        As `find_above` returns it.

    Returns
    -------
    ndarray of bool, shape (n_units, 1 + n_grades)
        True also where a cell counts nobody: there is no figure then.
    """
    # the same counts come again with every question until somebody's facts change; as bytes,
    # because a cache wants keys that are hashable
    shown = _choose(counts.shape, counts.astype(np.int64).tobytes(), tuple(above.tolist()))
    return np.frombuffer(shown, dtype=bool).reshape(counts.shape)


# a table has one for each competency, beside each of several quarters for some readers
@lru_cache(maxsize=1024)
def _choose(shape: tuple[int, int], content: bytes, above: tuple[int, ...]) -> bytes:
    counts = np.frombuffer(content, dtype=np.int64).reshape(shape)
    shown: BoolArray = counts == 0
    nothing = np.zeros((0, counts.shape[1] - 1), dtype=bool)
    shown[0] |= _choose_parts(counts[:1], nothing, nothing)[0]
    below: dict[int, list[int]] = {}
    for i, at in enumerate(above[1:], start=1):
        below.setdefault(at, []).append(i)
    totals = _grades_of_cells(counts.shape[1] - 1)
    for at in sorted(below):  # a unit comes before those below it
        # people who belong to the unit itself are a part too, but have no cell that could be shown
        direct = counts[at] - counts[below[at]].sum(axis=0)
        parts = np.vstack([counts[below[at]], direct])
        shown[below[at]] |= _choose_parts(parts, totals, totals[shown[at]])[:-1]
    return shown.tobytes()


def _grades_of_cells(n_grades: int) -> BoolArray:
    return np.vstack([np.ones(n_grades, dtype=bool), np.eye(n_grades, dtype=bool)])


def _choose_parts(counts: IntArray, totals: BoolArray, known: BoolArray) -> BoolArray:
    """Choose among the cells of the parts of one unit.

    Parameters
    ----------
    counts : ndarray of shape (n_parts, 1 + n_grades)
        Of each part, by grade.
    totals, known : ndarray of shape (n, n_grades)
        The grades in each cell of the whole unit, and in those of them that are shown.

    Returns
    -------
    ndarray of bool, shape (n_parts, 1 + n_grades)
        Which may be shown.
    """
    n_parts, n_cells = counts.shape
    # vectors over the pairs of part and grade, without the pairs that count nobody: an empty
    # group tells nothing of anybody, and fewer dimensions are faster
    used = (counts[:, 1:] > 0).ravel()
    sizes = counts[:, 1:].ravel()[used]
    cells = np.array(
        [
            [np.outer(part, grades).ravel()[used] for grades in _grades_of_cells(n_cells - 1)]
            for part in np.eye(n_parts, dtype=bool)
        ]
    )
    small = _find_small([*cells[:, 1:], *cells.swapaxes(0, 1)], sizes)
    whole, said = np.tile(totals, n_parts)[:, used], np.tile(known, n_parts)[:, used]
    secret = _Secret(small, whole, together=False)
    above = _Secret(whole, said, together=True)
    shown = np.zeros(counts.shape, dtype=bool)
    # the largest first, for they say most; ties by position, so that the same table always shows
    # the same cells
    for i in np.lexsort((np.arange(counts.size), -counts.ravel())).tolist():
        part, cell = divmod(i, n_cells)
        if counts[part, cell] < SMALL_CELL:
            break
        vector = cells[part, cell]
        if not secret.would_come_out(vector) and not above.would_come_out(vector):
            secret.tell(vector)
            above.tell(vector)
            shown[part, cell] = True
    return shown


def _find_small(totals: Sequence[BoolArray], sizes: IntArray) -> BoolArray:
    """Return the small parts of all totals, and what the small parts of one total are together."""
    secrets: dict[bytes, BoolArray] = {}
    for parts in totals:
        count = parts @ sizes
        small = parts[(count > 0) & (count < SMALL_CELL)]
        together = small.any(axis=0)
        unions = [*small, together] if 0 < together @ sizes < SMALL_CELL else small
        secrets.update({vector.tobytes(): vector for vector in unions})
    # the shape is said: without any secret there would be no second axis
    return np.array([*secrets.values()], dtype=bool).reshape(len(secrets), len(sizes))


class _Secret:
    """Vectors that must not come into the span of what is told.

    Parameters
    ----------
    vectors : ndarray of shape (n, n_pairs)
        The secret ones.
    known : ndarray of shape (n_known, n_pairs)
        What is known from the start.
    together : bool
        Whether combinations of them are secret too, unless known from the start.
    """

    def __init__(self, vectors: BoolArray, known: BoolArray, *, together: bool) -> None:
        # orthonormal rows, of which the first `_told` are in use
        self._basis: FloatArray = np.zeros((vectors.shape[1], vectors.shape[1]))
        self._told = 0
        # the secret vectors less their projections on the span
        self._left: FloatArray = vectors.astype(float)
        self._together = together
        self._rank = len(vectors)  # until it is known: not 0 where there is a secret
        for vector in known:
            self.tell(vector)
        if not together:  # what is known from the start cannot come out
            self._left = self._left[(self._left**2).sum(axis=1) > _TINY]
        self._rank = self._find_rank(self._left)

    def would_come_out(self, vector: BoolArray) -> bool:
        """Say whether a secret came into the span with one more vector."""
        if not self._rank:
            return False
        left = self._leave(self._direction(vector))
        if self._together:
            # one dimension less is left: some combination has come into the span
            return self._find_rank(left) < self._rank
        return bool(((left**2).sum(axis=1) < _TINY).any())

    def tell(self, vector: BoolArray) -> None:
        """Take a vector into the span."""
        direction = self._direction(vector) if self._rank else np.zeros(len(vector))
        if direction.any():
            self._basis[self._told] = direction
            self._told += 1
            self._left = self._leave(direction)

    def _direction(self, vector: BoolArray) -> FloatArray:
        basis = self._basis[: self._told]
        rest = vector - basis[:, vector].sum(axis=1) @ basis
        length = rest @ rest
        return rest / np.sqrt(length) if length > _TINY else np.zeros_like(rest)

    def _leave(self, direction: FloatArray) -> FloatArray:
        return self._left - np.outer(self._left @ direction, direction)

    @staticmethod
    def _find_rank(vectors: FloatArray) -> int:
        # numpy's own tolerance is too fine for rows that many projections were taken out of
        return int(np.linalg.matrix_rank(vectors, tol=1e-6)) if vectors.size else 0
