"""How long levels and candidates stay the same while nobody learns anything new."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import numpy as np

from recommender.arrays import IntArray, months_before, to_date, to_day
from recommender.service.framework import Framework
from recommender.service.levels.standing import Standing, find_first_days, to_days

NEVER = to_day(dt.date.max)


def find_last_days(standing: Standing, framework: Framework) -> IntArray:
    """Find the last day on which each person stands as today, given the same facts and catalogue.

    Facts grow too old to count, modules may be repeated again, and profiles come into force.

    Returns
    -------
    ndarray of int of shape (n_people,)
        Days since 1970-01-01. It may come early, where a fact grows old that another outdid, but
        never late; facts dated after the day of `standing` are not foreseen.
    """
    settings, snapshot, as_of = framework.catalog.settings, standing.snapshot, standing.as_of
    first = find_first_days(framework, as_of)
    row_of = {person_id: row for row, person_id in enumerate(standing.people["person_id"])}
    changes = np.full(len(row_of), _next_profiles(framework, as_of), dtype=np.int64)
    valid, exams = settings.assessment_validity_months, settings.exam_validity_months
    done = snapshot.completions
    repeat = dict(zip(framework.modules.ids, framework.modules.repeat_months.tolist(), strict=True))
    for person_ids, days, months, since in (
        (snapshot.ratings["person_id"], snapshot.ratings["rated_on"], valid, first.assessments),
        (snapshot.exams["person_id"], snapshot.exams["sat_on"], exams, first.exams),
        (
            snapshot.assessments["person_id"],
            snapshot.assessments["assessed_on"],
            valid,
            first.assessments,
        ),
        (
            done["person_id"],
            done["completed_on"],
            done["module_id"].map(repeat).fillna(0).to_numpy(dtype=np.int64),
            dt.date.min,
        ),
    ):
        day = to_days(days)
        ends = _first_days_without(day, np.broadcast_to(months, len(day)))
        # what ended before counts for nothing any more, and rows before `since` never did by
        # themselves
        ahead = (ends > to_day(as_of)) & (day >= to_day(since))
        rows = person_ids[ahead].map(row_of).to_numpy(dtype=np.int64)
        np.minimum.at(changes, rows, ends[ahead])
    return changes - 1


def _next_profiles(framework: Framework, as_of: dt.date) -> int:
    ahead = [p.effective_on for p in framework.catalog.profiles if p.effective_on > as_of]
    return to_day(min(ahead)) if ahead else NEVER


def _first_days_without(days: IntArray, months: IntArray) -> IntArray:
    """Return, for facts of some days, the first day that is further from each than its months."""
    pairs, at = np.unique(np.stack([days, months]), axis=1, return_inverse=True)
    ends = [_first_day_without(day, span) for day, span in pairs.T.tolist()]
    return np.array(ends, dtype=np.int64)[at.reshape(-1)]


@lru_cache(maxsize=65536)
def _first_day_without(day: int, months: int) -> int:
    date = to_date(day)
    end = months_before(date, -months)
    # months have different lengths: from the last of a short one it takes some days more
    while months_before(end, months) <= date:
        end += dt.timedelta(days=1)
    return to_day(end)
