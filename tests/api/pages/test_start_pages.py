"""An empty installation opens on a guide that ticks itself, and can be filled with a demo."""

from __future__ import annotations

import re
import time

import pytest
from serving import EMPLOYEE, Stored, make_key, serve, settings_for

from api.pages.guide.manual import GUIDE
from recommender.service.access.keys import KeyRequest
from recommender.service.jobs import requests
from recommender.service.permissions import Role
from recommender.store import schema, upgrade_database, writing


@pytest.fixture
def empty(tmp_path_factory):
    """Serve a database that nobody is in."""
    folder = tmp_path_factory.mktemp("empty")
    url = f"sqlite:///{folder / 'empty.db'}"
    upgrade_database(url)
    # without a key no model is trained, which takes longer than all the rest
    settings = settings_for(url, folder, model_key=None)
    keys = {role: make_key(settings, KeyRequest("key", role)) for role in (Role.HR, Role.ADMIN)}
    with serve(url, folder, stored=Stored(url, None, keys), model_key=None) as served:
        yield served


def ticked(page: str) -> int:
    return page.count('<li class="panel is-done">')


def test_hr_and_administrators_begin_on_the_guide_while_nobody_is_there(empty, served):
    for role in ("hr", "admin"):
        with empty.browser(role) as browser:
            assert browser.get("/").headers["location"] == "/start"
            page = browser.get("/start").text
            # the catalogue needs nothing
            assert ticked(page) == 1
            assert ("写入示例数据" in page) == (role == "admin")
            assert "合成示例数据</span>" not in page
    with served.browser("hr") as browser:
        assert browser.get("/").headers["location"] != "/start"
        # a plan has not been made there
        assert ticked(browser.get("/start").text) == 3


def test_a_demo_fills_an_empty_installation_once_and_every_page_says_so(empty, monkeypatch):
    monkeypatch.setattr(requests, "SAMPLE_PEOPLE", 8)
    with empty.browser("hr") as hr:
        assert hr.post("/start/sample").status_code == 403
    with empty.browser("admin") as admin:
        assert admin.post("/start/sample").headers["location"] == "/start#sample"
        assert "正在写入" in admin.get("/start").text
        assert admin.post("/start/sample").status_code == 409
        ends = time.monotonic() + 120
        while "hx-redirect" not in (answer := admin.get("/start/sample")).headers:
            assert time.monotonic() < ends, answer.text
            time.sleep(0.2)
        page = admin.get("/start").text
        assert "没有写入" not in page, page
        assert ticked(page) == 3
        for address in ("/start", "/people", "/plans"):
            assert "合成示例数据</span>" in admin.get(address).text
        assert len(set(re.findall(r'href="/people/(\d+)"', admin.get("/people").text))) == 8
        again = admin.post("/start/sample")
        assert (again.status_code, "已有人员数据" in again.text) == (409, True)


def test_people_who_are_there_are_never_called_made_up(served):
    with served.browser("admin") as admin:
        assert admin.post("/start/sample").status_code == 409
        assert "合成示例数据</span>" not in admin.get("/start").text


def test_every_page_says_that_some_people_are_made_up_while_there_are_any(served):
    """Those that a file of people brings in, marked as such."""
    person = schema.person
    with served.browser("hr") as hr:
        for synthetic in (False, True):
            with writing(served.app.state.server.installation.engine) as connection:
                connection.execute(person.update().values(synthetic=synthetic))
            for address in ("/today", "/people", "/organisation", f"/people/{EMPLOYEE}"):
                text = hr.get(address).text
                assert ("含合成示例人员</span>" in text) == synthetic, address
                assert ("合成示例" in text) == synthetic, address


def test_the_guide_has_three_pages_with_a_picture_each(served):
    for lang, title in (("zh-CN", "把数据交进来"), ("en", "Bring the data in")):
        with served.browser("hr", lang=lang) as hr:
            assert title in hr.get("/help").text
            for page in GUIDE:
                shown = hr.get(f"/help/{page}").text
                pictures = re.findall(r'<img src="([^"]+)" alt="([^"]{10,})"', shown)
                assert pictures, page
                for address, _ in pictures:
                    found = hr.get(address)
                    assert found.headers["content-type"] == "image/webp"
                    assert len(found.content) < 60_000, address
            assert hr.get("/help/none").status_code == 422
