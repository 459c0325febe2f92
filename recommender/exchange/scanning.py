"""Looking through an .xlsx before its reader does: is it safe, which cells would be misread.

The reader allocates the whole rectangle that the cells span and copies a shared string for
every cell that uses it, so a file of a few bytes can ask for all memory there is. And it reads
an error value or a formula that was never calculated as an empty cell, which must not pass for
"not filled in".
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np

from recommender.errors import InputError
from recommender.exchange.sniffing import which_zip

TOTAL_BYTES = 300 * 2**20
RATIO_FROM_BYTES, RATIO = 50 * 2**20, 100
ROWS, COLUMNS, CELLS = 500_000, 200, 13_000_000
TEXT_BYTES = 512 * 2**20

# not a plain cell: beyond A1:Z499999, an attribute besides s and t, an error, a formula
_NOT_PLAIN = re.compile(
    rb'<c(?=[\s>/])(?! r="[A-Z][1-4]?[0-9]{1,5}+"(?: [st]="(?!e")[A-Za-z0-9]*+")*+/?>(?!<f))'
)
_PREFIXED = re.compile(rb":c[\s>/]")
_NOT_REFERENCED = re.compile(
    rb'<c(?=[\s>/])(?! r="[A-Z]{1,3}[0-9]{1,7}"(?: (?:s|t|cm|vm|ph)="[A-Za-z0-9]*")*/?>)'
)
_REFERENCE = re.compile(rb'<c r="([A-Z]+)([0-9]+)"')
_TAG = re.compile(rb"""<(?:\w+:)?(row|c)(?=[\s>/])((?:[^>"']|"[^"]*"|'[^']*')*)>""")
_R = re.compile(rb"""(?:^|[\s:])r\s*=\s*["']\s*([^"']*)["']""")
_CELL_REFERENCE = re.compile(rb"([A-Za-z]{1,3})([0-9]{1,7})")
_ERROR_CELL = re.compile(rb'<c\b([^>]*\bt="e"[^>]*)>')
_FORMULA_CELL = re.compile(
    rb"<c\b([^>]*)><f(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*(0?)\s*</v>)?\s*</c>"
)
_SHARED_CELL = re.compile(rb't="s"[^>]*>\s*<v>([0-9]{1,9})</v>')


@dataclass(frozen=True)
class Scan:
    """What was seen in a workbook.

    Parameters
    ----------
    date_1904 : bool
        Whether serial numbers of days count from 1904.
    errors, uncalculated : dict of str to list of tuple
        Sheet to the cells ``(row, column)``, from 0, that hold an error value, or a formula
        without its result.
    """

    date_1904: bool = False
    errors: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    uncalculated: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


def scan_workbook(path: Path) -> Scan:
    """Look through an .xlsx file.

    Raises
    ------
    InputError
        If it is no .xlsx, is damaged, or would need unreasonable memory.
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
    parts = {info.filename.lower(): info for info in infos}
    if "xl/workbook.xml" not in parts:
        raise InputError(which_zip(set(parts)), file=file)
    total = sum(info.file_size for info in infos)
    packed = max(1, sum(info.compress_size for info in infos))
    if total > TOTAL_BYTES or (total > RATIO_FROM_BYTES and total > RATIO * packed):
        raise InputError("file.bomb", file=file, size=total // 2**20)
    workbook = _unpack(stream, parts["xl/workbook.xml"])
    relations = _unpack_if_there(stream, parts, "xl/_rels/workbook.xml.rels")
    strings = _unpack_if_there(stream, parts, "xl/sharedstrings.xml")
    lengths = np.fromiter(map(len, strings.split(b"</si>")), dtype=np.int64)
    much_text = int(lengths.max(initial=0)) * (total // 16) > TEXT_BYTES
    del strings
    names = _sheet_names(workbook, relations)
    scan = Scan(date_1904=bool(re.search(rb'date1904\s*=\s*"(1|true)"', workbook)))
    recalculates = bool(re.search(rb'fullCalcOnLoad\s*=\s*"(1|true)"', workbook))
    cells = text_bytes = 0
    for info in infos:
        name = info.filename.lower()
        if not name.endswith(".xml") and name.rpartition("/")[2].encode() not in relations.lower():
            continue
        content = _unpack(stream, info)
        if much_text:
            used = np.array(_SHARED_CELL.findall(content), dtype=np.int64)
            text_bytes += int(lengths[used[used < len(lengths)]].sum())
            if text_bytes > TEXT_BYTES:
                raise InputError("file.bomb", file=file, size=text_bytes // 2**20)
        if _NOT_PLAIN.search(content) is None and _PREFIXED.search(content) is None:
            continue
        rows, columns = _extent(content)
        cells += rows * columns
        if rows > ROWS or columns > COLUMNS or cells > CELLS:
            raise InputError("file.too_many_cells", file=file, rows=ROWS, columns=COLUMNS)
        if (sheet := names.get(name)) is not None:
            scan.errors[sheet] = [_position(m[1]) for m in _ERROR_CELL.finditer(content)]
            scan.uncalculated[sheet] = [
                _position(m[1])
                for m in _FORMULA_CELL.finditer(content)
                if b't="str"' not in m[1] and (recalculates or not m[2])
            ]
    return scan


def _unpack(stream: BinaryIO, info: ZipInfo) -> bytes:
    """Unpack one part, and refuse one whose true size is not the size it declares."""
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
    """Map the part of each sheet, in lower case, to the sheet's name."""
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
        part = target[1:] if target.startswith("/") else f"xl/{target}"
        names[part.lower()] = element.get("name", "")
    return names


def _extent(content: bytes) -> tuple[int, int]:
    """Return how many rows and columns the cells of a sheet span, counted from A1."""
    if _NOT_REFERENCED.search(content) is None and _PREFIXED.search(content) is None:
        references = _REFERENCE.findall(content)
        if not references:
            return 0, 0
        letters, numbers = zip(*references, strict=True)
        return max(map(int, set(numbers))), max(map(_column_number, set(letters)))
    row = column = rows = columns = 0
    for tag, attributes in _TAG.findall(content):
        given = _R.findall(attributes)
        if len(given) > 1:
            raise ValueError("attribute given twice")
        if tag == b"row":
            row, column = (int(given[0]) if given else row + 1), 0
        elif given:
            match = _CELL_REFERENCE.fullmatch(given[0])
            if match is None:
                raise ValueError("not a cell")
            column = _column_number(match[1])
            row = int(match[2])
        else:
            column += 1
        rows, columns = max(rows, row), max(columns, column)
    return rows, columns


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _position(attributes: bytes) -> tuple[int, int]:
    match = re.search(rb'\br="([A-Z]+)([0-9]+)"', attributes)
    return (int(match[2]) - 1, _column_number(match[1]) - 1) if match else (-1, -1)
