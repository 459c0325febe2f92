"""The frame of improvement records: its columns, how it is read, how two sources are merged."""

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
_INTERVAL = ("person_id", "competency_id", "before_on", "after_on")
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
        The first ids concerned, in order; empty where no ids are concerned.
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
        row, dates as `datetime.date`), `shared` (modules completed in the interval, each of which
        has a record of its whole gain; 0 in a control row) and `source` (``derived`` or
        ``imported``).
    notes : tuple of Note
        What was left out.
    """

    frame: pd.DataFrame
    notes: tuple[Note, ...] = ()


def day_numbers(dates: pd.Series) -> FloatArray:
    """Turn dates (or ISO texts) into days since 1970-01-01; NaN where there is none."""
    # Each day once: there are few of them, and to parse objects takes long.
    code, distinct = pd.factorize(dates)
    # Through objects: the column may hold dates, ISO texts or NaT, by where it comes from.
    days = np.array([*distinct, None], dtype=object).astype("datetime64[D]")
    # As float, because integers have no NaN.
    return np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(float))[code]


def as_dates(days: FloatArray) -> ObjectArray:
    """Return dates for days since 1970-01-01; None for NaN."""
    known = np.isfinite(days)
    dates = np.where(known, days, 0.0).astype(np.int64).astype("datetime64[D]").astype(object)
    dates[~known] = None
    return dates


def _objects(values: pd.Series, missing: str | None) -> ObjectArray:
    cells = np.array(values, dtype=object)
    # pandas has several missing values (None, NaN, NaT, NA); from here on there is one.
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
    # Columns that a file left out are made, and empty.
    table = table.reindex(columns=list(dict.fromkeys([*table.columns, *RECORD_COLUMNS])))
    texts = {
        name: _objects(table[name], "" if name == "module_id" else None)
        # A control row has an empty text and not None, so that it can be compared and grouped.
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


def number_intervals(frame: pd.DataFrame) -> IntArray:
    """Number the intervals that records belong to, by person, competency and days.

    Records of one person and competency are of one interval if both their days agree; where a day
    is missing, both levels must agree too. Numbers ascend from 0 in the order of person,
    competency, day after and day before, whatever the order of the rows.
    """
    person, competency = (
        pd.factorize(frame[name], sort=True)[0] for name in ("person_id", "competency_id")
    )
    before, after = day_numbers(frame["before_on"]), day_numbers(frame["after_on"])
    dated = np.isfinite(before) & np.isfinite(after)
    # Two numbers in place of four: sorting by one key less saves a second for a million rows.
    whom = person.astype(np.int64) * (int(competency.max(initial=0)) + 2) + competency
    days = np.nan_to_num(after, nan=-1e6) * 1e7 + np.nan_to_num(before, nan=-1e6)
    keys = [days, whom]
    if not dated.all():
        levels = (frame[name].to_numpy(float) for name in ("level_after", "level_before"))
        # NaN would differ from itself.
        keys = [
            *(np.where(dated | np.isnan(level), -np.inf, level) for level in levels),
            *keys,
        ]
    order = np.lexsort(keys)
    changes = np.zeros(len(frame), dtype=np.int64)
    for key in keys:
        ordered = key[order]
        changes[1:] |= ordered[1:] != ordered[:-1]
    number = np.empty_like(changes)
    number[order] = np.cumsum(changes)
    return number


def _count_shared(frame: pd.DataFrame) -> pd.DataFrame:
    """Raise `shared` to how many modules have a record of the same person and interval."""
    trained = frame[frame["module_id"] != ""]
    counted = trained.groupby(number_intervals(trained))["module_id"].transform("nunique")
    shared = np.zeros(len(frame), dtype=np.int64)
    rows = np.flatnonzero(frame["module_id"] != "")
    # The table may know of a module whose record is not in it.
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
        derived one, and its levels count for the other modules of the interval too. A derived
        control row is left out if an imported record shows training during it.
    """
    known = imported.frame[imported.frame["module_id"] != ""]
    controls = derived.frame["module_id"] == ""
    refuted = _overlap(derived.frame[controls], known)
    derived_rows = _with_levels_of(imported.frame, derived.frame.drop(index=refuted))
    # Not by concat, where an empty frame would have a say in the types of the columns.
    if not len(imported.frame):
        whole = derived_rows
    elif not len(derived_rows):
        whole = imported.frame
    else:
        whole = pd.concat([imported.frame, derived_rows], ignore_index=True)
    # The imported rows stand first, so they are the ones that stay.
    whole = whole[~whole.duplicated(list(_KIND.key))]
    # Factorised with sort=True: codes sort as their ids do, also where some are None.
    keys = [
        pd.factorize(whole[name], sort=True, use_na_sentinel=True)[0]
        for name in ("module_id", "after_on", "before_on", "competency_id", "person_id")
    ]
    notes = [*derived.notes, *imported.notes]
    if len(refuted):
        notes.append(Note("control-refuted", len(refuted)))
    whole = _count_shared(whole.iloc[np.lexsort(keys)].reset_index(drop=True))
    return HistoryRecords(whole, tuple(notes))


def _with_levels_of(imported: pd.DataFrame, derived: pd.DataFrame) -> pd.DataFrame:
    """Take over the levels of imported records of the same interval."""
    key, levels = list(_INTERVAL), ["level_before", "level_after"]
    known = imported[[*key, *levels]].drop_duplicates(key)
    if not len(known) or not len(derived):
        return derived
    at = pd.MultiIndex.from_frame(known[key]).get_indexer(pd.MultiIndex.from_frame(derived[key]))
    values = known[levels].to_numpy(float)[at]
    own = derived[levels].to_numpy(float)
    return derived.assign(
        **dict(zip(levels, np.where((at >= 0)[:, None], values, own).T, strict=True))
    )


def _overlap(controls: pd.DataFrame, trained: pd.DataFrame) -> pd.Index:
    """Find the control rows (by index) during which there was training after all."""
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
    # With the day of completion it must lie within the control row; without it, any overlap of the
    # two intervals is enough to doubt.
    refuted = np.where(met["done_t"].notna(), inside, crossing)
    return pd.Index(met.loc[refuted, "row"].unique())
