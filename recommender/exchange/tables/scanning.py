"""Looking through an .xlsx before it is read: is it safe, and which cells would be misread?

The reader allocates the whole rectangle that the cells span, and copies a shared string for
every cell that uses it, so a file of a few bytes can ask for all the memory there is. It also
reads an error value, or a formula that was never calculated, as an empty cell, which must not
pass for "not filled in".

A file may be made so that looking through it takes for ever or fills the memory. So no pattern
here goes over a place twice (it stops at the next ``<``, and never backtracks), and no list of
all matches is made.
"""

from __future__ import annotations

import re
import struct
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from recommender.errors import InputError

TOTAL_BYTES = 200 * 2**20
# the ratio counts for large files only: a small sheet of equal rows packs that well without malice
RATIO_FROM_BYTES, RATIO = 50 * 2**20, 100
ROWS, COLUMNS, CELLS = 500_000, 200, 10_000_000
TEXT_BYTES, STRINGS = 512 * 2**20, 4_000_000
# of parts that are read as a tree, which takes thirty times their size
TREE_BYTES = 2 * 2**20
# sheets are searched in windows, so that a list of matches stays short
_WINDOW, _LONGEST_REFERENCE, _LONGEST_TAG = 2**20, 64, 4096

# what is not a plain cell: outside of A1:Z499999, with attributes besides s and t, an error, or a
# formula. Most sheets have none, and then one quick search is all that they need
_NOT_PLAIN = re.compile(
    rb'<c(?=[\s>/])(?! r="[A-Z][1-4]?[0-9]{1,5}+"(?: [st]="(?!e")[A-Za-z0-9]*+")*+/?>(?!<f))'
)
_PREFIXED = re.compile(rb":c[\s>/]")
_NOT_REFERENCED = re.compile(
    rb'<c(?=[\s>/])(?! r="[A-Z]{1,3}[0-9]{1,7}"(?: (?:s|t|cm|vm|ph)="[A-Za-z0-9]*+")*+/?>)'
)
# two patterns with one group each take half the time of one with two groups
_ROW, _COLUMN = (
    re.compile(rb'<c r="[A-Z]{1,3}([0-9]{1,7})"'),
    re.compile(rb'<c r="([A-Z]{1,3})[0-9]'),
)
_TAG = re.compile(rb"""<(?:\w++:)?(row|c)(?=[\s>/])((?:[^<>"']|"[^<"]*+"|'[^<']*+')*+)>""")
_R = re.compile(rb"""(?:^|[\s:])r\s*+=\s*+["']\s*+([^"']*+)["']""")
_CELL_REFERENCE = re.compile(rb"([A-Za-z]{1,3})([0-9]{1,7})")
_ERROR_CELL = re.compile(rb'<c\b(?=[^<>]*\bt="e")([^<>]*+)>')
_FORMULA_CELL = re.compile(
    rb"<c\b([^<>]*+)><f(?:[^<>]*+(?<=/)>|[^<>]*+>[^<]*+</f>)\s*+"
    rb"(?:<v\s*+/>|<v>\s*+(0?)\s*+</v>)?+\s*+</c>"
)
_SHARED_CELL = re.compile(rb't="s"[^<>]{0,200}+>\s*+<v>([0-9]{1,9})</v>')
_POSITION = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')


@dataclass(frozen=True)
class Scan:
    """What was found in a workbook.

    Parameters
    ----------
    date_1904 : bool
        Whether serial numbers of days count from 1904.
    errors, uncalculated : dict of str to Cells
        For each sheet, the cells that hold an error value, or a formula without its result.
    """

    date_1904: bool = False
    errors: dict[str, Cells] = field(default_factory=dict[str, "Cells"])
    uncalculated: dict[str, Cells] = field(default_factory=dict[str, "Cells"])


class Cells:
    """Places in a sheet, ``(row, column)`` from 0, stored compactly: there may be millions."""

    def __init__(self, attributes: Iterable[bytes]) -> None:
        # eight bytes a place; a sheet has 2**14 columns, so 2**16 keeps row and column apart
        self._held = array("q", map(_place, attributes))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Go through the places in the order of the file."""
        return (divmod(place, 2**16) for place in self._held if place >= 0)


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
    # Excel does not care about the case of the names of parts
    parts = {info.filename.lower(): info for info in infos}
    if "xl/workbook.xml" not in parts:
        raise InputError(_which_zip(set(parts)), file=file)
    # sizes as declared; `_unpack` refuses a part that is larger than it says
    total = sum(info.file_size for info in infos)
    packed = max(1, sum(info.compress_size for info in infos))
    if total > TOTAL_BYTES or (total > RATIO_FROM_BYTES and total > RATIO * packed):
        raise InputError("file.bomb", file=file, size=total // 2**20)
    for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
        if name in parts and parts[name].file_size > TREE_BYTES:
            raise InputError("file.bomb", file=file, size=parts[name].file_size // 2**20)
    workbook = _unpack(stream, parts["xl/workbook.xml"])
    relations = _unpack_if_there(stream, parts, "xl/_rels/workbook.xml.rels")
    lengths = _string_lengths(file, _unpack_if_there(stream, parts, "xl/sharedstrings.xml"))
    # a cell takes more than 16 bytes: if the longest string in that many cells is no danger,
    # the strings of the single cells need not be counted
    much_text = int(lengths.max(initial=0)) * (total // 16) > TEXT_BYTES
    names = _sheet_names(workbook, relations)
    scan = Scan(date_1904=bool(re.search(rb'date1904\s*=\s*"(1|true)"', workbook)))
    # programs that do not calculate write 0 as the result, and ask Excel to calculate on opening
    recalculates = bool(re.search(rb'fullCalcOnLoad\s*=\s*"(1|true)"', workbook))
    cells = text_bytes = 0
    for info in infos:
        name = info.filename.lower()
        # a sheet may have any name, as long as the relations have it
        if not name.endswith(".xml") and name.rpartition("/")[2].encode() not in relations.lower():
            continue
        content = _unpack(stream, info)
        if much_text:
            used = np.array(_SHARED_CELL.findall(content), dtype=np.int64)
            text_bytes += int(lengths[used[used < len(lengths)]].sum())
            if text_bytes > TEXT_BYTES:
                raise InputError("file.bomb", file=file, size=text_bytes // 2**20)
        is_plain = _NOT_PLAIN.search(content) is None and _PREFIXED.search(content) is None
        rows, columns = _referenced_extent(content) if is_plain else _extent(content)
        cells += rows * columns
        if rows > ROWS or columns > COLUMNS or cells > CELLS:
            raise InputError("file.too_many_cells", file=file, rows=ROWS, columns=COLUMNS)
        if not is_plain and (sheet := names.get(name)) is not None:
            scan.errors[sheet] = Cells(m[1] for m in _ERROR_CELL.finditer(content))
            scan.uncalculated[sheet] = Cells(
                m[1]
                for m in _FORMULA_CELL.finditer(content)
                # t="str" is a text, and an empty text is a proper result
                if b't="str"' not in m[1] and (recalculates or not m[2])
            )
    return scan


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


def _sheet_names(workbook: bytes, relations: bytes) -> dict[str, str]:
    """Return the name of each sheet by its part, in lower case."""
    if not relations:
        return {}
    targets = {
        element.get("Id"): element.get("Target", "")
        for element in ElementTree.fromstring(relations).iter()
        if element.get("Id")
    }
    names: dict[str, str] = {}
    for element in ElementTree.fromstring(workbook).iter():
        if element.tag.rpartition("}")[2] != "sheet":
            continue
        key = next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == "id"), "")
        target = targets.get(key, "")
        part = (target[1:] if target.startswith("/") else f"xl/{target}").lower()
        # the reader would read such a part once for each name, and its cells were counted once
        if part in names:
            raise ValueError("two sheets in one part")
        names[part] = element.get("name", "")
    return names


def _string_lengths(file: str, strings: bytes) -> NDArray[np.int64]:
    if strings.count(b"<si") > STRINGS:
        raise InputError("file.bomb", file=file, size=len(strings) // 2**20)
    ends = np.fromiter((m.end() for m in re.finditer(b"</si>", strings)), dtype=np.int64)
    return np.diff(ends, prepend=0)


def _windows(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield windows of a sheet; they overlap, so that no reference is cut in two."""
    for start in range(0, len(content), _WINDOW):
        yield start, start + _WINDOW + _LONGEST_REFERENCE


def _extent(content: bytes) -> tuple[int, int]:
    """Return how many rows and columns the cells of a sheet span, counted from A1."""
    if _NOT_REFERENCED.search(content) is None and _PREFIXED.search(content) is None:
        return _referenced_extent(content)
    row = column = rows = columns = 0
    for match in _TAG.finditer(content):
        tag, attributes = match.groups()
        if len(attributes) > _LONGEST_TAG:
            raise ValueError("not a cell")
        references: list[bytes] = _R.findall(attributes)
        if len(references) > 1:
            raise ValueError("attribute given twice")
        # a row or cell without a reference follows the one before it
        if tag == b"row":
            row, column = (int(references[0]) if references else row + 1), 0
        elif references:
            reference = _CELL_REFERENCE.fullmatch(references[0])
            if reference is None:
                raise ValueError("not a cell")
            column, row = _column_number(reference[1]), int(reference[2])
        else:
            column += 1
        rows, columns = max(rows, row), max(columns, column)
        if rows > ROWS or columns > COLUMNS:
            break  # too many already
    return rows, columns


def _referenced_extent(content: bytes) -> tuple[int, int]:
    """Return the extent of cells that all say where they are, in the form that programs write."""
    rows: set[bytes] = set()
    columns: set[bytes] = set()
    for window in _windows(content):
        rows.update(_ROW.findall(content, *window))
        columns.update(_COLUMN.findall(content, *window))
    return max(map(int, rows), default=0), max(map(_column_number, columns), default=0)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _place(attributes: bytes) -> int:
    match = _POSITION.search(attributes)
    return (int(match[2]) - 1) * 2**16 + _column_number(match[1]) - 1 if match else -1


def _which_zip(names: set[str]) -> str:
    """Return the code of the error for a zip that is not an .xlsx workbook."""
    if "xl/workbook.bin" in names:
        return "file.is_xlsb"
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        return "file.is_document"
    if "content.xml" in names and "mimetype" in names:
        return "file.is_ods"
    return "file.is_archive"
