"""How long the levels of people stay what they are, as long as nothing new is known of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from recommender.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    last_day_within,
    months_before,
    to_date,
    to_day,
)
from recommender.scoring import SOURCES, LevelArrays
from recommender.service.framework import Framework
from recommender.service.levels.standing import (
    FactArrays,
    Standing,
    assess,
    read_facts,
    to_days,
    to_fact_arrays,
)
from recommender.store import Connection

_EXAMS = SOURCES.index("exams")


@dataclass(frozen=True)
class Period:
    """Levels of a person, the same on every day from one to another; arrays by competency."""

    person_id: str
    first: dt.date
    last: dt.date
    level: FloatArray
    standard_error: FloatArray
    day: IntArray


def read_periods(
    connection: Connection,
    framework: Framework,
    person_ids: Sequence[str],
    days: Sequence[dt.date],
) -> Iterator[Period]:
    """Yield periods of people's levels that take in all of these days.

    The facts are read once for all days, which takes most of the time.
    """
    days = sorted(set(days))
    # later facts too: they say how long the levels before them hold
    snapshot = read_facts(
        connection, framework, first_day=days[0], last_day=dt.date.max, person_ids=person_ids
    )
    people = snapshot.people["person_id"].tolist()
    facts = to_fact_arrays(snapshot, framework)
    until = np.full(len(people), np.iinfo(np.int64).min)
    for day in days:
        # nothing new for who is still in the period before
        due = np.flatnonzero(until < to_day(day))
        if not len(due):
            continue
        _, levels = assess(facts, framework, day, n_people=len(people))
        lasts = find_last_days(facts, framework, levels, day)
        until[due] = lasts[due]
        for i in due.tolist():
            yield Period(
                people[i],
                day,
                to_date(lasts[i]),
                levels.level[i],
                levels.standard_error[i],
                levels.day[i],
            )


def find_last_days(
    facts: FactArrays, framework: Framework, levels: LevelArrays, as_of: dt.date
) -> IntArray:
    """Find the last day on which each person's levels are still those of a day.

    They change with the next fact, and when what they rest on is no longer valid: the rating or
    import that counts, or any of the exams where exams count. What is older than an assessment that
    counts cannot change it by becoming invalid, and the windows of ratings are counted back from
    ratings, not from the day.

    Parameters
    ----------
    facts : FactArrays
        All that levels may rest on from that day on, later facts included.
    framework : Framework
        The catalogue.
    levels : LevelArrays
        Levels of that day.
    as_of : date
        The day.

    Returns
    -------
    ndarray of shape (n_people,)
        Days since 1970-01-01, that of `date.max` where nothing is known to change.
    """
    settings, today = framework.catalog.settings, to_day(as_of)
    sittings = facts.sittings
    until = np.full(len(levels.day), to_day(dt.date.max), dtype=np.int64)
    for person, day in (
        (facts.ratings.person, facts.ratings.day),
        (sittings.person, sittings.day),
        (facts.imported.person, facts.imported.day),
    ):
        later = day > today
        np.minimum.at(until, person[later], day[later] - 1)
    person, competency = np.nonzero((levels.day >= 0) & (levels.source != _EXAMS))
    ends = _end_validity(levels.day[person, competency], settings.assessment_validity_months)
    np.minimum.at(until, person, ends)
    valid_from = to_day(months_before(as_of, settings.exam_validity_months))
    counts: BoolArray = (
        sittings.complete
        & (sittings.day <= today)
        & (sittings.day >= valid_from)
        & (levels.source[sittings.person, sittings.competency] == _EXAMS)
    )
    ends = _end_validity(sittings.day[counts], settings.exam_validity_months)
    np.minimum.at(until, sittings.person[counts], ends)
    return until


def find_standing_last_days(standing: Standing, framework: Framework) -> IntArray:
    """Find the last day on which all about each person of a standing is still the same.

    Beside levels that is which modules may be taken again, and the targets. Facts dated after the
    day of the standing are not foreseen.

    Returns
    -------
    ndarray of shape (n_people,)
        Days since 1970-01-01.
    """
    until = find_last_days(standing.facts, framework, standing.levels, standing.as_of)
    ahead = [p.effective_on for p in framework.catalog.profiles if p.effective_on > standing.as_of]
    if ahead:
        until = np.minimum(until, to_day(min(ahead)) - 1)
    row_of = {person_id: row for row, person_id in enumerate(standing.people["person_id"])}
    months_of = dict(
        zip(framework.modules.ids, framework.modules.repeat_months.tolist(), strict=True)
    )
    done = standing.snapshot.completions
    known = done["module_id"].isin(list(months_of)).to_numpy(dtype=bool)
    person = done["person_id"][known].map(row_of).to_numpy(dtype=np.int64)
    months = done["module_id"][known].map(months_of).to_numpy(dtype=np.int64)
    days = to_days(done["completed_on"][known])
    for span in np.unique(months).tolist():
        these = months == span
        ends = _end_validity(days[these], span)
        # what may be taken again by now stays so
        still = ends >= to_day(standing.as_of)
        np.minimum.at(until, person[these][still], ends[still])
    return until


def _end_validity(days: IntArray, months: int) -> IntArray:
    # months have no fixed number of days; assessments of many people lie on few different days
    distinct, at = np.unique(days, return_inverse=True)
    ends = [to_day(last_day_within(to_date(day), months)) for day in distinct.tolist()]
    return np.array(ends, dtype=np.int64)[at]
