"""Looking through an .xlsx before it is read: is it safe, and which cells would be misread?

The reader allocates the whole rectangle that the cells span, and copies a shared string for
every cell that uses it, so a file of a few bytes can ask for all the memory there is. It also
reads an error value, or a formula that was never calculated, as an empty cell, which must not
pass for "not filled in"; and it knows no number formats but those of dates.

A file may be made so that looking through it takes for ever or fills the memory. So no pattern
here goes over a place twice (it stops at the next ``<``, and never backtracks), and no list of
all matches is made.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from recommender.errors import InputError
from recommender.exchange.tables.sheets.cell_walk import (
    CELLS,
    COLUMNS,
    ROWS,
    Marks,
    walk_cells,
)
from recommender.exchange.tables.sheets.number_formats import Show, built_in, find_show

TOTAL_BYTES = 200 * 2**20
# the ratio counts for large files only: a small sheet of equal rows packs that well without malice
RATIO_FROM_BYTES, RATIO = 50 * 2**20, 100
TEXT_BYTES, STRINGS = 512 * 2**20, 4_000_000
# of parts that are read as a tree, which takes thirty times their size
TREE_BYTES = 2 * 2**20

_SHARED_CELL = re.compile(rb't="s"[^<>]{0,200}+>\s*+<v>([0-9]{1,9})</v>')
_TRUE = frozenset(("1", "true"))


@dataclass(frozen=True)
class Scan:
    """What was found in a workbook.

    Parameters
    ----------
    date_1904 : bool
        Whether serial numbers of days count from 1904.
    shows : mapping of int to callable
        For each style whose number format changes what a number says, how it is shown.
    sheets : dict of str to Marks
        What was found in each sheet.
    """

    date_1904: bool = False
    shows: Mapping[int, Show] = field(default_factory=dict[int, Show])
    sheets: dict[str, Marks] = field(default_factory=dict[str, Marks])


def scan_workbook(path: Path) -> Scan:
    """Look through an .xlsx file.

    Raises
    ------
    InputError
        If it is not an .xlsx, is damaged, or would need unreasonable memory.
    """
    try:
        with path.open("rb") as stream, ZipFile(stream) as archive:
            return _scan(path.name, archive, stream)
    except (BadZipFile, zlib.error, struct.error, ElementTree.ParseError, ValueError) as error:
        raise InputError("file.broken", file=path.name) from error
    except (NotImplementedError, RuntimeError, OSError) as error:
        raise InputError("file.cannot_read", file=path.name, reason=str(error)) from error


def _scan(file: str, archive: ZipFile, stream: BinaryIO) -> Scan:
    infos = archive.infolist()
    # Excel does not care about the case of the names of parts, nor about which slash they have
    parts = {info.filename.lower().replace("\\", "/").lstrip("/"): info for info in infos}
    home = "xl/" if "xl/workbook.xml" in parts else ""
    if f"{home}workbook.xml" not in parts:
        raise InputError(_which_zip(set(parts)), file=file)
    # sizes as declared; `_unpack` refuses a part that is larger than it says
    total = sum(info.file_size for info in infos)
    packed = max(1, sum(info.compress_size for info in infos))
    if total > TOTAL_BYTES or (total > RATIO_FROM_BYTES and total > RATIO * packed):
        raise InputError("file.bomb", file=file, size=total // 2**20)

    def read_tree(name: str) -> ElementTree.Element | None:
        if name not in parts:
            return None
        if parts[name].file_size > TREE_BYTES:
            raise InputError("file.bomb", file=file, size=parts[name].file_size // 2**20)
        return ElementTree.fromstring(_unpack(stream, parts[name]))

    workbook = read_tree(f"{home}workbook.xml")
    targets = _targets(read_tree(f"{home}_rels/workbook.xml.rels"), home)
    names = _sheet_names(workbook, targets)
    of_type = {kind: part for kind, part in targets.values() if kind != "worksheet"}
    strings = of_type.get("sharedStrings", f"{home}sharedstrings.xml")
    lengths = _string_lengths(file, _unpack_if_there(stream, parts, strings))
    # a cell takes more than 16 bytes: if the longest string in that many cells is no danger,
    # the strings of the single cells need not be counted
    much_text = int(lengths.max(initial=0)) * (total // 16) > TEXT_BYTES
    scan = Scan(
        date_1904=_is_set(workbook, "workbookPr", "date1904"),
        shows=_find_shows(read_tree(of_type.get("styles", f"{home}styles.xml"))),
    )
    recalculates = _is_set(workbook, "calcPr", "fullCalcOnLoad")
    cells = text_bytes = 0
    for name, info in parts.items():
        # a sheet may have any name, as long as the relations have it
        if not name.endswith(".xml") and name not in names:
            continue
        content = _unpack(stream, info)
        if much_text:
            used = np.array(_SHARED_CELL.findall(content), dtype=np.int64)
            text_bytes += int(lengths[used[used < len(lengths)]].sum())
            if text_bytes > TEXT_BYTES:
                raise InputError("file.bomb", file=file, size=text_bytes // 2**20)
        if name not in names and b"sheetData" not in content:
            continue
        _refuse_cdata(content)
        marks = walk_cells(content, scan.shows, recalculates=recalculates)
        cells += marks.rows * marks.columns
        cells += sum(
            m.last_row - m.first_row for m in marks.merged if m.first_column < marks.columns
        )
        if marks.rows > ROWS or marks.columns > COLUMNS or cells > CELLS:
            raise InputError("file.too_many_cells", file=file, rows=ROWS, columns=COLUMNS)
        if (sheet := names.get(name)) is not None:
            scan.sheets[sheet] = marks
    return scan


def _is_set(workbook: ElementTree.Element | None, tag: str, attribute: str) -> bool:
    return any(
        element.get(attribute) in _TRUE
        for element in (() if workbook is None else workbook)
        if element.tag.rpartition("}")[2] == tag
    )


def _find_shows(styles: ElementTree.Element | None) -> dict[int, Show]:
    """Return the styles whose number format changes what a number says."""
    codes: dict[str, Show | None] = {}
    shows: dict[int, Show] = {}
    for group in () if styles is None else styles:
        part = group.tag.rpartition("}")[2]
        if part == "numFmts":
            for one in group:
                codes[one.get("numFmtId", "")] = find_show(one.get("formatCode", ""))
        elif part == "cellXfs":
            for style, one in enumerate(group):
                number = one.get("numFmtId", "0")
                show = codes[number] if number in codes else built_in(int(number))
                if show is not None:
                    shows[style] = show
    return shows


def _unpack(stream: BinaryIO, info: ZipInfo) -> bytes:
    """Unpack one part, and refuse it if its true size is not the size it declares."""
    stream.seek(info.header_offset)
    header = stream.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04" or info.flag_bits & 0x1:
        raise BadZipFile(info.filename)
    stream.seek(sum(struct.unpack("<HH", header[26:30])), 1)
    packed = stream.read(info.compress_size)
    if info.compress_type == ZIP_STORED:
        content, whole = packed, True
    elif info.compress_type == ZIP_DEFLATED:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        # one byte more than declared is enough to catch a lie, however much would follow
        content = unpacker.decompress(packed, info.file_size + 1)
        whole = unpacker.eof
    else:
        raise BadZipFile(info.filename)
    if not whole or len(content) != info.file_size:
        raise BadZipFile(info.filename)
    return content


def _unpack_if_there(stream: BinaryIO, parts: dict[str, ZipInfo], name: str) -> bytes:
    info = parts.get(name)
    return b"" if info is None else _unpack(stream, info)


def _targets(relations: ElementTree.Element | None, home: str) -> dict[str, tuple[str, str]]:
    """Return the kind and the part, in lower case, of each id that the workbook refers to."""
    targets: dict[str, tuple[str, str]] = {}
    for element in () if relations is None else relations.iter():
        target = element.get("Target", "").replace("\\", "/").removeprefix("./")
        part = target[1:] if target.startswith("/") else f"{home}{target}"
        if key := element.get("Id"):
            targets[key] = element.get("Type", "").rpartition("/")[2], part.lower()
    return targets


def _sheet_names(
    workbook: ElementTree.Element | None, targets: Mapping[str, tuple[str, str]]
) -> dict[str, str]:
    """Return the name of each sheet by its part."""
    names: dict[str, str] = {}
    for element in () if workbook is None else workbook.iter():
        if element.tag.rpartition("}")[2] != "sheet":
            continue
        key = next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == "id"), "")
        part = targets.get(key, ("", ""))[1]
        # the reader would read such a part once for each name, and its cells were counted once
        if part in names:
            raise ValueError("two sheets in one part")
        names[part] = element.get("name", "")
    return names


def _refuse_cdata(content: bytes) -> None:
    if b"<![CDATA[" in content or b"<!DOCTYPE" in content[:4096]:
        raise ValueError("the reader takes such a text for an empty one")


def _string_lengths(file: str, strings: bytes) -> NDArray[np.int64]:
    _refuse_cdata(strings)
    if strings.count(b"<si") > STRINGS:
        raise InputError("file.bomb", file=file, size=len(strings) // 2**20)
    ends = np.fromiter((m.end() for m in re.finditer(b"</si>", strings)), dtype=np.int64)
    return np.diff(ends, prepend=0)


def _which_zip(names: set[str]) -> str:
    """Return the code of the error for a zip that is not an .xlsx workbook."""
    if "xl/workbook.bin" in names:
        return "file.is_xlsb"
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        return "file.is_document"
    if "[content_types].xml" in names and any(n.endswith("workbook.xml") for n in names):
        return "file.broken"  # a workbook that only Excel finds in there
    if "content.xml" in names and "mimetype" in names:
        return "file.is_ods"
    return "file.is_archive"
