"""Numbers and sentences as they are printed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.documents import figures


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (figures.decimal(1.0, digits=1), "1.0"),
        (figures.decimal(-0.004, digits=2), "0.00"),
        (figures.decimal(-0.05, digits=2), "−0.05"),
        (figures.decimal(float("nan"), digits=1), "—"),
        (figures.signed(0.4, digits=2), "+0.40"),
        (figures.signed(-0.4, digits=2), "−0.40"),
        (figures.hours(40), "40"),
        (figures.hours(7.50), "7.5"),
        (figures.hours(1200), "1,200"),
        (figures.money(2400.5), "2,400.50"),
        (figures.money(0), "0"),
        (figures.percent(0.999), ">99%"),
        (figures.percent(1.0), "100%"),
        (figures.percent(0.001), "<1%"),
        (figures.percent(None), "—"),
        (figures.day(None), ""),
        (figures.level(2), "2.00"),
        (figures.level(1.125), "1.12"),
        (figures.level(None), "—"),
        (figures.gap(0.0), "0.00"),
        (figures.gap(0.875), "0.88"),
        (figures.gap(0.004), "<0.01"),
        (figures.gap(None), "—"),
        (figures.target(2), "2.0"),
        (figures.target(2.25), "2.25"),
    ],
)
def test_prints_numbers(shown, expected):
    assert shown == expected


@given(st.integers(0, 400), st.integers(0, 4000))
def test_level_and_gap_as_shown_are_the_target(target, thousandths):
    """Also where both lie halfway between two hundredths; a gap too small to show is told so."""
    target, level = target / 100, thousandths / 1000
    gap = target - level
    if gap >= 0.0049999:
        shown = Decimal(figures.level(level)) + Decimal(figures.gap(gap))
        assert shown == Decimal(figures.target(target))
    elif gap > 1e-9:
        assert figures.gap(gap) == "<0.01"


@given(st.lists(st.floats(0, 1000), max_size=30))
def test_a_total_is_the_sum_of_what_is_shown(numbers):
    shown = sum((Decimal(f"{number:.2f}") for number in numbers), Decimal(0))
    assert f"{figures.total(numbers):.2f}" == f"{shown:.2f}"


def test_joins_sentences_with_one_full_stop_each():
    assert figures.sentences(["one thing", "Another.", " "], lang="en") == "One thing. Another."
    assert figures.sentences(["弥补差距。", "先修模块"], lang="zh-CN") == "弥补差距。先修模块。"
    assert figures.sentences([], lang="en") == ""


def test_gives_long_runs_places_to_end_a_line():
    assert figures.breakable("telecommunications, and 中文") == "telecommunications, and 中文"
    assert "\u200b" in figures.breakable("plan-2026-000173")
    longest = max(len(part) for part in figures.breakable("W" * 60).split("\u200b"))
    assert longest <= 12
