"""Finding the rows of a table that say the same thing twice."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from recommender.exchange.tables.faults import FaultList, Problem
from recommender.exchange.tables.parsing import ParsedColumn
from recommender.table_kinds import TableKind


def check_keys(
    kind: TableKind,
    columns: dict[str, ParsedColumn],
    kept: np.ndarray,
    faults: FaultList,
    *,
    number: Callable[[int], int],
) -> None:
    """Find the rows whose key an earlier row has; `number` turns a position into a row number."""
    if not kind.key:
        return
    usable = kept.copy()
    key = np.zeros(len(kept), dtype=np.int64)
    for name in kind.key:
        column = columns[name]
        usable &= ~column.is_bad
        if not column.column.nullable:
            usable &= ~column.is_empty
        codes = column.keys().astype(np.int64) + 1
        size = int(codes.max(initial=0)) + 1
        if int(key.max(initial=0)) > (2**62) // size:
            key = pd.factorize(key)[0].astype(np.int64)
        key = key * size + codes
    rows = np.flatnonzero(usable)
    again = rows[pd.Series(key[rows]).duplicated().to_numpy()]
    if not len(again):
        return
    first = dict(zip(key[rows][::-1].tolist(), rows[::-1].tolist(), strict=True))

    def problem(row: int) -> Problem:
        return Problem("table.duplicate", "once", {"other": str(number(first[int(key[row])]))})

    def found(row: int) -> str:
        return " | ".join(
            _show(columns[name].distinct[columns[name].codes[row]]) for name in kind.key
        )

    faults.add_rows(again, kind.key[0], problem, found=found)


def _show(value: object) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:g}"
    return "" if value is None else str(value)
