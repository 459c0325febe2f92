"""From a file to the raw rows of one table; files from users are opened only from here."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, cast

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from recommender.errors import InputError
from recommender.exchange.tables.delimited import read_delimited
from recommender.exchange.tables.header import (
    HEADER_ROWS,
    Header,
    Sheet,
    Table,
    Unreadable,
    find_header,
    other_kind,
)
from recommender.exchange.tables.scanning import Scan, scan_workbook
from recommender.table_kinds import TableKind

FILE_BYTES = 200 * 2**20
# recognised by content: users rename files, so the suffix proves little
_BEGINNINGS = (
    (b"%PDF", "file.is_pdf"),
    (b"\x89PNG", "file.is_image"),
    (b"\xff\xd8\xff", "file.is_image"),
    (b"GIF8", "file.is_image"),
    (b"II*\x00", "file.is_image"),
    (b"MM\x00*", "file.is_image"),
    (b"RIFF", "file.is_image"),
    (b"\x1f\x8b", "file.is_archive"),
    (b"7z\xbc\xaf\x27\x1c", "file.is_archive"),
    (b"Rar!", "file.is_archive"),
    (b"\xff\xfe", "file.is_utf16"),
    (b"\xfe\xff", "file.is_utf16"),
    (b"SQLite format 3", "file.is_noise"),
)
# web systems offer an HTML table as "Excel"
_MARKUP = (b"<!doctype html", b"<html", b"<table", b"<meta", b"mime-version:")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EXAMPLE_MARK = re.compile(r"\s*(示例|example\s*[:：])", re.IGNORECASE)


ERROR_VALUE = Unreadable("table.error_value")
UNCALCULATED = Unreadable("table.formula_not_calculated")


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
    if _is_workbook(path):
        header, sheet = _choose(path.name, kind, _workbook_sheets(path))
    else:
        sheet = read_delimited(path, kind)
        header = find_header(sheet.rows, kind)
    if header is None or header.missing:
        _refuse(path.name, kind, sheet.rows, header)
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
    )
    return table, header


def read_sheets(path: Path) -> list[Sheet]:
    """Read every visible sheet of a workbook, or the one table of a CSV file, as it is."""
    return list(_workbook_sheets(path)) if _is_workbook(path) else [read_delimited(path, None)]


def _is_workbook(path: Path) -> bool:
    """Say whether a file is a zip, which may be an .xlsx, and not text, which may be a CSV.

    Raises
    ------
    InputError
        If it cannot be read, is empty or too large, or is something else.
    """
    try:
        if path.is_dir():
            raise InputError("file.is_folder", file=path.name)
        # reading a pipe or a device may never end
        if path.exists() and not path.is_file():
            raise InputError("file.cannot_read", file=path.name, reason="not a regular file")
        size = path.stat().st_size
        if size > FILE_BYTES:
            raise InputError("file.too_large", file=path.name, limit=FILE_BYTES // 2**20)
        with path.open("rb") as stream:
            head = stream.read(4096)
            # a container of old Office formats and of encrypted ones; its directory, which tells
            # them apart, may be anywhere in the file
            if head.startswith(_OLE):
                raise InputError(_which_ole(head + stream.read()), file=path.name)
    except FileNotFoundError:
        raise InputError("file.not_found", file=str(path)) from None
    except (OSError, ValueError) as error:
        raise InputError("file.cannot_read", file=str(path), reason=str(error)) from error
    if not head.strip(b" \t\r\n\xef\xbb\xbf"):
        raise InputError("file.empty", file=path.name)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return True
    for beginning, code in _BEGINNINGS:
        if head.startswith(beginning):
            raise InputError(code, file=path.name)
    text = head.lstrip(b" \t\r\n\xef\xbb\xbf").lower()
    if text.startswith(_MARKUP) or (text.startswith(b"<") and b"<table" in text):
        raise InputError("file.is_html", file=path.name)
    if text.startswith(b"<?xml"):
        raise InputError("file.is_xml", file=path.name)
    if text.startswith((b"{", b"[{")):
        raise InputError("file.is_json", file=path.name)
    if b"\x00" in head:
        raise InputError("file.is_noise", file=path.name)
    return False


def _which_ole(content: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "file.is_protected"
    if "WordDocument".encode("utf-16-le") in content:
        return "file.is_document"
    return "file.is_xls"


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


def _workbook_sheets(path: Path) -> Iterator[Sheet]:
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
                    yield _mark_unreadable(
                        Sheet(about.name, rows, start[0], start[1], scan.date_1904), scan
                    )
    except (InputError, GeneratorExit, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # calamine is Rust, and its panic is not an Exception
        raise InputError("file.broken", file=path.name) from error


def _mark_unreadable(sheet: Sheet, scan: Scan) -> Sheet:
    for cells, mark in (
        (scan.errors.get(sheet.name, ()), ERROR_VALUE),
        (scan.uncalculated.get(sheet.name, ()), UNCALCULATED),
    ):
        for row, column in cells:
            at, position = row - sheet.first_row, column - sheet.first_column
            if 0 <= at < len(sheet.rows) and 0 <= position < len(sheet.rows[at]):
                sheet.rows[at][position] = mark
    return sheet


def _choose(file: str, kind: TableKind, sheets: Iterator[Sheet]) -> tuple[Header | None, Sheet]:
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
