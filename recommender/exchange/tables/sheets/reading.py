"""Reading a file into sheets of raw cells, whatever kind of table they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from recommender.errors import InputError
from recommender.exchange.tables.sheets.delimited import read_delimited
from recommender.exchange.tables.sheets.parquet import MAGIC, read_parquet
from recommender.exchange.tables.sheets.sheet import Sheet
from recommender.exchange.tables.sheets.workbook import read_workbook

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
    (b"SQLite format 3", "file.is_noise"),
)
# web systems offer an HTML table as "Excel"
_MARKUP = (b"<!doctype html", b"<html", b"<table", b"<meta", b"mime-version:")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_sheets(
    path: Path, *, rate: Callable[[Sequence[Sequence[object]]], int] | None = None
) -> Iterator[Sheet]:
    """Read every visible sheet of a workbook, or the one table of another file, as it is.

    The cells are those that a reader of the file sees: number formats that change a value are
    applied, merged values stand in every row, cells without a value that can be known are marked
    (see `Sheet`). What they mean is for the caller to find out.

    Parameters
    ----------
    path : Path
        An .xlsx, a Parquet file, or text with ``,``, ``;`` or tab between cells. Its content, not
        its name, says which.
    rate : callable, optional
        Says of the first rows of a text how much they look like what is wanted; the separator
        with which they do most is taken. By default that is the number of columns.

    Yields
    ------
    Sheet
        In the order of the workbook, each read when it is asked for.

    Raises
    ------
    InputError
        If the file cannot be read, is something else, or is unreasonably large.
    """
    form = recognise_form(path)
    if form == "workbook":
        yield from read_workbook(path)
    elif form == "parquet":
        yield read_parquet(path)
    else:
        yield read_delimited(path, rate or (lambda head: max(map(len, head), default=0)))


def recognise_form(path: Path) -> Literal["workbook", "parquet", "text"]:
    """Say what a file may be, by its content: a zip may be an .xlsx, and text a CSV.

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
        return "workbook"
    if head.startswith(MAGIC):
        return "parquet"
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
    if b"\x00" in head and b"\x00\x00" in head:
        raise InputError("file.is_noise", file=path.name)
    return "text"


def _which_ole(content: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "file.is_protected"
    if "WordDocument".encode("utf-16-le") in content:
        return "file.is_document"
    return "file.is_xls"
