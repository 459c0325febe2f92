"""The marked copy shows each fault where it is, and can be mended and imported."""

import datetime as dt

import openpyxl
import pytest

from recommender.errors import TableFaultsError
from recommender.exchange import read_table, write_marked_copy
from recommender.table_kinds import KINDS
from recommender.texts import LANGUAGES

HEAD = ["工号", "能力项", "级别得分", "评估方式", "评估日期"]
ROWS = [
    ["二〇二六年评估"],
    HEAD,
    ["00000001", "抗挫能力", 9, "评审", dt.date(2026, 3, 1)],
    ["00000002", "协调能力", 2.5, None, dt.date(2026, 3, 1)],
    ["1", "协调能力", 2, "评审", dt.date(2026, 3, 1)],
]


@pytest.fixture
def marked(known, latest, tmp_path):
    """Return a function that reads a file with faults and writes its marked copy."""

    def write(path, lang):
        with pytest.raises(TableFaultsError) as caught:
            read_table(path, KINDS["assessments"], known, latest=latest)
        write_marked_copy(path, caught.value, tmp_path / "marked.xlsx", lang=lang)
        return tmp_path / "marked.xlsx", caught.value

    return write


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_marked_copy(form, lang, marked, workbook, delimited, known, latest):
    notes = ("说明", [["须知"]])
    source = workbook(("评估", ROWS), notes) if form == "xlsx" else delimited(ROWS)
    path, error = marked(source, lang)
    book = openpyxl.load_workbook(path)
    faults, table = book.worksheets[:2]
    assert faults.max_row == 4 + len(error.faults)
    assert [cell.value for cell in faults[5]][:4] == [
        "评估" if form == "xlsx" else None,
        3,
        "级别得分",
        "9",
    ]
    assert "C3" in faults["B5"].hyperlink.location
    assert faults.auto_filter.ref == "A4:H7"
    causes = {faults.cell(row, 8).value for row in (5, 6, 7)}
    assert len(causes) == 3  # one for each column, with how many there are
    assert all("1" in cause for cause in causes)
    bad = {cell.coordinate for row in table for cell in row if cell.comment}
    assert bad == {"C3", "D4", "A5"}
    coloured = {
        cell.coordinate for row in table for cell in row if cell.fill.fgColor.rgb == "FFFFC7CE"
    }
    assert coloured == bad
    assert table["A3"].value == "00000001"
    assert table["A3"].number_format == "@"
    assert len(book.worksheets) == (3 if form == "xlsx" else 2)

    # mended in the copy, it is taken as it is
    table["C3"], table["D4"], table["A5"] = 3, "评审", "00000003"
    book.save(path)
    assert len(read_table(path, KINDS["assessments"], known, latest=latest)) == 3


def test_a_copy_of_a_copy_has_one_list(marked, workbook, tmp_path):
    first, _ = marked(workbook(("评估", ROWS)), "zh-CN")
    first = first.rename(tmp_path / "again.xlsx")
    second, _ = marked(first, "en")
    assert openpyxl.load_workbook(second).sheetnames == ["Faults", "评估"]


def test_formulas_are_text_in_the_copy(marked, workbook):
    rows = [HEAD, ["=1+1", "抗挫能力", 2, "=HYPERLINK(1)", "2026-03-01"]]
    path, _ = marked(workbook(("评估", rows)), "en")
    sheet = openpyxl.load_workbook(path).worksheets[1]
    assert sheet["A2"].data_type == sheet["D2"].data_type == "s"


def test_offset_tables_are_marked_where_they_lie(marked, workbook):
    rows = [
        [],
        [],
        [None, None, *HEAD],
        [],
        [None, None, "00000001", "抗挫能力", 9, "评审", "2026/3/1"],
    ]
    path, error = marked(workbook(("评估", rows)), "en")
    sheet = openpyxl.load_workbook(path).worksheets[1]
    assert (error.faults[0].row, error.faults[0].column_index) == (5, 4)
    assert sheet["E5"].comment
    assert sheet["C3"].value == "工号"
