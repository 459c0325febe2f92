"""Records of a history that may be wrong, for a person to look at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray, FloatArray, IntArray, to_date
from recommender.improvement.history.coding import HistoryIds
from recommender.improvement.model.tables import RecordTable

# More rows than this nobody looks through; the counts are complete.
MAX_ROWS = 1000
# On a scale of four levels; other scales are stretched to it.
LARGEST_GAIN = 2.0
SUSPICIOUS = ("off-scale", "reversed", "same-day", "gain-too-large", "duplicate")


@dataclass(frozen=True)
class SuspiciousRow:
    """A record that may be wrong.

    Parameters
    ----------
    code : str
        One of `SUSPICIOUS`; key of the text under ``history.suspicious``.
    row : int
        Label of the record in `History.frame`: its row in the table handed in, from 0.
    person_id, competency_id, module_id : str
        Of whom, in what, after what; `module_id` is empty in a control row.
    level_before, level_after : float
        On the scale of the records.
    before_on, after_on : date or None
        None where unknown.
    """

    code: str
    row: int
    person_id: str
    competency_id: str
    module_id: str
    level_before: float
    level_after: float
    before_on: dt.date | None
    after_on: dt.date | None


def group_rows(*columns: IntArray | FloatArray) -> IntArray:
    """Number the combinations of values; NaN equals NaN."""
    group = np.zeros(columns[0].size, dtype=np.int64)
    for column in columns:
        # Column by column: numbers stay small, where a product over all columns could overflow.
        codes, values = pd.factorize(column, use_na_sentinel=False)
        group = pd.factorize(group * max(len(values), 1) + codes)[0].astype(np.int64)
    return group


def find_suspicious(records: RecordTable, scale: tuple[float, float]) -> dict[str, BoolArray]:
    """Find, for each code of `SUSPICIOUS`, the records it applies to."""
    before, after = records.level_before, records.level_after
    largest = LARGEST_GAIN * (scale[1] - scale[0]) / 4.0
    key = group_rows(
        records.person,
        records.competency,
        records.module,
        records.after_day,
        records.days_between,
    )
    return {
        "off-scale": (np.minimum(before, after) < scale[0])
        | (np.maximum(before, after) > scale[1]),
        "reversed": records.days_between < 0,
        "same-day": records.days_between == 0,
        # A gain of exactly two levels may come out a hair above them.
        "gain-too-large": np.abs(after - before) > largest + 1e-9,
        "duplicate": pd.Series(key).duplicated().to_numpy(),
    }


def list_suspicious(
    records: RecordTable,
    ids: HistoryIds,
    problems: Mapping[str, BoolArray],
    labels: IntArray,
) -> tuple[SuspiciousRow, ...]:
    """List the records with problems, up to 1000 of each kind; `labels` name their rows."""
    return tuple(
        _show(records, ids, code, int(at), int(labels[at]))
        for code in SUSPICIOUS
        for at in np.flatnonzero(problems[code])[:MAX_ROWS]
    )


def _show(records: RecordTable, ids: HistoryIds, code: str, at: int, row: int) -> SuspiciousRow:
    module, after = int(records.module[at]), records.after_day[at]
    before = after - records.days_between[at]
    return SuspiciousRow(
        code=code,
        row=row,
        person_id=ids.person_ids[records.person[at]],
        competency_id=ids.competency_ids[records.competency[at]],
        module_id=ids.module_ids[module] if module >= 0 else "",
        level_before=float(records.level_before[at]),
        level_after=float(records.level_after[at]),
        before_on=to_date(int(before)) if np.isfinite(before) else None,
        after_on=to_date(int(after)) if np.isfinite(after) else None,
    )
