"""Who is admitted to a page, and what a browser is shown where something is wrong."""

from __future__ import annotations

import re

import pytest
from pages import page_routes

from recommender.service.permissions import Role

# nobody is signed in there yet, or nothing is changed but the words
OPEN = {"/language", "/login", "/login/reset/{link}", "/enter/{link}"}


def test_whoever_is_not_signed_in_is_led_to_where_they_can(served):
    with served.client(None, Accept="text/html") as browser:
        seen = browser.get("/?unit=a b&x=1")
        assert seen.status_code == 303
        assert seen.headers["location"] == "/login?next=%2F%3Funit%3Da%2520b%26x%3D1"
        piece = browser.get("/", headers={"HX-Request": "true"})
        assert (piece.status_code, piece.headers["hx-redirect"]) == (401, "/login")


def test_a_key_opens_no_page(served):
    with served.client("admin", Accept="text/html") as program:
        assert program.get("/").headers["location"].startswith("/login")


def test_each_role_begins_where_its_work_does(served):
    for role in Role:
        with served.browser(role) as browser:
            answer = browser.get("/")
            assert answer.status_code in (200, 303), role
            assert not answer.headers.get("location", "").startswith("/login"), role


def forms() -> list[str]:
    return [path for method, path, _ in page_routes() if method != "GET" and path not in OPEN]


def test_a_form_that_no_page_of_ours_has_sent_is_refused(served):
    with served.browser("admin") as browser:
        del browser.headers["X-CSRF-Token"]
        for token in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "x" * 43}):
            for path in forms():
                answer = browser.post(path, headers=token)
                assert answer.status_code in (403, 422), path


def test_a_problem_is_a_page_for_a_browser_and_a_document_for_a_program(served):
    with served.browser("admin") as browser:
        page = browser.get("/no-such-page")
        assert (page.status_code, page.headers["content-type"]) == (
            404,
            "text/html; charset=utf-8",
        )
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert "请求编号" in page.text
        assert page.headers["x-request-id"] in page.text
        piece = browser.get("/no-such-page", headers={"HX-Request": "true"})
        assert piece.headers["hx-retarget"] == "#problem"
        assert "<html" not in piece.text
        program = browser.get("/no-such-page", headers={"Accept": "application/json"})
        assert program.headers["content-type"] == "application/problem+json"


def test_the_language_is_chosen_once_and_leads_nowhere_else(served):
    with served.browser("admin") as browser:
        for after, leads in (
            ("/people?q=x", "/people?q=x"),
            ("//evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/\t/evil.example", "/"),
        ):
            answer = browser.post("/language", data={"lang": "en", "next": after})
            assert (answer.status_code, answer.headers["location"]) == (303, leads), after
        assert "Back to the first page" in browser.get("/no-such-page").text


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_a_page_may_not_be_kept(served, lang):
    with served.browser("admin", lang=lang) as browser:
        page = browser.get("/no-such-page")
        assert page.headers["cache-control"] == "no-store"
        assert f'lang="{lang}"' in page.text


def test_the_secret_of_forms_looks_different_on_every_page(served):
    """Pages are compressed: of a secret that stays the same, their length would tell."""
    with served.browser("hr") as browser:
        found = {
            re.search(r'name="csrf" value="(\w+)"', browser.get("/account").text)[1]
            for _ in range(3)
        }
        assert len(found) == 3
        del browser.headers["X-CSRF-Token"]
        # one that is let in finds that there is no such file
        for token, status in [*((token, 404) for token in found), ("0" * 86, 403), ("x", 403)]:
            answer = browser.post("/imports/up-0123456789abcdef/drop", data={"csrf": token})
            assert answer.status_code == status, token
