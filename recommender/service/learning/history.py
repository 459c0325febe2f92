"""The history in the database: improvement records out of assessments, enrolments and imports."""

from __future__ import annotations

import csv
import datetime as dt
import secrets
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from recommender.arrays import IntArray, months_before, to_date, to_day
from recommender.candidates import MODALITIES
from recommender.errors import InputError
from recommender.improvement.history import (
    AFTER_WINDOW_DAYS,
    BEFORE_WINDOW_DAYS,
    RECORD_COLUMNS,
    SHIFT_DAYS,
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
from recommender.improvement.history import pseudonymise as hide_people
from recommender.scoring import (
    AssessmentArrays,
    ExamRules,
    Sittings,
    assess_exams,
    assess_ratings,
    score_sittings,
)
from recommender.service.framework import Framework
from recommender.service.levels.standing import to_exam_arrays, to_imported_arrays, to_rating_arrays
from recommender.store import (
    Connection,
    Engine,
    Snapshot,
    read_improvement_records,
    read_snapshot,
    reading,
)

_BEGINNING = dt.date(1900, 1, 1)
# what a spreadsheet takes for the beginning of a formula, full-width signs as well
_FORMULA_SIGNS = tuple("=+-@\t\r＝＋－＠")


def read_history(
    connection: Connection,
    framework: Framework,
    *,
    as_of: dt.date,
    before_window_days: int = BEFORE_WINDOW_DAYS,
    after_window_days: int = AFTER_WINDOW_DAYS,
) -> History:
    """Read the history that the database holds.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    framework : Framework
        The catalogue.
    as_of : date
        Nothing later counts.
    before_window_days, after_window_days : int
        See `recommender.improvement.history.build_records`.

    Returns
    -------
    History
        Records derived from assessments over time and completed enrolments, and the imported
        ones; of the same record in both forms the imported one counts.
    """
    merged = collect_records(
        connection,
        framework,
        as_of=as_of,
        before_window_days=before_window_days,
        after_window_days=after_window_days,
    )
    return code_history(
        merged,
        pairs_of_modules(framework.catalog.modules),
        competency_ids=framework.competency_ids,
        modality_ids=MODALITIES,
    )


def collect_records(
    connection: Connection,
    framework: Framework,
    *,
    as_of: dt.date,
    before_window_days: int = BEFORE_WINDOW_DAYS,
    after_window_days: int = AFTER_WINDOW_DAYS,
    person_ids: Sequence[str] | None = None,
) -> HistoryRecords:
    """Collect the improvement records that the database holds, derived and imported.

    Parameters
    ----------
    connection, framework, as_of, before_window_days, after_window_days
        See `read_history`.
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
        before_window_days=before_window_days,
        after_window_days=after_window_days,
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
    framework : Framework
        The catalogue.
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


def export_history(
    framework: Framework,
    engine: Engine,
    path: Path,
    *,
    pseudonymise: bool,
    as_of: dt.date,
    key: bytes | None = None,
    org_depth: int = 1,
) -> int:
    """Write the history as a CSV that `import records` and `train --history` take.

    Parameters
    ----------
    framework : Framework
        The catalogue.
    engine : Engine
        The database.
    path : Path
        The file to write; it is there whole or not at all.
    pseudonymise : bool
        Whether to hide people behind pseudonyms. All dates then also lie 30 days earlier, so
        that none of those that are shifted comes to lie in the future.
    as_of : date
        Nothing later is written.
    key : bytes, optional
        What pseudonyms are made with. Without one a fresh key is used and kept nowhere: nobody
        can tell whose record is whose, and the next export has other pseudonyms.
    org_depth : int
        How many units of the path of the org unit a pseudonymised export keeps.

    Returns
    -------
    int
        How many records were written.

    Raises
    ------
    InputError
        If the file cannot be written, or the key is too short.
    """
    with reading(engine) as connection:
        frame = read_history(connection, framework, as_of=as_of).frame
    if pseudonymise:
        frame = hide_people(
            frame,
            secrets.token_bytes(32) if key is None else key,
            org_depth=org_depth,
            earlier_by_days=SHIFT_DAYS,
        )
    write_csv(frame[list(RECORD_COLUMNS)], path)
    return len(frame)


def write_csv(frame: pd.DataFrame, path: Path, *, encoding: str = "utf-8-sig") -> None:
    """Write a table as CSV, whole or not at all; no text can act as a formula.

    Parameters
    ----------
    frame : DataFrame
        The table; its columns become the header.
    path : Path
        The file to write.
    encoding : str
        With BOM for Excel, unless said otherwise.

    Raises
    ------
    InputError
        If it cannot be written there.
    """
    columns = [_cells(frame[name]) for name in frame.columns]
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("w", encoding=encoding, newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(list(frame.columns))
            writer.writerows(zip(*columns, strict=True))
        part.replace(path)
    except OSError as error:
        raise InputError("file.cannot_write", file=str(path), reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)


def _cells(column: pd.Series) -> list[object]:
    if column.dtype.kind in "fi":
        return column.tolist()
    return [_safe(cell) for cell in column]


def _safe(cell: object) -> object:
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if not isinstance(cell, str):
        return ""
    return f"'{cell}" if cell.startswith(_FORMULA_SIGNS) else cell
