"""Reading CSV files without trusting their size or their quotes."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from recommender.errors import InputError
from recommender.exchange.tables.sheets.cell_walk import CELLS, COLUMNS
from recommender.exchange.tables.sheets.encodings import decode_text
from recommender.exchange.tables.sheets.sheet import Sheet

# a longer line is no table, and splitting it would take many times its size
CSV_LINE_LENGTH = 2**20
# more rows than a workbook may have: a history of a million records comes as CSV
ROWS, VALUES = 2_000_000, 3_000_000
# different values whose text is shared at a time: some columns never repeat a value
_VALUES_HELD = 100_000
# among them the header is, and with it the separator
_FIRST_ROWS = 20


def read_delimited(path: Path, rate: Callable[[Sequence[Sequence[object]]], int]) -> Sheet:
    """Read a text file with ``,``, ``;`` or tab between the cells.

    Parameters
    ----------
    path : Path
        The file.
    rate : callable
        Says how much the first rows look like what is wanted; the separator with which they do
        most is taken.

    Raises
    ------
    InputError
        If it is not text, or is unreasonably large.
    """
    text = decode_text(path)
    best: tuple[int, str] = (-1, ",")
    for separator in (",", ";", "\t"):
        # the header stands near the beginning: three readings of the whole file would take long
        head = _csv_rows(path.name, text[: 64 * 1024], separator, _FIRST_ROWS)
        # `max` keeps the first of equals, which is the comma
        best = max(best, (rate(head), separator), key=lambda pair: pair[0])
    rows = _csv_rows(path.name, text, best[1], None)
    if not any(cell for row in rows for cell in row):
        raise InputError("file.empty", file=path.name)
    width = max(map(len, rows))
    for row in rows:
        if len(row) < width:
            row.extend([""] * (width - len(row)))
    return Sheet("", rows)


def _csv_rows(file: str, text: str, separator: str, limit: int | None) -> list[list[object]]:
    rows: list[list[object]] = []
    width = values = 0
    held: dict[str, str] = {}  # most values stand in many cells: their text is stored once
    reader = csv.reader(_lines(file, text), delimiter=separator)
    try:
        for row in reader:
            rows.append([*map(held.setdefault, row, row)])
            width = max(width, len(row))
            if len(rows) == limit:
                break
            if len(held) > _VALUES_HELD:
                values += len(held)
                held.clear()
            # width times rows: short rows are padded to the longest one
            if len(rows) > ROWS or width > COLUMNS or width * len(rows) > CELLS or values > VALUES:
                raise InputError("file.too_many_cells", file=file, rows=ROWS, columns=COLUMNS)
    except csv.Error as error:
        # while separators are tried, quotes may well look broken with the wrong one
        if limit is None:
            raise InputError("file.csv_broken", file=file, line=reader.line_num) from error
    return rows


def _lines(file: str, text: str) -> Iterator[str]:
    # not splitlines: it would make a second copy of the whole text, and also split at U+2028
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        if end - start > CSV_LINE_LENGTH:
            raise InputError("file.csv_line_too_long", file=file)
        yield text[start:end]
        start = end
