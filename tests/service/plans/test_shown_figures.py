"""Plans of many people as they are read: no figure contradicts another one."""

import datetime as dt
import re

import asking
import pytest
from organisations import AS_OF

from recommender.documents.plan.view import plan_view
from recommender.service.plans.choices import PlanRequest
from recommender.texts import say

pytestmark = pytest.mark.parametrize("organisation", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def plans(organisation):
    """Gaps, plan and document of everybody, with 40 and with 60 hours."""
    service, _ = organisation
    return [
        (service, asking.gaps(service, person, as_of=day), *made)
        for person in asking.person_ids(service)
        for hours, day in ((40.0, AS_OF), (60.0, AS_OF - dt.timedelta(days=1)))
        for made in [asking.plan(service, person, PlanRequest(hours_budget=hours), as_of=day)]
    ]


def test_what_a_plan_takes_and_leaves_out_is_the_catalogue(plans):
    for service, _, plan, document in plans:
        taken = [item.module_id for item in plan.items]
        left_out = [item.module_id for item in plan.left_out]
        assert sorted(taken + left_out) == sorted(service.framework.modules.ids)
        for shown in (8, None):
            sentence = plan_view(document, lang="zh-CN", left_out_shown=shown)["left_out_count"]
            total, *parts = map(int, re.findall(r"\d+", sentence))
            assert total == sum(parts) == len(service.framework.modules.ids)


def test_only_gaps_are_counted_and_bold(plans):
    for _, gaps, _, document in plans:
        view = plan_view(document, lang="zh-CN")
        told = [item.standing for item in gaps.competencies]
        assert [row["has_gap"] for row in view["competencies"]] == [each == "gap" for each in told]
        assert say("document.lead.gap", "zh-CN", count=told.count("gap")) in view["lead"][0]


def test_level_gap_and_target_as_shown_agree(plans):
    for _, _, _, document in plans:
        for row in plan_view(document, lang="zh-CN")["competencies"]:
            if row["has_gap"]:
                short = float(row["target"]) - float(row["level"])
                assert float(row["gap"]) == pytest.approx(short)
                assert short > 0


def test_totals_are_the_sums_of_what_is_shown(plans):
    for _, _, _, document in plans:
        view = plan_view(document, lang="zh-CN")
        if not document.items:
            continue
        label = say("document.plan.adds", "zh-CN")
        told = [
            float(fact["texts"][0])
            for item in view["details"]
            for fact in item["facts"]
            if fact["label"] == label
        ]
        assert len(told) == len(document.items)
        closed = float(re.findall(r"[\d.]+", view["closed"])[1])
        assert closed == pytest.approx(sum(told))
        assert closed == pytest.approx(document.expected_gap_closed, abs=0.005 * len(told))
        hours = [
            float(re.search(r"([\d.]+) 学时", row["about"])[1])
            for row in view["items"][: len(told)]
        ]
        assert float(re.search(r"[\d.]+", view["total"])[0]) == pytest.approx(sum(hours))
