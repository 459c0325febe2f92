"""Reading the cells of a catalogue workbook, and collecting every bad one."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recommender.errors import TableFault, TableFaultsError
from recommender.exchange.catalog.columns import Field
from recommender.exchange.catalog.tree import Sheet
from recommender.exchange.tables.cells import (
    BadCellError,
    list_choices,
    number_expected,
    read_number,
)
from recommender.exchange.tables.dates import read_date
from recommender.exchange.tables.faults import FAULTS_LISTED, BadCell, shorten
from recommender.exchange.tables.header import find_header, loose
from recommender.exchange.tables.sheets.sheet import Sheet as RawSheet
from recommender.exchange.tables.sheets.sheet import Unreadable
from recommender.table_kinds import Column

# people type whichever separator their keyboard gives; no id contains one of them
_SEPARATORS = re.compile(r"[;；,，、\n]")
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# the only dates are those on which targets take effect, and they may be in the future
_LATEST = dt.date(2199, 12, 31)


@dataclass(frozen=True)
class SheetRows:
    """The rows of one sheet of the workbook.

    Parameters
    ----------
    sheet : Sheet
        The definition of the sheet.
    name : str
        Its name in the file.
    rows : list of ParsedRow
        Rows that are not empty, in order.
    columns : dict of str to int
        Canonical name of a column to its position in the spreadsheet, from 0.
    headers : dict of str to str
        Canonical name of a column to its header in the file.
    """

    sheet: Sheet
    name: str
    rows: list[ParsedRow]
    columns: Mapping[str, int]
    headers: Mapping[str, str]


@dataclass
class ParsedRow:
    """One row: its number in the spreadsheet, from 1, and its cells.

    `found` has the cells as they are in the file, `values` what they mean. `good` turns False
    with the first fault in the row.
    """

    number: int
    values: dict[str, Any]
    found: dict[str, object]
    good: bool = True


@dataclass
class Faults:
    """Every bad cell of a workbook."""

    order: dict[str, int] = field(default_factory=dict[str, int])
    found: list[TableFault] = field(default_factory=list[TableFault])

    def add(
        self,
        sheet: SheetRows,
        row: ParsedRow | None,
        column: str,
        problem: BadCell,
        *,
        found: object = None,
    ) -> None:
        """Add a fault of a row's cell, or of the whole sheet where `row` is None."""
        if row is not None:
            row.good = False
            found = row.found.get(column, "") if found is None else found
        self.found.append(
            TableFault(
                problem.code,
                sheet=sheet.name,
                row=row.number if row else 0,
                column=sheet.headers.get(column, column),
                column_index=sheet.columns.get(column, -1),
                found=shorten("" if found is None else found),
                expected=problem.expected,
                values=dict(problem.values),
            )
        )

    def raise_if_any(self, file: str) -> None:
        """Raise a `TableFaultsError` with the faults in the order of sheets and rows."""
        if self.found:
            ordered = sorted(
                self.found, key=lambda f: (self.order.get(f.sheet, 0), f.row, f.column_index)
            )
            error = TableFaultsError(file, ordered[:FAULTS_LISTED])
            # of all of them, not only of those listed
            error.values["count"] = len(ordered)
            raise error


def read_sheet_rows(raw: RawSheet, sheet: Sheet, faults: Faults) -> SheetRows:
    """Read the rows of a sheet; add bad cells, bad headers and repeated keys to `faults`."""
    header = find_header(raw.rows, sheet.kind)
    if header is None:
        rows = SheetRows(sheet, raw.name, [], {}, {})
        _missing_columns(rows, [f.column for f in sheet.columns if not f.column.nullable], faults)
        return rows
    labels = [str(cell).strip() for cell in raw.rows[header.at]]
    rows = SheetRows(
        sheet,
        raw.name,
        [],
        {name: raw.first_column + at for name, at in header.columns.items()},
        {name: labels[at] for name, at in header.columns.items()},
    )
    _missing_columns(rows, header.missing, faults)
    for position, name in header.twice:
        problem = BadCell(
            "table.column_twice", "", {"name": name, "first": rows.headers.get(name, name)}
        )
        faults.add(rows, None, labels[position], problem, found=labels[position])
    _unknown_columns(rows, raw, header.at, labels, faults)
    fields = [f for f in sheet.columns if f.column.name in header.columns]
    for at in range(header.at + 1, len(raw.rows)):
        cells = raw.rows[at]
        if all(_is_empty(cell) for cell in cells):
            continue
        # without a required column no row can make a record: that is one fault, not one per row
        row = ParsedRow(raw.first_row + at + 1, {}, {}, good=not header.missing)
        rows.rows.append(row)
        for entry in fields:
            name = entry.column.name
            row.found[name] = cells[header.columns[name]]
            try:
                row.values[name] = _read(entry, row.found[name], date_1904=raw.date_1904)
            except BadCellError as error:
                faults.add(rows, row, name, error.problem)
    _both_languages(rows, faults)
    _repeated_keys(rows, faults)
    return rows


def _missing_columns(rows: SheetRows, columns: Sequence[Column], faults: Faults) -> None:
    for column in columns:
        label = f"{column.headers[0]} ({column.name})"
        faults.add(rows, None, label, BadCell("catalog_workbook.no_column", "", {"name": label}))


def _unknown_columns(
    rows: SheetRows, raw: RawSheet, at: int, labels: Sequence[str], faults: Faults
) -> None:
    """Report columns with content that no field takes: the content would be lost."""
    known = set(rows.columns.values())
    for position, label in enumerate(labels):
        if raw.first_column + position in known or label in rows.headers.values():
            continue
        if any(not _is_empty(cells[position]) for cells in raw.rows[at + 1 :]):
            problem = BadCell("catalog_workbook.unknown_column")
            faults.add(rows, None, label, problem, found=label)


def _is_empty(cell: object) -> bool:
    return isinstance(cell, str) and not cell.strip()


def _read(entry: Field, cell: object, *, date_1904: bool) -> Any:
    column = entry.column
    if _is_empty(cell):
        if column.nullable:
            return [] if entry.lines or column.type == "ids" else None
        raise BadCellError(BadCell("table.missing", *_expected(column)))
    if column.type == "number":
        number = read_number(cell, column)
        return int(number) if column.whole else number
    if column.type == "date":
        return read_date(cell, column, latest=_LATEST, date_1904=date_1904, zone=None).isoformat()
    text = _text(cell)
    if column.type == "choice":
        return _choice(column, text)
    if column.type == "ids":
        return [_id(part) for part in _SEPARATORS.split(text) if part.strip()]
    if entry.lines:
        return [line.strip() for line in text.split("\n") if line.strip()]
    return _id(text) if column.refers_to else text


def _expected(column: Column) -> tuple[str, dict[str, str]]:
    if column.type == "number":
        return number_expected(column)
    if column.type == "choice":
        return "choice", list_choices(column)
    return ("date" if column.type == "date" else "text"), {}


def _text(cell: object) -> str:
    if isinstance(cell, Unreadable):
        raise BadCellError(BadCell(cell.code, "text"))
    if isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell):
        # Excel turns text such as 2.5 into a number; repr gives back the shortest form of it
        return repr(cell).removesuffix(".0")
    if not isinstance(cell, str):
        raise BadCellError(BadCell("table.not_text", "text"))
    text = cell.replace("\r\n", "\n").replace("\r", "\n").strip()
    if _UNSAFE.search(text):
        raise BadCellError(BadCell("table.control_character", "text"))
    return text


def _id(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _choice(column: Column, text: str) -> str | bool:
    for choice, spellings in column.choices.items():
        if loose(text) in {loose(s) for s in (choice, *spellings)}:
            return {"yes": True, "no": False}.get(choice, choice)
    raise BadCellError(BadCell("table.unknown_choice", "choice", list_choices(column)))


def _both_languages(rows: SheetRows, faults: Faults) -> None:
    """Report a text that is given in one language only."""
    for entry in rows.sheet.columns:
        name = entry.column.name
        other = name[:-3] + ("_en" if name.endswith("_zh") else "_zh")
        if entry.path[-1:] not in (("zh-CN",), ("en",)) or not entry.column.nullable:
            continue
        for row in rows.rows:
            text = row.values.get(name, "bad")  # a bad cell is reported already
            if text is None and row.values.get(other):
                faults.add(rows, row, name, BadCell("catalog_workbook.one_language", "text"))


def _repeated_keys(rows: SheetRows, faults: Faults) -> None:
    first: dict[tuple[object, ...], int] = {}
    for row in rows.rows:
        key = tuple(str(row.values.get(name)) for name in rows.sheet.key)
        if not key or any(row.values.get(name) is None for name in rows.sheet.key):
            continue
        if key in first:
            problem = BadCell("catalog_workbook.twice", "", {"first": str(first[key])})
            faults.add(rows, row, rows.sheet.key[-1], problem)
        else:
            first[key] = row.number
