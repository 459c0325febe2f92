"""Each judgement fires on the fault it is for, and on a clean catalogue none does."""

import pytest
from catalog.planting import MODULE, OTHER, PLANTS, TOGETHER, change_module, plant

from training_catalog import Text, load_catalog
from training_catalog.files.assembly import build_catalog
from training_catalog.judging import CODES, judge_catalog


@pytest.fixture(scope="module")
def catalog():
    return load_catalog()


def test_every_judgement_has_a_planted_fault():
    assert set(PLANTS) == set(CODES)


def test_a_planted_fault_is_seen(catalog, subtests):
    assert sorted(code for codes in TOGETHER for code in codes) == sorted(CODES)
    for codes in TOGETHER:
        with subtests.test(codes=codes):
            found = judge_catalog(plant(catalog, codes))
            assert {judgement.code for judgement in found} >= {*codes}
            for judgement in found:
                assert judgement.id
                for lang in ("zh-CN", "en"):
                    assert judgement.text(lang)
                    assert "{" not in judgement.text(lang)
                    assert judgement.hint.in_language(lang)


def test_the_planted_module_is_named(catalog):
    planted = PLANTS["prerequisite-above"](catalog)
    found = [j for j in judge_catalog(planted) if j.code == "prerequisite-above"]
    assert [j.id for j in found] == [MODULE]
    assert "丢单复盘工作坊" in found[0].text("zh-CN")
    assert "Lost-deal review workshop" in found[0].text("en")


def test_a_step_that_no_target_asks_for_is_no_hole(catalog):
    lower = tuple(
        p.model_copy(
            update={
                "targets": {
                    k: t.model_copy(update={"level": min(t.level, 1.0)})
                    for k, t in p.targets.items()
                }
            }
        )
        for p in catalog.profiles
    )
    planted = PLANTS["no-module-for-step"](catalog.model_copy(update={"profiles": lower}))
    assert not [j for j in judge_catalog(planted) if j.code == "no-module-for-step"]


def test_a_step_without_a_prerequisite_is_told_with_its_modules(catalog):
    (found,) = judge_catalog(PLANTS["step-without-prerequisite"](catalog))
    assert (found.code, found.severity) == ("step-without-prerequisite", "warning")
    assert (found.part, found.id) == ("competencies", "resilience")
    assert "从 1 级到 2 级" in found.text("zh-CN")
    for title in ("丢单复盘工作坊", "低谷期工作节奏管理", "用好批评：反馈吸收一对一教练"):
        assert f"《{title}》" in found.text("zh-CN")


def test_two_modules_to_choose_from_need_no_prerequisite(catalog):
    planted = change_module(PLANTS["step-without-prerequisite"](catalog), OTHER, retired=True)
    assert "step-without-prerequisite" not in {j.code for j in judge_catalog(planted)}


def test_a_prerequisite_that_those_further_on_do_not_need_keeps_them_out(catalog, subtests):
    """Of the step below, or of another competency; one of the same step keeps nobody out."""
    for name, codes in {
        "first-lost-deal-mentoring": ["prerequisite-below"],
        "steady-rhythm-in-slumps": [],
        "price-pressure-composure-training": ["prerequisite-below"],
        # the main competency of one, further competency of the other
        "cold-visit-refusal-drill": ["prerequisite-below"],
    }.items():
        with subtests.test(prerequisite=name):
            planted = change_module(catalog, MODULE, prerequisites=(name,))
            found = judge_catalog(planted)
            assert [j.code for j in found] == codes
            assert {j.id for j in found} <= {MODULE}


def test_a_prerequisite_closed_to_a_grade_is_told_for_that_grade(catalog):
    (found,) = judge_catalog(PLANTS["prerequisite-not-for-grade"](catalog))
    assert found.id == MODULE
    assert "初级客户经理" in found.text("zh-CN")


def test_an_exception_of_the_glossary_is_no_fault(catalog):
    purpose = Text(zh_cn="用好协商机制", en="Use the procedure of consultation")
    assert judge_catalog(change_module(catalog, MODULE, purpose=purpose)) == ()


def test_forbidden_english_is_found_in_every_form(catalog, subtests):
    for word in ["Key customers", "KEY CUSTOMER", "major  account", "major-accounts"]:
        with subtests.test(word=word):
            purpose = Text(zh_cn="看清经过", en=f"These {word} are about causes")
            codes = [j.code for j in judge_catalog(change_module(catalog, MODULE, purpose=purpose))]
            assert codes == ["forbidden-term"]


def test_a_word_inside_another_is_no_forbidden_term(catalog):
    purpose = Text(
        zh_cn="看清经过", en="Of monkey customers nobody speaks; of trainee-like ones somebody does"
    )
    codes = [j.code for j in judge_catalog(change_module(catalog, MODULE, purpose=purpose))]
    assert codes == ["forbidden-term"]  # "trainee-like" only


def test_a_catalogue_without_the_optional_parts_is_judged(catalog):
    bare = build_catalog(
        catalog.model_copy(
            update={"job_profile": None, "certifications": (), "paths": (), "glossary": ()}
        )
    )
    assert judge_catalog(bare) == ()


def test_judgements_come_in_the_order_of_codes(catalog):
    planted = plant(catalog, ("path-retired", "no-chinese"))
    order = [CODES.index(j.code) for j in judge_catalog(planted)]
    assert order == sorted(order)
    assert len(set(order)) > 1
