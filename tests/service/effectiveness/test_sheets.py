"""What is known of a module in words: every level has a figure, or says what is missing."""

import math
from dataclasses import replace

import pytest
from organisations import TINY

from recommender.service.effectiveness.results import (
    Behaviour,
    CostPerLevel,
    Estimate,
    Learning,
    ModuleEffectiveness,
    Part,
    Reaction,
    Reason,
    Result,
    ReturnOnInvestment,
    Verdict,
)
from recommender.service.effectiveness.sheets import Wording
from recommender.service.framework import build_framework
from recommender.texts import LANGUAGES
from training_catalog import load_catalog

RETURN = ReturnOnInvestment(
    benefit=Estimate(1350.0, 900.0, 1800.0),
    cost=1000.0,
    net=Estimate(350.0, -100.0, 800.0),
    roi=Estimate(0.35, -0.1, 0.8),
    benefit_cost_ratio=Estimate(1.35, 0.9, 1.8),
)
KNOWN = ModuleEffectiveness(
    module_id="desk-basics",
    reaction=Reaction(Estimate(4.25, 3.9, 4.6), 27, 36, 0.75),
    learning=(
        Learning("cataloguing", Estimate(7.5, 2.0, 13.0), 71.0, 78.5, 12, (Reason("at-ceiling"),)),
    ),
    behaviour=(
        Behaviour(
            "reference-desk",
            Estimate(0.32, 0.1, 0.54),
            0.5,
            1.2,
            17,
            61,
            "measured",
            (
                Part("level", "1", 9, Estimate(0.4, 0.1, 0.7)),
                Part("grade", "librarian", None, None),
                Part("unit", "阅览部", 8, Estimate(-0.1, -0.5, 0.3)),
            ),
        ),
    ),
    results=(
        Result(
            "loans",
            Estimate(31.4, 12.2, 50.6),
            Estimate(-3.0, -20.0, 14.0),
            True,
            36,
            90,
            200,
            RETURN,
            (Reason("no-hourly-cost"),),
        ),
    ),
    cost_per_level=CostPerLevel(1500.0, 900.0, 4000.0, True),
    verdict=Verdict("keep", (Reason("gain-works", {"value": 0.3, "lower": 0.1, "upper": 0.5}),)),
)
NOTHING = ModuleEffectiveness(
    module_id="desk-basics",
    reaction=Reaction(None, None, None, None, Reason("few-answers", {"needed": 5})),
    learning=(),
    behaviour=(
        Behaviour(
            "reference-desk", None, None, None, None, 0, "expert", missing=Reason("no-model")
        ),
    ),
    results=(),
    cost_per_level=None,
    verdict=Verdict("open", (Reason("no-model"),), (Reason("need-model"),)),
)


@pytest.fixture(scope="module")
def framework():
    return build_framework(load_catalog(TINY))


@pytest.fixture
def show(framework):
    def show(found, lang="zh-CN"):
        return Wording(framework, lang).sheet(found, basis=(), synthetic=False)

    return show


def lines_of(sheet):
    return {level.key: level.lines for level in sheet.levels}


def test_each_figure_has_its_interval_and_what_it_rests_on(show):
    lines = lines_of(show(KNOWN))
    assert list(lines) == ["reaction", "learning", "behaviour", "results", "return"]
    told = [(each[0].value, each[0].interval, each[0].rests_on) for each in lines.values()]
    assert told == [
        ("4.2", "95% 区间 3.9 至 4.6", "答卷 27 份，应答率 75%"),
        ("+7.5 分", "95% 区间 2.0 至 13.0", "12 人"),
        ("+0.32 级", "90% 区间 0.10 至 0.54", "参考样本 61 人次"),
        ("+31 册/人月", "95% 区间 12 至 51", "参加 36 人，对照 90 人"),
        ("+35%", "95% 区间 −10 至 80", "36 人"),
    ]
    assert lines["results"][0].cautions == ("培训前的检验期应为 0：−3，95% 区间 −20 至 14",)
    assert "¥1,350" in lines["return"][0].cautions[0]
    assert lines["return"][1].value == "¥1,500"


def test_what_is_missing_is_said_with_what_would_bring_it(show):
    for lang in LANGUAGES:
        sheet = show(NOTHING, lang)
        assert (sheet.decision, len(sheet.needs)) == ("open", 1)
        for key, lines in lines_of(sheet).items():
            for line in lines:
                assert line.missing
                assert (line.value, line.interval, line.rests_on, line.bar) == ("", "", "", None)
                if key in ("reaction", "behaviour"):
                    assert line.remedy


def test_groups_keep_their_order_and_few_are_not_told(show):
    groups = show(KNOWN).groups
    assert [(each.kind, each.name, each.people, each.value) for each in groups] == [
        ("培训前级别", "1 级起", "9", "+0.40 级"),
        ("职级", "副研究馆员", "不足 5 人", ""),
        ("单位", "阅览部", "8", "−0.10 级"),
    ]
    assert [None if each.bar is None else each.bar.settled for each in groups] == [
        True,
        None,
        False,
    ]


def test_an_effect_that_failed_its_check_is_drawn_as_one(show):
    (result,) = KNOWN.results
    doubted = replace(
        result, is_trusted=False, cautions=(Reason("placebo-off"), Reason("no-hourly-cost"))
    )
    lines = lines_of(show(replace(KNOWN, results=(doubted,))))
    assert any("不可信" in said for said in lines["results"][0].cautions)
    assert any("不作为结论的依据" in said for said in lines["return"][0].cautions)
    assert not lines["return"][0].bar.settled


def test_ends_that_are_not_known_are_no_numbers(show):
    wide = Estimate(4.0, -math.inf, math.inf)
    endless = replace(
        KNOWN,
        reaction=replace(KNOWN.reaction, score=wide),
        cost_per_level=CostPerLevel(math.inf, 900.0, math.inf, False),
    )
    for lang in LANGUAGES:
        lines = lines_of(show(endless, lang))
        texts = [
            part
            for each in (lines["reaction"][0], lines["return"][1])
            for part in (each.value, each.interval)
        ]
        assert not any("inf" in part for part in texts)
        assert (lines["reaction"][0].bar.lower, lines["reaction"][0].bar.upper) == (0.0, 1.0)
        assert lines["return"][1].value == ""
