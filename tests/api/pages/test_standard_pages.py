"""A standard in a browser: proposed, tried out, approved by two, named where days are compared."""

from __future__ import annotations

import datetime as dt
import html
import io
import re
from contextlib import ExitStack

import pypdfium2
import pytest
from serving import EMPLOYEE

from recommender.store import count_change, writing
from recommender.store import standards as store

DAY = "2027-03-01"
EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def hr(served):
    """Browsers of three people of HR of the whole organisation, by name."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(served.browser("hr", org_unit=None, actor=f"account:{name}"))
            for name in ("author", "first", "second")
        }


def read(page) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page.text))


def seen(page) -> str:
    return re.findall(r'name="seen" value="(\d+)"', page.text)[0]


def propose(browser, **form):
    new = browser.get("/standards/new", params={"grade": "g2"})
    levels = dict(re.findall(r'name="(level-[a-z-]+)" value="([\d.]+)"', new.text))
    assert len(levels) == 18
    given = {"grade": "g2", "method": "by-hand", "effective_on": DAY, "rationale": EVIL}
    return browser.post("/standards", data=given | levels | form)


def approve(hr, place):
    for name in ("first", "second"):
        form = {"seen": seen(hr[name].get(place)), "comment": "同意"}
        assert hr[name].post(f"{place}/approval", data=form).status_code == 303


def test_from_the_form_to_two_approvals(hr):
    author = hr["author"]
    made = propose(author, **{"level-resilience": "3", "note-resilience": "更难"})
    assert made.status_code == 303, made.text
    place = made.headers["location"]
    page = author.get(place)
    assert EVIL not in page.text
    # by name for who may see them, and what plans would take when asked for
    assert re.search(r"该职级 \d+ 人中有 \d+ 人", read(page))
    assert "/people/" in page.text
    assert "估算" in read(author.get(f"{place}?plans=yes"))
    author.post(f"{place}/submission", data={"seen": seen(page)})
    # whose own it is cannot approve it, and is told so in the page
    refused = author.post(f"{place}/approval", data={"seen": seen(author.get(place))})
    assert (refused.status_code, "不能自行批准" in refused.text) == (409, True)
    approve(hr, place)
    assert f"自 {DAY} 起适用" in read(author.get(place))
    listed = read(author.get("/standards"))
    assert "将生效" in listed
    assert "抗挫能力" in listed


def test_a_panel_is_pasted_in_two_rounds(hr):
    browser = hr["author"]
    place = propose(browser, method="angoff", effective_on="2028-01-01").headers["location"]
    lines = "\n".join(f"{expert}\t抗挫能力\t2.5" for expert in "ABC")
    wrong = {"seen": "1", "number": "1", "answers": "A,变戏法,2"}
    refused = browser.post(f"{place}/rounds", data=wrong)
    assert refused.status_code == 422
    assert "变戏法" in refused.text
    for number in ("1", "2"):
        form = {"seen": seen(browser.get(place)), "number": number, "answers": lines}
        assert browser.post(f"{place}/rounds", data=form).status_code == 303
    assert "2.50 ± 0.00" in read(browser.get(place))


def test_what_the_form_lacks_is_said_where_it_is(hr, served):
    taken = "2028-06-01"
    higher = {"level-resilience": "3.5", "note-resilience": "更难"}
    place = propose(hr["author"], effective_on=taken, **higher).headers["location"]
    hr["author"].post(f"{place}/submission", data={"seen": seen(hr["author"].get(place))})
    approve(hr, place)
    for form, status, words in (
        ({"effective_on": ""}, 422, "没有填写生效日期"),
        ({"effective_on": "2020-01-01"}, 422, "不晚于今天"),
        ({"level-resilience": "much"}, 422, "不是数"),
        ({"effective_on": taken}, 409, "已有"),
    ):
        answer = propose(hr["author"], **{"level-execution": "3"} | form)
        assert (answer.status_code, words in answer.text) == (status, True), form
        assert 'name="level-execution" value="3"' in answer.text
    # HR of a unit reads, and is told that the rest is not for a unit
    with served.browser("hr") as of_unit:
        assert "/standards/new" not in of_unit.get("/standards").text
        assert "只负责部分单位" in of_unit.get("/standards/new").text


def test_each_reader_gets_the_evidence_and_findings_they_may_know(hr, served):
    assert "复审" in hr["author"].get("/standards/findings").text
    evidence = read(hr["author"].get("/standards/evidence?grade=g2"))
    assert "达标率" in evidence
    assert hr["author"].get("/standards/evidence?grade=g9").status_code == 404
    with served.browser("analyst") as analyst:
        page = analyst.get("/standards/evidence?grade=g2")
        assert "<5" in read(page)  # thirty people are few in a grade
        assert "/people/" not in page.text


def test_pages_that_compare_days_name_a_standard_that_changed_between_them(served, hr):
    """One that came into force a month ago, as if approved before."""
    engine = served.app.state.server.installation.engine
    profile = next(
        each
        for each in served.app.state.server.installation.current(0).folder.profiles
        if each.grade == "g3"
    )
    targets = [
        store.StoredTarget(name, each.level, min(4.0, each.level + 0.5), each.weight)
        for name, each in profile.targets.items()
    ]
    with writing(engine) as connection:
        store.insert_proposal(
            connection,
            {
                "proposal_id": store.make_proposal_id(),
                "grade": "g3",
                "effective_on": dt.date(2026, 9, 15),
                "method": "by-hand",
                "status": "approved",
                "rationale": "要求更高",
                "basis": {"job_elements": {}, "units": []},
                "author": "cli",
                "created_at": dt.datetime(2026, 8, 1, tzinfo=dt.UTC),
            },
            targets,
        )
        count_change(connection, "catalog")
    note = "高级客户经理（2026-09-15 起，18 项能力）"
    for address in ("/organisation", "/today", "/organisation?competency=resilience"):
        page = hr["author"].get(address)
        assert note in read(page), address
    # the history of a person whose grade it is not says nothing of it
    assert note not in hr["author"].get(f"/people/{EMPLOYEE}/history").text
    assert hr["author"].get(f"/people/{EMPLOYEE}/history").status_code == 200


def test_the_report_is_a_file(hr, served):
    place = propose(hr["author"], effective_on="2028-09-01").headers["location"]
    answer = hr["first"].get(f"{place}/report.pdf")
    text = pypdfium2.PdfDocument(io.BytesIO(answer.content))[0].get_textpage().get_text_range()
    assert "合成示例数据" in text
    assert ".zh-CN.pdf" in answer.headers["content-disposition"]
    address = place.replace("/standards/", "/v1/standard-proposals/")
    same = served.client("admin").get(f"{address}/report", headers={"Accept-Language": "zh-CN"})
    assert same.content == answer.content
