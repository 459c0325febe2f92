"""Writing a copy of a table with its bad cells marked, or mended, for whoever has to mend them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from recommender.errors import TableFaultsError
from recommender.exchange.tables.faults import describe_faults, name_cause, shorten
from recommender.exchange.tables.sheets.reading import read_sheets
from recommender.exchange.tables.sheets.sheet import Sheet, Unreadable
from recommender.exchange.tables.writing import formats_of, new_workbook, write_cell
from recommender.texts import LANGUAGES, say

# the last one says the same of all faults of a kind, so that one can filter by it
_COLUMNS = ("sheet", "row", "column", "found", "expected", "message", "hint", "cause")
_WIDTHS = (14, 7, 16, 26, 40, 44, 60, 44)


def write_marked_copy(source: Path, error: TableFaultsError, path: Path, *, lang: str) -> None:
    """Write a copy of a table with its bad cells marked, as .xlsx.

    The first sheet lists the faults, each with a link to its cell, and filters by their causes.
    The other sheets are those of the source: their values, without formatting. A bad cell is
    coloured and has a comment that says what is wrong. Once it is mended, the copy can be imported
    as it is.

    Parameters
    ----------
    source : Path
        The file as handed in, .xlsx or CSV.
    error : TableFaultsError
        Its faults.
    path : Path
        The copy to write.
    lang : str
        ``zh-CN`` or ``en``.
    """
    sheets = _read_own_sheets(source)
    described = describe_faults(error, lang)
    with new_workbook(path) as workbook:
        _write_list(workbook, error, described, lang)
        formats = formats_of(workbook)
        for sheet in sheets:
            target = workbook.add_worksheet(sheet.name or say("report.table", lang))
            marks: dict[tuple[int, int], list[str]] = {}
            for fault, words in zip(error.faults, described, strict=True):
                if fault.sheet == sheet.name and fault.row:
                    # a fault of a column that the file lacks is marked at the first cell of its row
                    cell = (fault.row - 1, max(fault.column_index, sheet.first_column))
                    text = str(words["message"])
                    text += f"\n{words['hint']}" if words["hint"] else ""
                    marks.setdefault(cell, []).append(text)
            _copy_sheet(target, sheet, marks, formats)


def write_mended_copy(
    source: Path,
    path: Path,
    *,
    cells: Mapping[tuple[str, int, int], tuple[str, str]],
    without: Collection[tuple[str, int]] = (),
    lang: str,
) -> None:
    """Write a copy of a table with some cells replaced and some rows emptied, as .xlsx.

    What the cells hold is kept, without formatting; rows keep their numbers.

    Parameters
    ----------
    source, path : Path
        The file as handed in, .xlsx or CSV, and the copy to write.
    cells : mapping
        Sheet, row from 1 and column from 0, to what the cell holds, as faults show it, and what it
        is to hold. A cell that holds something else is left as it is.
    without : collection of (str, int)
        Sheet and row from 1 of the rows to empty.
    lang : str
        ``zh-CN`` or ``en``, for the name of the sheet of a CSV file.
    """
    with new_workbook(path) as workbook:
        formats = formats_of(workbook)
        for sheet in _read_own_sheets(source):
            rows = [list(row) for row in sheet.rows]
            for (name, row, column), (old, new) in cells.items():
                at, position = row - 1 - sheet.first_row, column - sheet.first_column
                if name != sheet.name or not (
                    0 <= at < len(rows) and 0 <= position < len(rows[at])
                ):
                    continue
                # of a form the fault may be of what its cell is about, and not of the cell
                if shorten(rows[at][position]) == old:
                    rows[at][position] = new
            for name, row in without:
                at = row - 1 - sheet.first_row
                if name == sheet.name and 0 <= at < len(rows):
                    rows[at] = [""] * len(rows[at])
            target = workbook.add_worksheet(sheet.name or say("report.table", lang))
            _copy_sheet(target, replace(sheet, rows=rows), {}, formats)


def _read_own_sheets(source: Path) -> list[Sheet]:
    # the source may be an earlier marked copy: its list of faults is out of date
    list_names = {say("report.sheet_name", language) for language in LANGUAGES}
    return [sheet for sheet in read_sheets(source) if sheet.name not in list_names]


def _write_list(
    workbook: Workbook,
    error: TableFaultsError,
    described: Sequence[dict[str, object]],
    lang: str,
) -> None:
    formats = formats_of(workbook)
    sheet = workbook.add_worksheet(say("report.sheet_name", lang))
    sheet.write_string(0, 0, say("table.faults", lang, **error.values))
    sheet.write_string(1, 0, say("report.how", lang, listed=str(len(described))))
    for position, (name, width) in enumerate(zip(_COLUMNS, _WIDTHS, strict=True)):
        sheet.set_column(position, position, width)
        sheet.write_string(3, position, say(f"report.{name}", lang), formats["header"])
    sheet.freeze_panes(4, 0)
    sheet.autofilter(3, 0, 3 + len(described), len(_COLUMNS) - 1)
    causes = {
        (cause.code, cause.column): say(
            "report.cause_of", lang, what=name_cause(cause, lang), **vars(cause)
        )
        for cause in error.causes
    }
    for at, (fault, words) in enumerate(zip(error.faults, described, strict=True), start=4):
        words = {**words, "cause": causes.get((fault.code, fault.column), "")}
        for position, name in enumerate(_COLUMNS):
            write_cell(sheet, at, position, words[name], {**formats, "text": formats["wrap"]})
        if fault.row:
            place = xl_rowcol_to_cell(fault.row - 1, max(fault.column_index, 0))
            # in a reference a quote within a quoted name is doubled
            name = (fault.sheet or say("report.table", lang)).replace("'", "''")
            # first the link, then the number over it: the link's own text would be the address
            sheet.write_url(at, 1, f"internal:'{name}'!{place}", formats["link"])
            sheet.write_number(at, 1, fault.row, formats["link"])


def _copy_sheet(
    target: Worksheet,
    sheet: Sheet,
    marks: Mapping[tuple[int, int], list[str]],
    formats: Mapping[str, Format],
) -> None:
    for at, row in enumerate(sheet.rows, start=sheet.first_row):
        for position, value in enumerate(row, start=sheet.first_column):
            look = "bad" if (at, position) in marks else ""
            if value != "" or look:
                shown = str(value) if isinstance(value, Unreadable) else value
                write_cell(target, at, position, shown, formats, look=look)
    width = len(sheet.rows[0]) if sheet.rows else 0
    target.set_column(sheet.first_column, sheet.first_column + max(width, 1) - 1, 16)
    for (at, position), texts in marks.items():
        if at >= sheet.first_row + len(sheet.rows) or position >= sheet.first_column + width:
            write_cell(target, at, position, "", formats, look="bad")
        target.write_comment(at, position, "\n\n".join(texts), {"x_scale": 2.2, "y_scale": 1.6})
