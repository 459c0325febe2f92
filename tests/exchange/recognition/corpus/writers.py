"""The programs that write the files: each takes rows and leaves a file of its own kind."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pandas as pd
import xlsxwriter

Rows = Sequence[Sequence[object]]
_SHEET = "Sheet1"


def by_openpyxl(path: Path, rows: Rows) -> Path:
    """Write with openpyxl, its title merged over the columns."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = _SHEET
    for row in rows:
        sheet.append(list(row))
    width = max(map(len, rows))
    if len([cell for cell in rows[0] if cell is not None]) == 1 and width > 1:
        sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=width)
    book.save(target := path.with_name(f"{path.name}.xlsx"))
    return target


def by_xlsxwriter(path: Path, rows: Rows) -> Path:
    """Write with xlsxwriter, staff numbers as text and dates as dates."""
    target = path.with_name(f"{path.name}.xlsx")
    with xlsxwriter.Workbook(target, {"strings_to_formulas": False}) as book:
        date = book.add_format({"num_format": "yyyy/m/d"})
        sheet = book.add_worksheet(_SHEET)
        for at, row in enumerate(rows):
            for position, cell in enumerate(row):
                if isinstance(cell, dt.date):
                    sheet.write_datetime(at, position, cell, date)
                elif cell is not None:
                    sheet.write(at, position, cell)
    return target


def by_pandas(path: Path, rows: Rows) -> Path:
    """Write a frame with pandas."""
    target = path.with_name(f"{path.name}.xlsx")
    pd.DataFrame([list(row) for row in rows]).to_excel(
        target, sheet_name=_SHEET, header=False, index=False
    )
    return target


def like_wps(path: Path, rows: Rows) -> Path:
    """Write the XML by hand: inline texts, absolute targets, numbers as shared with nobody."""
    target = path.with_name(f"{path.name}.xlsx")
    lines: list[str] = []
    for at, row in enumerate(rows, 1):
        cells: list[str] = []
        for position, cell in enumerate(row):
            name = f"{_letters(position)}{at}"
            if cell is None:
                continue
            if isinstance(cell, bool | int | float):
                cells.append(f'<c r="{name}"><v>{cell}</v></c>')
            else:
                text = cell.isoformat() if isinstance(cell, dt.date) else str(cell)
                inline = f'<is><t xml:space="preserve">{escape(text)}</t></is>'
                cells.append(f'<c r="{name}" t="inlineStr">{inline}</c>')
        lines.append(f'<row r="{at}" spans="1:{len(row)}">{"".join(cells)}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    types = "application/vnd.openxmlformats-"
    sheets = f"{types}officedocument.spreadsheetml"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        f'<Default Extension="rels" ContentType="{types}package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{sheets}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{sheets}.worksheet+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        f'<sheet name="{_SHEET}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/worksheet" Target="/xl/worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}'
        "</sheetData></worksheet>",
    }
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, head + content)
    return target


def _letters(position: int) -> str:
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _csv(path: Path, rows: Rows, encoding: str, separator: str = ",") -> Path:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    for row in rows:
        writer.writerow(["" if cell is None else cell for cell in row])
    target = path.with_name(f"{path.name}.csv")
    target.write_bytes(text.getvalue().encode(encoding))
    return target


def as_utf8(path: Path, rows: Rows) -> Path:
    """Write CSV in UTF-8 with a mark, as Excel and web systems do."""
    return _csv(path, rows, "utf-8-sig")


def as_gb18030(path: Path, rows: Rows) -> Path:
    """Write CSV in GB18030, as Excel and WPS do in China."""
    return _csv(path, rows, "gb18030")


def as_unicode_text(path: Path, rows: Rows) -> Path:
    """Write Excel's "Unicode text": UTF-16 with tabs."""
    return _csv(path, rows, "utf-16", "\t")


WRITERS = (by_openpyxl, by_xlsxwriter, by_pandas, like_wps, as_utf8, as_gb18030, as_unicode_text)
