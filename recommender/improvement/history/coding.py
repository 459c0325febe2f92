"""A history as the effect model reads it: intervals, the modules of the catalogue, and the ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray, FloatArray
from recommender.improvement.history.frames import HistoryRecords, Note, number_intervals
from recommender.improvement.history.intervals import gather_intervals
from training_catalog.model import EXPERT_IMPROVEMENT, TrainingModule

PAIR_COLUMNS = (
    *("module_id", "competency_id", "from_level", "to_level"),
    *("main", "modality", "hours", "cost", "expert_improvement"),
)
# Enough to see what is wrong; a note is read by people.
_EXAMPLES = 10


@dataclass(frozen=True)
class HistoryIds:
    """The ids that a model and its tables of effects have positions for.

    Parameters
    ----------
    competency_ids : tuple of str
        In the order of the framework, or of first mention in a table of modules.
    module_ids : tuple of str
        In the order of the catalogue or the table.
    org_units : tuple of str
        Sorted.
    """

    competency_ids: tuple[str, ...]
    module_ids: tuple[str, ...]
    org_units: tuple[str, ...]


@dataclass(frozen=True)
class History:
    """A history, ready to be learned from.

    Parameters
    ----------
    frame : DataFrame
        The records that the intervals consist of, one for each module completed in an interval;
        the index tells their rows in the table handed in.
    intervals : DataFrame
        What the effect model observes, as `to_intervals` returns it.
    level_after : ndarray of shape (n_intervals,)
        Level at the later assessment of each interval.
    pairs : DataFrame
        The modules, a row for each competency they address, as `pairs_of_modules` has them.
    ids : HistoryIds
        Competencies, modules and units.
    notes : tuple of Note
        What was left out on the way.
    """

    frame: pd.DataFrame
    intervals: pd.DataFrame
    level_after: FloatArray
    pairs: pd.DataFrame
    ids: HistoryIds
    notes: tuple[Note, ...]


def pairs_of_modules(modules: Iterable[TrainingModule]) -> pd.DataFrame:
    """List the competencies that catalogue modules address.

    Parameters
    ----------
    modules : iterable of TrainingModule
        In the order of the catalogue.

    Returns
    -------
    DataFrame
        Columns `PAIR_COLUMNS`: module_id, competency_id, from_level, to_level, main (whether it
        is the module's main one), modality, hours, cost, expert_improvement (the experts' estimate
        in levels); in the order of the modules.
    """
    rows = [
        (
            *(module.id, step.id, step.from_level, step.to_level),
            *(at == 0, module.modality.value, module.hours, module.cost),
            step.expert_improvement,
        )
        for module in modules
        for at, step in enumerate(module.competencies)
    ]
    return _typed(pd.DataFrame(rows, columns=list(PAIR_COLUMNS)))


def pairs_of_table(table: pd.DataFrame) -> pd.DataFrame:
    """List the competencies that modules of a flat table address.

    Parameters
    ----------
    table : DataFrame
        Columns of the kind ``modules``; `competency_ids` with ``;`` between, the main one first.
        Where a module stands there twice, its first row counts.

    Returns
    -------
    DataFrame
        As `pairs_of_modules` returns it; a level, hours or cost that is missing is NaN, an
        experts' estimate the usual one.
    """
    table = table.drop_duplicates("module_id").reindex(
        columns=["module_id", "competency_ids", *PAIR_COLUMNS[2:]]
    )
    # A Chinese keyboard gives the full-width semicolon.
    named = table["competency_ids"].fillna("").astype(str).str.replace("；", ";").str.split(";")
    rows = table.assign(competency_id=named).explode("competency_id")
    rows["competency_id"] = rows["competency_id"].str.strip()
    # A semicolon at the end leaves an empty id.
    rows = rows[rows["competency_id"] != ""].drop_duplicates(["module_id", "competency_id"])
    return _typed(rows.assign(main=~rows["module_id"].duplicated()))


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    numbers = dict.fromkeys(
        ("from_level", "to_level", "hours", "cost", "expert_improvement"), float
    )
    # object, because pandas 3 would make its own string type of it, whose missing value is NaN.
    texts = dict.fromkeys(("module_id", "competency_id", "modality"), object)
    typed = rows[list(PAIR_COLUMNS)].astype({**numbers, **texts, "main": bool})
    typed["expert_improvement"] = typed["expert_improvement"].fillna(EXPERT_IMPROVEMENT)
    return typed.reset_index(drop=True)


def list_ids(
    frame: pd.DataFrame, pairs: pd.DataFrame, *, competency_ids: Sequence[str] | None = None
) -> HistoryIds:
    """List the ids of a history in the order that a model keeps.

    Parameters
    ----------
    frame : DataFrame
        Improvement records.
    pairs : DataFrame
        Modules, as `pairs_of_modules` has them.
    competency_ids : sequence of str, optional
        The framework. Without one: those of the modules in the order of first mention, then
        those that only the records have, sorted.

    Returns
    -------
    HistoryIds
        With the units of the records.
    """
    if competency_ids is None:
        # dict and not set, as it keeps the order of first mention.
        addressed = dict.fromkeys(pairs["competency_id"])
        competency_ids = [*addressed, *sorted(set(frame["competency_id"].dropna()) - {*addressed})]
    return HistoryIds(
        competency_ids=tuple(competency_ids),
        module_ids=tuple(pairs["module_id"].unique()),
        org_units=tuple(sorted(set(frame["org_unit"].dropna()) - {""})),
    )


def find_unfit(frame: pd.DataFrame, ids: HistoryIds) -> tuple[BoolArray, tuple[Note, ...]]:
    """Find the records that nothing can be learned from.

    Parameters
    ----------
    frame : DataFrame
        Improvement records.
    ids : HistoryIds
        What is known.

    Returns
    -------
    unfit : ndarray of bool, shape (n_records,)
        Records of an unknown competency or module or without a level, and all others of their
        intervals: what was trained in these is not known whole.
    notes : tuple of Note
        How many of each, with the first of the unknown ids; ``unclear-interval`` counts intervals
        that would have been left without it.
    """
    module, competency = frame["module_id"], frame["competency_id"]
    levels = frame[["level_before", "level_after"]].to_numpy(float)
    faults = {
        "unknown-competency": (~competency.isin(ids.competency_ids).to_numpy(), competency),
        "unknown-module": (~module.isin([*ids.module_ids, ""]).to_numpy(), module),
        "no-level": (~np.isfinite(levels).all(axis=1), module.iloc[:0]),
    }
    notes = [
        Note(code, int(unfit.sum()), _examples(named[unfit].dropna() if len(named) else named))
        for code, (unfit, named) in faults.items()
        if unfit.any()
    ]
    unfit = np.logical_or.reduce([fault for fault, _ in faults.values()])
    if unfit.any():
        number = number_intervals(frame)
        unclear = np.zeros(len(frame), dtype=bool)
        unclear[number[unfit]] = True
        others = unclear[number] & ~unfit
        if others.any():
            notes.append(Note("unclear-interval", np.unique(number[others]).size))
        unfit |= others
    return unfit, tuple(notes)


def _examples(values: pd.Series) -> tuple[str, ...]:
    return tuple(sorted(map(str, values.unique()))[:_EXAMPLES])


def code_history(
    built: HistoryRecords, pairs: pd.DataFrame, *, competency_ids: Sequence[str] | None = None
) -> History:
    """Bring records and modules into the form that the effect model reads.

    Parameters
    ----------
    built : HistoryRecords
        From `build_records`, `read_records` or `merge_records`.
    pairs : DataFrame
        From `pairs_of_modules` or `pairs_of_table`.
    competency_ids : sequence of str, optional
        Those of the catalogue; `list_ids` says what happens without them.

    Returns
    -------
    History
        Intervals with an unknown competency or module, or without a level, are left out, and
        repeated records dropped; its notes count both.
    """
    ids = list_ids(built.frame, pairs, competency_ids=competency_ids)
    unfit, notes = find_unfit(built.frame, ids)
    gathered = gather_intervals(built.frame[~unfit])
    frame = built.frame[~unfit][gathered.rows]
    lost = ~pairs["competency_id"].isin(ids.competency_ids).to_numpy()
    if lost.any():
        examples = _examples(pairs.loc[lost, "competency_id"])
        notes = (*notes, Note("unknown-pair-competency", int(lost.sum()), examples))
    return History(
        frame=frame,
        intervals=gathered.X,
        level_after=gathered.level_after,
        pairs=pairs,
        # Anew: units that only the dropped records name must not get a position.
        ids=list_ids(frame, pairs, competency_ids=ids.competency_ids),
        notes=(*built.notes, *notes, *gathered.notes),
    )
