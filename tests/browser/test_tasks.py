"""The five main tasks of the console, by somebody who has a keyboard and no mouse.

Each is done in another language or at another width.
"""

from __future__ import annotations

import datetime as dt
import re

import pytest
from chromium import DESK, PHONE, Keyboard
from organisations import AS_OF
from playwright.sync_api import expect

from recommender.service.access.signing_in.accounts import (
    RESET,
    AccountRequest,
    create_account,
    make_link,
)
from recommender.service.access.signing_in.choosing import reset_password
from recommender.service.permissions import Role
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts.one import create_plan
from recommender.service.plans.life import activate_plan, decide_on_plan
from recommender.service.plans.reading import read_plan
from recommender.service.session import open_session
from recommender.texts import say

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def person(office) -> str:
    return office.cast[Role.EMPLOYEE].person_id


@pytest.fixture(scope="module")
def plan(office, person) -> str:
    """The id of a plan that was approved and is in force since last week."""
    last_week = AS_OF - dt.timedelta(days=7)
    with open_session(office.settings, "test") as session:
        made = create_plan(session, person, PlanRequest(hours_budget=20), as_of=last_week).plan
    for role in (Role.EMPLOYEE, Role.MANAGER, Role.HR):
        with open_session(office.settings, "test", who=office.cast[role]) as session:
            if role in read_plan(session, made.plan_id).awaiting:
                decide_on_plan(session, made.plan_id, decision="approved", seen=None)
            if role is Role.HR:
                activate_plan(session, made.plan_id, seen=None)
    return made.plan_id


def test_somebody_is_found(office, person):
    with office.open("hr", lang="en", width=PHONE) as seen:
        hand = Keyboard(seen.page)
        seen.go("/plans")
        hand.press(say("console.skip", "en"))
        assert seen.page.locator("#main:focus").count() == 1
        seen.go("/plans")
        hand.press(say("console.open_menu", "en"))  # where a phone has the search
        hand.reach(say("console.search_hint", "en"))
        hand.write(person)
        hand.keys("Enter")
        seen.page.wait_for_url("**/people?q=*")
        name = seen.page.locator(f'a[href="/people/{person}"]').first.inner_text()
        hand.follow(name)
        assert seen.path == f"/people/{person}"
        expect(seen.page.get_by_role("heading", level=1)).to_contain_text(name)


@pytest.mark.slow
def test_a_plan_is_made_changed_approved_and_started(office, person):
    with office.open("manager", lang="zh-CN", width=DESK) as seen:
        hand = Keyboard(seen.page)
        seen.go(f"/people/{person}/plan")
        hand.reach(say("console.plan.hours_limit", "zh-CN"))
        before = seen.page.locator("#answer").inner_text()
        hand.keys(*["ArrowLeft"] * 6)
        expect(seen.page.locator("#answer")).not_to_have_text(before)  # answers at once
        hand.follow(say("console.plan.build.keep", "zh-CN"))
        plan = seen.path
        assert re.fullmatch(r"/plans/plan-\w+", plan)

        titles = seen.page.locator("#items h3")
        first = re.sub(r"^\d+\s*", "", titles.nth(0).inner_text())
        count = titles.count()
        hand.follow(say("console.plan.drop", "zh-CN", title=first))
        expect(seen.page.locator("#items h3")).to_have_count(count - 1)
        hand.reach(say("console.plan.comment", "zh-CN"))
        hand.write("先参加近期班次")
        hand.follow(say("console.plan.send_comment", "zh-CN"))
        expect(seen.page.locator("#comments")).to_contain_text("先参加近期班次")
    for role in ("employee", "manager", "hr"):
        with office.open(role, lang="zh-CN", width=DESK) as seen:
            seen.go(plan)
            if seen.page.get_by_role(
                "button", name=say("console.plan.decide.approve", "zh-CN")
            ).count():
                Keyboard(seen.page).follow(say("console.plan.decide.approve", "zh-CN"))
    with office.open("manager", lang="zh-CN", width=DESK) as seen:
        hand = Keyboard(seen.page)
        seen.go(plan)
        hand.follow(say("console.plan.activate", "zh-CN"))
        expect(seen.page.locator("#progress")).to_be_visible()


def test_what_is_done_is_marked(office, plan):
    with office.open("manager", lang="en", width=DESK) as seen:
        hand = Keyboard(seen.page)
        seen.go(f"/plans/{plan}")
        mark = say("console.plan.mark_done", "en")
        progress = seen.page.locator("#progress")
        before = int(re.findall(r"(\d+) of ", progress.inner_text())[0])
        hand.press(mark, "summary")
        hand.follow(mark, "button")
        expect(progress).to_contain_text(f"{before + 1} of ")


def test_somebody_signs_in_ticks_off_and_asks_for_a_human_review(office, person, plan):
    login, password = "own.page", "four unrelated words here"
    with open_session(office.settings, "test") as session:
        request = AccountRequest(login, "synthetic employee", Role.EMPLOYEE, person_id=person)
        link = make_link(session, create_account(session, request).account_id, RESET)
    reset_password(office.app.state.server.installation, link, password)
    with office.open("employee", lang="en", width=PHONE) as seen:
        seen.page.context.clear_cookies(name="session")
        hand = Keyboard(seen.page)
        seen.go("/login")
        hand.keys("Shift+Tab")  # the field is ready to be typed into: step back to see it reached
        hand.reach(say("signing_in.login", "en"))
        hand.write(login)
        hand.reach(say("signing_in.password", "en"))
        hand.write(password)
        hand.follow(say("signing_in.enter", "en"))
        assert seen.path == "/me"

        done = seen.page.locator("#plan .badge-met")
        before = done.count()
        tick = seen.page.locator("#plan details summary").first.inner_text()
        tick = " ".join(tick.split())
        hand.press(tick, "summary")
        hand.follow(tick, "button")
        expect(done).to_have_count(before + 1)

        hand.follow(say("me.rights.review", "en"))
        hand.reach(say("me.ask.reason", "en"))
        hand.write("I have led tenders since spring.")
        hand.follow(say("me.ask.verb", "en"))
        expect(seen.page.locator("#asked")).to_contain_text("I have led tenders since spring.")


def test_a_file_is_imported(office, tmp_path):
    file = tmp_path / "花名册.csv"
    file.write_text(
        "员工编号,员工姓名,单位,部门,岗位职级,直接上级\nT1,#N/A,测试分公司,政企客户部,初级,\n",
        encoding="utf-8",
    )
    with office.open("hr", lang="zh-CN", width=PHONE) as seen:
        hand = Keyboard(seen.page)
        # heard from before the page opens: whoever begins to listen as the key is pressed is late
        # at times, and the browser opens a dialog of its own
        seen.page.on("filechooser", lambda chooser: chooser.set_files(file))
        seen.go("/imports")
        hand.press(say("console.import.drop", "zh-CN"))
        expect(seen.page.locator("input[type=file]")).not_to_have_value("")
        hand.follow(say("console.import.upload", "zh-CN"))
        expect(seen.page.locator("#main")).to_contain_text("花名册.csv")
        cell = seen.page.locator("input[name^=cell-]").first
        hand.reach(cell.get_attribute("aria-label") or "")
        hand.keys("Control+a")
        hand.write("测试甲")
        with seen.page.expect_navigation():
            hand.keys("Enter")
        hand.follow(say("console.import.run", "zh-CN", count=1))
        assert seen.path.startswith("/imports/done/")
        seen.go("/people/T1")
        expect(seen.page.get_by_role("heading", level=1)).to_contain_text("测试甲")
