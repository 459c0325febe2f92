"""HR has seats worked out, compares, publishes them, and records who drops out."""

from __future__ import annotations

import re
import time
from io import BytesIO
from urllib.parse import quote

import pytest
from openpyxl import load_workbook
from serving import OTHER_UNIT, UNIT

EVIL = "<script>alert(1)</script>"
# a month of runs, so that it takes no time
PERIOD = {"starts_from": "2026-11-02", "starts_until": "2026-12-01"}


@pytest.fixture(scope="module")
def hr(served):
    """The browser of HR of the unit."""
    with served.browser("hr") as browser:
        yield browser


def test_from_the_form_to_seats_that_are_published_once(hr):
    assert 'href="/cohorts/new"' in hr.get("/cohorts").text
    new = hr.get(f"/cohorts/new?unit={quote(UNIT)}")
    assert 'hx-post="/cohorts/new/preview"' in new.text
    preview = hr.post("/cohorts/new/preview", data={"unit": UNIT, **PERIOD})
    assert (preview.status_code, "<html" in preview.text) == (200, False)
    assert re.search(r"<b>\d+</b> <small>空余名额", preview.text)
    # what is not there, or not within the own scope, is said in the page
    for unit in (OTHER_UNIT, "no-such"):
        refused = hr.post("/cohorts/new/preview", data={"unit": unit, **PERIOD})
        assert (refused.status_code, unit in refused.text) == (200, True)
        assert hr.post("/cohorts", data={"name": "x", "unit": unit, **PERIOD}).status_code == 422
    for given, status in (
        ({"name": ""}, 422),
        ({"starts_until": "2026-11-01"}, 422),
        ({"applications": "no-such"}, 422),
        ({"floor": "101"}, 422),
        ({"starts_from": "2029-01-01", "starts_until": "2029-01-02"}, 409),
    ):
        wrong = hr.post("/cohorts", data={"name": EVIL, **PERIOD, **given})
        assert wrong.status_code == status, given
        assert EVIL not in wrong.text
    sent = hr.post("/cohorts", data={"name": EVIL, "floor": "0", "hours": "16", **PERIOD})
    assert sent.status_code == 303, sent.text
    place = sent.headers["location"]
    ends = time.monotonic() + 120
    while "HX-Refresh" not in hr.get(f"{place}/progress").headers:
        assert time.monotonic() < ends
        time.sleep(0.2)
    page = hr.get(place)
    assert EVIL not in page.text
    assert "整体最优（采用）" in page.text
    assert "专家估计" in page.text
    version = re.search(r'name="version" value="(\d+)"', page.text)
    assert version
    stale = hr.post(f"{place}/publication", data={"version": int(version[1]) + 1})
    assert stale.status_code == 409
    for _ in range(2):
        done = hr.post(f"{place}/publication", data={"version": version[1]})
        assert done.headers["location"] == place
    page = hr.get(place)
    assert "已公布" in page.text
    assert f'action="{place}/publication"' not in page.text
    book = load_workbook(BytesIO(hr.get(f"{place}/seats.xlsx").content), read_only=True)
    rows = [*book.worksheets[0].iter_rows(values_only=True)]
    seated = [row for row in rows if "有名额" in row]
    assert seated
    person, run = seated[0][3], seated[0][1]
    nobody = hr.post(f"{place}/dropouts", data={"person": "no-such"})
    assert (nobody.status_code, "no-such" in nobody.text) == (422, True)
    gone = hr.post(f"{place}/dropouts", data={"person": person, "run": run})
    assert gone.headers["location"] == place
    assert "已退出" in hr.get(f"{place}?run={quote(run)}").text
    again = hr.post(f"{place}/dropouts", data={"person": person, "run": run})
    assert again.status_code == 409
    assert hr.post(f"{place}/closure").headers["location"] == place
    assert "已关闭" in hr.get("/cohorts").text


def test_a_cohort_of_another_unit_looks_like_nothing(served, hr):
    with served.client("admin") as admin:
        given = {"name": "x", "org_unit": OTHER_UNIT, **PERIOD}
        made = admin.post("/v1/cohorts", json=given)
    assert made.status_code == 202, made.text
    cohort_id = made.json()["cohort_id"]
    for name in (cohort_id, "cohort-0"):
        assert hr.get(f"/cohorts/{name}").status_code == 404
        assert hr.get(f"/cohorts/{name}/seats.xlsx").status_code == 404
        assert hr.post(f"/cohorts/{name}/publication", data={"version": 1}).status_code == 404
