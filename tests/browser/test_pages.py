"""Every page in a real browser: whole, readable by all, in two languages, at a desk and on a phone.

The pages are in pages.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from chromium import DESK, PHONE, Opened
from organisations import AS_OF
from pages import page_routes

from recommender.service.permissions import Role
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts import create_plan
from recommender.service.session import open_session

pytestmark = pytest.mark.browser

ROWS = yaml.safe_load(Path(__file__).with_name("pages.yaml").read_text("utf-8"))
BY_ROLE = {role: [row for row in ROWS if role in row["as"]] for role in Role}
# opened while nobody is signed in, or no page of its own: a piece of one, a file, a redirect
ELSEWHERE = {
    "/",
    "/login",
    "/enter/{link}",
    "/login/reset/{link}",
    "/search",
    "/people/{person_id}/plan/answer",
    "/plans/{plan_id}/limits",
    "/plans/{plan_id}/print",
    "/plans/{plan_id}/items/{module_id}",
    "/plans/{plan_id}/activities/{activity_id}",
    "/imports/{import_id}",
    "/imports/done/{batch_id}",
}
MOST_BYTES = 300_000
SENT = """() => Object.fromEntries(
  [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .map(entry => [entry.name, entry.transferSize]))"""


@pytest.fixture(scope="module")
def values(office) -> dict[str, str]:
    """Make a plan for somebody; return what stands for the names in the addresses."""
    person = office.cast[Role.EMPLOYEE].person_id
    with open_session(office.settings, "test") as session:
        plan = create_plan(session, person, PlanRequest(hours_budget=40), as_of=AS_OF).plan
    return {
        "person": person,
        "manager": office.cast[Role.MANAGER].person_id,
        "plan": plan.plan_id,
    }


def test_each_page_is_opened():
    opened = [re.sub(r"\?.*", "", row["page"]) for row in ROWS]
    for method, path, _ in page_routes():
        if method == "GET" and path not in ELSEWHERE and not re.search(r"\.\w+$", path):
            # of the names in an address any value does
            form = re.compile(re.sub(r"\{\w+\}", r"[^/]+", path))
            assert any(form.fullmatch(page) for page in opened), path


@pytest.mark.parametrize("role", [role for role in Role if BY_ROLE[role]])
@pytest.mark.parametrize(("lang", "width"), [("zh-CN", DESK), ("en", PHONE)])
def test_pages_of_a_role(office, values, role, lang, width):
    faults = {}
    with office.open(role, lang=lang, width=width) as seen:
        for row in BY_ROLE[role]:
            where = row["page"].format(**values)
            found = list(faults_of(seen, where, row.get("status", 200)))
            if found:
                faults[where] = found
            seen.complaints.clear()
        assert seen.page.evaluate("document.documentElement.lang") == lang
    assert faults == {}


def faults_of(seen: Opened, where: str, status: int) -> Iterator[str]:
    """Open a page and say what is wrong with it."""
    answers = []
    seen.page.on("response", lambda answer: answers.append(answer))
    seen.go(where, status=status)
    # that the page itself is not there the browser notes, and rightly
    yield from (x for x in seen.complaints if status == 200 or str(status) not in x)
    yield from (f"{x.status} of {x.url}" for x in answers[1:] if x.status >= 400)
    if seen.page.locator("h1").count() != 1:
        yield "not one heading"
    if (over := seen.overflow()) > 0:
        yield f"{over} px wider than its window"
    yield from seen.violations()
    yield from re.findall(r"\b(?:None|nan|undefined)\b|\{\w*\}", seen.text)


def test_first_page_is_light(office):
    """All that a browser fetches before anything is cached: fonts, style, scripts and the page."""
    for role, where in (("hr", "/people"), ("employee", "/"), ("manager", "/team")):
        with office.open(role) as seen:
            seen.go(where)
            sizes = seen.page.evaluate(SENT)
            assert 0 < sum(sizes.values()) <= MOST_BYTES, sizes
