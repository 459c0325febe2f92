"""Workbooks to be read: sheets of a title, sentences and tables, linked with one another.

What stands in a cell comes from people and is text, a number or a day, never a formula.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from unicodedata import east_asian_width

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from recommender.exchange.forms.layout import sheet_name
from recommender.exchange.tables.writing import TEXT_STAYS_TEXT, write_cell

Kind = Literal["text", "level", "target", "count", "amount", "share", "day"]
Cell = str | float | dt.date | None

_NUMBERS = {
    "text": "@",
    "level": "0.00",
    "target": "0.0#",
    "count": "0",
    # decimals only where there are some; `General` would leave out the commas
    "amount": "#,##0.##",
    "share": "0%",
    "day": "yyyy-mm-dd",
}
_WHOLE_AMOUNT = "#,##0"
_LINE, _INK, _LINK = "#E4E8ED", "#48556A", "#1F56B3"
# Excel's own limit is 32,767, and counts rare characters twice
_CELL_LENGTH = 16_000
_A4 = 9
# Excel has no row higher than 409 points
_LINE_HEIGHT, _MOST_LINES = 17, 24
_CELL = {"valign": "top", "bottom": 1, "bottom_color": _LINE}
# a text stands off the number on its left
_WRAPPED = {"text_wrap": True, "align": "left", "indent": 1}
_LINKED = {"font_color": _LINK, "underline": 1}


@dataclass(frozen=True)
class SheetLink:
    """The text of a cell that leads to another sheet, by its place among the sheets."""

    text: str
    to: int


@dataclass(frozen=True)
class ReportColumn:
    """A column of a table; of tables one below the other, the widest column counts.

    `width` is in characters, of which Chinese ones count as two.
    """

    header: str
    kind: Kind = "text"
    width: float = 12


@dataclass(frozen=True)
class ReportTable:
    """A table on a sheet.

    Parameters
    ----------
    columns : sequence of ReportColumn
        Its columns.
    rows : sequence of sequence
        Cells by column; None is left empty, and a text may stand in any column.
    title : str
        Stands above it; empty for none.
    total : sequence
        Cells of a last row; empty for none.
    bold : set of int
        Rows to look at first, from 0.
    """

    columns: Sequence[ReportColumn]
    rows: Sequence[Sequence[Cell | SheetLink]]
    title: str = ""
    total: Sequence[Cell] = ()
    bold: frozenset[int] = frozenset()


@dataclass(frozen=True)
class ReportSheet:
    """A sheet: its name, which is made fit for one, what it says, its tables, and a link back."""

    name: str
    title: str
    said: Sequence[str] = ()
    tables: Sequence[ReportTable] = ()
    back: SheetLink | None = None
    # one sheet with one long table is filtered; below another table, a filter would hide that
    filtered: bool = False


class _Looks:
    """The formats of a workbook, each made when it is first needed."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._made: dict[frozenset[tuple[str, object]], Format] = {}

    def of(self, **look: object) -> Format:
        """Return a format by its properties."""
        key = frozenset(look.items())
        if key not in self._made:
            self._made[key] = self._workbook.add_format(look)
        return self._made[key]

    def cell(self, number: str, *, bold: bool = False, total: bool = False) -> Format:
        """Return how a cell looks: one hairline a row, text wrapped, numbers on the right."""
        look: dict[str, object] = {"num_format": number, "bold": bold or total, **_CELL}
        look |= _WRAPPED if number == "@" else {"align": "right"}
        look |= {"top": 1, "top_color": _INK} if total else {}
        return self.of(**look)


def write_report(sheets: Sequence[ReportSheet], *, title: str, as_of: dt.date) -> bytes:
    """Write a workbook to be read.

    Parameters
    ----------
    sheets : sequence of ReportSheet
        Its sheets, in their order.
    title : str
        Title of the file.
    as_of : date
        Date of the file. Not the present time, so that the same content gives the same bytes.

    Returns
    -------
    bytes
        The .xlsx.
    """
    stream = io.BytesIO()
    names: list[str] = []
    for each in sheets:
        names.append(sheet_name(each.name, names))
    with Workbook(stream, {**TEXT_STAYS_TEXT, "in_memory": True}) as workbook:
        workbook.set_properties({"title": title, "created": dt.datetime.combine(as_of, dt.time())})
        looks = _Looks(workbook)
        for name, each in zip(names, sheets, strict=True):
            _write_sheet(workbook.add_worksheet(name), each, names, looks)
    return stream.getvalue()


def _write_sheet(
    sheet: Worksheet, content: ReportSheet, names: Sequence[str], looks: _Looks
) -> None:
    sheet.hide_gridlines(2)
    sheet.set_paper(_A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&R&P / &N")
    sheet.write_string(0, 0, _clip(content.title), looks.of(bold=True, font_size=14))
    at, said = 1, looks.of(font_color=_INK)
    for text in content.said:
        sheet.write_string(at, 0, _clip(text), said)
        at += 1
    if content.back is not None:
        _write_link(sheet, at, 0, content.back, names, looks.of(**_LINKED))
        at += 1
    widths: dict[int, float] = {}
    for table in content.tables:
        for place, column in enumerate(table.columns):
            widths[place] = max(column.width, widths.get(place, 0))
    for place, width in widths.items():
        sheet.set_column(place, place, width)
    for table in content.tables:
        at = _write_table(sheet, at + 1, table, names, widths, looks, filtered=content.filtered)


def _write_table(
    sheet: Worksheet,
    at: int,
    table: ReportTable,
    names: Sequence[str],
    widths: Mapping[int, float],
    looks: _Looks,
    *,
    filtered: bool,
) -> int:
    """Write a table from a row on, and return the row below it."""
    if table.title:
        sheet.write_string(at, 0, table.title, looks.of(bold=True, font_size=12))
        at += 1
    header = {"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#DDE7F0"}
    heads = {
        False: looks.of(**header, align="left", indent=1),
        True: looks.of(**header, align="right"),
    }
    _set_height(sheet, at, [column.header for column in table.columns], widths)
    for place, column in enumerate(table.columns):
        sheet.write_string(at, place, column.header, heads[column.kind != "text"])
    if filtered:
        sheet.freeze_panes(at + 1, 1)
        sheet.repeat_rows(at)
        sheet.autofilter(at, 0, at + max(1, len(table.rows)), len(table.columns) - 1)
    for number, row in enumerate(table.rows):
        at += 1
        _set_height(sheet, at, row, widths)
        for place, (column, value) in enumerate(zip(table.columns, row, strict=True)):
            bold = number in table.bold
            if isinstance(value, SheetLink):
                _write_link(
                    sheet,
                    at,
                    place,
                    value,
                    names,
                    looks.of(**_CELL, **_LINKED, **_WRAPPED),
                )
            else:
                _write(sheet, at, place, value, column.kind, looks, bold=bold)
    if table.total:
        at += 1
        for place, (column, value) in enumerate(zip(table.columns, table.total, strict=True)):
            _write(sheet, at, place, value, column.kind, looks, total=True)
    return at + 1


def _set_height(
    sheet: Worksheet, row: int, values: Sequence[Cell | SheetLink], widths: Mapping[int, float]
) -> None:
    """Make a row as high as its longest text: not every program does so when it opens a file."""
    lines = [1]
    for place, cell in enumerate(values):
        value = cell.text if isinstance(cell, SheetLink) else cell
        if isinstance(value, str):
            room = max(1, int(widths[place]) - 2)
            lines.append(sum(-(-_measure(part) // room) for part in _clip(value).split("\n")))
    sheet.set_row(row, _LINE_HEIGHT * min(max(lines), _MOST_LINES))


def _measure(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WFA" else 1 for character in text)


def _write(
    sheet: Worksheet,
    row: int,
    place: int,
    value: Cell,
    kind: Kind,
    looks: _Looks,
    **how: bool,
) -> None:
    number = _NUMBERS[kind]
    if kind == "amount" and isinstance(value, int | float) and value == int(value):
        number = _WHOLE_AMOUNT
    look = looks.cell(number, **how)
    if value is None or value == "":
        sheet.write_blank(row, place, None, look)
        return
    # a text among numbers, such as the month of a day that is not set, stands where they do
    formats: Mapping[str, Format] = {"text": look, "date": look, "number": look}
    write_cell(sheet, row, place, _clip(value) if isinstance(value, str) else value, formats)


def _write_link(
    sheet: Worksheet, row: int, place: int, link: SheetLink, names: Sequence[str], look: Format
) -> None:
    sheet.write_url(row, place, f"internal:'{names[link.to]}'!A1", look, string=_clip(link.text))


def _clip(text: str) -> str:
    return text if len(text) <= _CELL_LENGTH else f"{text[:_CELL_LENGTH]}…"
