"""What courses changed, over HTTP and in a browser: the same figures, and what is missing."""

from __future__ import annotations

import datetime as dt
import html
import io
import math
import re

import pypdfium2
import pytest
from paging import items_of

from recommender.store import schema, writing

SCORES = [5, 4, 4, 5, 3, 4, 5]


@pytest.fixture(scope="module")
def module_id(served):
    """A course that seven people have said something of."""
    course = served.sample.enrolments["module_id"].iloc[0]
    rows = [
        {
            "module_id": course,
            "answered_on": dt.date(2026, 9, 1),
            "answer_id": str(number),
            "satisfaction": score,
        }
        for number, score in enumerate(SCORES)
    ]
    with writing(served.app.state.server.installation.engine) as connection:
        connection.execute(schema.satisfaction.insert(), rows)
    return course


@pytest.fixture(scope="module")
def hr(served):
    """The browser of HR of a unit."""
    with served.browser("hr") as browser:
        yield browser


def read(browser, address):
    answer = browser.get(address)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def test_every_role_is_told_what_participants_said(served, module_id):
    for role in ("manager", "hr", "analyst", "admin"):
        found = served.client(role).get(f"/v1/modules/{module_id}/effectiveness").json()
        assert math.isclose(
            found["reaction"]["score"]["value"], sum(SCORES) / len(SCORES), abs_tol=0.05
        )
        assert found["verdict"]["decision"] == "open"
        # no model is in force, and no business figure came in
        assert found["behaviour"][0]["missing"]["words"].keys() == {"zh-CN", "en"}
        assert [each["missing"]["code"] for each in found["results"]] == ["no-figures"] * 2
        assert [each["return"] for each in found["results"]] == [None] * 2


def test_the_list_has_every_course_once(served, module_id):
    wanted = {"limit": 100, "fields": "module_id,reaction"}
    seen = items_of(served.client("analyst"), "/v1/effectiveness", **wanted)
    ids = [each["module_id"] for each in seen]
    assert ids == sorted(set(ids))
    scored = [each["module_id"] for each in seen if each["reaction"]["score"]]
    assert scored == [module_id]


def test_the_page_says_it_in_words_and_what_would_bring_the_rest(hr, module_id):
    page = read(hr, f"/effectiveness/{module_id}")
    for text in ("一、反应层", "二、学习层", "三、行为层", "四、结果层", "投资回报", "4.3"):
        assert text in page
    for table in ("培训满意度", "业务指标"):
        assert (f"导入“{table}”表" in page) == (table != "培训满意度")
    assert f'href="/catalog/{module_id}"' in page
    assert f'href="/effectiveness/{module_id}"' in read(hr, f"/catalog/{module_id}")


def test_the_overview_counts_verdicts_and_sorts(hr, module_id):
    def courses(query):
        return re.findall(r'href="/effectiveness/([^"?]+)"', read(hr, f"/effectiveness{query}"))

    found = courses("?sort=score")
    assert (found[0], len(found)) == (module_id, 50)
    # nothing was measured, so all is open
    assert not courses("?decision=keep")


def test_the_report_is_one_page_in_either_language(served, module_id):
    for lang, heading, label in (
        ("zh-CN", "培训效果报告", "合成示例数据"),
        ("en", "Report on the effect of a course", "Synthetic sample data"),
    ):
        with served.browser("hr", lang=lang) as browser:
            answer = browser.get(f"/effectiveness/{module_id}/report.pdf")
        pdf = pypdfium2.PdfDocument(io.BytesIO(answer.content))
        assert len(pdf) == 1
        text = pdf[0].get_textpage().get_text_range()
        assert heading in text
        # people of a file are made up too, not only those of the demonstration
        assert label in text
        assert "4.3" in text
        same = served.client("hr").get(
            f"/v1/modules/{module_id}/effectiveness/report", headers={"Accept-Language": lang}
        )
        assert same.content == answer.content


def test_what_is_not_there_or_no_cost_is_refused(hr, served, module_id):
    assert hr.get("/effectiveness/no-such-course").status_code == 404
    assert hr.get("/effectiveness/no-such-course/report.pdf").status_code == 404
    assert hr.get(f"/effectiveness/{module_id}?hourly_cost=-1").status_code == 422
    assert "120" in read(hr, f"/effectiveness/{module_id}?hourly_cost=120")
    refused = served.client("hr").get(
        f"/v1/modules/{module_id}/effectiveness", params={"hourly_cost": -1}
    )
    assert refused.status_code == 422
