"""Signing in and out in a browser: passwords, one-time links, accounts, and what is refused."""

from __future__ import annotations

import re

import pytest

PASSWORD = "four unrelated words here"
FOREIGN = {"Origin": "https://evil.example"}


@pytest.fixture
def visitor(served):
    """Return a browser in which nobody is signed in."""
    with served.client(None, Accept="text/html") as browser:
        browser.base_url = "http://localhost"
        browser.headers.pop("Accept-Language")
        yield browser


def add(served, login: str, **rights: str) -> str:
    """Add an account by the page for it and return the address at which its password is chosen."""
    with served.browser("admin") as admin:
        answer = admin.post("/accounts", data={"login": login, "name": "示例", **rights})
        assert answer.status_code == 200, answer.text
        found = re.search(r"http://localhost(/login/reset/[\w-]+)", answer.text)
        assert found
        return found[1]


def test_from_an_account_to_the_first_page_and_out_again(served, visitor):
    address = add(served, "Wang.Min", role="manager", person_id="00008")
    assert visitor.get(address).status_code == 200
    differing = visitor.post(address, data={"password": PASSWORD, "again": "another"})
    assert differing.status_code == 422
    assert "两次输入的密码不一致" in differing.text
    chosen = visitor.post(address, data={"password": PASSWORD, "again": PASSWORD})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/login")
    assert visitor.get(address).status_code == 404  # it works once
    wrong = visitor.post("/login", data={"login": "wang.min", "password": "x" * 12})
    unknown = visitor.post("/login", data={"login": "nobody", "password": "x" * 12})
    assert wrong.status_code == unknown.status_code == 403
    assert wrong.text.replace("wang.min", "") == unknown.text.replace("nobody", "")
    answer = visitor.post(
        "/login", data={"login": "wang.min", "password": PASSWORD, "next": "/people/00002"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/people/00002")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    page = visitor.get("/account")
    assert page.status_code == 200
    csrf = re.search(r'name="csrf" value="([\w-]+)"', page.text)
    assert csrf
    assert visitor.post("/logout").status_code == 403
    left = visitor.post("/logout", data={"csrf": csrf[1]})
    assert left.headers["location"] == "/login"
    assert visitor.get("/account").status_code == 303


def test_a_token_from_before_the_sign_in_is_worth_nothing_after_it(served, visitor):
    address = add(served, "fixed", role="analyst")
    visitor.post(address, data={"password": PASSWORD, "again": PASSWORD})
    visitor.cookies.set("session", "a" * 43)
    answer = visitor.post("/login", data={"login": "fixed", "password": PASSWORD})
    assert answer.status_code == 303
    assert "a" * 43 not in answer.headers["set-cookie"]


def test_forms_of_other_sites_are_refused(served, visitor):
    address = add(served, "lured", role="analyst")
    for path in (address, "/login", "/enter/x"):
        assert visitor.post(path, headers=FOREIGN).status_code == 403, path
    own = visitor.post("/login", headers={"Origin": "http://localhost"}, data={"login": "x"})
    assert "登录名或密码不正确" in own.text


def test_after_the_sign_in_nobody_is_led_to_another_server(served, visitor):
    address = add(served, "led", role="analyst")
    visitor.post(address, data={"password": PASSWORD, "again": PASSWORD})
    for place in ("//evil.example", "https://evil.example/", "/\\evil.example", "javascript:x"):
        sent = {"login": "led", "password": PASSWORD, "next": place}
        assert visitor.post("/login", data=sent).headers["location"] == "/", place


def test_accounts_are_for_those_who_manage_keys(served):
    for role in ("employee", "manager", "hr", "analyst", "auditor", "system-admin"):
        with served.browser(role) as browser:
            assert browser.get("/accounts").status_code == 403, role
            assert browser.post("/accounts", data={"login": "x"}).status_code == 403, role


def test_whoever_is_disabled_is_signed_out_at_once(served, visitor):
    address = add(served, "gone", role="analyst")
    visitor.post(address, data={"password": PASSWORD, "again": PASSWORD})
    visitor.post("/login", data={"login": "gone", "password": PASSWORD})
    assert visitor.get("/account").status_code == 200
    with served.browser("admin") as admin:
        listed = admin.get("/accounts").text
        number = re.findall(r"<th[^>]*>gone</th>.*?/accounts/(\w+)/disable", listed, re.S)
        assert admin.post(f"/accounts/{number[0]}/disable").status_code == 303
    assert visitor.get("/account").status_code == 303
    assert visitor.post("/login", data={"login": "gone", "password": PASSWORD}).status_code == 403


def test_what_an_access_admin_asks_for_waits_for_a_second_one(served, visitor):
    with served.browser("access-admin") as admin:
        made = admin.post("/accounts", data={"login": "two", "name": "示例", "role": "analyst"})
        assert "待另一位管理员确认" in made.text
    found = re.search(r"http://localhost(/login/reset/[\w-]+)", made.text)
    assert found
    assert visitor.get(found[1]).status_code == 404
    with served.browser("admin") as second:
        listed = second.get("/accounts").text
        number = re.findall(r"<th[^>]*>two</th>.*?/accounts/(\w+)/confirm", listed, re.S)
        assert second.post(f"/accounts/{number[0]}/confirm").status_code == 303
    assert visitor.get(found[1]).status_code == 200
