"""Keys, the audit trail and privacy requests in a browser."""

from __future__ import annotations

import html
import re

import pytest
from serving import EMPLOYEE, MANAGER

from recommender.service.views.administration import PER_PAGE

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def admin(served):
    """The browser of somebody who may do everything."""
    with served.browser("admin") as browser:
        yield browser


def secret(page):
    assert page.status_code == 200, page.text
    return re.findall(r'value="(trk_([0-9a-f]{12})_[^"]+)"', page.text)[0]


def opens(served, token):
    headers = {"Authorization": f"Bearer {token}"}
    return served.client(None, **headers).get("/v1/me").status_code == 200


# -- keys --


def test_a_key_is_shown_once_replaced_and_revoked(served, admin):
    token, key_id = secret(
        admin.post("/keys", data={"label": EVIL, "role": "manager", "person_id": MANAGER})
    )
    assert opens(served, token)
    page = admin.get("/keys").text
    assert (token in page, EVIL in page, key_id in page) == (False, False, True)
    assert "吊销密钥「&lt;script&gt;" in page
    renewed, _ = secret(admin.post(f"/keys/{key_id}/rotation"))
    assert opens(served, renewed)
    assert opens(served, token)  # for a day
    assert admin.post(f"/keys/{key_id}/revocation").headers["location"] == "/keys"
    assert not opens(served, token)
    assert key_id in admin.get("/keys?ended=yes").text
    assert key_id not in admin.get("/keys").text.replace(f"trk_{key_id}", "")
    # one that has ended cannot be replaced
    assert admin.post(f"/keys/{key_id}/rotation").status_code == 409


def test_a_key_of_an_administrator_of_access_waits_for_somebody_else(served, admin):
    with served.browser("access-admin") as first:
        networks = "127.0.0.1\n10.0.0.0/8"
        made = first.post(
            "/keys",
            data={"label": "a", "role": "hr", "networks": networks, "also": ["privacy:export"]},
        )
        token, key_id = secret(made)
        assert "须由另一位管理员" in made.text
        assert not opens(served, token)
        assert first.post(f"/keys/{key_id}/confirmation").status_code == 403
    assert "限定 2 个网段" in admin.get("/keys").text
    assert admin.post(f"/keys/{key_id}/confirmation").status_code == 303
    assert opens(served, token)


def test_what_a_key_lacks_is_said_where_it_was_typed(admin):
    for wrong in (
        {"role": "employee"},  # of nobody
        {"role": "analyst", "org_unit": "南区示例分公司"},
        {"role": "hr", "networks": "10.0.0.1/8"},
        {"role": "analyst", "also": "privacy:erase"},
        {"role": "analyst", "days": "731"},
        {"role": "analyst", "label": " "},
    ):
        answer = admin.post("/keys", data={"label": "门户", **wrong})
        assert (answer.status_code, 'role="alert"' in answer.text) == (422, True), wrong
        assert (wrong.get("label", "门户") in answer.text) is True, wrong


def test_the_last_use_of_a_key_goes_by_the_audit_trail(served, admin):
    token, key_id = secret(admin.post("/keys", data={"label": "last", "role": "hr"}))

    def last():
        row = admin.get("/keys").text.split(key_id)[1].split("</tr>")[0]
        return row.split('data-k="最近使用"')[1].split("</td>")[0]

    assert "—" in last()
    served.client(None, Authorization=f"Bearer {token}").get("/v1/people?limit=1")
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", last())


# -- the audit trail --


@pytest.fixture(scope="module")
def auditor(served):
    """The browser of somebody who reads the audit trail, and nothing else."""
    with served.browser("auditor") as browser:
        yield browser


def numbers(page):
    return [int(number) for number in re.findall(r'href="/audit/(\d+)"', page)]


def test_the_auditor_finds_who_read_whom(served, auditor):
    with served.browser("hr") as hr:
        hr.get(f"/people/{EMPLOYEE}")
        hr.get(f"/people/{EMPLOYEE}/evidence")
    assert auditor.get("/").headers["location"] == "/audit"
    page = auditor.get(f"/audit?person={EMPLOYEE}&action=show_person&since=2000-01-01").text
    found = numbers(page)
    assert found == sorted(found, reverse=True)
    assert found
    entry = auditor.get(f"/audit/{found[0]}").text
    assert ("show_person" in entry, EMPLOYEE in entry, "account:hr" in entry) == (True,) * 3
    # each condition narrows; a day is by the clock on the wall
    for none in ("until=2000-01-01", "who=nobody", "action=show_perso", "before=1"):
        assert numbers(auditor.get(f"/audit?{none}").text) == [], none
    assert numbers(auditor.get("/audit?who=account:hr").text)
    missing = auditor.get("/audit?person=no-such")
    assert (missing.status_code, 'role="alert"' in missing.text) == (404, True)
    for wrong in ("since=x", "until=0001-01-01", "before=0", "who=%00"):
        assert auditor.get(f"/audit?{wrong}").status_code == 422, wrong
    assert auditor.get("/audit/2147483647").status_code == 404


def test_a_key_goes_by_its_label_and_pages_lead_to_what_is_older(served, admin, auditor):
    token, key_id = secret(admin.post("/keys", data={"label": EVIL, "role": "hr"}))
    with served.client(None, Authorization=f"Bearer {token}") as portal:
        for _ in range(PER_PAGE + 1):
            portal.get("/v1/people?limit=1")
    first = auditor.get(f"/audit?who=key:{key_id}").text
    assert ("&lt;script&gt;" in first, EVIL in first) == (True, False)
    newest = numbers(first)
    assert len(newest) == PER_PAGE
    older = html.unescape(re.findall(r'href="(/audit[^"]+before=\d+)"', first)[0])
    last = auditor.get(older).text
    assert (len(numbers(last)), max(numbers(last)) < min(newest)) == (1, True)
    assert "更早的记录" not in last


def test_the_chain_is_checked_and_compared_with_a_hash_noted_earlier(auditor):
    page = auditor.get("/audit/chain").text
    head = re.findall(r'id="head" value="([0-9a-f]{64})"', page)[0]
    assert "完整" in page
    assert "也在其中" in auditor.get(f"/audit/chain?noted={head}").text
    other = auditor.get(f"/audit/chain?noted={'0' * 63}1").text
    assert ('role="alert"' in other, "完整" in other) == (True, False)
    assert auditor.get("/audit/chain?noted=xyz").status_code == 422


def test_an_auditor_who_may_see_nobody_is_offered_no_search(auditor, admin):
    assert 'role="search"' not in auditor.get("/audit").text
    assert 'role="search"' in admin.get("/audit").text
