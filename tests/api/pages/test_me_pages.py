"""People see what to do next and why, tick what they have done, and ask for reviews."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from organisations import AS_OF
from serving import EMPLOYEE

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def me(served):
    with served.browser("employee") as browser:
        yield browser


def test_an_employee_begins_on_the_own_page(me):
    assert me.get("/").headers["location"] == "/me"
    for lang, hello in (("zh-CN", "，您好"), ("en", "Hello, ")):
        page = me.get("/me", headers={"Cookie": f"session={me.cookies['session']}; lang={lang}"})
        assert (page.status_code, hello in page.text) == (200, True)
        # nothing of the machinery: no ids of competencies, no untranslated keys
        assert not re.search(r">[^<]*\bme\.[a-z]", page.text)
    assert f"/people/{EMPLOYEE}/accesses" in page.text


def test_who_is_no_employee_is_told_so(served):
    with served.browser("hr") as hr:
        answer = hr.get("/me")
        assert (answer.status_code, "没有对应的员工" in answer.text) == (404, True)


def test_a_plan_is_followed_and_ticked_off(served, me):
    earlier = f"{AS_OF - dt.timedelta(days=30)}"
    with served.client("admin") as api:
        wanted = {"hours_budget": 80, "as_of": earlier, "modalities": ["online"]}
        made = api.post(f"/v1/people/{EMPLOYEE}/plans", json=wanted)
    plan = f"/plans/{made.json()['plan_id']}"
    with served.browser("admin") as hr, served.browser("manager") as manager:
        assert "等您确认" in me.get("/me").text
        for browser in (me, manager, hr):
            version = re.search(r'name="version" value="(\d+)"', browser.get(plan).text)[1]
            form = {"version": version, "decision": "approved"}
            assert browser.post(f"{plan}/decision", data=form).status_code == 303
        version = re.search(r'name="version" value="(\d+)"', hr.get(plan).text)[1]
        assert hr.post(f"{plan}/activation", data={"version": version}).status_code == 303
    page = me.get("/me").text
    assert "等您确认" not in page
    # what only its taker sees is ticked here; the day before the plan is refused with a reason
    for kind in ("activities", "courses"):
        done = re.search(rf'action="({plan}/{kind}/[\w-]+/done)"', me.get("/me").text)[1]
        for day, status in ((earlier, 422), (f"{AS_OF}", 303)):
            version = re.search(r'name="version" value="(\d+)"', me.get("/me").text)[1]
            answer = me.post(done, data={"version": version, "done_on": day, "back": "me"})
            assert answer.status_code == status, (kind, day)
        assert answer.headers["location"] == "/me"
        assert done not in me.get("/me").text
    assert f"已于 {AS_OF} 完成" in me.get("/me").text


def test_what_one_asks_for_is_kept_and_shown(me):
    for form in ({"reason": ""}, {"reason": "  "}):
        assert me.post("/me/requests", data=form).status_code == 422
    assert me.post("/me/corrections", data={"fact": "grade", "right": " "}).status_code == 422
    assert me.post("/me/corrections", data={"fact": "salary", "right": "x"}).status_code == 422
    sent = (
        ("/me/requests", {"reason": f"评分只看了一份报告 {EVIL}"}),
        ("/me/corrections", {"fact": "hired_on", "right": "2019-07-01"}),
    )
    for address, form in sent:
        answer = me.post(address, data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/me/requests#asked")
    page = me.get("/me/requests").text
    assert EVIL not in page
    assert "评分只看了一份报告 &lt;script&gt;" in page
    assert "请更正「入职日期」，正确的是：2019-07-01" in page
    assert "有 2 项还在等待答复" in me.get("/me").text
