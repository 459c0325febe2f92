"""When the modules of a plan are taken."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from recommender.service.framework import Framework

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Dates:
    """When a module is taken, in which offering if any, and whether a person set the dates."""

    starts_on: dt.date
    ends_on: dt.date
    offering_id: str | None = None
    fixed: bool = False


def schedule(
    framework: Framework,
    module_ids: Sequence[str],
    offerings: pd.DataFrame,
    *,
    first_day: dt.date,
    fixed: Mapping[str, Dates] | None = None,
) -> list[Dates]:
    """Date modules one after the other: the next offering, or else the catalogue's pace.

    Modules are given in the order to take them, `offerings` as `read_offerings` returns them.
    Modules in `fixed` keep those dates, and nothing else is put into their days; no other one
    begins before `first_day`.
    """
    fixed = fixed or {}
    taken = sorted((when.starts_on, when.ends_on) for when in fixed.values())
    pace = framework.catalog.settings.study_hours_per_week
    dates: list[Dates] = []
    free_from = first_day
    for name in module_ids:
        when = fixed.get(name) or _next_offering(offerings, name, free_from, taken)
        if when is None:
            hours = framework.module_of[name].hours
            when = _next_gap(free_from, 7 * math.ceil(hours / pace), taken)
        dates.append(when)
        # max: a fixed module may lie before those that come earlier in the order
        free_from = max(free_from, when.ends_on + _DAY)
    return dates


def _next_offering(
    offerings: pd.DataFrame, name: str, free_from: dt.date, taken: Sequence[tuple[dt.date, dt.date]]
) -> Dates | None:
    later = offerings[(offerings["module_id"] == name) & (offerings["starts_on"] >= free_from)]
    runs = zip(later["starts_on"], later["ends_on"], later["offering_id"], strict=True)
    for starts_on, ends_on, offering_id in runs:
        if all(ends_on < begin or end < starts_on for begin, end in taken):
            return Dates(starts_on, ends_on, offering_id)
    return None


def _next_gap(start: dt.date, days: int, taken: Sequence[tuple[dt.date, dt.date]]) -> Dates:
    length = dt.timedelta(days=days - 1)
    # in order of time, so one pass finds the first gap that is long enough
    for begin, end in taken:
        if start <= end and start + length >= begin:
            start = end + _DAY
    return Dates(start, start + length)
