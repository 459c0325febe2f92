"""Every page in a real browser: whole, readable by all, in two languages, at a desk and on a phone.

The pages are in pages.yaml.
"""

from __future__ import annotations

import re

import pytest
from chromium import DESK, PHONE
from console_pages import BY_ROLE, ROWS, faults_of
from pages import page_routes

from recommender.service.permissions import Role

pytestmark = pytest.mark.browser

# opened while nobody is signed in, or no page of its own: a piece of one, a file, a redirect
ELSEWHERE = {
    "/campaigns/new/preview",
    "/campaigns/{campaign_id}/progress",
    "/cohorts/{cohort_id}/progress",
    "/jobs/{job_id}/progress",
    "/jobs/{job_id}/file",
    "/",
    "/login",
    "/enter/{link}",
    "/login/reset/{link}",
    "/login/oidc",
    "/login/oidc/callback",
    "/search",
    "/start/sample",
    "/people/{person_id}/plan/answer",
    "/plans/{plan_id}/limits",
    "/plans/{plan_id}/print",
    "/plans/{plan_id}/items/{module_id}",
    "/plans/{plan_id}/activities/{activity_id}",
    "/imports/{import_id}",
    "/imports/done/{batch_id}",
    "/standards/findings",
    "/today/running",
    "/today/imports/{import_id}",
}
MOST_BYTES = 300_000
SENT = """() => Object.fromEntries(
  [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .map(entry => [entry.name, entry.transferSize]))"""


def test_each_page_is_opened():
    opened = [re.sub(r"\?.*", "", row["page"]) for row in ROWS]
    for method, path, _ in page_routes():
        if method == "GET" and path not in ELSEWHERE and not re.search(r"\.\w+$", path):
            # of the names in an address any value does
            form = re.compile(re.sub(r"\{\w+\}", r"[^/]+", path))
            assert any(form.fullmatch(page) for page in opened), path


@pytest.mark.slow
@pytest.mark.parametrize("role", [role for role in Role if BY_ROLE[role]])
@pytest.mark.parametrize(("lang", "width"), [("zh-CN", DESK), ("en", PHONE)])
def test_pages_of_a_role(office, values, role, lang, width):
    faults = {}
    with office.open(role, lang=lang, width=width) as seen:
        for row in BY_ROLE[role]:
            if found := list(faults_of(seen, row, values)):
                faults[row["page"]] = found
            seen.complaints.clear()
        assert seen.page.evaluate("document.documentElement.lang") == lang
    assert faults == {}


def test_first_page_is_light(office):
    """All that a browser fetches before anything is cached: fonts, style, scripts and the page."""
    for role, where in (("hr", "/today"), ("employee", "/"), ("manager", "/team")):
        with office.open(role) as seen:
            seen.go(where)
            sizes = seen.page.evaluate(SENT)
            assert 0 < sum(sizes.values()) <= MOST_BYTES, sizes
