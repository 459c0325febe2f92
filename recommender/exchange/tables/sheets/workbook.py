"""The sheets of an .xlsx workbook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from recommender.errors import InputError
from recommender.exchange.tables.sheets.cell_walk import Marks
from recommender.exchange.tables.sheets.scanning import Scan, scan_workbook
from recommender.exchange.tables.sheets.sheet import ERROR_VALUE, UNCALCULATED, Sheet


def read_workbook(path: Path) -> Iterator[Sheet]:
    """Read the visible sheets of a workbook, one after the other.

    Raises
    ------
    InputError
        If it is not an .xlsx, is damaged, or is unreasonably large.
    """
    scan = scan_workbook(path)
    try:
        # from a stream: calamine takes no path that is not valid UTF-8
        with path.open("rb") as stream, CalamineWorkbook.from_filelike(stream) as workbook:
            for index, about in enumerate(workbook.sheets_metadata):
                if (
                    about.typ == SheetTypeEnum.WorkSheet
                    and about.visible == SheetVisibleEnum.Visible
                ):
                    sheet = workbook.get_sheet_by_index(index)
                    rows = cast(list[list[object]], sheet.to_python())
                    start = sheet.start or (0, 0)
                    # calamine's copy of the cells, which takes as much memory as ours
                    del sheet
                    yield _finish(about.name, rows, start, scan)
    except (InputError, GeneratorExit, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # calamine is Rust, and its panic is not an Exception
        raise InputError("file.broken", file=path.name) from error


def _finish(name: str, rows: list[list[object]], start: tuple[int, int], scan: Scan) -> Sheet:
    """Put into the cells what the reader of the workbook does not know."""
    marks = scan.sheets.get(name, Marks())
    first_row, first_column = start
    width = len(rows[0]) if rows else 0
    for style, places in marks.styled.items():
        show = scan.shows[style]
        for row, column in places:
            at, position = row - first_row, column - first_column
            if 0 <= at < len(rows) and 0 <= position < width:
                value = rows[at][position]
                if isinstance(value, float | int) and not isinstance(value, bool):
                    rows[at][position] = show(value)
    for places, mark in ((marks.errors, ERROR_VALUE), (marks.uncalculated, UNCALCULATED)):
        for row, column in places:
            at, position = row - first_row, column - first_column
            if 0 <= at < len(rows) and 0 <= position < width:
                rows[at][position] = mark
    for merged in marks.merged:
        at, position = merged.first_row - first_row, merged.first_column - first_column
        if 0 <= at < len(rows) and 0 <= position < width:
            # what Excel shows for all of them, also where a program left other values below
            for below in rows[at + 1 : merged.last_row - first_row + 1]:
                below[position] = rows[at][position]
    return Sheet(
        name,
        rows,
        first_row,
        first_column,
        date_1904=scan.date_1904,
        merged=tuple(marks.merged),
        hidden_rows=frozenset(marks.hidden),
        is_filtered=marks.is_filtered,
    )
