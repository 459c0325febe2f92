"""The heat map in a browser: its measures, down to people, an open cell, and the workbook."""

from __future__ import annotations

import html
import io
import re

import pytest
from openpyxl import load_workbook
from serving import OTHER_UNIT, UNIT

BELOW = f"{UNIT}/政企客户部"
COMPETENCY = "needs-analysis"


@pytest.fixture(scope="module")
def hr(served):
    with served.browser("hr") as browser:
        yield browser


def links(page: str, prefix: str) -> list[str]:
    return [html.unescape(each) for each in re.findall(rf'href="({prefix}[^"]*)"', page)]


def test_the_map_is_a_table_whose_cells_say_what_they_are(hr):
    for show, unit_of_measure in (
        ("gap", "平均差距 "),
        ("below", "未达标率 "),
        ("assessed", "评估覆盖率 "),
        ("change", "较上一轮"),
    ):
        page = hr.get("/organisation", params={"show": show}).text
        assert page.count('scope="col"') == 2 + 18
        assert page.count('scope="colgroup"') == 3
        said = re.findall(r'class="cell [wbd][0-6]"><a [^>]*aria-label="([^"]+)"', page)
        assert all(len(each.split("，")) == 3 for each in said)
        assert show == "change" or any(unit_of_measure in each for each in said), show
        assert "style=" not in page
    basic = hr.get("/organisation", params={"category": "basic"}).text
    assert basic.count('scope="col"') == 2 + 8


def test_one_goes_down_to_the_people_of_a_unit(hr):
    page = hr.get("/organisation").text
    (down,) = {each for each in links(page, r"/organisation\?unit=") if "of=" not in each}
    page = hr.get(down).text
    assert links(page, "/team"), "no unit leads to its people"
    assert all(hr.get(each).status_code == 200 for each in links(page, "/team"))
    # the way back ends with the unit that one is responsible for
    assert len(re.findall(r'<nav class="trail".*?</nav>', page)) == 1
    for unit in (OTHER_UNIT, "no-such"):
        assert hr.get("/organisation", params={"unit": unit}).status_code == 404
        assert hr.get("/organisation/map.xlsx", params={"unit": unit}).status_code == 404


def test_a_cell_opens_and_leads_to_its_people_and_to_a_campaign(served, hr):
    address = {"unit": UNIT, "of": BELOW, "competency": COMPETENCY, "at": "c-1-13"}
    page = hr.get("/organisation", params=address).text
    drawer = page[page.index("data-drawer") :]
    assert 'data-opener="c-1-13"' in drawer
    assert "#c-1-13" in links(drawer, "/organisation")[0]
    people = links(drawer, "/people/")
    assert people
    (campaign,) = links(drawer, "/campaigns/new")
    assert COMPETENCY in campaign
    count = int(re.findall(r"为这 (\d+) 人批量制定计划", drawer)[0])
    everybody = hr.get("/organisation", params=address | {"everybody": "yes"}).text
    assert len(links(everybody[everybody.index("data-drawer") :], "/people/")) == count
    with served.browser("analyst") as analyst:
        page = analyst.get("/organisation", params=address).text
        assert "data-drawer" in page
        assert not links(page, "/people/") + links(page, "/campaigns") + links(page, "/team")


def test_what_nobody_can_mean_is_said_to_be_unknown(hr):
    for wrong in (
        {"competency": "no-such"},
        {"grade": "no-such"},
        {"category": "no-such"},
        {"competency": COMPETENCY, "of": OTHER_UNIT},
    ):
        assert hr.get("/organisation", params=wrong).status_code == 404, wrong
    assert hr.get("/organisation", params={"show": "<script>"}).status_code == 422
    # of a day that ends no round, the figures are those of today
    assert "评估基准日" in hr.get("/organisation", params={"day": "2026-10-03"}).text


def test_the_map_is_had_as_a_workbook(served):
    for lang, sheet in (("zh-CN", "平均差距"), ("en", "Mean gap")):
        with served.browser("hr", lang=lang) as hr:
            answer = hr.get("/organisation/map.xlsx", params={"unit": UNIT})
            assert answer.status_code == 200
            assert load_workbook(io.BytesIO(answer.content)).sheetnames[0] == sheet
