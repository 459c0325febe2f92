"""A day in the life: HR's own files go in, a unit is planned for, somebody learns, and has gained.

The people in the files are made up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import pytest
from chromium import Opened, open_office
from plan_office import principal
from playwright.sync_api import expect

from recommender.service.permissions import Role
from recommender.store import upgrade_database
from recommender.texts import say

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FILES = Path(__file__).parents[1] / "exchange" / "recognition" / "files"
NOVEMBER, MARCH = dt.date(2026, 11, 30), dt.date(2027, 3, 1)
PERSON, MANAGER = "10021", "10001"


def words(key: str, **values: object) -> str:
    return say(key, "zh-CN", **values)


def hand_in(seen: Opened, file: Path, answers: Mapping[str, str]) -> None:
    """Drop a file, answer what is asked about it, and store it; answers by a part of the question."""
    page = seen.page
    seen.go("/imports")
    page.set_input_files("#files", file)
    page.get_by_role("button", name=words("console.import.upload")).click()
    asked = page.locator("#questions .asked li")
    if asked.count():
        for line in asked.all():
            question = line.locator("label").inner_text()
            print(question, line.locator("select, input").first.inner_html()[:300])
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
    with open_office(tmp_path, NOVEMBER, cast, chromium) as office, office.open("hr") as seen:
        for letter, answers in {
            "A": {},
            "C": {"王静": "10025"},
            "B": {"": "2026-06-30"},
            "D": {"": "1"},
            "E": {"": "completed"},
        }.items():
            (file,) = FILES.glob(f"{letter}-*.xlsx")
            hand_in(seen, file, answers)
            seen.page.screenshot(path=f"/tmp/seen/day-{letter}.png", full_page=True)
