"""Columns of cells: each distinct cell once, and where in the file each row has it from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Cells:
    """A column of the table that comes out.

    Parameters
    ----------
    codes : ndarray of int, shape (n_rows,)
        For each row the position of its cell in `raw`.
    raw : ndarray of object, shape (n_distinct,)
        The cells, translated where the file's word is not ours.
    positions : ndarray of int, shape (n_rows,), or int
        The column of the file that each comes from; -1 where the file has none.
    """

    codes: np.ndarray
    raw: np.ndarray
    positions: np.ndarray | int = -1

    def take(self, rows: np.ndarray) -> Cells:
        """Return the cells of some rows."""
        positions = self.positions if isinstance(self.positions, int) else self.positions[rows]
        return Cells(self.codes[rows], self.raw, positions)

    def values(self) -> np.ndarray:
        """Return the cell of each row."""
        return self.raw[self.codes]


def factorize(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, for a column of cells, the position of each among the distinct ones, and those."""
    if bool in set(map(type, cells)):  # True would be taken for 1.0
        cells = np.array([str(c).upper() if isinstance(c, bool) else c for c in cells], object)
    codes, raw = pd.factorize(cells)
    return codes, objects(raw)


def objects(values: Iterable[object]) -> np.ndarray:
    """Return values as an array of objects, whatever their types."""
    listed = list(values)
    array = np.empty(len(listed), dtype=object)
    array[:] = listed
    return array


def is_error(text: str) -> bool:
    """Say whether a text is an error value of Excel, as CSV files have them."""
    return text.strip().startswith("#")
