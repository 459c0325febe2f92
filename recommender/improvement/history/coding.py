"""Between ids and codes: records and modules as the tables of the effect model, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray, IntArray
from recommender.improvement.history.frames import HistoryRecords, Note, day_numbers
from recommender.improvement.model.tables import ModuleTable, RecordTable
from training_catalog.model import EXPERT_IMPROVEMENT, TrainingModule

PAIR_COLUMNS = (
    *("module_id", "competency_id", "from_level", "to_level"),
    *("main", "modality", "hours", "cost", "expert_improvement"),
)
# Enough to see what is wrong; a note is read by people.
_EXAMPLES = 10


@dataclass(frozen=True)
class HistoryIds:
    """The ids that codes stand for; the position is the code.

    Parameters
    ----------
    person_ids : tuple of str
        Sorted.
    competency_ids : tuple of str
        In the order of the framework, or of first mention in a table of modules.
    module_ids : tuple of str
        In the order of the catalogue or the table.
    modality_ids : tuple of str
        As given, else sorted.
    org_units : tuple of str
        Sorted.
    """

    person_ids: tuple[str, ...]
    competency_ids: tuple[str, ...]
    module_ids: tuple[str, ...]
    modality_ids: tuple[str, ...]
    org_units: tuple[str, ...]


@dataclass(frozen=True)
class History:
    """A history in both forms, row by row the same.

    Parameters
    ----------
    frame : DataFrame
        The records that could be coded; the index tells their rows in the table handed in.
    pairs : DataFrame
        The modules, a row for each competency they address.
    ids : HistoryIds
        What the codes stand for.
    records : RecordTable
        `frame` in codes.
    modules : ModuleTable
        `pairs` in codes.
    notes : tuple of Note
        What was left out on the way.
    """

    frame: pd.DataFrame
    pairs: pd.DataFrame
    ids: HistoryIds
    records: RecordTable
    modules: ModuleTable
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
    frame: pd.DataFrame,
    pairs: pd.DataFrame,
    *,
    competency_ids: Sequence[str] | None = None,
    modality_ids: Sequence[str] | None = None,
) -> HistoryIds:
    """List the ids of a history in the order of their codes.

    Parameters
    ----------
    frame : DataFrame
        Improvement records.
    pairs : DataFrame
        Modules, as `pairs_of_modules` has them.
    competency_ids : sequence of str, optional
        The framework. Without one: those of the modules in the order of first mention, then
        those that only the records have, sorted.
    modality_ids : sequence of str, optional
        The modalities; those of the modules, sorted, when not given.

    Returns
    -------
    HistoryIds
        With the people and units of the records.
    """
    if competency_ids is None:
        # dict and not set, as it keeps the order of first mention.
        addressed = dict.fromkeys(pairs["competency_id"])
        competency_ids = [*addressed, *sorted(set(frame["competency_id"].dropna()) - {*addressed})]
    if modality_ids is None:
        modality_ids = sorted(set(pairs["modality"].dropna()) - {""})
    return HistoryIds(
        person_ids=tuple(sorted(frame["person_id"].dropna().unique())),
        competency_ids=tuple(competency_ids),
        module_ids=tuple(pairs["module_id"].unique()),
        modality_ids=tuple(modality_ids),
        org_units=tuple(sorted(set(frame["org_unit"].dropna()) - {""})),
    )


def _codes(values: pd.Series, ids: Sequence[str]) -> IntArray:
    # get_indexer gives -1 for an id that is not there: the code of "unknown" in every table.
    index = pd.Index(list(ids), dtype=object)
    return index.get_indexer(pd.Index(values, dtype=object)).astype(np.int64)


def known_rows(frame: pd.DataFrame, ids: HistoryIds) -> BoolArray:
    """Find the records with a known competency, a known module (or none) and both levels."""
    return ~np.logical_or.reduce([unfit for unfit, _ in _unfit(frame, ids).values()])


def _unfit(frame: pd.DataFrame, ids: HistoryIds) -> dict[str, tuple[BoolArray, str]]:
    module, competency = frame["module_id"], frame["competency_id"]
    levels = frame[["level_before", "level_after"]].to_numpy(float)
    return {
        "unknown-competency": (_codes(competency, ids.competency_ids) < 0, "competency_id"),
        "unknown-module": (
            (_codes(module, ids.module_ids) < 0) & (module != "").to_numpy(),
            "module_id",
        ),
        "no-level": (np.logical_not(np.isfinite(levels).all(axis=1)), ""),
    }


def find_unknown(frame: pd.DataFrame, pairs: pd.DataFrame, ids: HistoryIds) -> tuple[Note, ...]:
    """Count what `to_record_table` and `to_module_table` leave out.

    Parameters
    ----------
    frame : DataFrame
        Improvement records.
    pairs : DataFrame
        Modules.
    ids : HistoryIds
        What is known.

    Returns
    -------
    tuple of Note
        Records of an unknown competency or module or without a level, and pairs of an unknown
        competency, with the first of the unknown ids.
    """
    notes: list[Note] = []
    for code, (unfit, column) in _unfit(frame, ids).items():
        if unfit.any():
            named = frame.loc[unfit, column].dropna() if column else frame["module_id"].iloc[:0]
            notes.append(Note(code, int(unfit.sum()), _examples(named)))
    lost = _codes(pairs["competency_id"], ids.competency_ids) < 0
    if lost.any():
        examples = _examples(pairs.loc[lost, "competency_id"])
        notes.append(Note("unknown-pair-competency", int(lost.sum()), examples))
    return tuple(notes)


def _examples(values: pd.Series) -> tuple[str, ...]:
    return tuple(sorted(map(str, values.unique()))[:_EXAMPLES])


def to_record_table(frame: pd.DataFrame, ids: HistoryIds) -> RecordTable:
    """Turn improvement records into codes.

    Parameters
    ----------
    frame : DataFrame
        Improvement records.
    ids : HistoryIds
        What the codes stand for.

    Returns
    -------
    RecordTable
        The records of `known_rows`, in their order.
    """
    rows = frame[known_rows(frame, ids)]
    before, after = day_numbers(rows["before_on"]), day_numbers(rows["after_on"])
    return RecordTable(
        person=_codes(rows["person_id"], ids.person_ids),
        competency=_codes(rows["competency_id"], ids.competency_ids),
        module=_codes(rows["module_id"], ids.module_ids),
        level_before=rows["level_before"].to_numpy(float),
        level_after=rows["level_after"].to_numpy(float),
        days_between=after - before,
        org=_codes(rows["org_unit"], ids.org_units),
        after_day=after,
    )


def to_module_table(pairs: pd.DataFrame, ids: HistoryIds) -> ModuleTable:
    """Turn modules into codes.

    Parameters
    ----------
    pairs : DataFrame
        Modules, as `pairs_of_modules` or `pairs_of_table` has them.
    ids : HistoryIds
        What the codes stand for.

    Returns
    -------
    ModuleTable
        Every module of `ids`; pairs of an unknown competency are left out.
    """
    module = _codes(pairs["module_id"], ids.module_ids)
    competency = _codes(pairs["competency_id"], ids.competency_ids)
    known = (module >= 0) & (competency >= 0)
    # What belongs to the module stands in each of its rows: the first one is taken.
    first = pairs.drop_duplicates("module_id").set_index("module_id").reindex(list(ids.module_ids))
    return ModuleTable(
        pair_module=module[known],
        pair_competency=competency[known],
        pair_from=pairs["from_level"].to_numpy(float)[known],
        pair_to=pairs["to_level"].to_numpy(float)[known],
        pair_main=pairs["main"].to_numpy(bool)[known],
        modality=_codes(first["modality"], ids.modality_ids),
        hours=first["hours"].to_numpy(float),
        cost=first["cost"].to_numpy(float),
    )


def code_history(
    built: HistoryRecords,
    pairs: pd.DataFrame,
    *,
    competency_ids: Sequence[str] | None = None,
    modality_ids: Sequence[str] | None = None,
) -> History:
    """Bring records and modules into the form that the effect model reads.

    Parameters
    ----------
    built : HistoryRecords
        From `build_records`, `read_records` or `merge_records`.
    pairs : DataFrame
        From `pairs_of_modules` or `pairs_of_table`.
    competency_ids, modality_ids : sequence of str, optional
        Those of the catalogue; `list_ids` says what happens without them.

    Returns
    -------
    History
        Unknown competencies and modules are left out, counted in its notes.
    """
    # Twice: people and units that only the dropped records name must not get a code.
    ids = list_ids(built.frame, pairs, competency_ids=competency_ids, modality_ids=modality_ids)
    notes = (*built.notes, *find_unknown(built.frame, pairs, ids))
    frame = built.frame[known_rows(built.frame, ids)]
    ids = list_ids(frame, pairs, competency_ids=ids.competency_ids, modality_ids=ids.modality_ids)
    return History(
        frame, pairs, ids, to_record_table(frame, ids), to_module_table(pairs, ids), notes
    )
