"""The list of people, a person's tabs and the team: what is shown, and to whom.

::

    manager 00008 has 00002 and 00003 in the team; hr has the unit of both; 00004 is elsewhere
"""

from __future__ import annotations

import re

from serving import ABSENT, COLLEAGUE, EMPLOYEE, MANAGER, OUTSIDE, UNIT

TABS = ("", "/plans", "/history", "/evidence", "/evidence?competency=resilience")


def total(page: str) -> int:
    """Return how many people a list says there are."""
    found = re.search(r'<p class="said">共 (\d+) 人', page)
    assert found
    return int(found[1])


def test_the_list_finds_and_counts_nobody_outside_of_the_scope(served):
    outside = served.sample.people.set_index("person_id").loc[OUTSIDE, "name"]
    unit = served.sample.people["org_unit"].str.startswith(UNIT)
    with served.browser("hr") as hr:
        everybody = hr.get("/people")
        assert total(everybody.text) == unit.sum()
        assert f"/people/{OUTSIDE}" not in everybody.text
        for query in (f"q={OUTSIDE}", "q=no-such", f"unit={UNIT}/none"):
            page = hr.get(f"/people?{query}").text
            assert total(page) == 0
            assert "没有符合条件的人员" in page
        # the search box offers the same
        assert hr.get(f"/search?q={OUTSIDE}").text == hr.get("/search?q=no-such").text
        assert f"/people/{EMPLOYEE}" in hr.get(f"/search?q={EMPLOYEE}").text
    with served.browser("employee") as employee:
        assert total(employee.get("/people").text) == 1
        assert outside not in employee.get("/people").text
    with served.browser("analyst") as analyst:
        assert analyst.get("/people").status_code == 403
        assert "/people/" not in analyst.get(f"/search?q={EMPLOYEE}").text


def test_the_list_is_filtered_and_sorted_by_its_address(served):
    with served.browser("hr") as hr:
        counts = [
            total(hr.get(f"/people?standing={standing}").text)
            for standing in ("gap", "assess-first")
        ]
        assert all(count <= total(hr.get("/people").text) for count in counts)
        page = hr.get("/people?sort=-gaps&grade=g1&standing=gap").text
        assert 'aria-sort="descending"' in page
        # a heading sorts what is filtered
        assert "grade=g1&amp;standing=gap&amp;sort=gaps" in page
        assert total(hr.get("/people?leavers=yes").text.replace("名离职人员", "人")) == 0
        assert hr.get("/people?sort=size").status_code == 422


def test_every_tab_of_a_person_is_shown_within_the_scope_only(served):
    visitors = {"employee": EMPLOYEE, "manager": COLLEAGUE, "hr": COLLEAGUE}
    for role, person in visitors.items():
        for lang in ("zh-CN", "en"):
            with served.browser(role, lang=lang) as visitor:
                for tab in TABS:
                    page = visitor.get(f"/people/{person}{tab}")
                    assert page.status_code == 200, (role, tab)
                    assert not re.search(r"style=|<style|onclick|hx-on|<script>", page.text), tab
                    there, absent = (
                        visitor.get(f"/people/{other}{tab}") for other in (OUTSIDE, ABSENT)
                    )
                    assert (there.status_code, absent.status_code) == (404, 404)


def test_the_first_tab_says_where_a_person_stands_and_what_to_take(served):
    with served.browser("manager") as manager:
        page = manager.get(f"/people/{COLLEAGUE}").text
        assert re.search(r"18 项能力中，<strong class=\"is-gap\">\d+ 项有差距</strong>", page)
        assert page.count('<tr role="row" class="tall">') == 5
        assert '<svg class="chart radar"' in page
        assert "<desc" in page
        reason = re.search(r"not-recommended\?reason=([a-z-]+)", page)
        assert reason
        listed = manager.get(f"/people/{COLLEAGUE}/not-recommended?reason={reason[1]}")
        assert listed.status_code == 200
        aimed = manager.get(f"/people/{COLLEAGUE}?target_grade=g4").text
        assert "资深客户经理的目标" in aimed
        for path in ("?target_grade=g9", "/not-recommended?reason=none-such"):
            assert manager.get(f"/people/{COLLEAGUE}{path}").status_code == 422


def test_few_raters_stay_with_hr(served):
    """A manager is told of customers, of whom there are few, only that they rated."""
    with served.browser("manager") as manager, served.browser("hr") as hr:
        asked = f"/people/{COLLEAGUE}/evidence?competency=resilience"
        assert "人数少，不显示" in manager.get(asked).text
        assert "人数少，不显示" not in hr.get(asked).text


def test_who_looked_is_told_to_the_person_only(served):
    with served.browser("manager") as manager:
        manager.get(f"/people/{EMPLOYEE}")
        assert manager.get(f"/people/{EMPLOYEE}/accesses").status_code == 403
        assert "/accesses" not in manager.get(f"/people/{EMPLOYEE}").text
    with served.browser("employee") as employee:
        page = employee.get(f"/people/{EMPLOYEE}/accesses")
        assert "主管" in page.text
        assert "account:" not in page.text


def test_hr_corrects_facts_and_is_told_what_is_wrong(served):
    address = f"/people/{COLLEAGUE}/facts"
    with served.browser("hr") as hr, served.browser("manager") as manager:
        form = hr.get(address).text
        fields = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', form))
        fields |= {"org_unit": f"{UNIT}/政企客户部/党政客户部", "grade": "g1", "left_on": ""}
        fields["version"] = str(re.search(r'name="version" value="(\d+)"', form)[1])  # type: ignore[index]
        assert manager.post(address, data=fields).status_code == 403
        wrong = hr.post(address, data={**fields, "hired_on": "soon"})
        assert wrong.status_code == 422
        assert 'aria-invalid="true"' in wrong.text
        circle = hr.post(address, data={**fields, "manager_id": COLLEAGUE})
        assert circle.status_code == 422
        saved = hr.post(address, data={**fields, "name": "<b>甲</b>"})
        assert saved.status_code == 303
        assert "&lt;b&gt;甲&lt;/b&gt;" in hr.get(saved.headers["location"]).text
        stale = hr.post(address, data={**fields, "name": "乙"})
        assert stale.status_code == 412


def test_a_review_is_asked_for_and_answered(served):
    with served.browser("employee") as employee, served.browser("hr") as hr:
        asked = employee.post(f"/people/{EMPLOYEE}/reviews", data={"reason": "与岗位不符"})
        assert asked.status_code == 303
        page = hr.get(f"/people/{EMPLOYEE}/plans").text
        number = re.search(rf'action="/people/{EMPLOYEE}/reviews/(\d+)"', page)
        assert number
        answer = f"/people/{EMPLOYEE}/reviews/{number[1]}"
        assert employee.post(answer, data={"answer": "好"}).status_code == 403
        assert hr.post(answer, data={"answer": "已核实"}).status_code == 303
        assert "已核实" in employee.get(f"/people/{EMPLOYEE}/plans").text
    with served.browser("manager") as manager:
        assert "与岗位不符" not in manager.get(f"/people/{EMPLOYEE}/plans").text


def test_a_team_is_the_direct_reports_or_a_unit(served):
    managers = served.sample.people["manager_id"]
    with served.browser("manager") as manager:
        page = manager.get("/team")
        assert page.text.count('<th role="rowheader"') == (managers == MANAGER).sum()
        assert f"/people/{OUTSIDE}" not in page.text
    with served.browser("hr") as hr:
        assert f"/people/{EMPLOYEE}" in hr.get("/team").text
        assert hr.get("/team?unit=西区示例分公司").status_code == 404
