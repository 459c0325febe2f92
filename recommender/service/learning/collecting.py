"""Improvement records out of what the database holds: assessments, enrolments, imports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from recommender.arrays import IntArray, months_before, to_date, to_day
from recommender.improvement.history import (
    History,
    HistoryRecords,
    HistoryReport,
    build_records,
    describe_history,
    merge_records,
    pairs_of_modules,
    read_records,
)
from recommender.scoring import (
    AssessmentArrays,
    ExamRules,
    Sittings,
    assess_exams,
    assess_ratings,
    score_sittings,
)
from recommender.service.framework import Framework
from recommender.service.levels.standing import (
    to_exam_arrays,
    to_imported_arrays,
    to_rating_arrays,
)
from recommender.store import (
    Connection,
    FirstDays,
    Snapshot,
    read_improvement_records,
    read_snapshot,
)

# levels expire, the history does not: what a module added years ago still counts
_BEGINNING = dt.date(1900, 1, 1)
_ALL_DAYS = FirstDays(_BEGINNING, _BEGINNING, _BEGINNING)


def collect_records(
    connection: Connection,
    framework: Framework,
    *,
    as_of: dt.date,
    person_ids: Sequence[str] | None = None,
) -> HistoryRecords:
    """Collect the improvement records that the database holds, derived and imported.

    Nothing later than `as_of` counts. Without `person_ids` they are those of all people, erased
    ones included. Modules and competencies may be some that the catalogue no longer has.
    """
    stored = read_improvement_records(connection, as_of=as_of, person_ids=person_ids)
    derived = derive_records(connection, framework, as_of=as_of, person_ids=person_ids)
    return merge_records(derived, read_records(stored))


def derive_records(
    connection: Connection,
    framework: Framework,
    *,
    as_of: dt.date,
    person_ids: Sequence[str] | None = None,
    first_days: FirstDays = _ALL_DAYS,
) -> HistoryRecords:
    """Derive improvement records from the assessments and completed enrolments of people."""
    snapshot = read_snapshot(connection, as_of=as_of, first_days=first_days, person_ids=person_ids)
    built = build_records(
        list_assessments(snapshot, framework, as_of=as_of),
        snapshot.completions,
        pairs_of_modules(framework.catalog.modules),
    )
    # the unit of today, for the database keeps no earlier one
    unit_of = dict(zip(snapshot.people["person_id"], snapshot.people["org_unit"], strict=True))
    units = built.frame["person_id"].map(unit_of).astype(object)
    return HistoryRecords(built.frame.assign(org_unit=units), built.notes)


def report_history(history: History, *, scale: tuple[float, float] = (0.0, 4.0)) -> HistoryReport:
    """Describe a history for an analyst; the rows it names are those of `history.frame`.

    `scale` is the lowest and the highest level that the records can have.
    """
    return describe_history(history, scale=scale)


def list_assessments(snapshot: Snapshot, framework: Framework, *, as_of: dt.date) -> pd.DataFrame:
    """List every assessment that people had up to a day, not only the current one.

    Returns
    -------
    DataFrame
        Columns person_id, competency_id, level, assessed_on. The ratings of one window make one
        assessment. Exams make one for each day of a complete sitting, out of the sittings that
        were valid on that day. Of two assessments on one day the raw form stands, not the
        imported one.

    References
    ----------
    DESIGN, section 4, "Current level".
    """
    settings = framework.catalog.settings
    ids = snapshot.people["person_id"]
    sittings = score_sittings(to_exam_arrays(snapshot.exams, framework, ids), framework.exam_rules)
    # raw forms first: of two on one day, `duplicated` below leaves out the later in this order
    assessments = (
        assess_ratings(
            to_rating_arrays(snapshot.ratings, framework, ids),
            rater_weights=framework.rater_weights,
            rating_standard_error=settings.rating_standard_error,
            window_days=settings.rating_window_days,
            as_of_day=to_day(as_of),
        ),
        assess_every_sitting(
            sittings,
            framework.exam_rules,
            exam_standard_error=settings.exam_standard_error,
            validity_months=settings.exam_validity_months,
            as_of_day=to_day(as_of),
        ),
        to_imported_arrays(snapshot.assessments, framework, ids),
    )
    person, competency, day = (
        np.concatenate([getattr(arrays, name) for arrays in assessments])
        for name in ("person", "competency", "day")
    )
    frame = pd.DataFrame(
        {
            "person_id": ids.to_numpy(dtype=object)[person],
            "competency_id": np.array(framework.competency_ids, dtype=object)[competency],
            "level": np.concatenate([arrays.level for arrays in assessments]),
            "assessed_on": day.astype("datetime64[D]").astype(object),
        }
    )
    again = pd.DataFrame({"person": person, "competency": competency, "day": day}).duplicated()
    return frame[~again.to_numpy() & (day <= to_day(as_of))].reset_index(drop=True)


def assess_every_sitting(
    sittings: Sittings,
    rules: ExamRules,
    *,
    exam_standard_error: float,
    validity_months: int,
    as_of_day: int,
) -> AssessmentArrays:
    """Turn sittings into one assessment for every day of a complete one.

    Parameters
    ----------
    sittings : Sittings
        As `recommender.scoring.score_sittings` returns them.
    rules : ExamRules
        Weights and pass marks.
    exam_standard_error : float
        Standard error of a level, in levels.
    validity_months : int
        Age up to which a sitting counts for a later day.
    as_of_day : int
        Later sittings do not count.

    Returns
    -------
    AssessmentArrays
        What `recommender.scoring.assess_exams` returns as of each of these days.
    """
    # one call as of every day would be days times all sittings; this is a single call in which
    # each person, competency and day counts as a person of its own
    rows = np.flatnonzero(sittings.complete & (sittings.day <= as_of_day))
    order = rows[np.lexsort((sittings.day[rows], sittings.competency[rows], sittings.person[rows]))]
    person, competency = sittings.person[order], sittings.competency[order]
    day, width = sittings.day[order], int(sittings.competency.max(initial=0)) + 1
    start = int(day.min(initial=0))
    span = int(day.max(initial=0)) - start + 1
    # person, competency and day as one sorted number, so that a range of days can be searched for
    place = (person * width + competency) * span + day - start
    events, first = np.unique(place, return_index=True)
    # not below `start`, or the search would reach into the days of the competency before
    valid_from = np.maximum(_valid_from(day[first], validity_months), start)
    low = np.searchsorted(place, events - (day[first] - valid_from))
    high = np.searchsorted(place, events, side="right")
    count = high - low
    # every event gets its own copy of the sittings that count on its day
    event = np.repeat(np.arange(events.size), count)
    of_event = order[np.arange(event.size) + np.repeat(low - (np.cumsum(count) - count), count)]
    assessed = assess_exams(
        Sittings(
            person=event,
            competency=sittings.competency[of_event],
            level=sittings.level[of_event],
            day=sittings.day[of_event],
            score=sittings.score[of_event],
            complete=sittings.complete[of_event],
            passed=sittings.passed[of_event],
        ),
        rules,
        exam_standard_error=exam_standard_error,
        as_of_day=as_of_day,
        # the copies hold only valid sittings already
        valid_from_day=start,
    )
    return replace(assessed, person=person[first][assessed.person])


def _valid_from(days: IntArray, months: int) -> IntArray:
    # months have no fixed length, so this needs the calendar; there are few distinct days
    distinct, at = np.unique(days, return_inverse=True)
    first = [to_day(months_before(to_date(day), months)) for day in distinct.tolist()]
    return np.array(first, dtype=np.int64)[at]
