"""Improvement records out of what the database holds: assessments, enrolments, imports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from recommender.arrays import IntArray, months_before, to_date, to_day
from recommender.improvement.history import (
    History,
    HistoryRecords,
    HistoryReport,
    build_records,
    code_history,
    describe_history,
    merge_records,
    pairs_of_modules,
    pairs_of_table,
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
from recommender.store import Connection, Snapshot, read_improvement_records, read_snapshot

_BEGINNING = dt.date(1900, 1, 1)


def collect_records(
    connection: Connection,
    framework: Framework,
    *,
    as_of: dt.date,
    person_ids: Sequence[str] | None = None,
) -> HistoryRecords:
    """Collect the improvement records that the database holds, derived and imported.

    Parameters
    ----------
    as_of : date
        Nothing later counts.
    person_ids : sequence of str, optional
        Of whom; of all people, also of those who are not there any more, when not given.

    Returns
    -------
    HistoryRecords
        Also of modules and competencies that the catalogue no longer has.
    """
    snapshot = read_snapshot(
        connection,
        as_of=as_of,
        ratings_from=_BEGINNING,
        exams_from=_BEGINNING,
        assessments_from=_BEGINNING,
        person_ids=person_ids,
    )
    stored = read_improvement_records(connection, as_of=as_of, person_ids=person_ids)
    built = build_records(
        list_assessments(snapshot, framework, as_of=as_of),
        snapshot.completions,
        pairs_of_modules(framework.catalog.modules),
    )
    unit_of = dict(zip(snapshot.people["person_id"], snapshot.people["org_unit"], strict=True))
    units = built.frame["person_id"].map(unit_of).astype(object)
    derived = HistoryRecords(built.frame.assign(org_unit=units), built.notes)
    return merge_records(derived, read_records(stored))


def history_of_tables(
    records: pd.DataFrame, modules: pd.DataFrame, *, framework: Framework | None = None
) -> History:
    """Take a history from tables alone.

    Parameters
    ----------
    records, modules : DataFrame
        Tables of these kinds.
    framework : Framework, optional
        Whose competencies count, in its order; without one all that the tables have.

    Returns
    -------
    History
        In the order of `records`.
    """
    known = None if framework is None else framework.competency_ids
    return code_history(read_records(records), pairs_of_table(modules), competency_ids=known)


def report_history(history: History, *, scale: tuple[float, float] = (0.0, 4.0)) -> HistoryReport:
    """Describe a history for an analyst.

    Parameters
    ----------
    history : History
        From `read_history` or `history_of_tables`.
    scale : tuple of float
        Lowest and highest level of the records.

    Returns
    -------
    HistoryReport
        Its rows refer to the index of `history.frame`.
    """
    return describe_history(
        history.records,
        history.modules,
        ids=history.ids,
        rows=history.frame.index,
        shared=history.frame["shared"].to_numpy(dtype=np.int64),
        notes=history.notes,
        scale=scale,
    )


def list_assessments(snapshot: Snapshot, framework: Framework, *, as_of: dt.date) -> pd.DataFrame:
    """List every assessment that people had, not only the current one.

    Parameters
    ----------
    snapshot : Snapshot
        Rows of any age.
    as_of : date
        Later rows do not count.

    Returns
    -------
    DataFrame
        person_id, competency_id, level, assessed_on. Ratings make one assessment a window,
        exams one a day of a complete sitting, with the sittings valid on that day; of two
        on one day the raw form stands and the imported one is left out.
    """
    settings = framework.catalog.settings
    ids = snapshot.people["person_id"]
    sittings = score_sittings(to_exam_arrays(snapshot.exams, framework, ids), framework.exam_rules)
    found = (
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
        np.concatenate([getattr(arrays, name) for arrays in found])
        for name in ("person", "competency", "day")
    )
    frame = pd.DataFrame(
        {
            "person_id": ids.to_numpy(dtype=object)[person],
            "competency_id": np.array(framework.competency_ids, dtype=object)[competency],
            "level": np.concatenate([arrays.level for arrays in found]),
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
        Standard error of every level found, in levels.
    validity_months : int
        Age up to which a sitting counts for a later day.
    as_of_day : int
        Later sittings do not count.

    Returns
    -------
    AssessmentArrays
        What `recommender.scoring.assess_exams` finds as of each of these days.
    """
    rows = np.flatnonzero(sittings.complete & (sittings.day <= as_of_day))
    order = rows[np.lexsort((sittings.day[rows], sittings.competency[rows], sittings.person[rows]))]
    person, competency = sittings.person[order], sittings.competency[order]
    day, width = sittings.day[order], int(sittings.competency.max(initial=0)) + 1
    start = int(day.min(initial=0))
    span = int(day.max(initial=0)) - start + 1
    # people and competencies on one line, the days of each in order
    place = (person * width + competency) * span + day - start
    events, first = np.unique(place, return_index=True)
    valid_from = np.maximum(_valid_from(day[first], validity_months), start)
    low = np.searchsorted(place, events - (day[first] - valid_from))
    high = np.searchsorted(place, events, side="right")
    count = high - low
    # every event has its own copy of the sittings that count on its day, as if of another person
    event = np.repeat(np.arange(events.size), count)
    of_event = order[np.arange(event.size) + np.repeat(low - (np.cumsum(count) - count), count)]
    found = assess_exams(
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
        valid_from_day=start,
    )
    return AssessmentArrays(
        person=person[first][found.person],
        competency=found.competency,
        level=found.level,
        standard_error=found.standard_error,
        day=found.day,
        disagreement=found.disagreement,
    )


def _valid_from(days: IntArray, months: int) -> IntArray:
    distinct, at = np.unique(days, return_inverse=True)
    first = [to_day(months_before(to_date(day), months)) for day in distinct.tolist()]
    return np.array(first, dtype=np.int64)[at]
