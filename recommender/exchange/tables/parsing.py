"""From raw cells to typed columns: each distinct value is read once, and rows refer to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from recommender.exchange.tables.cells import (
    BadCellError,
    expectation,
    is_empty,
    list_choices,
    read_number,
    read_text,
)
from recommender.exchange.tables.dates import read_date
from recommender.exchange.tables.faults import FAULTS_LISTED, BadCell, FaultList
from recommender.exchange.tables.header import Table, loose
from recommender.exchange.tables.references import References
from recommender.table_kinds import Column


@dataclass
class ParsedColumn:
    """A column of a table after reading.

    Parameters
    ----------
    column : Column
        Its definition.
    codes : ndarray of int, shape (n_rows,)
        For each row, the position of its value among the distinct ones.
    distinct : ndarray of shape (n_distinct,)
        The meaning of each distinct cell: float, or object (text, date); NaN or None where the
        cell is empty or bad. Two cells may mean the same.
    empty : ndarray of bool, shape (n_distinct,)
        Whether the cell is empty.
    bad : ndarray of bool, shape (n_distinct,)
        Whether the cell cannot be read.
    problems : dict of int to BadCell
        What is wrong with the first bad cells; no more are listed, and there may be millions.
    raw : ndarray of object, shape (n_distinct,)
        Each distinct cell as it is in the file; of length 0 where that is not known.
    reasons : dict of str to list of int
        Code of what is wrong to the distinct cells it is wrong with, all of them.
    """

    column: Column
    codes: np.ndarray
    distinct: np.ndarray
    empty: np.ndarray
    bad: np.ndarray
    problems: dict[int, BadCell]
    raw: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=object))
    reasons: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    @property
    def values(self) -> np.ndarray:
        """The value of each row."""
        return self.distinct[self.codes]

    @property
    def is_empty(self) -> np.ndarray:
        """Whether each row's cell is empty."""
        return self.empty[self.codes]

    @property
    def is_bad(self) -> np.ndarray:
        """Whether each row's cell is bad."""
        return self.bad[self.codes]

    @property
    def is_good(self) -> np.ndarray:
        """Whether each row's cell holds a value."""
        return ~(self.is_empty | self.is_bad)

    def keys(self) -> np.ndarray:
        """Return an integer for each row; rows of the same value have the same one."""
        # `codes` will not do: two spellings of one value have different codes
        return pd.factorize(self.distinct, use_na_sentinel=True)[0][self.codes]


def parse_column(
    table: Table,
    column: Column,
    references: Callable[[], References],
    *,
    latest: dt.date,
    zone: dt.tzinfo | None = None,
) -> ParsedColumn:
    """Read a column; problems are collected, not raised.

    Parameters
    ----------
    table : Table
        The raw rows.
    column : Column
        The column to read; where the table lacks it every row is empty.
    references : callable
        Returns what ids may refer to; only called if the column refers to something.
    latest : date
        The last day that is not in the future.
    zone : tzinfo, optional
        Where the organisation is.
    """
    cells = table.column(column.name)
    if cells is None:
        nothing = np.array([np.nan]) if column.type == "number" else np.array([None], dtype=object)
        codes = np.zeros(table.n_rows, dtype=np.intp)
        return ParsedColumn(column, codes, nothing, np.array([True]), np.array([False]), {})
    codes, raw = cells if isinstance(cells, tuple) else _distinct(cells)
    factor = table.factors.get(column.name, 1.0)
    read = _reader(column, references, factor, latest=latest, date_1904=table.date_1904, zone=zone)
    number = column.type == "number"
    distinct = np.full(len(raw), np.nan) if number else np.full(len(raw), None, dtype=object)
    empty, bad = np.zeros(len(raw), dtype=bool), np.zeros(len(raw), dtype=bool)
    problems: dict[int, BadCell] = {}
    reasons: dict[str, list[int]] = {}
    rest = range(len(raw))
    # a column of nothing but numbers is converted at once; only those out of bounds are read singly
    if number and factor == 1.0 and not column.whole and all(type(value) is float for value in raw):
        distinct = raw.astype(np.float64) + 0.0  # turns -0.0 into 0.0
        rest = np.flatnonzero(~((distinct >= column.minimum) & (distinct <= column.maximum)))
        rest = rest.tolist()
        distinct[rest] = np.nan
    for at in rest:
        value = raw[at]
        if is_empty(value, column):
            empty[at] = True
            continue
        try:
            distinct[at] = read(value)
        except BadCellError as error:
            bad[at] = True
            reasons.setdefault(error.problem.code, []).append(at)
            if len(problems) <= FAULTS_LISTED:
                problems[at] = error.problem
    return ParsedColumn(column, codes, distinct, empty, bad, problems, raw, reasons)


def _distinct(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    types = set(map(type, cells))
    if bool in types:  # True would be taken for 1.0
        cells = np.array([str(c).upper() if isinstance(c, bool) else c for c in cells], object)
    codes, raw = pd.factorize(cells)
    nan = codes < 0
    # factorize counts NaN as missing; here it is a cell with a value, and a bad one
    if nan.any():
        codes[nan] = len(raw)
        raw = np.append(raw, np.array([np.nan], dtype=object))
    return codes, raw


def _reader(
    column: Column,
    references: Callable[[], References],
    factor: float,
    *,
    latest: dt.date,
    date_1904: bool,
    zone: dt.tzinfo | None,
) -> Callable[[object], Any]:
    if column.type == "number":
        return lambda value: read_number(value, column, factor)
    if column.type == "date":
        return lambda value: read_date(value, column, latest=latest, date_1904=date_1904, zone=zone)
    if column.type == "choice":
        return _choice_reader(column)
    if column.type == "ids":
        known = references()
        return lambda value: _some(known.resolve_list(read_text(value, column), column))
    if column.refers_to is not None:
        known = references()
        return lambda value: known.resolve(_some(read_text(value, column)), column)
    return lambda value: _some(read_text(value, column))


def _choice_reader(column: Column) -> Callable[[object], str]:
    choices = {
        loose(spelling): choice
        for choice, spellings in column.choices.items()
        for spelling in (choice, *spellings)
    }

    def read(value: object) -> str:
        choice = choices.get(loose(read_text(value, column)))
        if choice is None:
            raise BadCellError(BadCell("table.unknown_choice", "choice", list_choices(column)))
        return choice

    return read


def _some(text: str) -> str:
    if not text:
        raise BadCellError(BadCell("table.missing", "text"))
    return text


def add_cell_faults(parsed: ParsedColumn, kept: np.ndarray, faults: FaultList) -> None:
    """Add a fault for each bad cell of the rows kept, and for each cell that must not be empty."""
    name = parsed.column.name
    expected = expectation(parsed.column)
    for code, distinct in parsed.reasons.items():
        is_one = np.zeros(len(parsed.distinct), dtype=bool)
        is_one[distinct] = True
        # of more than are listed, what exactly is wrong is not kept
        other = expected._replace(code=code)
        faults.add_rows(
            np.flatnonzero(is_one[parsed.codes] & kept),
            name,
            lambda row, other=other: parsed.problems.get(int(parsed.codes[row]), other),
        )
    if not parsed.column.nullable and parsed.empty.any():
        missing = np.flatnonzero(parsed.is_empty & kept)
        faults.add_rows(missing, name, expectation(parsed.column))
