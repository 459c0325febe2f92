"""Levels kept in the database: of a large organisation they take minutes to work out."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from recommender.arrays import FloatArray, to_date
from recommender.service.framework import Framework
from recommender.service.groups.kept_figures import FIGURES, basis_of
from recommender.service.groups.quarters import find_quarter_end, list_quarters_before
from recommender.service.groups.rounds import list_rounds
from recommender.service.installation import Service
from recommender.service.levels.periods import Period, read_periods
from recommender.store import reading, writing
from recommender.store.people.levels import (
    KeptLevels,
    find_without_levels,
    replace_kept_levels,
)

# People whose ratings are in memory together, and whose levels are written in one transaction. On
# SQLite others who write wait meanwhile, some hundredths of a second.
_AT_ONCE = 250


def list_days(framework: Framework, today: dt.date) -> list[dt.date]:
    """List the days that groups of people are looked at on: today and the ends of quarters."""
    # who sees no people compares two rounds, and each of them with the quarters before
    ends = [each.as_of for each in list_rounds(framework, find_quarter_end(today), 2)]
    before = [day for end in ends for day in list_quarters_before(framework, end)]
    return [*dict.fromkeys([today, *ends, *before])]


def keep_levels(
    service: Service,
    days: Sequence[dt.date],
    *,
    today: dt.date,
    go_on: Callable[[], bool] = lambda: True,
) -> int:
    """Work out and keep the levels of everybody of whom none are kept for one of some days.

    It reads and writes in short transactions of its own, some people at a time, for as long as
    `go_on` says; what is kept by then stays. Those whose levels are replaced get them for all of
    `list_days`.

    Returns
    -------
    int
        Of how many people.
    """
    framework, basis = service.framework, basis_of(service.framework)
    wanted = {"basis": basis, "days": days, "present_on": today}
    with reading(service.engine) as connection:
        missing = list(find_without_levels(connection, **wanted))
    pieces = [missing[start : start + _AT_ONCE] for start in range(0, len(missing), _AT_ONCE)]
    # each server in another order: they meet in few pieces, where the second finds nothing to do
    random.shuffle(pieces)
    count = 0
    for piece in pieces:
        if not go_on():
            break
        with reading(service.engine) as connection:
            lacking = find_without_levels(connection, **wanted, among=piece)
            periods = read_periods(connection, framework, [*lacking], list_days(framework, today))
            rows = [_pack(period, lacking[period.person_id], basis) for period in periods]
        with writing(service.engine) as connection:
            replace_kept_levels(connection, lacking, rows)
        count += len(lacking)
    return count


def spell_out(framework: Framework, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what a kept row says, competency by competency, for the person to read.

    Of a row of another catalogue or release nobody can say it: it is used for nothing.
    """
    if row["basis"] != basis_of(framework):
        return
    figures = zip(*_unpack(row["figures"]).tolist(), strict=True)
    for name, (level, error, day) in zip(framework.competency_ids, figures, strict=True):
        if day >= 0:
            yield {
                "competency_id": name,
                "level": level,
                "standard_error": error,
                "assessed_on": to_date(int(day)),
                "holds_from": row["holds_from"],
                "holds_until": row["holds_until"],
            }


def _pack(period: Period, number: int, basis: str) -> KeptLevels:
    figures = np.stack([period.level, period.standard_error, period.day])
    return KeptLevels(
        period.person_id,
        period.first,
        period.last,
        number,
        basis,
        figures.astype(FIGURES).tobytes(),
    )


def _unpack(figures: bytes) -> FloatArray:
    return np.frombuffer(figures, dtype=FIGURES).reshape(3, -1)
