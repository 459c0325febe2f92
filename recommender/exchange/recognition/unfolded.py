"""The table that comes out of a reading, checked as any other, with the places of the file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from recommender.errors import InputError
from recommender.exchange.recognition.cells import Cells
from recommender.exchange.recognition.reading import LongTable, Reading
from recommender.exchange.tables.header import Table
from recommender.exchange.tables.reading import TableRead, check_table
from recommender.table_kinds import KINDS, Known, TableKind


class UnfoldedTable(Table):
    """A table whose cells stand elsewhere in the file than its rows and columns say."""

    _reading: Reading
    _long: LongTable
    _kind: TableKind

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self._long.rows)

    def column(self, name: str) -> tuple[np.ndarray, np.ndarray] | None:
        """Return codes and distinct cells of a column; None where it is not there."""
        cells = self._long.cells.get(name)
        return None if cells is None else (cells.codes, cells.raw)

    def number(self, row: int) -> int:
        """Return the number in the file of a row."""
        return self.place(row, "")[0]

    def numbers(self, rows: np.ndarray) -> np.ndarray:
        """Return the numbers in the file of some rows."""
        layout = self._reading.layout
        if layout is None:
            return self._long.rows[rows] + 1
        first = layout.sheet.first_row + 1
        wide = _wide(self._long.cells)
        if layout.turned and wide is not None and not isinstance(wide.positions, int):
            return wide.positions[rows] + first
        return self._long.rows[rows] + first

    def label(self, name: str) -> str:
        """Return the header of a column, as our own tables have it."""
        return next((c.headers[0] for c in self._kind.columns if c.name == name), name)

    def place(self, row: int, name: str) -> tuple[int, int, str, object]:
        """Return a cell's row number, its column index (-1: none), its header, and itself."""
        table, layout = self._long, self._reading.layout
        at = int(table.rows[row])
        cells = table.cells.get(name)
        position = _position(cells, row)
        if layout is None:
            holds = "" if cells is None else cells.raw[cells.codes[row]]
            return at + 1, -1, self.label(name), holds
        if position < 0:
            wide = _wide(table.cells)
            # of a turned sheet the row of the file is that of the wide column
            number, _ = layout.place(at, _position(wide, row) if layout.turned else -1)
            holds = "" if cells is None else cells.raw[cells.codes[row]]
            return number, -1, self.label(name), holds
        number, column = layout.place(at, position)
        return number, column, layout.header(position), layout.sheet.rows[at][position]


def _wide(cells: Mapping[str, Cells]) -> Cells | None:
    return next(
        (cells[name] for name in ("level", "rating", "score", "value") if name in cells), None
    )


def _position(cells: Cells | None, row: int) -> int:
    if cells is None:
        return -1
    return cells.positions if isinstance(cells.positions, int) else int(cells.positions[row])


def unfold_table(reading: Reading, long: LongTable) -> UnfoldedTable:
    """Return the table of a reading."""
    layout = reading.layout
    table = UnfoldedTable(
        file=reading.file,
        sheet=layout.sheet.name if layout else "",
        rows=(),
        header=(),
        columns={},
        header_row=layout.place(layout.header_rows[-1], 0)[0] if layout else 0,
        first_row=0,
        first_column=0,
        date_1904=layout.sheet.date_1904 if layout else False,
    )
    object.__setattr__(table, "_reading", reading)
    object.__setattr__(table, "_long", long)
    object.__setattr__(table, "_kind", KINDS[reading.kind])
    return table


def check_reading(
    reading: Reading, known: Known, *, latest: dt.date, clear: bool = False
) -> TableRead:
    """Check the rows of a reading and return them as `read_import` does.

    Raises
    ------
    TableFaultsError
        If cells are bad; the faults name the cells of the file.
    InputError
        If no row holds a record, or a question is open.
    """
    if reading.open_questions:
        raise InputError("recognition.open", file=reading.file, count=len(reading.open_questions))
    if reading.table is None or not len(reading.table.rows):
        raise InputError("file.no_rows", file=reading.file)
    kind, layout = KINDS[reading.kind], reading.layout
    table = unfold_table(reading, reading.table)
    read = check_table(table, kind, replace(known, clears=clear), latest=latest)
    positions = {name: _position(cells, 0) for name, cells in reading.table.cells.items()}
    # hidden rows, and ignored columns with their reasons, are told with the reading
    return replace(
        read,
        labels={name: table.place(0, name)[2] for name in positions},
        places={name: layout.place(0, at)[1] for name, at in positions.items() if layout},
    )
