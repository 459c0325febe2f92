"""Files become sheets of cells as their reader sees them, whichever program wrote them."""

import pytest
from drafts import SPELLINGS, Draft, write_draft

from recommender.errors import InputError, TableFaultsError
from recommender.exchange import read_table
from recommender.exchange.tables.sheets.number_formats import find_show
from recommender.exchange.tables.sheets.reading import read_sheets
from recommender.exchange.tables.units import find_unit
from recommender.table_kinds import KINDS

# format, number, what Excel shows; None where the number says it all
SHOWN = [
    ("00000", 901, "00901"),
    ("00000;@", 1234567, "1234567"),
    ("[Red]00000;[Blue]-00000", 12, "00012"),
    ('"EMP"000', 7, "EMP007"),
    ("000-0000", 1234567, "123-4567"),
    ("0%", 0.86, "86%"),
    ("0.0%", 0.865, "86.5%"),
    ('0"%"', 86, "86%"),
    ('0.0"万元"', 1.2, "1.2万元"),
    ('0!.0,"万元"', 12000, "1.2万元"),
    ('#,##0.0,"千元"', 1200, "1.2千元"),
    ("General", 5, None),
    ("G/通用格式", 5, None),
    ("0", 5, None),
    ("#,##0.00", 5, None),
    ('_ * #,##0.00_ ;_ * \\-#,##0.00_ ;_ * "-"??_ ;_ @_ ', 5, None),
    ("0.00E+00", 5, None),
    ("# ?/?", 0.5, None),
    ("yyyy-mm-dd", 45000, None),
    ("[h]:mm", 1.5, None),
    ("@", 5, None),
]


def test_number_formats():
    for code, number, shown in SHOWN:
        show = find_show(code)
        assert (None if show is None else show(number)) == shown, code


def test_units():
    modules, ratings = KINDS["modules"], KINDS["ratings"]
    for column, remark, factor in (
        (modules.column("cost"), "万元", 1e4),
        (modules.column("cost"), "单位：千元", 1e3),
        (modules.column("cost"), "元/人", 1),
        (modules.column("cost"), "元/班", None),
        (modules.column("cost"), "美元", None),
        (modules.column("hours"), "分钟", 1 / 60),
        (modules.column("hours"), "天", None),
        (KINDS["exams"].column("score"), "满分100", 1),
        (KINDS["exams"].column("score"), "满分150", None),
        (ratings.column("rating"), "0-3", 1),
        (ratings.column("rating"), "1-5分", None),
        (ratings.column("rating"), "5分制", None),
    ):
        unit = find_unit(remark, column)
        assert unit is not None
        assert unit.factor == factor, remark
    for remark in ("选填", "旧", "2026年", ""):
        assert find_unit(remark, modules.column("cost")) is None, remark


def test_a_unit_above_the_table_is_that_of_the_columns_it_fits(known, latest, workbook):
    header = ["课程编号", "名称", "能力项", "起始级别", "目标级别", "培训方式", "学时", "费用"]
    row = ["new-one", "新模块", "resilience", 1, 2, "面授", 480, 1.2]
    for above, hours, cost in (
        ("（单位：万元、分钟）", 8, 12000),
        ("单位：万元", 480, 12000),
        ("单位：某某公司", 480, 1.2),
    ):
        path = workbook(("表", [["课程表"], [above], header, row]))
        read = read_table(path, KINDS["modules"], known, latest=latest)
        assert (read["hours"].tolist(), read["cost"].tolist()) == ([hours], [cost]), above
    for above, column in (("单位：天", "学时"), ("单位：美元", "费用")):
        path = workbook(("表", [["课程表"], [above], header, row]))
        with pytest.raises(TableFaultsError) as caught:
            read_table(path, KINDS["modules"], known, latest=latest)
        assert [(f.column, f.code) for f in caught.value.faults] == [(column, "table.header_unit")]


HEADER = ["工号", "姓名", "成绩", "部门"]
ROWS = [["00001", "王明", (0.86, "0%"), "北区"], [(2, "00000"), "李芳", ("#N/A", "="), None]]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_the_xml_gives_the_same_cells(spelling, tmp_path):
    draft = Draft(HEADER, [HEADER, *ROWS, ["x", "y", 1, None]], xml=SPELLINGS[spelling])
    draft.merges, draft.hidden = [(1, 3, 3, 3)], [3]
    (sheet,) = read_sheets(write_draft(draft, "xlsx", tmp_path / "t.xlsx"))
    rows = [[str(cell) for cell in row] for row in sheet.rows]
    assert rows[1:3] == [["00001", "王明", "86%", "北区"], ["00002", "李芳", "#…!", "北区"]]
    assert rows[3][3] == "北区"
    assert sheet.merged == ((1, 3, 3, 3),)
    assert sheet.hidden_rows == {3}


def refusal(path):
    with pytest.raises(InputError) as caught:
        list(read_sheets(path))
    return caught.value


def test_spellings_that_the_reader_takes_for_nothing_are_refused(tmp_path):
    draft = Draft(HEADER, [HEADER, ["1", "王明", "北区", 7]])
    for change in (
        lambda xml: xml.replace("<v>7</v>", "<v><![CDATA[7]]></v>"),
        lambda xml: xml.replace("<worksheet", '<!DOCTYPE x [<!ENTITY a "7">]><worksheet', 1),
    ):
        draft.xml = change
        path = write_draft(draft, "xlsx", tmp_path / "t.xlsx")
        assert refusal(path).code == "file.broken"


TEXT = "工号,姓名,部门\nT0001,张喆,南区分公司\nT0002,李珺,北区\n"
NAMES = "person_id,name,org_unit\nT0001,{},x\n"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"]
)
def test_encodings(encoding, ends, tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(TEXT.replace("\n", ends).encode(encoding))
    (sheet,) = read_sheets(path)
    assert sheet.rows[1:] == [["T0001", "张喆", "南区分公司"], ["T0002", "李珺", "北区"]]


def test_encodings_of_one_name(tmp_path):
    """The header says nothing where it is English: the name alone has to tell."""
    path = tmp_path / "t.csv"
    for encoding, name in (
        ("gb18030", "联通"),  # valid UTF-8 to a lenient decoder
        ("gb18030", "牛莉"),
        ("gb18030", "陳大文"),
        ("big5", "陳大文"),
        ("big5", "黃志強"),
        ("utf-8", "José"),
    ):
        path.write_bytes(NAMES.format(name).encode(encoding))
        (sheet,) = read_sheets(path)
        assert sheet.rows[1][1] == name, encoding


def test_other_encodings_are_refused(tmp_path):
    path = tmp_path / "t.csv"
    for encoding, name in (("cp1252", "José García"), ("shift_jis", "田中さくらソフトウェア")):
        path.write_bytes(NAMES.format(name).encode(encoding))
        assert refusal(path).code == "file.unknown_encoding", encoding


def test_two_encodings_are_refused_with_the_line(tmp_path):
    path = tmp_path / "t.csv"
    for first, second in (("utf-8", "gb18030"), ("gb18030", "utf-8")):
        path.write_bytes(TEXT.encode(first) + "T0003,陈强,东区\n".encode(second))
        error = refusal(path)
        assert (error.code, error.values["line"]) == ("file.mixed_encodings", 4)
        # also where a single cell is
        odd = TEXT.encode(first).replace("李珺".encode(first), "陈强".encode(second))
        path.write_bytes(odd)
        error = refusal(path)
        assert (error.code, error.values["line"]) == ("file.mixed_encodings", 3)
