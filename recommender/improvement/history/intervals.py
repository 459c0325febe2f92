"""From records to what the effect model observes: an interval with all modules completed in it.

A record says that one module was completed between two assessments. Two records of the same two
assessments are one observation: the gain between them is what both modules added together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.improvement.history.frames import (
    Note,
    ObjectArray,
    day_numbers,
    number_intervals,
)

DAYS_PER_MONTH = 365.25 / 12
# Levels are recorded to two decimals: below that, records of one interval differ by rounding.
SAME_LEVEL = 0.01
# Enough to see what is wrong; a note is read by people.
_EXAMPLES = 10


@dataclass(frozen=True)
class Intervals:
    """Records put together to intervals.

    Parameters
    ----------
    X : DataFrame
        As `to_intervals` returns it.
    level_after : ndarray of shape (n_intervals,)
        Level at the later assessment.
    rows : ndarray of bool, shape (n_records,)
        The records that the intervals consist of.
    notes : tuple of Note
        What was left out: ``duplicates``, ``control-refuted``, ``levels-differ``.
    """

    X: pd.DataFrame
    level_after: FloatArray
    rows: BoolArray
    notes: tuple[Note, ...]


def to_intervals(frame: pd.DataFrame) -> tuple[pd.DataFrame, FloatArray]:
    """Put records together to intervals.

    Parameters
    ----------
    frame : DataFrame
        Improvement records with both levels known, columns as in `HistoryRecords`.

    Returns
    -------
    X : DataFrame
        A row for each interval, in the order of person, competency and days: `person_id`,
        `competency_id`, `modules` (tuple of the ids of all modules completed in it, in the order
        of completion; empty in a control row), `since` (tuple of as many floats: months from
        each completion to the later assessment, NaN where unknown), `level_before`, `months`
        (between the assessments, NaN where unknown), `org_unit` (None where unknown) and
        `assessed_on` (day of the later assessment, NaT where unknown).
    level_after : ndarray of shape (n_intervals,)
        Level at the later assessment.

    Notes
    -----
    Neither the order of records nor a repeated record changes the result. Of a module's records
    in one interval the one completed last counts. Levels that differ by rounding are set to the
    middle; an interval whose records contradict each other is left out.
    """
    gathered = gather_intervals(frame)
    return gathered.X, gathered.level_after


def gather_intervals(frame: pd.DataFrame) -> Intervals:
    """Put records together to intervals, and say what was left out; see `to_intervals`."""
    number = number_intervals(frame)
    by_interval = np.argsort(number, kind="stable")
    starts = np.flatnonzero(np.diff(number[by_interval], prepend=-1))
    before, after = (
        _middle(frame[name].to_numpy(float)[by_interval], starts)
        for name in ("level_before", "level_after")
    )
    agrees = ~(np.isnan(before) | np.isnan(after))
    completed = day_numbers(frame["completed_on"])
    module, module_ids = pd.factorize(frame["module_id"], sort=True)
    module = np.where(frame["module_id"] == "", -1, module)
    trained = np.zeros(starts.size, dtype=bool)
    trained[number[module >= 0]] = True

    repeated = _find_repeated(number, module, completed, starts.size)
    refuted = (module < 0) & trained[number]
    rows = agrees[number] & ~repeated & ~refuted
    chosen = by_interval[rows[by_interval]]
    # In the order of completion, unknown days last; modules of one day in the order of their ids.
    # Most intervals have one module: only the others need sorting, each stays in its place.
    several = np.flatnonzero(np.bincount(number[chosen], minlength=starts.size)[number[chosen]] > 1)
    mixed = chosen[several]
    chosen[several] = mixed[np.lexsort((module[mixed], completed[mixed], number[mixed]))]
    first = chosen[np.flatnonzero(np.diff(number[chosen], prepend=-1))]
    after_day = day_numbers(frame["after_on"])
    modules, since = _list_modules(
        number[chosen],
        module[chosen],
        (after_day - completed)[chosen],
        np.asarray(module_ids, dtype=object),
    )
    of_interval = number[first]
    units = _first_unit(frame["org_unit"], by_interval, starts)
    X = pd.DataFrame(
        {
            "person_id": _objects(frame["person_id"].to_numpy(dtype=object), first),
            "competency_id": _objects(frame["competency_id"].to_numpy(dtype=object), first),
            "modules": pd.Series(modules, dtype=object),
            "since": pd.Series(since, dtype=object),
            "level_before": before[of_interval],
            "months": (after_day - day_numbers(frame["before_on"]))[first] / DAYS_PER_MONTH,
            "org_unit": _objects(units, of_interval),
            "assessed_on": _to_datetimes(after_day[first]),
        }
    )
    notes = (
        Note("duplicates", int((agrees[number] & repeated).sum())),
        Note("control-refuted", int((agrees[number] & refuted & ~repeated).sum())),
        Note("levels-differ", int((~agrees).sum()), _name(frame, by_interval[starts[~agrees]])),
    )
    return Intervals(X, after[of_interval], rows, tuple(note for note in notes if note.count))


def _middle(values: FloatArray, starts: IntArray) -> FloatArray:
    """Return the level of each interval; NaN where its records contradict each other."""
    if not starts.size:
        return np.empty(0)
    low, high = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    # The middle and not the mean, so that a repeated record has no weight.
    return np.where(high - low < SAME_LEVEL - 1e-9, (low + high) / 2.0, np.nan)


def _find_repeated(
    number: IntArray, module: IntArray, completed: FloatArray, n_intervals: int
) -> BoolArray:
    """Find records whose module has another record in the interval, completed as late or later."""
    repeated = np.zeros(number.size, dtype=bool)
    # Most intervals have one record: only the others need sorting.
    several = np.flatnonzero(np.bincount(number, minlength=n_intervals)[number] > 1)
    if not several.size:
        return repeated
    day = np.where(np.isnan(completed), -np.inf, completed)[several]
    # Of records completed on one day the first stays, as the last in this order.
    order = several[np.lexsort((-several, day, module[several], number[several]))]
    same = (number[order][1:] == number[order][:-1]) & (module[order][1:] == module[order][:-1])
    repeated[order[:-1][same]] = True
    return repeated


def _list_modules(
    number: IntArray, module: IntArray, days_since: FloatArray, module_ids: ObjectArray
) -> tuple[ObjectArray, ObjectArray]:
    """Return for each interval its modules, and the months since each, as tuples."""
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    width = np.diff(starts, append=number.size)
    # A tuple is made once for each module and each number of days, and then only pointed to: a
    # million of them one by one would take longer than everything else.
    lag, lags = pd.factorize(days_since, use_na_sentinel=False)
    months = (np.asarray(lags, dtype=float) / DAYS_PER_MONTH).tolist()
    ids = module_ids.tolist()
    # The code -1 of a control row picks the empty tuple at the end.
    modules = _tuples([*((name,) for name in ids), ()])[module[starts]]
    since = _tuples([*((value,) for value in months), ()])[np.where(module < 0, -1, lag)[starts]]
    for at in np.flatnonzero(width > 1).tolist():
        rows = slice(starts[at], starts[at] + width[at])
        modules[at] = tuple(ids[code] for code in module[rows].tolist())
        since[at] = tuple(months[code] for code in lag[rows].tolist())
    return modules, since


def _tuples(values: list[tuple[object, ...]]) -> ObjectArray:
    # Not np.array, which would make a table of tuples that are equally long.
    return np.fromiter(values, dtype=object, count=len(values))


def _first_unit(units: pd.Series, by_interval: IntArray, starts: IntArray) -> ObjectArray:
    """Return the unit of each interval: of several, which one does not depend on their order."""
    code, names = pd.factorize(units, sort=True)
    unknown = len(names)
    code = np.where(code < 0, unknown, code)[by_interval]
    lowest = np.minimum.reduceat(code, starts) if starts.size else code
    return np.array([*names, None], dtype=object)[lowest]


def _objects(values: ObjectArray, rows: IntArray) -> pd.Series:
    # object, because pandas 3 would make its own string type of it, whose missing value is NaN.
    return pd.Series(values[rows], dtype=object)


def _to_datetimes(days: FloatArray) -> np.ndarray:
    known = np.isfinite(days)
    dates = np.where(known, days, 0.0).astype(np.int64).astype("datetime64[D]")
    dates[~known] = np.datetime64("NaT")
    return dates.astype("datetime64[s]")


def _name(frame: pd.DataFrame, rows: IntArray) -> tuple[str, ...]:
    shown = frame.iloc[rows[:_EXAMPLES]]
    return tuple(
        f"{person} / {competency}"
        for person, competency in zip(shown["person_id"], shown["competency_id"], strict=True)
    )
