"""Windows of the rate limit, by a clock of their own."""

import time

import pytest
from limits import parse

from api import rate_limits
from api.rate_limits import Windows

LIMIT = parse("3/minute")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def windows(clock):
    return Windows(clock)


def test_a_window_counts_down_and_ends(windows, clock):
    hits = [windows.hit(LIMIT, "a") for _ in range(4)]
    assert [hit.allowed for hit in hits] == [True, True, True, False]
    assert [hit.remaining for hit in hits] == [2, 1, 0, 0]
    clock.now += 59
    refused = windows.hit(LIMIT, "a")
    assert (refused.allowed, refused.seconds) == (False, 1)
    clock.now += 1
    again = windows.hit(LIMIT, "a")
    assert (again.allowed, again.remaining, again.seconds) == (True, 2, 60)


def test_others_and_other_limits_have_windows_of_their_own(windows):
    for _ in range(3):
        windows.hit(LIMIT, "a")
    assert not windows.hit(LIMIT, "a").allowed
    assert windows.hit(LIMIT, "b").allowed
    assert windows.hit(parse("4/minute"), "a").allowed


def test_windows_that_ended_take_no_memory(windows, clock):
    for number in range(1000):
        windows.hit(LIMIT, f"{number}")
    clock.now += 61
    windows.hit(LIMIT, "a")
    assert list(windows._windows) == [(LIMIT, "a")]


def test_there_are_no_more_windows_than_memory_is_meant_for(clock, monkeypatch):
    monkeypatch.setattr(rate_limits, "_MOST_WINDOWS", 3)
    windows = Windows(clock)
    for name in "abcabcd":
        windows.hit(LIMIT, name)
    assert windows.hit(LIMIT, "d").remaining == 1
    assert len(windows._windows) == 3


def test_the_clock_of_the_day_has_no_say(monkeypatch):
    """`limits` counts by it: set back by a day, it would refuse for that day."""
    windows = Windows()
    for _ in range(4):
        windows.hit(parse("3/second"), "a")
    monkeypatch.setattr(time, "time", lambda: 0.0)
    time.sleep(1.01)
    assert windows.hit(parse("3/second"), "a").allowed
