"""Tables as Chinese Excel and other systems make them are read as they are meant."""

import datetime as dt

import openpyxl
import pandas as pd
import pytest

from recommender.errors import InputError, TableFaultsError
from recommender.exchange import read_table
from recommender.exchange.tables.header import loose
from recommender.table_kinds import KINDS

HEAD = ["工号", "能力项", "级别得分", "评估方式", "评估日期"]
ROW = ["00000001", "抗挫能力", 2.3, "评审", dt.date(2026, 3, 1)]
MEANT = ["00000001", "resilience", 2.3, "评审", dt.date(2026, 3, 1)]
NAMES = ["person_id", "competency_id", "level", "method", "assessed_on"]


@pytest.fixture
def read(known, latest):
    return lambda path, kind="assessments": read_table(path, KINDS[kind], known, latest=latest)


def test_types_and_columns(read, workbook):
    frame = read(workbook(("表", [HEAD, ROW])))
    assert list(frame.columns) == [column.name for column in KINDS["assessments"].columns]
    assert frame["level"].dtype == frame["standard_error"].dtype == "float64"
    assert frame["standard_error"].isna().all()
    assert all(frame[name].dtype == object for name in ("person_id", "method", "assessed_on"))
    assert frame[NAMES].to_numpy().tolist() == [MEANT]


LAYOUTS = {
    "plain": [HEAD, ROW],
    "English": [NAMES, ROW],
    "English as people write": [
        ["Person ID", "COMPETENCY_ID", "Level*", " method ", "Assessed On"],
        ROW,
    ],
    "required marks and remarks": [
        ["工号*", "*能力项", "级别得分（0-4）", "评估方式【必填】", "评估日期\n(年-月-日)"],
        ROW,
    ],
    "full-width header": [
        ["ｐｅｒｓｏｎ＿ｉｄ", "能力项", "Ｌｅｖｅｌ", "评估方式", "评估日期"],
        ROW,
    ],
    "title rows": [["二〇二六年度评估结果"], [], ["填报单位：甲"], HEAD, ROW],
    "empty rows and columns": [
        [],
        [None, None, *HEAD],
        [],
        [None, None, *ROW],
        [None, " ", None, "　"],
    ],
    "further columns": [
        ["序号", *HEAD, "备注"],
        [1, *ROW, "好"],
        [2, None, None, None, None, None, "合计"],
    ],
    "two header rows": [HEAD, NAMES, ROW],
    "example row": [
        HEAD,
        ["示例：00012345", "x", 99, "", "?"],
        ROW,
        ["Example: 1", "", "", "", ""],
    ],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_layouts(layout, form, read, workbook, delimited):
    rows = LAYOUTS[layout]
    frame = read(workbook(("表", rows)) if form == "xlsx" else delimited(rows))
    assert frame[NAMES].to_numpy().tolist() == [MEANT]


def test_order_of_columns_is_free(read, workbook):
    frame = read(workbook(("表", [HEAD[::-1], ROW[::-1]])))
    assert frame[NAMES].to_numpy().tolist() == [MEANT]


CELLS = [
    ("person_id", "００００００01", "00000001"),
    ("person_id", " 00000001　", "00000001"),
    ("person_id", '="00000001"', "00000001"),
    ("person_id", "\u200bA17\ufeff", "A17"),
    ("person_id", "Ａ１７", "A17"),
    ("competency_id", "Resilience", "resilience"),
    ("competency_id", "抗 挫 能 力", "resilience"),
    ("competency_id", "Job_Knowledge", "job-knowledge"),
    ("level", "2.5", 2.5),
    ("level", "２．５", 2.5),
    ("level", 3, 3.0),
    ("level", " +1 ", 1.0),
    ("method", "评审（二）　Ａ组", "评审（二） A组"),
    ("method", "+推荐", "+推荐"),
    ("method", 12345, "12345"),
    *[
        ("assessed_on", spelling, dt.date(2026, 3, 1))
        for spelling in (
            "2026-03-01",
            "2026/3/1",
            "2026.3.1",
            "2026年3月1日",
            "2026 年 3 月 1 日",
            "２０２６年３月１日",
            "20260301",
            20260301,
            46082,
            "46082",
            46082.75,
            "2026-03-01 08:30:00",
            "2026-3-1T08:30",
            "2026/3/1 8:30",
            dt.datetime(2026, 3, 1, 8, 30),  # noqa: DTZ001
        )
    ],
]


@pytest.mark.parametrize(("name", "cell", "meant"), CELLS)
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_cells(name, cell, meant, form, read, workbook, delimited):
    rows = [
        NAMES,
        [cell if column == name else value for column, value in zip(NAMES, ROW, strict=True)],
    ]
    frame = read(workbook(("表", rows)) if form == "xlsx" else delimited(rows))
    assert frame[name].tolist() == [meant]


def test_a_numeric_cell_for_an_id(read, workbook):
    rows = [["工号", "姓名", "部门", "职级"], [12345.0, "甲", "乙", "初级客户经理"]]
    frame = read(workbook(("表", rows)), "people")
    assert frame.loc[0, ["person_id", "grade"]].tolist() == ["12345", "g1"]
    assert frame["manager_id"].tolist() == [None]


@pytest.mark.parametrize("name", ["䶮㛃𬭎", "\ufa0e某", "阿卜杜·热合曼", "王　二", "José"])
def test_no_character_of_a_name_is_lost(name, read, workbook):
    rows = [["工号", "姓名", "部门", "职级"], ["1", name, "乙／ 丙", "g1"]]
    frame = read(workbook(("表", rows)), "people")
    assert frame.loc[0, "name"] == name.replace("　", " ")
    assert frame.loc[0, "org_unit"] == "乙/丙"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(encoding, separator, read, delimited):
    path = delimited([HEAD, ROW], encoding=encoding, separator=separator)
    assert read(path)[NAMES].to_numpy().tolist() == [MEANT]


def test_suffix_does_not_matter(read, workbook, delimited, tmp_path):
    workbook(("表", [HEAD, ROW])).rename(tmp_path / "a.csv")
    delimited([HEAD, ROW]).rename(tmp_path / "b.xls")
    assert len(read(tmp_path / "a.csv")) == len(read(tmp_path / "b.xls")) == 1


def test_other_sheets_are_left_alone(read, workbook):
    notes = ("说明", [["工号", "能力项"], ["填报须知"]])
    empty_form = ("空表", [HEAD])
    for sheets in (
        [notes, ("表", [HEAD, ROW])],
        [("表", [HEAD, ROW]), notes],
        [empty_form, ("表", [HEAD, ROW])],
        [("表", [HEAD, ROW]), empty_form],
    ):
        assert len(read(workbook(*sheets))) == 1


def test_two_sheets_with_rows_are_refused(read, workbook):
    with pytest.raises(InputError) as caught:
        read(workbook(("北京", [HEAD, ROW]), ("上海", [HEAD, ROW])))
    assert caught.value.code == "file.two_sheets"


def test_not_observed_is_left_out(read, workbook):
    head = [column.headers[0] for column in KINDS["ratings"].columns]
    row = ["00000001", "抗挫能力", "resilience.1.1", "上级", "00000002", 2, "2026-03-01"]
    unseen = [*row[:4], "A17", None, row[6]]
    frame = read(workbook(("表", [head, row, unseen])), "ratings")
    assert frame["rating"].tolist() == [2.0]
    assert frame["rater_type"].tolist() == ["manager"]
    assert read(workbook(("表", [head, unseen])), "ratings").empty


def test_enrolment_takes_the_date_of_completion(read, delimited):
    rows = [["工号", "培训模块", "状态", "完成日期"], ["A17", "抗压训练(进阶)", "完成", "2026/3/1"]]
    frame = read(delimited(rows), "enrolments")
    assert frame.loc[0, ["module_id", "status"]].tolist() == ["stress-lab", "completed"]
    assert frame.loc[0, "enrolled_on"] == dt.date(2026, 3, 1)


def test_lists_of_ids(read, delimited):
    rows = [
        ["模块编号", "名称", "能力项", "起始级别", "目标级别", "培训方式", "学时", "费用（元）"]
    ]
    rows += [["m1", "甲", "抗挫能力、协调能力；resilience", 1, 2, "面授", 8, "1,200"]]
    frame = read(delimited(rows), "modules")
    assert frame.loc[0, "competency_ids"] == "resilience;coordination"
    assert frame.loc[0, ["modality", "cost", "prerequisites"]].tolist() == ["classroom", 1200, None]


def test_serial_days_from_1904(read, tmp_path):
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for row in (HEAD, [*ROW[:4], 44620]):
        book.active.append(row)
    book.save(tmp_path / "mac.xlsx")
    assert read(tmp_path / "mac.xlsx")["assessed_on"].tolist() == [dt.date(2026, 3, 1)]


@pytest.mark.parametrize(
    ("cell", "code"),
    [("=1+1", "table.formula_not_calculated"), ("#N/A", "table.error_value")],
)
def test_formulas_without_result_and_errors(cell, code, read, tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["说明"], [*HEAD, "标准误"], [*ROW, 0.3], [*ROW[:4], dt.date(2026, 4, 1), cell]):
        sheet.append(row)
    book.save(tmp_path / "formula.xlsx")
    with pytest.raises(TableFaultsError) as caught:
        read(tmp_path / "formula.xlsx")
    assert [(f.row, f.column, f.code) for f in caught.value.faults] == [(4, "标准误", code)]


def test_headers_are_unambiguous():
    for kind in KINDS.values():
        spellings = [loose(s) for c in kind.columns for s in {*map(loose, (*c.headers, c.name))}]
        assert len(spellings) == len(set(spellings)), kind.name


def test_rows_keep_their_order(read, delimited):
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=n * 37 % 200) for n in range(200)]
    frame = read(delimited([HEAD, *[[*ROW[:4], day] for day in days]]))
    assert frame["assessed_on"].tolist() == days
    assert isinstance(frame.index, pd.RangeIndex)
