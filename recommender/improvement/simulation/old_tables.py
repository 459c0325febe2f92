"""Simulated histories as tables of codes. This file goes with model/tables.py.

Several modules in one interval share its gain in proportion to their hours, as records were built
before intervals were fitted whole.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from recommender.arrays import round_off
from recommender.improvement.model.tables import ModuleTable, RecordTable
from recommender.improvement.simulation.settings import DAYS_PER_MONTH, MODALITIES
from recommender.improvement.simulation.true_effects import Truth


def modules_of(pairs: pd.DataFrame, truth: Truth) -> ModuleTable:
    """Return the catalogue in codes."""
    modules = pairs.drop_duplicates("module_id")
    names = list(MODALITIES)
    if not set(modules["modality"]) <= set(names):
        names = sorted(set(modules["modality"]))
    return ModuleTable(
        pair_module=truth.pair_module,
        pair_competency=truth.pair_competency,
        pair_from=truth.pair_from,
        pair_to=truth.pair_to,
        pair_main=pairs["main"].to_numpy(bool),
        modality=pd.Index(names).get_indexer(pd.Index(modules["modality"])),
        hours=modules["hours"].to_numpy(float),
        cost=modules["cost"].to_numpy(float),
    )


def records_of(
    intervals: pd.DataFrame,
    level_after: np.ndarray,
    pairs: pd.DataFrame,
    ids: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]],
) -> RecordTable:
    """Return intervals in codes, a row for each module."""
    width = intervals["modules"].map(len).to_numpy()
    row = np.repeat(np.arange(len(intervals)), np.maximum(width, 1))
    modules = [name for names in intervals["modules"] for name in names or ("",)]
    hours_of = pairs.drop_duplicates("module_id").set_index("module_id")["hours"]
    hours = hours_of.reindex(modules).fillna(1.0).to_numpy(float)
    share = hours / np.bincount(row, hours, minlength=len(intervals))[row]
    whole = intervals.iloc[row]
    before, after = whole["level_before"].to_numpy(float), level_after[row]
    codes = [
        pd.Index(of).get_indexer(pd.Index(values))
        for of, values in zip(
            ids, (whole["person_id"], whole["competency_id"], modules), strict=True
        )
    ]
    units = whole["org_unit"]
    return RecordTable(
        person=codes[0],
        competency=codes[1],
        module=codes[2],
        level_before=before,
        level_after=np.where(width[row] > 1, round_off(before + share * (after - before)), after),
        days_between=(whole["months"].to_numpy(float) * DAYS_PER_MONTH).round(),
        org=np.where(units.notna(), units.fillna("u-1").str[1:].astype(int), -1),
        after_day=whole["assessed_on"].to_numpy().astype("datetime64[D]").astype(float),
    )
