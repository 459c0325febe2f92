"""HR goes from a cell of the heat map to drafts for all concerned, reviews and publishes them."""

from __future__ import annotations

import re
import time
from urllib.parse import quote

import pytest
from serving import OTHER_UNIT, UNIT

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def hr(served):
    """The browser of HR of the unit."""
    with served.browser("hr") as browser:
        yield browser


def ids(page) -> list[str]:
    return re.findall(r'name="without" value="([^"]+)"', page.text)


def begin(hr, **form):
    """Start a campaign of the unit and return its page once the drafts are made."""
    answer = hr.post("/campaigns", data={"name": "秋季", "unit": UNIT, "hours": "40", **form})
    assert answer.status_code == 303, answer.text
    place = answer.headers["location"]
    ends = time.monotonic() + 60
    while "HX-Refresh" not in (progress := hr.get(f"{place}/progress")).headers:
        assert time.monotonic() < ends
        assert f'hx-get="{place}/progress"' in progress.text
        time.sleep(0.2)
    return place


def test_from_a_cell_of_the_map_to_the_people_and_the_cost(hr):
    assert "/campaigns/new" in hr.get("/campaigns").text
    address = f"/campaigns/new?unit={quote(UNIT)}"
    everybody = hr.get(address)
    assert 'hx-trigger="load, input delay:300ms"' in everybody.text
    assert len(ids(everybody)) > 2
    first, *_ = ids(everybody)
    query = f"unit={quote(UNIT)}&hours=40&first=2&without={first}"
    preview = hr.get(f"/campaigns/new/preview?{query}", headers={"HX-Request": "true"})
    assert (len(ids(preview)), "<html" in preview.text) == (2, False)
    assert f'value="{first}" checked' in preview.text
    assert "选中 1 人" in preview.text
    assert "¥" in preview.text
    assert "without=" in preview.headers["hx-replace-url"]
    without_script = hr.get(f"{address}&estimate=true")
    assert "总费用" in without_script.text
    # what is not there, or not within the own scope, is said in the page
    for unit in (OTHER_UNIT, "no-such"):
        refused = hr.get(f"/campaigns/new?unit={quote(unit)}")
        assert (refused.status_code, ids(refused)) == (200, [])
        assert unit in refused.text
        sent = hr.post("/campaigns", data={"name": "x", "unit": unit})
        assert sent.status_code == 422
    for name, status in (("", 422), ("x" * 101, 422), (EVIL, 409)):
        wrong = hr.post("/campaigns", data={"name": name, "first": "1", "without": first})
        assert wrong.status_code == status, wrong.text
        assert EVIL not in wrong.text
    assert hr.get("/campaigns/new?hours=-1").status_code == 422


def test_drafts_are_reviewed_and_published(served, hr):
    place = begin(hr, name=EVIL, total="4000")
    page = hr.get(place)
    # the first have taken all the money that there was
    assert "总费用上限只剩 ¥" in page.text
    assert EVIL not in page.text
    assert "&lt;script&gt;" in hr.get("/campaigns").text
    drafts = re.findall(r'name="plans" value="([^"]+)"', page.text)
    assert len(drafts) > 2

    def publish(browser=hr, **form):
        return browser.post(f"{place}/publication", data=form)

    nothing = publish()
    assert (nothing.status_code, "没有勾选" in nothing.text) == (422, True)
    one, other, *_ = drafts
    assert publish(plans=one).status_code == 303
    assert "已下发，待审批" in hr.get(place).text
    # changed after the page was opened: it is read again before it goes out
    plan_id, _, version = other.partition(":")
    words = {"version": version, "kind": "mentoring", "competency_id": "job-knowledge"}
    changed = hr.post(f"/plans/{plan_id}/activities", data={**words, "title": "带教"})
    assert changed.status_code == 303
    late = publish(plans=[one, other])
    assert late.status_code == 409
    assert late.text.count('<li><a href="/plans/') == 2
    assert f'value="{other}"' not in late.text
    for wrong in ("plan-0:1", "x"):
        assert publish(plans=wrong).status_code in (404, 422)
    # a program sees and says the same
    program, api = served.client("hr"), f"/v1{place}"
    assert program.get(api).json()["state"] == "review"
    plans = program.get(f"{api}/plans", params={"limit": 200}).json()["items"]
    assert {plan["plan_id"] for plan in plans if plan["published_at"]} == {one.partition(":")[0]}
    body = {"plans": [{"plan_id": plan_id, "version": int(version)}]}
    refused = program.post(f"{api}/publication", json=body).json()
    assert (refused["published"], [each["code"] for each in refused["refused"]]) == (
        0,
        ["request.stale"],
    )
    assert publish(everything="true").status_code == 303
    done = hr.get(place).text
    assert 'name="plans"' not in done
    assert "审阅完毕" in hr.get("/campaigns").text
    # English, and who sees all
    with served.browser("admin", lang="en") as admin:
        assert "all are reviewed" in admin.get(place).text
    # HR of another unit finds nothing there
    with served.browser("hr", org_unit=OTHER_UNIT, actor="account:other") as other_hr:
        for part in ("", "/progress"):
            assert other_hr.get(place + part).status_code == 404
        assert publish(other_hr, everything="true").status_code == 404
        assert other_hr.post(f"{place}/stop").status_code == 404
        assert place not in other_hr.get("/campaigns").text
