"""Tables in and out over the command line: import, dry run, marked copy, templates."""

import datetime as dt

import openpyxl
import pytest
from organisations import AS_OF

from recommender.exchange import write_xlsx
from recommender.table_kinds import KINDS

PEOPLE = [
    {"person_id": "90001", "name": "欧阳 静", "org_unit": "总馆/阅览部", "grade": "馆员"},
    {"person_id": "90002", "name": "José", "org_unit": "总馆", "grade": "librarian"},
]


def people_file(path, *changes):
    rows = [row | change for row, change in zip(PEOPLE, changes or ({}, {}), strict=True)]
    write_xlsx(rows, path, kind=KINDS["people"])
    return path


def test_import_and_again(call, tmp_path):
    path = people_file(tmp_path / "人员.xlsx")
    before = call.counts()
    first = call("import", "people", path, "--json").json
    assert (
        first.items()
        >= {
            "kind": "people",
            "file": "人员.xlsx",
            "dry_run": False,
            "inserted": 2,
            "updated": 0,
            "unchanged": 0,
            "on_days_off": [],
            "batch_id": 1,
        }.items()
    )
    again = call("import", "people", path, "--json").json
    assert (again["inserted"], again["updated"], again["unchanged"]) == (0, 0, 2)
    after = call.counts()
    assert after["person"] == before["person"] + 2
    assert after["org_unit"] == before["org_unit"] + 2
    assert after["import_batch"] == before["import_batch"] + 2


def test_dry_run_stores_nothing(call, tmp_path):
    path = people_file(tmp_path / "p.xlsx")
    before = call.counts()
    found = call("import", "people", path, "--dry-run", "--json").json
    assert (found["inserted"], found["dry_run"]) == (2, True)
    words = call("import", "people", path, "--dry-run", "--lang", "en")
    assert "nothing was stored" in words.out
    assert call.counts() == before


def test_report_and_marked_copy(call, tmp_path):
    path = people_file(tmp_path / "p.xlsx", {"grade": "g9"}, {"name": "=1+1", "manager_id": "x"})
    before = call.counts()
    marked = tmp_path / "marked.xlsx"
    for lang in ("zh-CN", "en"):
        found = call("import", "people", path, "--marked", marked, "--lang", lang, "--json")
        assert found.code == 1
        assert marked.name in found.err
        error = found.json["error"]
        assert error["code"] == "table.faults"
        assert [(f["row"], f["column"], f["found"]) for f in error["faults"]] == [
            (2, "职级", "g9"),
            (3, "姓名", "=1+1"),
            (3, "主管工号", "x"),
        ]
        keys = {"sheet", "row", "column", "found", "expected", "message", "hint"}
        assert all(set(fault) == keys and fault["hint"] for fault in error["faults"])
        lines = found.err.splitlines()
        assert sum(line.startswith("  ") for line in lines) == 3
    assert call.counts() == before
    # mended in the copy, it can be imported as it is
    book = openpyxl.load_workbook(marked)
    sheet = book.worksheets[1]
    header = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, header["职级"]).value = "assistant"
    sheet.cell(3, header["姓名"]).value = "何塞"
    sheet.cell(3, header["主管工号"]).value = "90001"
    book.save(marked)
    assert call("import", "people", marked, "--json").json["inserted"] == 2


def test_no_marked_copy_of_a_good_table(call, tmp_path):
    path = people_file(tmp_path / "p.xlsx")
    assert call("import", "people", path, "--marked", tmp_path / "m.xlsx").code == 0
    assert not (tmp_path / "m.xlsx").exists()


def test_marked_copy_where_none_can_be(call, tmp_path):
    path = people_file(tmp_path / "p.xlsx", {"grade": "g9"}, {})
    found = call("import", "people", path, "--marked", tmp_path / "none" / "m.xlsx")
    assert found.code == 1
    assert "Traceback" not in found.err


def test_many_faults_are_counted_and_cut(call, tmp_path):
    rows = [PEOPLE[0] | {"person_id": str(n), "grade": "g9"} for n in range(200)]
    write_xlsx(rows, tmp_path / "p.xlsx", kind=KINDS["people"])
    found = call("import", "people", tmp_path / "p.xlsx", "--lang", "en")
    assert "200 fault(s)" in found.err
    assert "150 more" in found.err
    assert (
        len(call("import", "people", tmp_path / "p.xlsx", "--json").json["error"]["faults"]) == 200
    )


# -- templates --

CHANGES = {
    "people": {},
    "offerings": {},
    "modules": {"module_id": "local-visit"},
    "assessments": {},
    "ratings": {},
    "exams": {},
    "evidence": {},
    "satisfaction": {},
    "business-figures": {},
    "records": {},
    "enrolments": {},
}


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_templates_can_be_filled_in_and_imported(lang, call, tmp_path):
    """The example row, without its mark, is a row that is taken: people first."""
    assert set(CHANGES) == set(KINDS)
    for kind in CHANGES:
        path = tmp_path / f"{kind} 模板.xlsx"
        written = call("template", kind, path, "--lang", lang, "--json")
        assert written.json == {"kind": kind, "file": str(path)}
        untouched = call("import", kind, path, "--json")
        assert (untouched.code, untouched.json["error"]["code"]) == (1, "file.no_rows")
        book = openpyxl.load_workbook(path)
        sheet = book.worksheets[0]
        mark = {"zh-CN": "示例：", "en": "example: "}[lang]
        assert sheet.cell(2, 1).value.startswith(mark)
        sheet.cell(2, 1).value = sheet.cell(2, 1).value.removeprefix(mark)
        for position, column in enumerate(KINDS[kind].columns, start=1):
            if column.name in CHANGES[kind]:
                sheet.cell(2, position).value = CHANGES[kind][column.name]
        book.save(path)
        found = call("import", kind, path, "--json")
        assert found.code == 0, (kind, found.err)
        assert found.json["inserted"] == 1
    assert call("gaps", "00012345").code == 0


def test_a_template_never_takes_the_place_of_a_filled_one(call, tmp_path):
    assert call("template", "people").code == 0
    path = tmp_path / "people.xlsx"
    content = path.read_bytes()
    for lang in ("zh-CN", "en"):
        assert call("template", "people", "--lang", lang).code == 1
    assert path.read_bytes() == content


def test_template_where_none_can_be_written(call, tmp_path):
    for place in (tmp_path / "none" / "t.xlsx", tmp_path):
        found = call("template", "people", place)
        assert found.code == 1
        assert "Traceback" not in found.err


def test_dates_after_today_are_told(call, tmp_path):
    tomorrow = max(AS_OF, dt.date.today()) + dt.timedelta(days=1)
    write_xlsx([PEOPLE[0] | {"hired_on": tomorrow}], tmp_path / "p.xlsx", kind=KINDS["people"])
    found = call("import", "people", tmp_path / "p.xlsx", "--json")
    assert found.code == 1
    assert "table.future_date" not in found.err
    assert call("import", "people", tmp_path / "p.xlsx", "--as-of", tomorrow).code == 0
