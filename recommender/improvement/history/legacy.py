"""To be deleted: a history as tables of codes, for what has not moved to intervals yet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from recommender.arrays import IntArray
from recommender.improvement.history.coding import History, HistoryIds
from recommender.improvement.history.frames import day_numbers
from recommender.improvement.model.tables import ModuleTable, RecordTable


def to_tables(history: History) -> tuple[RecordTable, ModuleTable]:
    """Turn a history into codes: a record for each module of an interval, with its whole gain."""
    ids, rows = history.ids, history.frame
    before, after = day_numbers(rows["before_on"]), day_numbers(rows["after_on"])
    people = sorted(rows["person_id"].dropna().unique())
    records = RecordTable(
        person=_codes(rows["person_id"], people),
        competency=_codes(rows["competency_id"], ids.competency_ids),
        module=_codes(rows["module_id"], ids.module_ids),
        level_before=rows["level_before"].to_numpy(float),
        level_after=rows["level_after"].to_numpy(float),
        days_between=after - before,
        org=_codes(rows["org_unit"], ids.org_units),
        after_day=after,
    )
    return records, to_module_table(history.pairs, ids)


def to_module_table(pairs: pd.DataFrame, ids: HistoryIds) -> ModuleTable:
    """Turn modules into codes; pairs of an unknown competency are left out."""
    module = _codes(pairs["module_id"], ids.module_ids)
    competency = _codes(pairs["competency_id"], ids.competency_ids)
    known = (module >= 0) & (competency >= 0)
    first = pairs.drop_duplicates("module_id").set_index("module_id").reindex(list(ids.module_ids))
    modalities = sorted(set(pairs["modality"].dropna()) - {""})
    return ModuleTable(
        pair_module=module[known],
        pair_competency=competency[known],
        pair_from=pairs["from_level"].to_numpy(float)[known],
        pair_to=pairs["to_level"].to_numpy(float)[known],
        pair_main=pairs["main"].to_numpy(bool)[known],
        modality=_codes(first["modality"], modalities),
        hours=first["hours"].to_numpy(float),
        cost=first["cost"].to_numpy(float),
    )


def _codes(values: pd.Series, ids: Sequence[str]) -> IntArray:
    index = pd.Index(list(ids), dtype=object)
    return index.get_indexer(pd.Index(values, dtype=object)).astype(np.int64)
