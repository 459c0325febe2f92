"""Reading CSV files, without trusting their size or their quotes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from recommender.errors import InputError
from recommender.exchange.tables.header import HEADER_ROWS, Sheet, find_header
from recommender.exchange.tables.scanning import CELLS, COLUMNS
from recommender.table_kinds import TableKind

CSV_LINE_LENGTH = 2**20
# a history of a million records is a CSV; a workbook cannot hold as many rows
ROWS, VALUES = 2_000_000, 3_000_000
_VALUES_HELD = 100_000


def read_delimited(path: Path, kind: TableKind | None) -> Sheet:
    """Read a CSV file: UTF-8 or GB18030, with ``,`` ``;`` or tab between.

    Parameters
    ----------
    path : Path
        The file.
    kind : TableKind or None
        What it should hold: the separator is the one that yields most of its headers, or with
        None the one that yields most columns.

    Raises
    ------
    InputError
        If it is not text, or not within reason.
    """
    text = _decode(path)
    best: tuple[int, str] = (-1, ",")
    for separator in (",", ";", "\t"):
        head = _csv_rows(path.name, text[: 64 * 1024], separator, HEADER_ROWS)
        header = find_header(head, kind) if kind else None
        width = len(header.columns if header else ()) if kind else max(map(len, head), default=0)
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
    if b"\x00" in content:
        raise InputError("file.is_noise", file=path.name)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text if "\n" in text else text.replace("\r", "\n")
    raise InputError("file.is_noise", file=path.name)


def _csv_rows(file: str, text: str, separator: str, limit: int | None) -> list[list[object]]:
    rows: list[list[object]] = []
    width = values = 0
    held: dict[str, str] = {}  # most values stand in many cells: each is kept once
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
            if len(rows) > ROWS or width > COLUMNS or width * len(rows) > CELLS or values > VALUES:
                raise InputError("file.too_many_cells", file=file, rows=ROWS, columns=COLUMNS)
    except csv.Error as error:
        if limit is None:
            raise InputError("file.csv_broken", file=file, line=reader.line_num) from error
    return rows


def _lines(file: str, text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        if end - start > CSV_LINE_LENGTH:
            raise InputError("file.csv_line_too_long", file=file)
        yield text[start:end]
        start = end
