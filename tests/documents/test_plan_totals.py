"""What a plan counts, sets in bold and adds up: the figures agree with one another."""

from __future__ import annotations

import re
from dataclasses import replace

import plan_samples as samples
import pytest

from recommender.documents.plan.view import plan_view
from recommender.texts import say

LANGUAGES = ("zh-CN", "en")


@pytest.fixture(params=LANGUAGES)
def lang(request) -> str:
    return request.param


def with_row(document, **changes):
    """The document with another first competency."""
    first, *others = document.competencies
    return replace(document, competencies=(replace(first, **changes), *others))


def test_the_first_sentence_counts_gaps_and_not_what_is_near(lang):
    document = samples.plan_document(lang)
    gaps = sum(row.standing == "gap" for row in document.competencies)
    near = {"level": 1.996, "target": 2.0, "gap": 0.004, "priority": 0.003}
    shown = plan_view(with_row(document, **near, standing="near"), lang=lang)
    row = shown["competencies"][0]
    assert say("document.lead.gap", lang, count=gaps) in shown["lead"][0]
    assert not row["has_gap"]
    assert row not in shown["priorities"]
    assert (row["level"], row["target"]) == ("2.00", "2.0")
    assert row["gap"] == {"zh-CN": "接近达标", "en": "near"}[lang]
    told = plan_view(with_row(document, **near, standing="gap"), lang=lang)
    assert say("document.lead.gap", lang, count=gaps + 1) in told["lead"][0]
    assert told["competencies"][0]["has_gap"]
    # as much as two decimals can say without saying that there is nothing
    assert told["competencies"][0]["gap"] == "<0.01"


def test_totals_are_the_sums_of_the_items_as_shown(lang):
    document = samples.plan_document(lang)
    items = tuple(replace(item, hours=4 / 3, cost=100 / 3, adds=0.344) for item in document.items)
    # 4 hours, 100 CNY and 1.032 weighted levels, had nothing been rounded
    document = replace(
        document, items=items, total_hours=4.0, total_cost=100.0, expected_gap_closed=1.032
    )
    view = plan_view(document, lang=lang)
    for item in view["items"][:3]:
        assert "1.33" in item["about"]
        assert "33.33" in item["about"]
    assert "3.99" in view["total"]
    assert "99.99" in view["total"]
    assert "1.02" in view["closed"]


def test_the_whole_gap_is_the_sum_of_the_priorities_as_shown(lang):
    document = samples.plan_document(lang)
    view = plan_view(document, lang=lang)
    shown = [row["priority"] for row in view["competencies"] if row["priority"] != "—"]
    assert f"{sum(map(float, shown)):.2f}" in view["closed"]


def test_chosen_listed_and_further_modules_are_the_catalogue(lang):
    document = samples.plan_document(lang)
    for listed in (0, 2, 3):
        for shown in (None, 1, 8):
            some = replace(document, left_out=document.left_out[:listed])
            sentence = plan_view(some, lang=lang, left_out_shown=shown)["left_out_count"]
            total, *parts = map(int, re.findall(r"\d+", sentence))
            assert total == sum(parts) == 3 + 213
    complete = replace(document, left_out_count=3)
    sentence = plan_view(complete, lang=lang)["left_out_count"]
    assert list(map(int, re.findall(r"\d+", sentence))) == [6, 3, 3]


def test_nothing_is_counted_of_plans_that_did_not_keep_what_they_left_out(lang):
    document = replace(samples.plan_document(lang), left_out=(), left_out_count=None)
    assert plan_view(document, lang=lang)["left_out_count"] == ""
