"""Reading a table of a kind from a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from recommender.errors import InputError
from recommender.exchange.tables.checks import check_rows
from recommender.exchange.tables.faults import BadCell, FaultList
from recommender.exchange.tables.header import Table
from recommender.exchange.tables.parsing import ParsedColumn, add_cell_faults, parse_column
from recommender.exchange.tables.raw_rows import (
    beyond_header,
    ignored_columns,
    is_example,
    merged_across,
    read_rows,
)
from recommender.exchange.tables.references import References
from recommender.exchange.tables.units import describe_measure
from recommender.table_kinds import Known, TableKind


@dataclass(frozen=True)
class TableRead:
    """A table that was read, with what its report has to say beside the rows.

    Parameters
    ----------
    frame : DataFrame
        As `read_table` returns it.
    rows : ndarray of int, shape (n_records,)
        The row of the spreadsheet that each record stands in, from 1.
    file, sheet : str
        Names of the file and the sheet; that of the sheet is empty for CSV.
    labels, places : dict of str
        Canonical name to the header in the file and to its position in the spreadsheet, from 0,
        of each column that is there.
    blank : dict of str to int
        How many cells are empty, by column.
    ignored : tuple of str
        Headers of the columns that are not read; a letter stands for one without a header.
    hidden : int
        How many of the records stand in rows that are not shown.
    is_filtered : bool
        Whether a filter hides them.
    left_out : int
        How many rows name something that was not observed, so that there is nothing to store.
    """

    frame: pd.DataFrame
    rows: np.ndarray
    file: str = ""
    sheet: str = ""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    places: Mapping[str, int] = field(default_factory=dict[str, int])
    blank: Mapping[str, int] = field(default_factory=dict[str, int])
    ignored: tuple[str, ...] = ()
    hidden: int = 0
    is_filtered: bool = False
    left_out: int = 0


def read_table(path: Path, kind: TableKind, known: Known, *, latest: dt.date) -> pd.DataFrame:
    """Read a table from an .xlsx or CSV file and check all of it.

    Parameters
    ----------
    path : Path
        The file; its content, not its name, says which format it has.
    kind : TableKind
        What it should hold.
    known : Known
        What its ids may refer to.
    latest : date
        The last day that is not in the future.

    Returns
    -------
    DataFrame
        One row for each record, in the order of the file, with every column of the kind under
        its canonical name. Numbers are float64, NaN where empty. All other columns are object,
        None where empty: text as `str`, ids resolved (a list of ids as one text with ``;``
        between), dates as `datetime.date`, which database drivers take as they are. Ratings that
        were not observed (`rating` empty) are left out, and so are empty rows and the example row
        of a template. An enrolment without `enrolled_on` gets its `completed_on` there.

    Raises
    ------
    TableFaultsError
        If cells are bad: it holds up to 1000 of them, and `count` says how many there are.
    InputError
        If the file as a whole cannot be used.
    """
    return read_import(path, kind, known, latest=latest).frame


def read_import(
    path: Path, kind: TableKind, known: Known, *, latest: dt.date, clear: bool = False
) -> TableRead:
    """Read a table as `read_table` does, with what the report of an import says of it.

    With `clear` an empty cell means that there is nothing, and not that nothing is said: of
    managers, for instance, this tells whether they form a circle.
    """
    table, header = read_rows(path, kind)
    faults = FaultList(table)
    for position, name in header.twice:
        first = str(table.header[header.columns[name]]).strip()
        faults.add_header(
            BadCell("table.column_twice", "column_once", {"first": first, "name": name}),
            position,
            str(table.header[position]).strip(),
        )
    for name, unit in header.units.items():
        if unit.factor is None:
            column = kind.column(name)
            faults.add_header(
                BadCell("table.header_unit", "own_unit_of_column", describe_measure(column, unit)),
                header.columns[name],
                table.label(name),
            )
    columns, kept = _parse(table, kind, known, faults, latest=latest)
    shifted = [row for row in beyond_header(table) if kept[row]]
    if shifted:
        faults.add_rows(
            np.array(shifted, dtype=np.intp),
            kind.columns[-1].name,
            BadCell("table.too_many_cells", "cells_as_header"),
            found=lambda row: " | ".join(str(cell) for cell in table.rows[row] if cell != ""),
        )
    for row, name, cells in merged_across(table):
        if kept[row]:
            faults.add_rows(
                np.array([row], dtype=np.intp),
                name,
                BadCell("table.merged_across", "own_cell", {"cells": cells}),
            )
    present = kept.copy()
    # before the rules between cells fill some of them in
    blank = {
        name: count
        for name, parsed in columns.items()
        if name in table.columns and (count := int((parsed.is_empty & kept).sum()))
    }
    frame = _check(table, kind, columns, kept, replace(known, clears=clear), faults)
    rows = np.flatnonzero(kept) + table.first_row
    return TableRead(
        frame,
        rows,
        file=table.file,
        sheet=table.sheet,
        labels={name: table.label(name) for name in table.columns},
        places={name: at + table.first_column for name, at in table.columns.items()},
        blank=blank,
        ignored=ignored_columns(table),
        hidden=int(np.isin(rows - 1, list(table.hidden_rows)).sum()),
        is_filtered=table.is_filtered,
        left_out=int(present.sum() - kept.sum()),
    )


def check_items(
    items: Sequence[Mapping[str, object]],
    kind: TableKind,
    known: Known,
    *,
    latest: dt.date,
    listed: bool = True,
) -> pd.DataFrame:
    """Check rows that came in a request in the way in which rows of a file are checked.

    Parameters
    ----------
    items : sequence of mapping
        Values by canonical name of the column; None is an empty cell.
    kind : TableKind
        The kind of the rows.
    known : Known
        What their ids may refer to.
    latest : date
        The last day that is not in the future.
    listed : bool
        Whether they came as a list, whose items are counted from 1, and not as a single item.

    Returns
    -------
    DataFrame
        As `read_table` returns it.

    Raises
    ------
    TableFaultsError
        If cells are bad; its `file` is empty, and the row of a single item is 0.
    """
    names = [column.name for column in kind.columns]
    rows = [[_cell(item.get(name)) for name in names] for item in items]
    table = Table(
        file="",
        sheet="",
        rows=rows,
        header=names,
        columns={name: position for position, name in enumerate(names)},
        header_row=0,
        first_row=1 if listed else 0,
        first_column=0,
    )
    return check_table(table, kind, known, latest=latest, examples=False).frame


def check_table(
    table: Table, kind: TableKind, known: Known, *, latest: dt.date, examples: bool = True
) -> TableRead:
    """Check the raw rows of a table whose header is settled, and return them.

    Raises
    ------
    TableFaultsError
        If cells are bad.
    InputError
        If it has no rows.
    """
    faults = FaultList(table)
    columns, kept = _parse(table, kind, known, faults, latest=latest, examples=examples)
    present = int(kept.sum())
    frame = _check(table, kind, columns, kept, known, faults)
    rows = table.numbers(np.flatnonzero(kept))
    return TableRead(frame, rows, file=table.file, sheet=table.sheet, left_out=present - len(rows))


def _cell(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)  # as in a spreadsheet, where every number is a float
    return "" if value is None else value


def _parse(
    table: Table,
    kind: TableKind,
    known: Known,
    faults: FaultList,
    *,
    latest: dt.date,
    examples: bool = True,
) -> tuple[dict[str, ParsedColumn], np.ndarray]:
    """Read every cell; return the columns, and which rows hold a record."""
    columns: dict[str, ParsedColumn] = {}

    # made when a column first asks for it: by then the ids that the table brings in are read
    @cache
    def references() -> References:
        own = columns[kind.columns[0].name].distinct if kind.columns[0].name in columns else ()
        return References(known, (id_ for id_ in own if id_ is not None), kind=kind.name)

    kept = np.zeros(table.n_rows, dtype=bool)
    for column in kind.columns:
        parsed = parse_column(table, column, references, latest=latest, zone=known.zone)
        columns[column.name] = parsed
        kept |= ~parsed.is_empty
    if examples:
        first = columns[kind.columns[0].name]
        marked = np.array([is_example(cell) for cell in first.raw], dtype=bool)
        kept &= ~marked[first.codes]
    if not kept.any():
        raise InputError("file.no_rows", file=table.file)
    # only now: an empty row has no faults, and which rows are empty takes all columns to know
    for parsed in columns.values():
        add_cell_faults(parsed, kept, faults)
    return columns, kept


def _check(
    table: Table,
    kind: TableKind,
    columns: dict[str, ParsedColumn],
    kept: np.ndarray,
    known: Known,
    faults: FaultList,
) -> pd.DataFrame:
    """Check the rules between cells and between rows, and return the rows as a frame."""
    check_rows(kind, columns, kept, known, faults)
    # left out after they were checked: what is not observed may still name a wrong indicator
    if kind.name == "ratings":
        kept &= ~columns["rating"].is_empty
    _check_keys(kind, columns, kept, faults, number=table.number)
    faults.raise_if_any(table.file)
    rows = slice(None) if kept.all() else np.flatnonzero(kept)
    return pd.DataFrame(
        {
            name: pd.Series(
                parsed.distinct[parsed.codes[rows]],
                dtype=np.float64 if parsed.column.type == "number" else object,
            )
            for name, parsed in columns.items()
        },
        copy=False,
    )


def _check_keys(
    kind: TableKind,
    columns: dict[str, ParsedColumn],
    kept: np.ndarray,
    faults: FaultList,
    *,
    number: Callable[[int], int],
) -> None:
    """Report rows with the key of an earlier row; `number` turns a position into a row number."""
    if not kind.key:
        return
    usable = kept.copy()
    # the columns of the key as one number, a digit each: six columns of a million rows are
    # compared as integers and not as tuples
    key = np.zeros(len(kept), dtype=np.int64)
    for name in kind.key:
        column = columns[name]
        usable &= ~column.is_bad
        if not column.column.nullable:
            usable &= ~column.is_empty
        codes = column.keys().astype(np.int64) + 1
        size = int(codes.max(initial=0)) + 1
        # numbered anew before they grow out of 64 bits
        if int(key.max(initial=0)) > (2**62) // size:
            key = pd.factorize(key)[0].astype(np.int64)
        key = key * size + codes
    rows = np.flatnonzero(usable)
    again = rows[pd.Series(key[rows]).duplicated().to_numpy()]
    if not len(again):
        return
    # backwards, so that of rows with the same key the first one is left
    first = dict(zip(key[rows][::-1].tolist(), rows[::-1].tolist(), strict=True))

    def problem(row: int) -> BadCell:
        return BadCell("table.duplicate", "once", {"other": str(number(first[int(key[row])]))})

    def found(row: int) -> str:
        return " | ".join(
            _show(columns[name].distinct[columns[name].codes[row]]) for name in kind.key
        )

    faults.add_rows(again, kind.key[0], problem, found=found)


def _show(value: object) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:g}"
    return "" if value is None else str(value)
