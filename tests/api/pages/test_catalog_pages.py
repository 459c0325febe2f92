"""The catalogue in a browser: what is wanted is found, steps are counted, a course is described."""

from __future__ import annotations

import html
import re

import pytest

from training_catalog import load_catalog
from training_catalog.coverage import coverage

EVIL = '"><script>alert(1)</script>'


@pytest.fixture(scope="module")
def hr(served):
    """The browser of HR of a unit."""
    with served.browser("hr") as browser:
        yield browser


@pytest.fixture(scope="module")
def catalog(served):
    """The catalogue in force."""
    return load_catalog(served.settings.catalog)


def courses_on(page):
    # in the table; each is named once
    return re.findall(r'<a class="block" href="/catalog/([^"?]+)">', page)


def test_courses_are_found_by_competency_step_form_grade_and_text(hr, catalog):
    in_use = [module for module in catalog.modules if not module.retired]
    for query, expected in {
        "competency=resilience": lambda m: any(c.id == "resilience" for c in m.competencies),
        "competency=resilience&step=1": lambda m: any(
            c.id == "resilience" and c.from_level <= 1 and c.to_level >= 2 for c in m.competencies
        ),
        "modality=simulation&competency=resilience": lambda m: (
            m.modality == "simulation" and any(c.id == "resilience" for c in m.competencies)
        ),
        f"q={in_use[0].title.zh_cn}": lambda m: m.id == in_use[0].id,
        "retired=yes&competency=resilience": lambda m: False,
    }.items():
        page = hr.get(f"/catalog?{query}").text
        assert set(courses_on(page)) == {m.id for m in in_use if expected(m)}, query


def test_what_is_sought_first_of_all_or_least_comes_first(hr, catalog):
    of = {module.id: module for module in catalog.modules}
    found = courses_on(hr.get("/catalog?competency=customer-retention").text)
    further = [of[name].competencies[0].id != "customer-retention" for name in found]
    assert any(further)
    assert further == sorted(further)
    hours = [of[name].hours for name in courses_on(hr.get("/catalog?sort=hours").text)]
    assert len(hours) == 50
    assert hours == sorted(hours)
    # a page that is not there is the last one
    assert courses_on(hr.get("/catalog?page=999999").text)


def test_what_is_typed_is_shown_as_text(hr):
    page = hr.get("/catalog", params={"q": EVIL, "competency": EVIL, "grade": EVIL}).text
    assert EVIL not in page
    assert "没有符合条件的课程" in page


def test_coverage_counts_what_its_links_find(hr, catalog):
    page = hr.get("/catalog?view=coverage").text
    links = re.findall(r'href="/catalog\?competency=([^"&]+)&(?:amp;)?step=(\d)"', page)
    cells = {(c.competency_id, str(c.step)): c for c in coverage(catalog).cells if c.count}
    assert set(links) == set(cells)
    for competency, step in links[::15]:
        found = courses_on(hr.get(f"/catalog?competency={competency}&step={step}").text)
        cell = cells[competency, step]
        assert sorted(found) == sorted((*cell.main, *cell.further))


def test_a_course_says_for_whom_it_is_and_what_it_needs(hr, catalog):
    of = {module.id: module for module in catalog.modules}
    module = next(m for m in catalog.modules if m.prerequisites)
    page = html.unescape(hr.get(f"/catalog/{module.id}").text)
    for text in (module.title, module.purpose, module.audience, *module.syllabus):
        assert text is None or text.zh_cn in page
    for name in module.prerequisites:
        assert f'href="/catalog/{name}">{of[name].title.zh_cn}</a>' in page
    assert "按专家估计" in page  # no model is in force
    sheet = hr.get(f"/catalog/{module.id}/sheet.pdf")
    assert sheet.content.startswith(b"%PDF")
    assert hr.get("/catalog/no-such").status_code == 404


def test_runs_stand_with_the_seats_that_are_left(served, hr, catalog):
    module = next(m for m in catalog.modules if m.modality == "classroom").id
    with served.client("hr") as api:
        for number, seats in enumerate((20, None)):
            body = {"module_id": module, "starts_on": f"2027-03-0{number + 1}", "seats": seats}
            body |= {"ends_on": body["starts_on"], "place": f"<b>{EVIL}"}
            answer = api.put(
                f"/v1/offerings/page-{number}", json=body, headers={"If-None-Match": "*"}
            )
            assert answer.status_code == 201, answer.text
    page = hr.get(f"/catalog/{module}").text
    assert "2027-03-01" in page
    assert "余 20 席" in page
    assert "名额不限" in page
    assert EVIL not in page


def test_who_may_see_neither_people_nor_statistics_reads_no_effect(served, catalog):
    module = catalog.modules[0].id
    with served.browser("system-admin") as browser:
        for page in (browser.get(f"/catalog/{module}").text, browser.get("/catalog").text):
            assert "effect-line" not in page
    with served.browser("analyst", lang="en") as browser:
        assert "effect-line" in browser.get(f"/catalog/{module}").text
