"""Files that are small, or allowed, and ask for all the memory or all the time there is."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping

MEGABYTE = 1_000_000
LARGE = 10
HEADER = "person_id,competency_id,indicator_id,rater_type,rater_id,rating,rated_on"
_NAMES = HEADER.split(",")
_SPREADSHEET = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = b"http://schemas.openxmlformats.org/package/2006/relationships"
_XML = b'<?xml version="1.0"?>'
_BEGIN = b'<worksheet xmlns="' + _SPREADSHEET + b'"><sheetData>'
_END = b"</sheetData></worksheet>"
_HEADER_ROW = (
    b'<row r="1">'
    + b"".join(
        b'<c r="%c1" t="inlineStr"><is><t>%s</t></is></c>' % (65 + at, name.encode())
        for at, name in enumerate(_NAMES)
    )
    + b"</row>"
)
_CORNER = b'<row r="499999"><c r="T499999"><v>1</v></c></row>'
_ENTITIES = (
    b'<!DOCTYPE l [<!ENTITY a "lol">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(12))
    + b"]>"
)


def _times(piece: bytes, megabytes: float) -> bytes:
    return piece * int(megabytes * MEGABYTE / len(piece))


def _sheet(body: bytes) -> bytes:
    return _XML + _BEGIN + _HEADER_ROW + body + _END


def _workbook(
    sheets: Iterable[tuple[str, str]],
    parts: Mapping[str, bytes],
    *,
    inside: bytes = b"",
    doctype: bytes = b"",
    padding: int = 0,
) -> bytes:
    """Return an .xlsx; a sheet is a name and the part it is in."""
    listed = [(name, part, number) for number, (name, part) in enumerate(sheets, 1)]
    book = b"".join(
        b'<sheet name="%s" sheetId="%d" r:id="r%d"/>' % (name.encode(), number, number)
        for name, _, number in listed
    )
    relations = b"".join(
        b'<Relationship Id="r%d" Type="%s/worksheet" Target="worksheets/%s"/>'
        % (number, _OFFICE, part.encode())
        for _, part, number in listed
    )
    whole = {
        "[Content_Types].xml": _XML
        + b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": _XML
        + b'<Relationships xmlns="%s"><Relationship Id="r1" Type="%s/officeDocument" '
        b'Target="xl/workbook.xml"/></Relationships>' % (_PACKAGE, _OFFICE),
        "xl/workbook.xml": _XML
        + doctype
        + b'<workbook xmlns="%s" xmlns:r="%s">%s<sheets>%s</sheets></workbook>'
        % (_SPREADSHEET, _OFFICE, inside, book),
        "xl/_rels/workbook.xml.rels": _XML
        + b'<Relationships xmlns="%s">%s</Relationships>' % (_PACKAGE, relations),
        **{f"xl/worksheets/{name}": content for name, content in parts.items()},
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in whole.items():
            archive.writestr(name, content)
        if padding:  # what does not shrink, so that the whole does not look like a bomb
            archive.writestr("xl/media/image1.png", random.Random(0).randbytes(padding))
    return stream.getvalue()


def _one_sheet(body: bytes, **given: bytes) -> bytes:
    return _workbook([("表", "sheet1.xml")], {"sheet1.xml": _sheet(body)}, **given)


def zeros(megabytes: int) -> bytes:
    """Return a workbook whose sheet unpacks to so many megabytes of zeros."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/workbook.xml", _XML + b"<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(megabytes):
                part.write(bytes(MEGABYTE))
    return stream.getvalue()


def lying_zeros(megabytes: int) -> bytes:
    """Return the same, whose directory says that the sheet is small."""
    content = zeros(megabytes)
    declared = (megabytes * MEGABYTE).to_bytes(4, "little")
    at = content.rindex(declared)
    return content[:at] + (1000).to_bytes(4, "little") + content[at + 4 :]


def rubbish(rows: int, *, header: str = HEADER) -> bytes:
    """Return a CSV whose every cell is another one, and wrong."""
    cells = header.count(",") + 1
    digits = random.Random(0).randbytes(3 * cells * rows).hex()
    row = ",".join(f"\\{number}" for number in range(1, cells + 1))
    return f"{header}\n{re.sub('(.{6})' * cells, row + chr(10), digits)}".encode()


# what each is, how to make it, and what it is refused as
WORKBOOKS: dict[str, tuple[Callable[[], bytes], str]] = {
    "zeros": (lambda: zeros(320), "file.bomb"),
    "zeros that are not declared": (lambda: lying_zeros(20), "file.broken"),
    "entities in the workbook": (
        lambda: _workbook([("表", "s.xml")], {}, inside=b"<a>&m;</a>", doctype=_ENTITIES),
        "file.broken",
    ),
    "entities in a sheet": (
        lambda: _workbook(
            [("表", "s.xml")],
            {
                "s.xml": _XML
                + _ENTITIES
                + _BEGIN
                + _HEADER_ROW
                + b'<row r="2"><c r="A2" t="inlineStr"><is><t>&m;</t></is></c></row>'
                + _END
            },
        ),
        "file.broken",
    ),
    "an external entity": (
        lambda: _workbook(
            [("表", "s.xml")],
            {"s.xml": _sheet(b"")},
            inside=b"<a>&x;</a>",
            doctype=b'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        ),
        "file.broken",
    ),
    "a workbook of many elements": (
        lambda: _workbook([("表", "s.xml")], {"s.xml": _sheet(b"")}, inside=_times(b"<a/>", LARGE)),
        "file.bomb",
    ),
    "a workbook nested deep": (
        lambda: _workbook(
            [("表", "s.xml")],
            {"s.xml": _sheet(b"")},
            inside=b"<a>" * 250_000 + b"</a>" * 250_000,
        ),
        "file.no_rows",
    ),
    "10,000 sheets": (
        lambda: _workbook(
            [(f"s{n}", f"{n}.xml") for n in range(10_000)],
            {f"{n}.xml": _XML + _BEGIN + _END for n in range(10_000)},
        ),
        "file.empty",
    ),
    "10,000 sheets that are one": (
        lambda: _workbook(
            [(f"s{n}", "s.xml") for n in range(10_000)],
            {"s.xml": _sheet(b'<row r="2"><c r="A2"><v>1</v></c></row>' * 10_000)},
        ),
        "file.broken",
    ),
    "1000 sheets with a cell far out": (
        lambda: _workbook(
            [(f"s{n}", f"{n}.xml") for n in range(1000)],
            {f"{n}.xml": _sheet(_CORNER) for n in range(1000)},
        ),
        "file.too_many_cells",
    ),
    "a sheet as large as it may be": (lambda: _one_sheet(_CORNER), "file.no_rows"),
    "a dimension of billions of cells": (
        lambda: _workbook(
            [("表", "s.xml")],
            {
                "s.xml": _sheet(b"").replace(
                    b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>'
                )
            },
        ),
        "file.no_rows",
    ),
    "rows without number": (
        lambda: _one_sheet(_times(b"<row/>", LARGE) + b"<c/>"),
        "file.too_many_cells",
    ),
    "cells without place": (
        lambda: _one_sheet(b"<row>" + _times(b"<c/>", LARGE) + b"</row>"),
        "file.too_many_cells",
    ),
    "one cell, over and over": (
        lambda: _one_sheet(b"<row>" + _times(b'<c r="A2"/>', LARGE) + b'<c r="AA2"/></row>'),
        "file.no_rows",
    ),
    "errors": (
        lambda: _one_sheet(b"<row>" + _times(b'<c r="A2" t="e"/>', LARGE) + b"</row>"),
        "file.no_rows",
    ),
    "formulas": (
        lambda: _one_sheet(b"<row>" + _times(b'<c r="A2"><f/></c>', LARGE) + b"</row>"),
        "file.no_rows",
    ),
    "tags without end": (lambda: _one_sheet(_times(b"<c ", LARGE)), "file.broken"),
    "quotes without end": (lambda: _one_sheet(_times(b"<c '", LARGE)), "file.broken"),
    "attributes without end": (
        lambda: _one_sheet(b"<c " + _times(b't="e" ', LARGE)),
        "file.broken",
    ),
    "a formula, then nothing": (
        lambda: _one_sheet(b'<row r="2"><c r="A2"><f/>' + _times(b" ", LARGE) + b"x</c></row>"),
        "file.no_rows",
    ),
    "a zip in a zip": (lambda: zeros(1)[:100] + zeros(1), "file.broken"),
    "no workbook": (lambda: _zip({f"{n}.txt": b"" for n in range(1000)}), "file.is_archive"),
}
TABLES: dict[str, tuple[Callable[[], bytes], str]] = {
    "one line": (lambda: b"x" * (49 * MEGABYTE), "file.csv_line_too_long"),
    "one quoted cell": (lambda: b'"' + _times(b"x\n", 49), "file.csv_broken"),
    "a million columns": (lambda: b"," * MEGABYTE + b"\nx", "file.too_many_cells"),
    "a million rows": (lambda: b"x,y,z\n" * MEGABYTE, "file.no_header"),
    "millions of empty rows": (lambda: HEADER.encode() + _times(b"\n", 49), "file.too_many_cells"),
    "millions of different cells": (lambda: rubbish(990_000), "file.too_many_cells"),
}


def _zip(parts: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()
