"""Working days, as HR can read them in `scenarios/calendar/days.yaml`."""

import datetime as dt
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recommender.working_days import is_settled, is_working_day, next_working_day

CASES = yaml.safe_load((Path(__file__).parent / "scenarios/calendar/days.yaml").read_text("utf-8"))


def test_days_as_hr_knows_them(subtests):
    for case in CASES:
        with subtests.test(case["why"], day=case["day"]):
            assert is_working_day(case["day"], "CN") == case["works"]
            assert next_working_day(case["day"], "CN") == case["next"]


def test_a_year_is_settled_once_its_make_up_days_are_known():
    assert is_settled(2025, "CN")
    assert is_settled(2026, "CN")
    # beyond all holidays that are known by now
    assert not is_settled(2040, "CN")
    # a country that makes up for nothing
    assert is_settled(2040, "DE")


@given(day=st.dates(dt.date(1900, 1, 1), dt.date(2500, 1, 1)))
def test_a_proposed_day_is_worked_in_any_year(day):
    found = next_working_day(day, "CN")
    assert day <= found <= day + dt.timedelta(days=14)
    assert is_working_day(found, "CN")
    if not is_settled(found.year, "CN"):
        assert found.weekday() < 5
    assert next_working_day(found, "CN") == found


@pytest.mark.parametrize("year", [1900, 2150])
def test_years_without_known_holidays_have_weekends(year):
    days = [dt.date(year, 3, day) for day in range(1, 29)]
    assert [is_working_day(day, "CN") for day in days] == [day.weekday() < 5 for day in days]
