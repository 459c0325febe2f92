"""Keys, the audit trail and privacy requests in a browser."""

from __future__ import annotations

import html
import re

import pytest
from databases import copied
from serving import ABSENT, COLLEAGUE, EMPLOYEE, MANAGER, OTHER_UNIT, OUTSIDE, serve

from recommender.service.permissions import PERMISSIONS, Permission, Role
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


# -- privacy requests --


def protecting(served):
    """Return the browser of HR of the unit that may export and erase, too."""
    also = {Permission.EXPORT_PERSON, Permission.ERASE_PERSON}
    return served.browser("hr", permissions=PERMISSIONS[Role.HR] | also)


def test_human_reviews_wait_until_somebody_answers(served, admin):
    reason = f"请再看一遍 {EVIL}"
    with served.browser("employee") as employee, served.browser("hr") as hr:
        assert employee.post(f"/people/{EMPLOYEE}/reviews", data={"reason": reason})
        admin.post(f"/people/{OUTSIDE}/reviews", data={"reason": "西区"})
        page = hr.get("/privacy").text
        assert ("请再看一遍 &lt;script&gt;" in page, EVIL in page, "西区" in page) == (
            True,
            False,
            False,
        )
        number = re.findall(r'action="(/privacy/reviews/\d+)"', page)[0]
        assert hr.post(number, data={"answer": ""}).status_code == 422
        assert hr.post(number, data={"answer": "已改"}).headers["location"] == "/privacy"
        assert hr.post(number, data={"answer": "再改"}).status_code == 409
        assert "请再看一遍" not in hr.get("/privacy").text
        assert "已改" in hr.get("/privacy?answered=yes").text
    assert "由人力资源代为提出" in admin.get("/privacy").text


def test_the_data_held_on_a_person_is_exported_within_the_scope(served):
    with protecting(served) as hr:
        assert "/privacy/people" in hr.get("/privacy").text
        page = hr.get(f"/privacy/people?person={EMPLOYEE}").text
        address = re.findall(r'href="(/people/[^"]+/data.json)"', page)[0]
        answer = hr.get(address)
        assert answer.json()["person_id"] == EMPLOYEE
        assert "attachment" in answer.headers["content-disposition"]
        for person in (OUTSIDE, ABSENT):
            answer = hr.get(f"/privacy/people?person={person}")
            assert (answer.status_code, 'role="alert"' in answer.text) == (404, True)
            assert hr.get(f"/people/{person}/data.json").status_code == 404
    with served.browser("hr") as plain:
        assert "/privacy/people" not in plain.get("/privacy").text
    with served.browser("employee") as employee:
        assert "data.json" in employee.get(f"/people/{EMPLOYEE}/accesses").text


def test_an_erasure_takes_the_number_once_more(served):
    with protecting(served) as hr:
        address = f"/privacy/people/{COLLEAGUE}/erasure"
        wrong = hr.post(address, data={"confirm": EMPLOYEE})
        assert (wrong.status_code, 'role="alert"' in wrong.text) == (422, True)
        assert hr.get(f"/people/{COLLEAGUE}").status_code == 200
        assert hr.post(address, data={"confirm": COLLEAGUE}).headers["location"] == (
            "/privacy/people"
        )
        assert "个人数据已删除" in hr.get("/privacy/people").text
        assert hr.get(f"/people/{COLLEAGUE}").status_code == 404


def test_where_it_takes_two_the_second_finds_what_waits(
    find_original, postgresql, tmp_path_factory
):
    folder, stored = tmp_path_factory.mktemp("strict"), find_original("sqlite")
    with (
        copied(stored.url, folder, postgresql) as url,
        serve(url, folder, stored=stored, two_person=True) as strict,
        protecting(strict) as first,
        strict.browser("admin") as second,
    ):
        address, sent = f"/privacy/people/{COLLEAGUE}/erasure", {"confirm": COLLEAGUE}
        assert "本次只是提出" in first.get(f"/privacy/people?person={COLLEAGUE}").text
        first.post(address, data=sent)
        page = first.get("/privacy/people").text
        assert ("已提出删除" in page, "由他人确认" in page) == (True, True)
        # whose erasure waits is told within the scope alone
        with strict.browser(
            "hr", org_unit=OTHER_UNIT, permissions=PERMISSIONS[Role.ADMIN]
        ) as elsewhere:
            assert COLLEAGUE not in elsewhere.get("/privacy/people").text
        found = re.findall(
            r'href="(/privacy/people\?person=[^"]+)"', second.get("/privacy/people").text
        )
        assert found == [f"/privacy/people?person={COLLEAGUE}"]
        second.post(address, data=sent)
        assert second.get(f"/people/{COLLEAGUE}").status_code == 404
        assert "等待第二人" not in second.get("/privacy/people").text


def test_what_is_past_its_time_is_deleted_on_request(served, admin):
    with served.browser("system-admin") as system:
        page = system.get("/privacy/retention").text
        assert ("行为评分" in page, "人工复核" in page.split("<tbody")[0]) == (True, False)
        assert system.post("/privacy/retention").headers["location"] == "/privacy/retention"
        assert "已清理" in system.get("/privacy/retention").text
    assert "/privacy/retention" in admin.get("/privacy").text
