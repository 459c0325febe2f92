"""A Word file as the parts in its archive, taken from people and so not trusted."""

from __future__ import annotations

import io
import re
import zlib
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from recommender.errors import InputError

MEGABYTE = 2**20
LARGEST_FILE = 10 * MEGABYTE
# a plan in Word has some 200 KB; pictures of an organisation's own come on top
LARGEST_CONTENT = 40 * MEGABYTE
LARGEST_XML = 4 * MEGABYTE
MOST_PARTS = 500
BODY = "word/document.xml"
CONTENT_TYPES = "[Content_Types].xml"
_DOCUMENT = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
# an archive's earliest date: with the present one, equal plans would differ in their bytes
_NO_DATE = (1980, 1, 1, 0, 0, 0)
_SAFE_NAME = re.compile(r"(?!/)(?!.*\.\.)[^\\:\x00-\x1f]+")

Parts = dict[str, bytes]


def unpack(content: bytes, *, file: str) -> Parts:
    """Return the parts of a Word file by name.

    Parameters
    ----------
    content : bytes
        The file.
    file : str
        What errors call it.

    Returns
    -------
    dict of str to bytes
        In the order of the archive.

    Raises
    ------
    InputError
        If it is no .docx, is damaged, has macros, or would unpack to something unreasonable.
    """
    if len(content) > LARGEST_FILE:
        raise InputError("word.too-large", file=file, limit=LARGEST_FILE // MEGABYTE)
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            _check_sizes(infos, file)
            parts = {info.filename: archive.read(info) for info in infos if not info.is_dir()}
    except (BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise InputError("word.not-docx", file=file) from error
    if len(parts) != len(infos) - sum(info.is_dir() for info in infos):
        raise InputError("word.damaged", file=file)  # two parts of one name: readers would differ
    if BODY not in parts or CONTENT_TYPES not in parts:
        raise InputError("word.not-docx", file=file)
    _check_kind(parts, file)
    return parts


def pack(parts: Parts) -> bytes:
    """Return parts as a file; equal parts give equal bytes."""
    stream = io.BytesIO()
    with ZipFile(stream, "w") as archive:
        for name, content in parts.items():
            # packed hardly at all: a picture is packed already, and the rest is small
            info = ZipInfo(name, _NO_DATE)
            archive.writestr(info, content, ZIP_DEFLATED, 0 if name.endswith(".png") else 3)
    return stream.getvalue()


def parse(xml: bytes, *, file: str) -> Any:
    """Return a part as a tree of lxml; refuse one that declares entities.

    Raises
    ------
    InputError
        If it is no XML, or has what no Word file has.
    """
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] - it has no stubs

    if len(xml) > LARGEST_XML:
        raise InputError("word.too-large", file=file, limit=LARGEST_XML // MEGABYTE)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        tree = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError("word.damaged", file=file) from error
    if tree.getroottree().docinfo.doctype:
        raise InputError("word.damaged", file=file)
    return tree


def _check_sizes(infos: list[ZipInfo], file: str) -> None:
    # as declared: the archive's reader stops there, however much would follow
    total = sum(info.file_size for info in infos)
    if total > LARGEST_CONTENT or len(infos) > MOST_PARTS:
        raise InputError("word.bomb", file=file, size=total // MEGABYTE, parts=len(infos))
    if not all(_SAFE_NAME.fullmatch(info.filename) for info in infos):
        raise InputError("word.damaged", file=file)


def _check_kind(parts: Parts, file: str) -> None:
    types = parts[CONTENT_TYPES]
    programs = ("vbaproject", "vbadata", "activex", "/embeddings/")
    if b"macroEnabled" in types or any(p in name.lower() for name in parts for p in programs):
        raise InputError("word.macros", file=file)
    if _DOCUMENT.encode() not in types:
        raise InputError("word.not-docx", file=file)
