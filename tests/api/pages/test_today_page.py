"""Today in a browser: what waits, each with where it leads."""

from __future__ import annotations

import re

from serving import EMPLOYEE, MANAGER, OUTSIDE, UNIT

EVIL = "<script>alert(1)</script>"


def test_each_role_begins_where_its_work_does(served):
    for role, begins in (("hr", "/today"), ("admin", "/today"), ("manager", "/team")):
        with served.browser(role) as browser:
            answer = browser.get("/")
            assert (answer.status_code, answer.headers["location"]) == (303, begins)


def test_today_lists_what_waits_within_the_unit(served):
    with served.client("admin") as admin:
        plan_ids = {
            person: admin.post(f"/v1/people/{person}/plans", json={}).json()["plan_id"]
            for person in (EMPLOYEE, OUTSIDE)
        }
    for lang, title in (("zh-CN", "今日待办"), ("en", "Today")):
        with served.browser("hr", lang=lang) as hr:
            page = hr.get("/today").text
            assert f'<h1 tabindex="-1">{title}</h1>' in page
            assert f"/plans/{plan_ids[EMPLOYEE]}" in page
            assert plan_ids[OUTSIDE] not in page
            for address in set(re.findall(r'href="(/(?:plans|people|imports)[^"]*)"', page)):
                assert hr.get(address.replace("&amp;", "&")).status_code == 200, address
    with served.browser("manager") as manager:
        page = manager.get("/today").text
        assert MANAGER not in re.findall(r'href="/people/(\w+)"', page)
        assert "/imports" not in page


def test_a_dropped_file_waits_and_says_what_it_lacks(served):
    heads = "员工编号,员工姓名,单位,部门,岗位职级,直接上级"
    text = f"{heads}\nT921,#N/A,{UNIT},政企客户部,初级,\n"
    with served.browser("hr") as hr:
        files = {"files": (f"{EVIL}.csv", text.encode())}
        address = hr.post("/imports", files=files).headers["location"]
        page = hr.get("/today").text
        assert (address in page, EVIL in page) == (True, False)
        assert "1 个单元格有错" in hr.get(f"/today{address}").text
        with served.browser("admin") as admin:  # who dropped none
            assert address not in admin.get("/today").text
        hr.post(f"{address}/drop")
        assert address not in hr.get("/today").text


def test_work_under_way_is_named_and_asked_for_again_until_it_ends(served):
    with served.browser("hr") as hr:
        assert "hx-get" not in hr.get("/today/running").text
