"""A day in the life: HR's own files go in, a unit is planned for, somebody learns, and has gained.

The people in the files are made up.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from chromium import Office, Opened, open_office
from openpyxl import Workbook
from plan_office import principal
from playwright.sync_api import expect

from recommender.service.permissions import Role
from recommender.store import upgrade_database
from recommender.texts import say

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FILES = Path(__file__).parents[1] / "exchange" / "recognition" / "files"
NOVEMBER, MARCH, APRIL = (dt.date(2026, 11, 30), dt.date(2027, 3, 1), dt.date(2027, 4, 1))
PERSON, MANAGER, UNIT = "10021", "10036", "华东市分公司/行业拓展中心"
# what is asked about each file, by a part of the question
ANSWERS = {
    "A": {},
    "C": {"王静": "10025"},
    "B": {"评估日期": "2026-06-30", "评估方式": "技能矩阵"},
    "D": {"考试级别": "1"},
    "E": {"部分场次": "completed"},
}


def words(key: str, **values: object) -> str:
    return say(key, "zh-CN", **values)


def hand_in(seen: Opened, file: Path, answers: Mapping[str, str]) -> None:
    """Drop a file, answer what is asked by parts of the questions, and store it."""
    page = seen.page
    seen.go("/imports")
    page.set_input_files("#files", file)
    page.get_by_role("button", name=words("console.import.upload")).click()
    asked = page.locator("#questions .asked li")
    if asked.count():
        for line in asked.all():
            question = line.locator("label").inner_text()
            answer = next(value for part, value in answers.items() if part in question)
            field = line.locator("select, input").first
            if field.evaluate("e => e.tagName") == "SELECT":
                field.select_option(answer)
            else:
                field.fill(answer)
        page.locator("#questions").get_by_role("button").first.click()
    expect(page.locator("#mend")).to_have_count(0)
    page.locator(".foot-bar button").click()
    page.wait_for_url("**/imports/done/*")


def test_a_day(chromium, tmp_path):
    upgrade_database(f"sqlite:///{tmp_path / 'recommender.db'}")
    cast = {
        Role.HR: principal(Role.HR),
        Role.MANAGER: principal(Role.MANAGER, MANAGER),
        Role.EMPLOYEE: principal(Role.EMPLOYEE, PERSON),
    }
    with open_office(tmp_path, NOVEMBER, cast, chromium) as office:
        with office.open("hr") as seen:
            for letter, answers in ANSWERS.items():
                (file,) = FILES.glob(f"{letter}-*.xlsx")
                hand_in(seen, file, answers)
            plan_a_unit(seen)
        plan = change_and_approve(office)
    with open_office(tmp_path, MARCH, cast, chromium) as office:
        learn(office, plan)
    with open_office(tmp_path, APRIL, cast, chromium) as office:
        with office.open("hr") as seen:
            names = learned(seen, plan)
            hand_in(seen, reassessment(tmp_path, names), {})
        complete(office, plan, names)


def plan_a_unit(seen: Opened) -> None:
    """Plan for everybody with a gap in a unit, and publish the drafts."""
    page = seen.page
    seen.go(f"/campaigns/new?unit={quote(UNIT)}&competency=execution")
    page.get_by_role("button", name=words("console.campaign.start")).click()
    page.wait_for_url(re.compile(r"/campaigns/\w+-"))
    everything = page.locator(".foot-bar .asks")
    expect(everything).to_be_visible(timeout=60_000)  # once the drafts are made
    everything.locator("summary").click()
    everything.locator("button.btn-primary").click()
    expect(page.locator("#main")).to_contain_text(words("console.campaign.state_published"))


def change_and_approve(office: Office) -> str:
    """Let the manager change the plan, and all approve it; return its address."""
    with office.open("manager") as seen:
        seen.go("/team")
        seen.go(f"/people/{PERSON}/plans")
        seen.page.locator("a.btn-primary").click()
        plan = seen.path
        courses = seen.page.locator("#items .order").count()
        seen.page.locator("form[action$='/drop'] button").last.click()
        expect(seen.page.locator("#items .order")).to_have_count(courses - 1)
    approve = words("console.plan.decide.approve")
    for role in ("manager", "employee", "hr"):
        with office.open(role) as seen:
            seen.go(plan)
            button = seen.page.get_by_role("button", name=approve)
            if button.count():
                button.click()
                expect(button).to_have_count(0)
    with office.open("manager") as seen:
        seen.go(plan)
        seen.page.get_by_role("button", name=words("console.plan.activate")).click()
        expect(seen.page.locator("#progress")).to_be_visible()
    return plan


def learn(office: Office, plan: str) -> None:
    """Mark what the plan has as done."""
    mark = words("console.plan.mark_done")
    with office.open("manager") as seen:
        seen.go(plan)
        asked = seen.page.locator("details.asks", has_text=mark)
        left = asked.count()
        assert left
        while left:
            asked.first.locator("summary").click()
            asked.first.get_by_role("button", name=mark).click()
            left -= 1
            expect(asked).to_have_count(left)


def reassessment(folder: Path, competencies: Iterable[str]) -> Path:
    """Return HR's next list: what was assessed again some time after the courses."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["工号", "姓名", "能力项", "级别得分", "评估方式", "评估日期"])
    for name in competencies:
        sheet.append([PERSON, "杨伟", name, 2, "技能矩阵", dt.date(2027, 3, 20)])
    book.save(folder / "复评.xlsx")
    return folder / "复评.xlsx"


def learned(seen: Opened, plan: str) -> set[str]:
    """Return the names of the competencies that the courses of a plan are for."""
    seen.go(plan)
    parts = seen.page.locator("#items .item p .nowrap").all_inner_texts()
    found = {part.split(" ")[0] for part in parts if "→" in part}
    assert "执行能力" in found
    return found


def complete(office: Office, plan: str, names: set[str]) -> None:
    """Complete the plan; what was gained stands on its page and in the history of the person."""
    with office.open("manager") as seen:
        seen.go(plan)
        seen.page.get_by_role("button", name=words("console.plan.complete")).click()
        brought = seen.page.locator("#progress tbody tr")
        expect(brought).to_have_count(len(names))
        expect(brought.filter(has_text="执行能力")).to_contain_text("2.00")
        seen.go(f"/people/{PERSON}/history")
        expect(seen.page.locator("#main")).to_contain_text("执行能力 0.00 → 2.00（+2.00）")
