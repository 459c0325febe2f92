"""Workbooks to be read: what stands in a cell is text, and every sheet has a name of its own."""

from __future__ import annotations

import datetime as dt
import io
import re
from zipfile import ZipFile

from openpyxl import load_workbook

from recommender.exchange import (
    ReportColumn,
    ReportSheet,
    ReportTable,
    SheetLink,
    write_report,
)

AS_OF = dt.date(2026, 11, 28)
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "{=A1}", "http://x/", "\t=1"]


def sheet(name: str, *rows: list) -> ReportSheet:
    width = max((len(row) for row in rows), default=1)
    table = ReportTable([ReportColumn("A")] * width, rows)
    return ReportSheet(name, name, [name], [table], back=SheetLink(name, 0))


def write(*sheets: ReportSheet) -> bytes:
    return write_report(sheets, title="t", as_of=AS_OF)


def test_what_looks_like_a_formula_is_text_wherever_it_stands():
    content = write(*(sheet(text, [text, SheetLink(text, 0)]) for text in FORMULAS))
    book = load_workbook(io.BytesIO(content))
    for text, page in zip(FORMULAS, book.worksheets, strict=True):
        cells = [cell for row in page.iter_rows() for cell in row if cell.value is not None]
        assert all(cell.data_type == "s" for cell in cells)
        assert [cell.value for cell in cells].count(text) == 5
        # what is linked is a sheet of this book
        assert {cell.hyperlink.target for cell in cells if cell.hyperlink} == {None}
    with ZipFile(io.BytesIO(content)) as parts:
        written = b"".join(parts.read(name) for name in parts.namelist())
    assert b"<f>" not in written
    assert b"TargetMode" not in written


def test_sheets_have_names_that_excel_takes_and_none_twice():
    long = "欧" * 40
    names = ["a/b:c*?[d]\\", "a/b:c*?[d]\\", "'", "''", "History", "A", "a", "", " ", long, long]
    names += ["\U0002a6a5" * 31, *["同名" * 20] * 120]
    book = load_workbook(io.BytesIO(write(*(sheet(name, [name]) for name in names))))
    made = book.sheetnames
    assert len({name.casefold() for name in made}) == len(names)
    for name in made:
        assert 0 < len(name.encode("utf-16-le")) // 2 <= 31, name
        assert not re.search(r"[\[\]:*?/\\']", name), name
        assert name.casefold() != "history"
    # each leads back to the first
    assert {page["A3"].hyperlink.location for page in book.worksheets} == {f"'{made[0]}'!A1"}


def test_numbers_days_and_gaps_keep_their_kinds():
    columns = [ReportColumn(kind, kind) for kind in ("level", "day", "amount", "text", "count")]
    rows = [[1.5, AS_OF, 1200.0, "00012", 3], ["<0.01", "2026-12", None, None, 0]]
    total = [None, None, 1200.0, None, 3]
    content = write(ReportSheet("s", "s", tables=[ReportTable(columns, rows, total=total)]))
    page = load_workbook(io.BytesIO(content)).active
    shown = [[cell.value for cell in row] for row in page.iter_rows(min_row=4)]
    day = dt.datetime.combine(AS_OF, dt.time())
    assert shown == [[1.5, day, 1200, "00012", 3], ["<0.01", "2026-12", None, None, 0], total]
    # a text that no cell can hold is cut, and said to be
    cut = load_workbook(io.BytesIO(write(sheet("s", ["长" * 40_000])))).active["A6"].value
    assert (len(cut) < 32_767, cut[-1]) == (True, "…")
    assert content == write(ReportSheet("s", "s", tables=[ReportTable(columns, rows, total=total)]))
