"""Rounds of assessment: the halves of years, told apart by the last day that they speak of."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from recommender.service.framework import Framework, latest_profiles
from recommender.service.groups.quarters import find_quarter_end

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Round:
    """A half of a year, and the day at which people are looked at.

    `as_of` is its last day; of one that has not ended it is the day that was asked for.
    """

    year: int
    half: int
    as_of: dt.date


def round_of(day: dt.date) -> Round:
    """Return the round that a day belongs to, looked at on that day."""
    return Round(day.year, 1 if day.month <= 6 else 2, day)


def round_before(day: dt.date) -> Round:
    """Return the last round that ended before the one of a day, looked at on its last day."""
    end = find_quarter_end(dt.date(day.year, 1 if day.month <= 6 else 7, 1) - _DAY)
    return round_of(end)


def list_rounds(framework: Framework, day: dt.date, count: int) -> list[Round]:
    """List the round of a day and those before it, the newest first, `count` at most.

    Rounds from before the first target profiles are left out: nothing can be compared then.
    """
    rounds = [round_of(day)]
    while len(rounds) < count:
        earlier = round_before(rounds[-1].as_of)
        if len(latest_profiles(framework.catalog, earlier.as_of)) < len(framework.grade_ids):
            break
        rounds.append(earlier)
    return rounds
