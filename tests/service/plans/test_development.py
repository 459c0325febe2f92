"""What each course of a plan says: its goal, what to practise, with whom, when it is reviewed."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from organisations import AS_OF
from plan_office import (
    ADMIN,
    ALONE,
    MANAGER,
    ON_BOTH,
    PERSON,
)

from recommender.service.framework import build_framework
from recommender.service.plans.dates import dates_of
from recommender.service.plans.development.indicators import next_level
from recommender.service.plans.development.review import review_day
from recommender.service.plans.reasons import reword
from recommender.store import schema, writing
from recommender.working_days import is_working_day
from training_catalog import Outcome, Text

MANAGERS_NAME = "司马光远"
COLLEAGUE = "已达目标水平的同事"


def rate(office, given, *, kind="manager", raters=(MANAGER,)):
    """Store ratings of the person: indicator to rating, by each of some raters."""
    with writing(office.service.engine) as connection:
        for rater in raters:
            for indicator, rating in given.items():
                connection.execute(
                    schema.rating.insert().values(
                        person_id=PERSON,
                        competency_id=indicator.split(".")[0],
                        indicator_id=indicator,
                        rater_type=kind,
                        rater_id=rater,
                        rating=rating,
                        rated_on=AS_OF - dt.timedelta(days=3),
                    )
                )


# ---- items ---------------------------------------------------------------------------------------


@given(st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1)))
def test_a_review_is_on_a_working_day_five_weeks_later(after):
    day = review_day(after, "CN")
    assert is_working_day(day, "CN")
    # two holidays side by side, and days that may still become part of them
    assert 35 <= (day - after).days <= 35 + 21


def test_the_next_level_is_the_first_not_reached():
    # 1.9999999999999 is 2 that was added up another way
    levels = {0.0: 1, 0.99: 1, 1.0: 2, 1.9999999999999: 3, 3.2: 4, 4.0: 4}
    assert {level: next_level(level) for level in levels} == levels


def test_an_item_says_what_to_practise_with_whom_and_when_it_is_reviewed(office):
    plan = office.create().plan
    desk = plan.items[0]
    assert desk.module_id == "desk-basics"
    assert desk.focus == "reference-desk.2.1"
    assert "问清读者的需要（2 级之 1）" in desk.on_the_job
    assert desk.companion == f"直接上级 {MANAGERS_NAME}"
    # the module says of no assessment of its own
    assert desk.measure == "复评“参考咨询”，达到目标水平"
    assert desk.review_on == review_day(dates_of(desk).last_day, "CN")
    # two courses for one competency are not practised by the same task
    practised = [item.on_the_job for item in plan.items]
    assert len(set(practised)) == len(practised)
    assert plan.review_on == max(part.review_on for part in (*plan.items, *plan.activities))


def test_who_has_no_manager_is_accompanied_by_a_colleague(office):
    plan = office.create(ADMIN, ALONE).plan
    assert {item.companion for item in plan.items} == {COLLEAGUE}


def test_goal_and_measure_are_those_of_the_module_for_this_gap(office):
    found = office.create().plan
    catalog = office.service.framework.catalog
    taught = Text(zh_cn="问三个问题", en="Ask three questions")
    other = Text(zh_cn="查分类号", en="Look up a class mark")
    module = next(m for m in catalog.modules if m.id == "desk-basics").model_copy(
        update={
            "outcomes": (
                Outcome(serves=("reference-desk.1.1",), text=taught),
                Outcome(serves=("cataloguing.rules",), text=other),
            ),
            "assessment": Text(zh_cn="值班一次", en="One shift at the desk"),
        }
    )
    richer = build_framework(
        catalog.model_copy(
            update={"modules": tuple(module if m.id == module.id else m for m in catalog.modules)}
        )
    )
    zh, en = (reword(richer, found, lang, manager="").items[0] for lang in ("zh-CN", "en"))
    assert (zh.goal, zh.measure) == (("问三个问题",), "值班一次")
    assert (en.goal, en.measure) == (("Ask three questions",), "One shift at the desk")
    assert en.companion == "Line manager"
    assert "At level 2 a member of staff finds out what a reader needs (1)" in en.on_the_job


def test_the_task_is_what_was_rated_lowest(office):
    level_one = {"reference-desk.1.1": 3, "reference-desk.1.2": 3}
    rate(office, {**level_one, "reference-desk.2.1": 3, "reference-desk.2.2": 0})
    assert office.create().plan.items[0].focus == "reference-desk.2.2"


@ON_BOTH
@pytest.mark.parametrize(("peers", "first"), [(1, "reference-desk.2.1"), (3, "reference-desk.2.2")])
def test_a_task_does_not_tell_what_few_raters_said(office, peers, first):
    """Of one or two colleagues everybody knows who rated low; of three nobody does."""
    every = [f"reference-desk.{level}.{n}" for level in (1, 2) for n in (1, 2)]
    rate(office, dict.fromkeys(every, 2))
    low = dict.fromkeys(every, 3) | {"reference-desk.2.2": 0}
    rate(office, low, kind="peer", raters=[f"P{n}" for n in range(peers)])
    assert office.create().plan.items[0].focus == first
