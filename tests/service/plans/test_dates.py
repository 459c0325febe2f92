"""Months and dates of a plan: examples HR can check, and what holds of any plan."""

import datetime as dt
from collections import defaultdict
from pathlib import Path

import pandas as pd
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tiny_catalog import tiny_catalog

from recommender.service.framework import build_framework
from recommender.service.plans.dates import Dates, runs_of, schedule

FOLDER = Path(__file__).parents[2] / "scenarios" / "calendar"
CASES = yaml.safe_load((FOLDER / "months.yaml").read_text("utf-8"))
BUDGET = 16
TARGETS = {name: {"level": 3} for name in ("speaking", "writing", "products")}
STEP = {"for": "speaking", "from": 0, "to": 4, "improves": 0.4}


def framework_of(modules):
    return build_framework(tiny_catalog(TARGETS, [{**STEP, "hours": m["at"]} | m for m in modules]))


def coming(modules):
    rows = [
        (f"{m['id']}-{n}", m["id"], *run)
        for m in modules
        for n, run in enumerate([m["run"]] if "run" in m else m.get("runs", ()))
    ]
    frame = pd.DataFrame(rows, columns=["offering_id", "module_id", "starts_on", "ends_on"])
    return frame.sort_values(["starts_on", "offering_id"])


def dated(modules, asked, stages=()):
    return schedule(
        framework_of(modules),
        [m["id"] for m in modules],
        runs_of(coming(modules)),
        first_day=asked + dt.timedelta(days=1),
        fixed={m["id"]: Dates(*m["fixed"], fixed=True) for m in modules if "fixed" in m},
        stages=stages,
    )


def test_examples(subtests):
    for case in CASES:
        found = dated(case["modules"], case["asked"])
        for module, when in zip(case["modules"], found, strict=True):
            with subtests.test(case["title"], module=module["id"]):
                if "month" in module:
                    assert (when.proposed_month, when.proposed_until) == (
                        module["month"],
                        module.get("until"),
                    )
                    assert (when.starts_on, when.ends_on, when.offering_id) == (None, None, None)
                else:
                    days = module.get("fixed") or module["run"]
                    assert [when.starts_on, when.ends_on] == days
                    assert when.fixed == ("fixed" in module)
                    assert when.proposed_month is None


def test_an_earlier_stage_is_not_proposed_after_a_later_one():
    modules = [{"id": "a", "at": 16}, {"id": "b", "at": 4}]
    run = [dt.date(2026, 12, 8)] * 2
    asked = dt.date(2026, 11, 28)
    free = dated([modules[0], modules[1] | {"run": run}], asked)
    framed = dated([modules[0], modules[1] | {"run": run}], asked, stages=[0, 1])
    # the month is full, whatever the stages
    assert [when.proposed_month for when in framed] == ["2026-12", "2027-01"]
    assert [when.proposed_month for when in free] == ["2026-12", "2027-01"]
    modules[0]["at"] = 8
    free = dated([modules[0], modules[1] | {"run": run}], asked)
    framed = dated([modules[0], modules[1] | {"run": run}], asked, stages=[0, 1])
    assert free[1].starts_on == run[0]
    assert [when.proposed_month for when in framed] == ["2026-12", "2026-12"]


DAYS = st.integers(0, 400).map(lambda n: dt.date(2026, 11, 1) + dt.timedelta(days=n))


@st.composite
def plans(draw):
    modules = []
    for n in range(draw(st.integers(1, 7))):
        level = draw(st.integers(0, 3))
        module = {
            "id": f"m{n}",
            "at": draw(st.sampled_from([1, 2.5, 4, 8, 12, 16, 17, 24, 40])),
            "for": draw(st.sampled_from(sorted(TARGETS))),
            "from": level,
            "to": level + 1,
            "needs": draw(
                st.sets(st.sampled_from([f"m{i}" for i in range(n)])) if n else st.just(())
            ),
        }
        days = draw(st.lists(st.tuples(DAYS, st.integers(0, 40)), max_size=3))
        spans = [(start, start + dt.timedelta(days=length)) for start, length in days]
        if spans and draw(st.integers(0, 4)) == 0:
            module["fixed"] = spans[0]
        module["runs"] = spans
        modules.append(module)
    return modules, draw(DAYS)


def months_between(first, last):
    month = dt.date.fromisoformat(f"{first[:7]}-01")
    while f"{month:%Y-%m}" <= last[:7]:
        yield f"{month:%Y-%m}"
        month = (month + dt.timedelta(days=31)).replace(day=1)


def hours_by_month(modules, found):
    """Count the hours again, day by day, the proposed modules after those with dates."""
    hours = defaultdict(float)
    alone = set()
    for module, when in zip(modules, found, strict=True):
        if when.starts_on:
            days = (when.ends_on - when.starts_on).days + 1
            for n in range(days):
                month = f"{when.starts_on + dt.timedelta(days=n):%Y-%m}"
                hours[month] += module["at"] / days
                alone.add(month)
    for module, when in zip(modules, found, strict=True):
        left = module["at"]
        if when.proposed_month:
            for month in months_between(when.proposed_month, when.ends):
                part = min(left, max(0.0, BUDGET - hours[month]))
                hours[month] += part
                left -= part
            assert left <= 1e-6, (module, when)
    return hours, alone


@given(case=plans())
def test_the_hours_of_each_month_stay_within_the_budget(case):
    modules, asked = case
    found = dated(modules, asked)
    hours, with_dates = hours_by_month(modules, found)
    for month, taken in hours.items():
        # only dates that people set, or one run of many hours, are more than a month has
        if taken > BUDGET + 1e-6:
            there = [
                when
                for when in found
                if when.starts_on and when.begins[:7] <= month <= when.ends[:7]
            ]
            assert month in with_dates
            assert any(when.fixed for when in there) or len(there) == 1
    for module, when in zip(modules, found, strict=True):
        if module["at"] <= BUDGET:
            assert when.proposed_until is None


@given(case=plans())
def test_nothing_comes_before_what_it_needs_or_a_lower_step(case):
    modules, asked = case
    found = dated(modules, asked)
    for later, (module, when) in enumerate(zip(modules, found, strict=True)):
        if when.fixed:
            continue
        assert when.begins[:7] >= f"{asked:%Y-%m}"
        for before, earlier in zip(modules[:later], found[:later], strict=True):
            lower = before["for"] == module["for"] and before["from"] < module["from"]
            if lower or before["id"] in module["needs"]:
                assert earlier.can_come_before(when)
                if when.starts_on:
                    # a run waits for the end of a month that was only proposed
                    assert earlier.ends < when.begins
                    assert earlier.ends[:7] < when.begins[:7] or earlier.starts_on


@given(case=plans())
def test_no_day_is_made_up(case):
    modules, asked = case
    for module, when in zip(modules, dated(modules, asked), strict=True):
        days = (when.starts_on, when.ends_on)
        if when.proposed_month:
            assert days == (None, None)
        else:
            assert days in [module.get("fixed"), *module["runs"]]
            assert when.fixed or when.starts_on > asked
