"""Numbers and sentences as they are printed."""

import pytest

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
    ],
)
def test_prints_numbers(shown, expected):
    assert shown == expected


def test_joins_sentences_with_one_full_stop_each():
    assert figures.sentences(["one thing", "Another.", " "], lang="en") == "One thing. Another."
    assert figures.sentences(["弥补差距。", "先修模块"], lang="zh-CN") == "弥补差距。先修模块。"
    assert figures.sentences([], lang="en") == ""


def test_gives_long_runs_places_to_end_a_line():
    assert figures.breakable("telecommunications, and 中文") == "telecommunications, and 中文"
    assert "\u200b" in figures.breakable("plan-2026-000173")
    longest = max(len(part) for part in figures.breakable("W" * 60).split("\u200b"))
    assert longest <= 12
