"""Plans in Word, in a browser: got, handed in again, and their template replaced."""

from __future__ import annotations

import html
import re

import pytest
from serving import COLLEAGUE, OUTSIDE
from word_desk import change_template, fill_in, text_of

from recommender.documents import make_template

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def office(served):
    """The browsers of a manager, of an employee, of HR of a unit and of HR of all."""
    with (
        served.browser("manager") as manager,
        served.browser("employee") as employee,
        served.browser("hr") as hr,
        served.browser("admin") as everybodys,
    ):
        yield {"manager": manager, "employee": employee, "hr": hr, "all": everybodys}


@pytest.fixture(scope="module")
def plans(served):
    """A plan of a report of the manager, and one of somebody elsewhere."""
    admin = served.client("admin")
    made = [
        admin.post(f"/v1/people/{person}/plans", json={"hours_budget": 20.0}).json()
        for person in (COLLEAGUE, OUTSIDE)
    ]
    return [each["plan_id"] for each in made]


def upload(browser, address, content, **form):
    return browser.post(address, data=form, files={"file": ("plan.docx", content)})


def hidden(page, name):
    return html.unescape(re.search(rf'name="{name}" value="([^"]*)"', page)[1])


def test_a_document_goes_out_and_comes_back(office, plans):
    manager, plan_id = office["manager"], plans[0]
    got = manager.get(f"/plans/{plan_id}/document.docx")
    assert got.headers["content-disposition"] == f'attachment; filename="{plan_id}.docx"'
    assert plan_id in text_of(got.content)
    assert manager.get(f"/plans/{plans[1]}/document.docx").status_code == 404
    content = fill_in(
        got.content,
        {"comment:manager": EVIL, "comment:employee": "想先学这门", "done:a1": True},
    )
    page = upload(manager, "/plan-returns", content)
    assert page.status_code == 200, page.text
    assert EVIL not in page.text
    assert html.escape(EVIL) in page.text
    names = re.findall(r'name="take" value="([^"]+)"', page.text)
    assert names == ["comment:1", "comment:2"]  # it is a draft, of which nothing is done yet
    assert "不能采用" in page.text
    form = {"document": hidden(page.text, "document"), "version": hidden(page.text, "version")}
    stale = manager.post("/plan-returns/changes", data={**form, "version": "99", "take": names})
    assert (stale.status_code, "重新列出" in stale.text) == (422, True)
    done = manager.post("/plan-returns/changes", data={**form, "take": names[:1]})
    assert (done.status_code, done.headers["location"]) == (303, f"/plans/{plan_id}")
    again = upload(manager, "/plan-returns", content)
    assert re.findall(r'name="take" value="([^"]+)"', again.text) == ["comment:2"]
    # somebody else's browser learns nothing of it
    assert upload(office["employee"], "/plan-returns", content).status_code == 422


def test_what_is_no_plan_is_told_beside_the_field(office):
    for content in (b"x", make_template("zh-CN")):
        page = upload(office["manager"], "/plan-returns", content)
        assert page.status_code == 422
        assert 'aria-invalid="true"' in page.text
    forged = {"document": '{"plan_id": "x"}', "version": "1"}
    assert office["manager"].post("/plan-returns/changes", data=forged).status_code == 422


def test_the_template_is_replaced_and_put_back(office, plans):
    everybodys = office["all"]
    page = everybodys.get("/plan-template")
    assert "随系统提供的模板" in page.text
    assert everybodys.get("/plan-template/zh-CN.docx").content == make_template("zh-CN")
    wrong = upload(
        everybodys,
        "/plan-template",
        change_template(lambda document: document.add_paragraph("{{ nmae }}")),
        lang="zh-CN",
    )
    assert (wrong.status_code, "nmae" in wrong.text) == (422, True)
    own = change_template(lambda document: document.add_paragraph("本单位说明"))
    assert upload(office["hr"], "/plan-template", own, lang="zh-CN").status_code == 422
    assert upload(office["manager"], "/plan-template", own, lang="zh-CN").status_code == 403
    assert upload(everybodys, "/plan-template", own, lang="zh-CN").status_code == 303
    document = f"/plans/{plans[0]}/document.docx"
    assert "本单位说明" in text_of(everybodys.get(document).content)
    assert everybodys.post("/plan-template/shipped", data={"lang": "zh-CN"}).status_code == 303
    assert "本单位说明" not in text_of(everybodys.get(document).content)
