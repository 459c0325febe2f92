"""Telling what a file is by its first bytes, never by its suffix."""

from __future__ import annotations

from pathlib import Path

from recommender.errors import InputError

FILE_BYTES = 200 * 2**20
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
_MARKUP = (b"<!doctype html", b"<html", b"<table", b"<meta", b"mime-version:")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def is_workbook(path: Path) -> bool:
    """Tell whether a file is a zip, which may be an .xlsx, or text, which may be a CSV.

    Raises
    ------
    InputError
        If it cannot be read, is empty or too large, or is something else.
    """
    try:
        if path.is_dir():
            raise InputError("file.is_folder", file=path.name)
        if path.exists() and not path.is_file():
            raise InputError("file.cannot_read", file=path.name, reason="not a regular file")
        size = path.stat().st_size
        if size > FILE_BYTES:
            raise InputError("file.too_large", file=path.name, limit=FILE_BYTES // 2**20)
        with path.open("rb") as stream:
            head = stream.read(4096)
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


def which_zip(names: set[str]) -> str:
    """Return the code of what a zip holds that is not an .xlsx workbook."""
    if "xl/workbook.bin" in names:
        return "file.is_xlsb"
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        return "file.is_document"
    if "content.xml" in names and "mimetype" in names:
        return "file.is_ods"
    return "file.is_archive"
