"""Imports in a browser: dropped, understood, mended, looked at, stored, undone; and forms."""

from __future__ import annotations

import html
import io
import re
from types import SimpleNamespace
from typing import cast

import pytest
from openpyxl import load_workbook
from serving import UNIT

from recommender.service.people.recognising.uploads import Look
from recommender.service.views.import_fields import read_answers

EVIL = "<script>alert(1)</script>"
HEADS = "员工编号,员工姓名,单位,部门,岗位职级,直接上级"


@pytest.fixture(scope="module")
def hr(served):
    """The browser of HR of a unit."""
    with served.browser("hr") as browser:
        yield browser


def drop(browser, text, name="花名册.csv", **form):
    """Drop a file, and return the address that it leads to."""
    answer = browser.post("/imports", data=form, files={"files": (name, text.encode())})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def people(*rows):
    return "\n".join((HEADS, *rows)) + "\n"


def fields(page, prefix):
    found = re.findall(rf'name="({prefix}[^"]*)"(?: value="([^"]*)")?', page)
    return {html.unescape(name): html.unescape(value) for name, value in found}


def test_bad_cells_are_mended_in_the_page_and_the_import_can_be_undone(hr):
    text = people(
        f"T901,#N/A,{UNIT},政企客户部,初级,",
        f"T902,{EVIL},{UNIT},政企客户部,初级,",
        f"#REF!,测试丙,{UNIT},政企客户部,初级,",
        f"T904,测试丁,{UNIT},政企客户部,初级,",
    )
    address = drop(hr, text)
    page = hr.get(address).text
    assert EVIL not in page
    assert "写入 " not in page.split("foot-bar")[1]
    cells = fields(page, "cell-")
    assert {"#N/A", "#REF!"} <= set(cells.values())
    by_value = {value: name for name, value in cells.items()}
    # as it is, nothing goes in, and a copy shows what is wrong
    marked = hr.get(f"{address}/marked.xlsx").content
    assert len(load_workbook(io.BytesIO(marked)).worksheets) == 2
    assert hr.post(f"{address}/run").status_code == 200
    drop_row = by_value["#REF!"].replace("cell-", "drop-")
    again = hr.post(f"{address}/cells", data={by_value["#N/A"]: "测试甲", drop_row: "true"})
    assert again.status_code == 303
    page = hr.get(address).text
    assert "写入 3 条" in page, page[page.index('id="main"') :]
    done = hr.post(f"{address}/run")
    assert done.status_code == 303
    batch = done.headers["location"]
    assert hr.get(address).status_code == 404  # it waits no more
    page = hr.get(batch).text
    assert "撤销这次导入？" in page
    assert "测试甲" in hr.get("/people/T901").text
    assert hr.post(f"{batch}/undo").status_code == 303
    assert "已撤销" in hr.get(batch).text
    assert hr.get("/people/T901").status_code == 404
    twice = hr.post(f"{batch}/undo")
    assert (twice.status_code, 'role="alert"' in twice.text) == (409, True)
    assert "花名册.xlsx" in hr.get("/imports").text


def test_an_import_of_a_key_says_what_the_key_is_for(served, hr):
    portal, text = served.client("hr"), people(f"T911,测试己,{UNIT},政企客户部,初级,")
    kind = {"content-type": "text/csv"}
    upload = portal.post("/v1/imports", content=text.encode(), headers=kind).json()
    job = portal.post(f"/v1/imports/{upload['import_id']}/run").headers["location"]
    assert portal.get(job, params={"wait": 10}).json()["status"] == "done"
    page = hr.get("/imports").text
    assert ">hr<" in page
    assert "key:" not in page


def test_questions_are_answered_and_columns_read_otherwise(hr):
    matrix = "工号,客户关系能力,抗挫能力,执行能力\n00002,2,1,1\n00003,1,2,1\n"
    address = drop(hr, matrix, "能力矩阵.csv")
    page = hr.get(address).text
    assert "还有问题待回答" in page
    asked = fields(page, r"\[&#34;given")
    answers = {
        name: "2026-03-01" if "assessed_on" in name else "assessment-centre" for name in asked
    }
    wrong = hr.post(f"{address}/mapping", data=dict.fromkeys(asked, "x"))
    assert (wrong.status_code, 'role="alert"' in wrong.text) == (422, True)
    options = re.findall(r'<option value="([^"]+)"', page[page.index('id="questions"') :])
    answers = {
        name: value if "assessed_on" in name else options[0] for name, value in answers.items()
    }
    assert hr.post(f"{address}/mapping", data=answers).status_code == 303
    assert "写入 6 条" in hr.get(address).text
    assert hr.post(f"{address}/drop").headers["location"] == "/imports"
    assert hr.get(address).status_code == 404


def test_what_is_no_table_is_told_where_it_was_dropped(hr):
    for content in (b"", b"\x00\x01", "甲,乙\n1,2\n".encode()):
        answer = hr.post("/imports", files={"files": ("x.csv", content)})
        assert (answer.status_code, "有文件没有接收" in answer.text) == (422, True)


def test_several_files_wait_in_the_list_of_whoever_dropped_them(served, hr):
    files = [
        ("files", (f"{EVIL}{n}.csv", people(f"T91{n},测试,{UNIT},,初级,").encode())) for n in (1, 2)
    ]
    assert hr.post("/imports", files=files).headers["location"] == "/imports"
    page = hr.get("/imports").text
    waits = re.findall(r'href="(/imports/up-[0-9a-f]+)"', page)
    assert len(waits) >= 2
    assert EVIL not in page
    with served.browser("manager") as manager:
        for address in ("/imports", "/imports/forms", waits[0], "/imports/done/1"):
            assert manager.get(address).status_code == 403
    for address in waits:
        hr.post(f"{address}/drop")


def test_empty_tables_and_forms_are_had_and_come_back(hr):
    page = hr.get("/imports/forms").text
    kinds = re.findall(r'href="(/imports/templates/[a-z-]+\.xlsx)"', page)
    assert len(kinds) == 11
    for address in kinds:
        assert hr.get(address).content[:2] == b"PK"
    asks = {"unit": f"{UNIT}/政企客户部/党政客户部"}
    sheet = hr.get("/imports/forms/scores.xlsx", params={**asks, "exam": "job-knowledge|1"})
    assert sheet.status_code == 200, sheet.text
    module = "account-handover-visit-coaching"
    for address, more in (
        ("/imports/forms/questionnaires.zip", {"raters": "manager"}),
        ("/imports/forms/attendance.xlsx", {"module": module}),
    ):
        assert hr.get(address, params={**asks, **more}).content[:2] == b"PK"
    nobody = hr.get("/imports/forms/attendance.xlsx", params={"unit": "x", "module": module})
    assert (nobody.status_code, 'role="alert"' in nobody.text) == (422, True)
    back = hr.post("/imports", files={"files": ("scores.xlsx", sheet.content)})
    page = hr.get(back.headers["location"]).text
    assert "考试成绩" in page
    hr.post(f"{back.headers['location']}/drop")


def test_the_fields_of_a_form_become_answers():
    given = {
        '["columns", "", "备注"]': "ignore",
        '["people", "person_id", "王军"]': "",
        '["people", "person_id", "赵敏"]': "",
        '["people", "person_id", "李明"]': "00002",
        'id ["people", "person_id", "李明"]': "00003",
        '["values", "status", "已学"]': "completed",
        '["given", "", "assessed_on"]': "",
        '["nonsense", "", "x"]': "y",
        "[broken": "y",
        "csrf": "y",
        "rest": "ignore",
        "kind": "people",
    }
    named = {"section": "people", "column": "person_id", "options": [{"value": "ignore"}]}
    look = SimpleNamespace(
        mapping={"given": {"assessed_on": "2026-03-01"}},
        # of a rater there is nothing to leave out
        questions=[{**named, "subject": "王军"}, {**named, "subject": "赵敏", "options": []}],
    )
    assert read_answers(cast(Look, look), given) == {
        "kind": "people",
        "columns": {"备注": "ignore"},
        "given": {},
        "people": {"王军": "ignore", "李明": "00003"},
        "values": {"status": {"已学": "completed"}},
    }
