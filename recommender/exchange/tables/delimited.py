"""Reading CSV files without trusting their size or their quotes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from recommender.errors import InputError
from recommender.exchange.tables.header import HEADER_ROWS, Sheet, find_header
from recommender.exchange.tables.scanning import CELLS, COLUMNS
from recommender.table_kinds import TableKind

# a longer line is no table, and splitting it would take many times its size
CSV_LINE_LENGTH = 2**20
# more rows than a workbook may have: a history of a million records comes as CSV
ROWS, VALUES = 2_000_000, 3_000_000
# different values whose text is shared at a time: some columns never repeat a value
_VALUES_HELD = 100_000


def read_delimited(path: Path, kind: TableKind | None) -> Sheet:
    """Read a CSV file: UTF-8 or GB18030, with ``,``, ``;`` or tab as separator.

    Parameters
    ----------
    path : Path
        The file.
    kind : TableKind or None
        What it should hold. The separator is the one with which most of its headers are found,
        or with None the one that makes most columns.

    Raises
    ------
    InputError
        If it is not text, or is unreasonably large.
    """
    text = _decode(path)
    best: tuple[int, str] = (-1, ",")
    for separator in (",", ";", "\t"):
        # the header stands near the beginning: three readings of the whole file would take long
        head = _csv_rows(path.name, text[: 64 * 1024], separator, HEADER_ROWS)
        header = find_header(head, kind) if kind else None
        width = len(header.columns if header else ()) if kind else max(map(len, head), default=0)
        # `max` keeps the first of equals, which is the comma
        best = max(best, (width, separator), key=lambda pair: pair[0])
    rows = _csv_rows(path.name, text, best[1], None)
    if not any(cell for row in rows for cell in row):
        raise InputError("file.empty", file=path.name)
    width = max(map(len, rows))
    for row in rows:
        if len(row) < width:
            row.extend([""] * (width - len(row)))
    return Sheet("", rows)


def _decode(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError("file.cannot_read", file=str(path), reason=str(error)) from error
    # no text has one; a file in UTF-16 has many
    if b"\x00" in content:
        raise InputError("file.is_noise", file=path.name)
    # in this order: nearly all bytes are valid GB18030, but Chinese in GB18030 is hardly ever
    # valid UTF-8
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        # old programs for the Mac end lines with \r alone, which `_lines` does not know
        return text if "\n" in text else text.replace("\r", "\n")
    raise InputError("file.is_noise", file=path.name)


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
