"""Writing workbooks: text stays text, ids keep their zeros, and a file is complete or not there."""

from __future__ import annotations

import datetime as dt
import math
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from xlsxwriter import Workbook
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from recommender.errors import InputError
from recommender.table_kinds import Column, TableKind

if TYPE_CHECKING:  # a template is written without loading pandas
    import pandas as pd

_WIDTHS = {"text": 18, "number": 10, "date": 13, "choice": 14, "ids": 34}
# what people entered must not become a formula in somebody else's Excel, and an id such as 00123
# must not become a number
TEXT_STAYS_TEXT = {
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


@contextmanager
def new_workbook(path: Path) -> Iterator[Workbook]:
    """Write a workbook under another name, and move it to its place when it is complete.

    Raises
    ------
    InputError
        If it cannot be written there.
    """
    # beside the target, as a rename is one step only within a file system; random, as two
    # processes may write at once
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("wb") as stream, Workbook(stream, dict(TEXT_STAYS_TEXT)) as workbook:
            yield workbook
        part.replace(path)
    except (OSError, XlsxWriterException) as error:
        raise InputError("file.cannot_write", file=str(path), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)


def header_of(column: Column, lang: str) -> str:
    """Return the header of a column as it stands in templates."""
    return column.name if lang == "en" else column.headers[0]


def formats_of(workbook: Workbook) -> dict[str, Format]:
    """Return the cell formats of a workbook by what they are for."""
    return {
        "title": workbook.add_format({"bold": True, "font_size": 14, "align": "center"}),
        "header": workbook.add_format(
            {"bold": True, "bg_color": "#DDE7F0", "border": 1, "text_wrap": True, "valign": "top"}
        ),
        # @ is "text": Excel keeps the zeros of an id that is typed over the cell, too
        "text": workbook.add_format({"num_format": "@"}),
        "date": workbook.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        "number": workbook.add_format({}),
        "wrap": workbook.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
        "bad": workbook.add_format({"num_format": "@", "bg_color": "#FFC7CE", "border": 1}),
        "bad_date": workbook.add_format(
            {"num_format": "yyyy-mm-dd", "bg_color": "#FFC7CE", "border": 1, "align": "left"}
        ),
        "bad_number": workbook.add_format({"bg_color": "#FFC7CE", "border": 1}),
        "example": workbook.add_format(
            {"num_format": "@", "italic": True, "font_color": "#7F7F7F"}
        ),
        "example_date": workbook.add_format(
            {"num_format": "yyyy-mm-dd", "italic": True, "font_color": "#7F7F7F", "align": "left"}
        ),
        "link": workbook.add_format({"font_color": "#0563C1", "underline": 1, "valign": "top"}),
    }


def write_cell(
    sheet: Worksheet,
    row: int,
    column: int,
    value: object,
    formats: Mapping[str, Format],
    *,
    look: str = "",
) -> None:
    """Write a value by its type; text is never taken for a formula, a link or a number.

    Parameters
    ----------
    sheet : Worksheet
        The sheet to write to.
    row, column : int
        The cell, from 0.
    value : object
        None and NaN leave the cell empty.
    formats : mapping of str to Format
        From `formats_of`.
    look : str
        ``bad`` or ``example``, or empty for a plain cell.
    """
    plain = formats[look or "text"]
    date = formats[f"{look}_date" if look else "date"]
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        # blank only to show the look: a plain one would only make the file larger
        sheet.write_blank(row, column, None, plain) if look else None
    elif isinstance(value, bool):
        # before the numbers: True is an int as well
        sheet.write_boolean(row, column, value, plain)
    # Excel knows no days before 1900; such a day is written as text
    elif isinstance(value, dt.date) and value.year >= 1900:
        day = dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 (a cell has no zone)
        sheet.write_datetime(row, column, day, date)
    elif isinstance(value, int | float) and math.isfinite(value):
        sheet.write_number(row, column, value, formats.get(f"{look}_number", formats["number"]))
    else:
        sheet.write_string(row, column, str(value), plain)


def write_xlsx(
    table: pd.DataFrame | Sequence[Mapping[str, object]],
    path: Path,
    *,
    kind: TableKind,
    lang: str = "zh-CN",
    title: str = "",
    notes: Sequence[str] = (),
    spellings: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Write rows of a kind in the form in which a user would keep them in Excel.

    Parameters
    ----------
    table : DataFrame or sequence of mappings
        The rows by canonical names of columns; an optional column that no row has is left out.
    path : Path
        The file to write.
    kind : TableKind
        The kind of the rows.
    lang : str
        Language of headers and choices.
    title : str
        Text of a merged row above the header; none when empty.
    notes : sequence of str
        Lines of a second sheet; no such sheet when empty.
    spellings : mapping of str to mapping, optional
        For a column, what to write in place of an id.
    """
    rows: list[Mapping[str, object]] = (
        list(table)
        if isinstance(table, Sequence)
        else [{str(name): cell for name, cell in row.items()} for row in table.to_dict("records")]
    )
    present = {name for row in rows for name in row}
    columns = [column for column in kind.columns if not column.nullable or column.name in present]
    words = {
        column.name: {choice: listed[0] for choice, listed in column.choices.items()}
        for column in columns
        if column.type == "choice" and lang != "en"
    } | dict(spellings or {})
    with new_workbook(path) as workbook:
        formats = formats_of(workbook)
        sheet = workbook.add_worksheet(kind.title[lang == "en"])
        at = 0
        if title:
            sheet.merge_range(0, 0, 0, len(columns) - 1, title, formats["title"])
            at = 1
        for position, column in enumerate(columns):
            sheet.set_column(position, position, _WIDTHS[column.type])
            sheet.write_string(at, position, header_of(column, lang), formats["header"])
        sheet.freeze_panes(at + 1, 0)
        for row in rows:
            at += 1
            for position, column in enumerate(columns):
                value = row.get(column.name)
                if isinstance(value, str):
                    value = words.get(column.name, {}).get(value, value)
                write_cell(sheet, at, position, value, formats)
        if notes:
            beside = workbook.add_worksheet("Notes" if lang == "en" else "说明")
            beside.set_column(0, 0, 80)
            for line, text in enumerate(notes):
                beside.write_string(line, 0, text, formats["wrap"])
