"""From a file to the raw rows of one table."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from xlsxwriter.utility import xl_col_to_name, xl_range

from recommender.errors import InputError
from recommender.exchange.tables.faults import shorten
from recommender.exchange.tables.header import (
    HEADER_ROWS,
    Header,
    Table,
    find_header,
    other_kind,
    units_above,
)
from recommender.exchange.tables.sheets.reading import read_sheets
from recommender.exchange.tables.sheets.sheet import Sheet
from recommender.table_kinds import TableKind

_EXAMPLE_MARK = re.compile(r"\s*(示例|example\s*[:：])", re.IGNORECASE)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Switch the garbage collector off: it would visit millions of live cells again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_no_collection()
def read_rows(path: Path, kind: TableKind) -> tuple[Table, Header]:
    """Read the table of a kind from a file.

    A workbook may have further sheets. Of the visible ones, the one whose header fits is read.
    Two sheets that both fit and both have rows are refused, because one would be lost silently.

    Raises
    ------
    InputError
        If the file holds no such table.
    """
    header, sheet = _choose(
        path.name, kind, read_sheets(path, rate=lambda head: _width(find_header(head, kind)))
    )
    if header is None or header.missing:
        _refuse(path.name, kind, sheet.rows, header)
    header = units_above(sheet.rows, header, kind)
    start = header.at + 1
    # the header may stand twice, once in each language
    if start < len(sheet.rows):
        second = find_header(sheet.rows[start : start + 1], kind)
        start += second is not None and second.columns == header.columns
    if start >= len(sheet.rows):
        raise InputError("file.no_rows", file=path.name)
    table = Table(
        file=path.name,
        sheet=sheet.name,
        rows=sheet.rows[start:],
        header=sheet.rows[header.at],
        columns=header.columns,
        header_row=sheet.first_row + header.at + 1,
        first_row=sheet.first_row + start + 1,
        first_column=sheet.first_column,
        date_1904=sheet.date_1904,
        factors={name: unit.factor for name, unit in header.units.items() if unit.factor},
        merged=sheet.merged,
        hidden_rows=sheet.hidden_rows,
        is_filtered=sheet.is_filtered,
    )
    return table, header


def _refuse(
    file: str, kind: TableKind, rows: list[list[object]], header: Header | None
) -> NoReturn:
    other = other_kind(rows, kind)
    if other is not None:
        raise InputError(
            "file.wrong_kind",
            file=file,
            kind=kind.name,
            seems=other.name,
            seems_zh=other.title[0],
            kind_zh=kind.title[0],
        )
    needed = [c for c in kind.columns if not c.nullable] if header is None else header.missing
    columns = "、".join(f"{column.headers[0]} ({column.name})" for column in needed)
    if header is None or len(header.columns) < 2:
        raise InputError("file.no_header", file=file, rows=HEADER_ROWS, columns=columns)
    raise InputError("file.missing_columns", file=file, columns=columns)


def _choose(file: str, kind: TableKind, sheets: Iterable[Sheet]) -> tuple[Header | None, Sheet]:
    best: tuple[Header | None, Sheet] | None = None
    fits: list[tuple[Header, Sheet]] = []
    for sheet in sheets:
        header = find_header(sheet.rows, kind)
        if header is not None and not header.missing:
            # a further sheet without rows is ignored: nothing of it can be lost
            if not fits or _has_rows(sheet, header, kind):
                fits.append((header, sheet))
        elif best is None or _width(header) > _width(best[0]):
            best = (header, sheet)
    if len(fits) > 1 and not _has_rows(fits[0][1], fits[0][0], kind):
        del fits[0]
    if len(fits) > 1:
        raise InputError(
            "file.two_sheets", file=file, first=fits[0][1].name, second=fits[1][1].name
        )
    if fits:
        return fits[0]
    if best is None or not any(cell != "" for row in best[1].rows for cell in row):
        raise InputError("file.empty", file=file)
    return best


def _width(header: Header | None) -> int:
    return 0 if header is None else len(header.columns)


def _has_rows(sheet: Sheet, header: Header, kind: TableKind) -> bool:
    first = header.columns[kind.columns[0].name]
    return any(
        any(row[position] != "" for position in header.columns.values())
        and not is_example(row[first])
        for row in sheet.rows[header.at + 1 :]
    )


def is_example(cell: object) -> bool:
    """Say whether a cell marks the example row of a template."""
    return isinstance(cell, str) and _EXAMPLE_MARK.match(cell) is not None


def beyond_header(table: Table) -> Sequence[int]:
    """Return the rows of a CSV that have more cells than the header: a separator too many."""
    # in a workbook a cell beside the table is a remark; in a CSV it means that the row has shifted
    if table.sheet:
        return []
    named = [position for position, cell in enumerate(table.header) if str(cell).strip()]
    end = named[-1] + 1
    if end >= len(table.header):
        return []
    return [at for at, row in enumerate(table.rows) if any(cell != "" for cell in row[end:])]


def ignored_columns(table: Table) -> tuple[str, ...]:
    """Return the headers of columns that are not read; a letter stands for one without."""
    used = set(table.columns.values())
    ignored: list[str] = []
    for position, cell in enumerate(table.header):
        if position in used:
            continue
        header = str(cell).strip()
        if not header and any(row[position] != "" for row in table.rows):
            header = xl_col_to_name(table.first_column + position)
        if header:
            ignored.append(shorten(header))
    return tuple(ignored)


def merged_across(table: Table) -> Iterator[tuple[int, str, str]]:
    """Yield row, column and range of each cell that is hidden by a merge with the one beside it.

    Nobody can say whether its value is that of the first cell, or none.
    """
    at_columns = {at + table.first_column: name for name, at in table.columns.items()}
    for first_row, left, last_row, right in table.merged:
        names = [
            at_columns[at] for at in range(left, min(right, left + 200) + 1) if at in at_columns
        ]
        if len(names) < 2:
            continue
        start = max(first_row - table.first_row + 1, 0)
        for row in range(start, min(last_row - table.first_row + 2, len(table.rows))):
            for name in names[1:]:
                yield row, name, xl_range(first_row, left, last_row, right)
