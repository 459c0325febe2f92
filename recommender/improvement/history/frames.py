"""The frame of improvement records: its columns, from a table, put together from two sources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.arrays import FloatArray, IntArray
from recommender.table_kinds import KINDS

ObjectArray = NDArray[np.object_]

_KIND = KINDS["records"]
RECORD_COLUMNS = (*(column.name for column in _KIND.columns), "shared", "source")
_DATES = tuple(column.name for column in _KIND.columns if column.type == "date")


@dataclass(frozen=True)
class Note:
    """What was left out of a history, and how often.

    Parameters
    ----------
    code : str
        Key of the text under ``history.note``.
    count : int
        How many.
    examples : tuple of str
        The first ids it is about, in order; empty where it is about none.
    """

    code: str
    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class HistoryRecords:
    """Improvement records, and what did not become one.

    Parameters
    ----------
    frame : DataFrame
        Columns `RECORD_COLUMNS`: those of the kind ``records`` (`module_id` empty in a control
        row, dates as `datetime.date`), `shared` (modules that share the gain; 0 in a control row,
        1 for one alone) and `source` (``derived`` or ``imported``).
    notes : tuple of Note
        What was left out.
    """

    frame: pd.DataFrame
    notes: tuple[Note, ...] = ()


def day_numbers(dates: pd.Series) -> FloatArray:
    """Turn dates (or ISO texts) into days since 1970-01-01; NaN where there is none."""
    days = _objects(dates, None).astype("datetime64[D]")
    return np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(float))


def as_dates(days: FloatArray) -> ObjectArray:
    """Return dates for days since 1970-01-01; None for NaN."""
    known = np.isfinite(days)
    dates = np.where(known, days, 0.0).astype(np.int64).astype("datetime64[D]").astype(object)
    dates[~known] = None
    return dates


def _objects(values: pd.Series, missing: str | None) -> ObjectArray:
    cells = np.array(values, dtype=object)
    cells[values.isna().to_numpy()] = missing
    return cells


def records_frame(**columns: ObjectArray | FloatArray | IntArray) -> pd.DataFrame:
    """Return a table of improvement records, its columns in their order."""
    return pd.DataFrame(
        {
            name: pd.Series(columns[name], dtype=columns[name].dtype)  # text stays object
            for name in RECORD_COLUMNS
        }
    )


def read_records(table: pd.DataFrame) -> HistoryRecords:
    """Take improvement records from a table of the kind ``records``.

    Parameters
    ----------
    table : DataFrame
        Columns of the kind, from a file or the database; nullable ones may be missing.

    Returns
    -------
    HistoryRecords
        In the order and with the index of the table, `source` ``imported``. `shared` is what
        the table says, and at least the number of modules it has for the same person,
        competency and days.
    """
    table = table.reindex(columns=list(dict.fromkeys([*table.columns, *RECORD_COLUMNS])))
    texts = {
        name: _objects(table[name], "" if name == "module_id" else None)
        for name in ("person_id", "competency_id", "module_id", "org_unit")
    }
    dates = {name: as_dates(day_numbers(table[name])) for name in _DATES}
    frame = records_frame(
        **texts,
        **dates,
        level_before=table["level_before"].to_numpy(float),
        level_after=table["level_after"].to_numpy(float),
        shared=pd.to_numeric(table["shared"], errors="coerce").fillna(0).to_numpy(dtype=np.int64),
        source=np.full(len(table), "imported", dtype=object),
    )
    return HistoryRecords(_count_shared(frame).set_axis(table.index))


def _count_shared(frame: pd.DataFrame) -> pd.DataFrame:
    """Raise `shared` to how many modules have a record of the same person and interval."""
    trained = frame[frame["module_id"] != ""]
    interval = ["person_id", "competency_id", "before_on", "after_on"]
    counted = trained.groupby(interval, sort=False, dropna=False)["module_id"].transform("nunique")
    shared = np.zeros(len(frame), dtype=np.int64)
    rows = np.flatnonzero(frame["module_id"] != "")
    shared[rows] = np.maximum(trained["shared"], counted)
    return frame.assign(shared=shared)


def merge_records(derived: HistoryRecords, imported: HistoryRecords) -> HistoryRecords:
    """Put derived and imported records together.

    Parameters
    ----------
    derived : HistoryRecords
        From `build_records`.
    imported : HistoryRecords
        From `read_records`.

    Returns
    -------
    HistoryRecords
        Sorted. An imported record of the same person, competency, module and days replaces a
        derived one, and a derived control row during which an imported record knows of training
        is left out.
    """
    known = imported.frame[imported.frame["module_id"] != ""]
    controls = derived.frame["module_id"] == ""
    refuted = _overlap(derived.frame[controls], known)
    own = derived.frame.drop(index=refuted)
    if not len(imported.frame):
        whole = own
    elif not len(own):
        whole = imported.frame
    else:
        whole = pd.concat([imported.frame, own], ignore_index=True)
    whole = whole[~whole.duplicated(list(_KIND.key))]
    keys = [
        pd.factorize(whole[name], sort=True, use_na_sentinel=True)[0]
        for name in ("module_id", "after_on", "before_on", "competency_id", "person_id")
    ]
    notes = [*derived.notes, *imported.notes]
    if len(refuted):
        notes.append(Note("control-refuted", len(refuted)))
    whole = _count_shared(whole.iloc[np.lexsort(keys)].reset_index(drop=True))
    return HistoryRecords(whole, tuple(notes))


def _overlap(controls: pd.DataFrame, trained: pd.DataFrame) -> pd.Index:
    """Return the index of the control rows during which there was training after all."""
    if not len(controls) or not len(trained):
        return controls.index[:0]
    both = ["person_id", "competency_id"]

    def spans(frame: pd.DataFrame) -> pd.DataFrame:
        names = {"start": "before_on", "end": "after_on", "done": "completed_on"}
        return frame[both].assign(
            row=frame.index, **{new: day_numbers(frame[old]) for new, old in names.items()}
        )

    met = spans(controls).merge(spans(trained), on=both, suffixes=("", "_t"))
    inside = (met["done_t"] >= met["start"]) & (met["done_t"] < met["end"])
    crossing = (met["start_t"] < met["end"]) & (met["end_t"] > met["start"])
    refuted = np.where(met["done_t"].notna(), inside, crossing)
    return pd.Index(met.loc[refuted, "row"].unique())
