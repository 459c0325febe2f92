"""A manager and HR make, change, approve and talk about a plan in a browser."""

from __future__ import annotations

import re

import pytest
from serving import EMPLOYEE, OUTSIDE

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def office(served):
    """A manager, the employee and HR with their browsers open."""
    with (
        served.browser("manager") as manager,
        served.browser("employee") as employee,
        served.browser("admin") as hr,
    ):
        yield {"manager": manager, "employee": employee, "hr": hr}


def post(browser, address, **form):
    """Send a form; return where it leads, or what is wrong with it."""
    return browser.post(address, data=form)


def make(office) -> str:
    """Make a plan anew and return its address."""
    for page in re.findall(r'href="(/plans/plan-\w+)"', office["hr"].get("/plans").text):
        post(office["hr"], f"{page}/cancellation", version=version_of(office["hr"], page))
    answer = post(office["hr"], f"/people/{EMPLOYEE}/plan", hours="60", hours_top="80")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def version_of(browser, page) -> int:
    return int(re.search(r"第 (\d+) 版", browser.get(page).text)[1])


def courses_of(browser, page) -> list[str]:
    return re.findall(r'id="item-([^"]+)"', browser.get(page).text)


def test_a_plan_in_the_making_answers_without_being_kept(office):
    hr, address = office["hr"], f"/people/{EMPLOYEE}/plan"
    page = hr.get(address)
    assert page.status_code == 200
    assert 'hx-trigger="input delay:200ms"' in page.text
    count = hr.get("/plans").text.count('href="/plans/plan-')
    names = re.findall(r'name="without" value="([^"]+)"', page.text)
    less = hr.get(f"{address}/answer?hours=60&hours_top=80&without={names[0]}")
    assert f'name="without" value="{names[0]}" checked' in less.text
    assert "<html" not in less.text
    forced = hr.get(f"{address}/answer?hours=60&hours_top=80&must={names[0]}")
    assert f'name="must" value="{names[0]}" checked' in forced.text
    assert hr.get(f"{address}/answer?grade=no-such").status_code == 200
    assert hr.get("/plans").text.count('href="/plans/plan-') == count
    # nobody learns of people outside of the own scope, here or below
    for path in ("plan", "plan/answer"):
        assert office["manager"].get(f"/people/{OUTSIDE}/{path}").status_code == 404


def test_what_is_in_a_plan_is_changed_with_buttons(office):
    page, manager = make(office), office["manager"]
    before = courses_of(manager, page)
    assert len(before) > 1

    def seen() -> int:
        return version_of(manager, page)

    moved = post(manager, f"{page}/order", version=seen(), module_id=before[0], move_to="down")
    if moved.status_code == 303:
        assert moved.headers["location"] == f"{page}#item-{before[0]}"
        assert courses_of(manager, page)[:2] == [before[1], before[0]]
    else:
        # a prerequisite stays in front, and the page says which
        assert (moved.status_code, "先修" in moved.text) == (409, True)
    words = {"on_the_job": EVIL, "companion": "师傅", "measure": "", "review_on": "2030-01-08"}
    saved = post(manager, f"{page}/items/{before[0]}", version=seen(), **words)
    assert saved.status_code == 303
    shown = manager.get(page).text
    assert EVIL not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "2030-01-08" in shown
    for form in ({"review_on": "2000-01-01"}, {}, {"run": "no-such-run"}, {"run": "-days"}):
        wrong = post(manager, f"{page}/items/{before[0]}", version=seen(), companion="新人", **form)
        if form.get("review_on") or form.get("run"):
            assert wrong.status_code == 422, form
            # nothing that was typed is lost
            assert "新人" in wrong.text
    additions = manager.get(f"{page}/add").text
    assert post(manager, f"{page}/drop", version=seen(), module_id=before[-1]).status_code == 303
    assert before[-1] not in courses_of(manager, page)
    assert f'value="{before[-1]}"' not in additions
    back = post(manager, f"{page}/add", version=seen(), module_id=before[-1], raise_limits="true")
    assert back.status_code == 303
    assert before[-1] in courses_of(manager, page)
    activity = {"kind": "mentoring", "competency_id": "no-such", "title": "带教"}
    wrong = post(manager, f"{page}/activities", version=seen(), **activity)
    assert (wrong.status_code, "带教" in wrong.text) == (422, True)
    listed = re.findall(r'id="activity-(\w+)"', manager.get(page).text)
    assert len(listed) > 1
    place = f"{page}/activities/{listed[0]}"
    moved = post(manager, f"{place}/order", version=seen(), move_to="down")
    assert moved.headers["location"] == f"{page}#activity-{listed[0]}"
    assert re.findall(r'id="activity-(\w+)"', manager.get(page).text)[:2] == listed[1::-1]
    absent = post(manager, f"{page}/activities/a99/order", version=seen(), move_to="up")
    assert absent.status_code == 404
    tried = manager.get(f"{page}/limits?hours=20&hours_top=80")
    assert (tried.status_code, "<html" in tried.text) == (200, False)
    limits = {"hours": 20, "cost": 12000, "hours_top": 80, "cost_top": 12000}
    assert post(manager, f"{page}/limits", version=seen(), **limits).status_code in (303, 409)
    for part in ("print", "document.pdf", "versions/1", f"items/{before[0]}", "activities/new"):
        assert manager.get(f"{page}/{part}").status_code == 200, part


def test_a_change_that_comes_too_late_shows_both_versions_and_loses_nothing(office):
    page, manager, hr = make(office), office["manager"], office["hr"]
    (name, *_, last) = courses_of(manager, page)
    old = version_of(manager, page)
    assert post(hr, f"{page}/drop", version=old, module_id=last).status_code == 303
    typed = {"on_the_job": "每周复盘一次", "companion": "师傅"}
    late = post(manager, f"{page}/items/{name}", version=old, **typed)
    assert late.status_code == 412
    for said in (*typed.values(), f"第 {old} 版", f"第 {old + 1} 版", "不在计划中"):
        assert said in late.text
    assert f'name="version" value="{old + 1}"' in late.text
    again = post(manager, f"{page}/items/{name}", version=old + 1, **typed)
    assert again.status_code == 303
    assert "每周复盘一次" in manager.get(page).text


def test_a_plan_is_talked_about_sent_back_approved_and_started(office):
    page = make(office)
    manager, employee, hr = office["manager"], office["employee"], office["hr"]
    post(employee, f"{page}/comments", text=EVIL)
    assert "&lt;script&gt;" in manager.get(page).text

    def decide(browser, decision, comment=""):
        version = version_of(browser, page)
        return post(
            browser, f"{page}/decision", version=version, decision=decision, comment=comment
        )

    assert decide(manager, "rejected").status_code == 422
    assert decide(manager, "rejected", "学时太多").status_code == 303
    assert "学时太多" in hr.get(page).text
    for browser in (employee, manager, hr):
        assert decide(browser, "approved").status_code == 303
    assert "启动计划" not in employee.get(page).text
    refused = post(employee, f"{page}/activation", version=version_of(employee, page))
    assert refused.status_code == 422
    started = post(manager, f"{page}/activation", version=version_of(manager, page))
    assert started.status_code == 303
    # what is missing is named by its title
    early = post(hr, f"{page}/completion", version=version_of(hr, page))
    assert early.status_code == 409
    assert not any(name in early.text.split('id="items"')[0] for name in courses_of(hr, page))


def test_lists_are_of_the_own_scope_and_filters_stand_in_the_address(office):
    make(office)
    assert EMPLOYEE in office["manager"].get("/plans?show=waiting").text
    for show in ("draft", "approved", "active", "due", "done", "cancelled", "all"):
        assert office["hr"].get(f"/plans?show={show}&unit=x").status_code == 200
    assert office["hr"].get("/plans?show=nothing").status_code == 422
    assert office["manager"].get("/plans/plan-000000000000").status_code == 404
