"""Finding the table in a sheet: which row is the header, and which column is which.

Headers are understood in English or Chinese and in any order. Case, spaces, underscores,
full-width forms, a ``*`` for required and a remark in brackets do not matter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter

import numpy as np

from recommender.exchange.tables.sheets.sheet import Merged
from recommender.exchange.tables.units import Unit, find_unit, is_meant
from recommender.identifiers import FORMAT_CHARACTERS
from recommender.table_kinds import KINDS, Column, TableKind

# above the header people put a title, a date, instructions
HEADER_ROWS = 20
_IGNORED = re.compile(rf"[\s_\-*{FORMAT_CHARACTERS}]+")
_REMARK = re.compile(r"[(\[【〔](.*?)[)\]】〕]")
# above a table, for all of its amounts: 单位：万元
_UNIT_OF_TABLE = re.compile(r"单位[:：]([^;；)）\]】]{1,20})")


def loose(text: str) -> str:
    """Return a spelling without case, width, spaces, ``_``, ``-`` and ``*``, for comparison."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True)
class Header:
    """A row read as the header of a kind of table.

    Parameters
    ----------
    at : int
        Position of the row, from 0.
    columns : dict of str to int
        Canonical name to position of the column.
    twice : tuple of tuple
        ``(position, canonical name)`` of each column that repeats an earlier one.
    missing : tuple of Column
        Required columns that the row lacks.
    units : dict of str to Unit
        Canonical name to the unit that the header gives for the column.
    """

    at: int
    columns: dict[str, int]
    twice: tuple[tuple[int, str], ...]
    missing: tuple[Column, ...]
    units: Mapping[str, Unit] = field(default_factory=dict[str, Unit])


@dataclass(frozen=True)
class Table:
    """The rows of a table as they are in the file.

    Parameters
    ----------
    file : str
        Name of the file.
    sheet : str
        Name of the sheet; empty for CSV.
    rows : sequence of sequence
        The cells below the header, all rows of the same length; an empty cell is an empty string.
    header : sequence of object
        The cells of the header row.
    columns : dict of str to int
        Canonical name to position in a row.
    header_row : int
        Number of the header row in the spreadsheet, from 1.
    first_row : int
        Number of the first of `rows` in the spreadsheet, from 1.
    first_column : int
        Position of the first cell of a row in the spreadsheet, from 0.
    date_1904 : bool
        Whether serial numbers of days count from 1904.
    factors : mapping of str to float
        How many of a column's own unit one unit of its header is, for those in another unit.
    merged : sequence of Merged
        The ranges of merged cells, at their places in the spreadsheet.
    hidden_rows : frozenset of int
        Rows of the spreadsheet that are not shown, from 0.
    is_filtered : bool
        Whether a filter is set, which explains hidden rows.
    """

    file: str
    sheet: str
    rows: Sequence[Sequence[object]]
    header: Sequence[object]
    columns: dict[str, int]
    header_row: int
    first_row: int
    first_column: int
    date_1904: bool = False
    factors: Mapping[str, float] = field(default_factory=dict[str, float])
    merged: Sequence[Merged] = ()
    hidden_rows: frozenset[int] = frozenset()
    is_filtered: bool = False

    def label(self, name: str) -> str:
        """Return the header of a column as the file has it, else its canonical name."""
        position = self.columns.get(name)
        return name if position is None else str(self.header[position]).strip()

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def column(self, name: str) -> np.ndarray | tuple[np.ndarray, np.ndarray] | None:
        """Return the cells of a column, or codes and distinct cells; None where it is not there."""
        position = self.columns.get(name)
        if position is None:
            return None
        return np.fromiter(map(itemgetter(position), self.rows), dtype=object, count=self.n_rows)

    def number(self, row: int) -> int:
        """Return the number in the spreadsheet of a row."""
        return self.first_row + row

    def numbers(self, rows: np.ndarray) -> np.ndarray:
        """Return the numbers in the spreadsheet of some rows."""
        return rows + self.first_row

    def place(self, row: int, name: str) -> tuple[int, int, str, object]:
        """Return a cell's row number, its column index (-1: none), its header, and itself."""
        position = self.columns.get(name)
        if position is None:
            return self.number(row), -1, name, ""
        found = self.rows[row][position]
        return self.number(row), self.first_column + position, self.label(name), found


def find_header(rows: Sequence[Sequence[object]], kind: TableKind) -> Header | None:
    """Find the row that names most columns of a kind, among the first rows.

    Returns
    -------
    Header or None
        None if no row names a column.
    """
    spellings = {
        loose(spelling): column.name
        for column in kind.columns
        for spelling in (*column.headers, column.name)
    }
    best: Header | None = None
    for at, row in enumerate(rows[:HEADER_ROWS]):
        header = _read_header(at, row, kind, spellings)
        if header.columns and (best is None or len(header.columns) > len(best.columns)):
            best = header
    return best


def _read_header(
    at: int, row: Sequence[object], kind: TableKind, spellings: dict[str, str]
) -> Header:
    columns: dict[str, int] = {}
    twice: list[tuple[int, str]] = []
    remarked: list[tuple[int, str, str]] = []
    split: list[tuple[int, str, str]] = []
    for position, cell in enumerate(row):
        # a longer text is no header, and a hostile one would take long to compare
        if not isinstance(cell, str) or not cell or len(cell) > 200:
            continue
        spelling = loose(cell)
        if name := spellings.get(spelling):
            if name in columns:
                twice.append((position, name))
            else:
                columns[name] = position
        elif name := spellings.get(_REMARK.sub("", spelling)):
            remarked.append((position, name, "".join(_REMARK.findall(spelling))))
        elif found := _split_unit(spelling, kind, spellings):
            split.append((position, *found))
    units: dict[str, Unit] = {}
    # an exact header wins over one with a remark: "cost" over "cost (old)"
    exact = set(columns)
    # and 成绩分 beside 成绩 may be something else, so that it is no second one
    for position, name, remark in (*remarked, *split):
        if name not in columns:
            columns[name] = position
            if unit := _unit_of(kind.column(name), remark):
                units[name] = unit
        elif name not in exact and (position, name, remark) not in split:
            twice.append((position, name))
    missing = tuple(c for c in kind.columns if not c.nullable and c.name not in columns)
    return Header(at, columns, tuple(twice), missing, units)


def _split_unit(
    spelling: str, kind: TableKind, spellings: Mapping[str, str]
) -> tuple[str, str] | None:
    """Split a header with a unit behind it, such as 费用万元 or 学时/分钟."""
    for known, name in spellings.items():
        rest = spelling.removeprefix(known)
        remark = rest.lstrip("/:,")
        unit = None if rest == spelling else _unit_of(kind.column(name), remark)
        # 成绩等级 is another column; 成绩/等级 says in what the scores are
        if unit and (unit.factor is not None or rest != remark):
            return name, remark
    return None


def _unit_of(column: Column, remark: str) -> Unit | None:
    return find_unit(remark, column) if column.measure else None


def units_above(rows: Sequence[Sequence[object]], header: Header, kind: TableKind) -> Header:
    """Add the unit that stands above a table to the columns that it can be the unit of."""
    units = dict(header.units)
    for row in rows[: header.at]:
        for cell in row:
            match = _UNIT_OF_TABLE.search(cell[:200]) if isinstance(cell, str) else None
            for column in kind.columns if match else ():
                # what it cannot be the unit of, such as levels, has its own
                unit = _unit_of(column, match[1]) if match else None
                if column.name in header.columns and unit and is_meant(unit, column):
                    units.setdefault(column.name, unit)
    return replace(header, units=units)


def other_kind(rows: Sequence[Sequence[object]], kind: TableKind) -> TableKind | None:
    """Return another kind whose required columns all are in these rows, or None."""
    for other in KINDS.values():
        if other.name != kind.name:
            header = find_header(rows, other)
            if header is not None and not header.missing:
                return other
    return None
