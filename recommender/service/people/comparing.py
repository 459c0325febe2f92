"""A table beside what is stored: which rows are new, what changes in others, what stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from recommender.table_kinds import TableKind

LISTED = 200
"""Most rows that a report lists one by one; all are counted."""

Value = str | float | None


@dataclass(frozen=True)
class FieldChange:
    """What a field holds, and what it will hold; None is nothing."""

    column: str
    old: Value
    new: Value


@dataclass(frozen=True)
class RowChange:
    """A row that changes what is stored.

    Parameters
    ----------
    row : int
        Its row in the spreadsheet, from 1.
    key : str
        The values of its key, ``|`` between.
    fields : tuple of FieldChange
        What changes.
    """

    row: int
    key: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True)
class Comparison:
    """A table beside what is stored.

    Parameters
    ----------
    frame : DataFrame
        The table, with what is stored in the cells that leave it as it is.
    is_new : ndarray of bool, shape (n_rows,)
        Whether there is no stored row of the key.
    changes : tuple of RowChange
        The first rows that change something.
    changed, cleared, kept : mapping of str to int
        By column, how many values change, how many of those to nothing, and how many empty
        cells leave a stored value as it is.
    """

    frame: pd.DataFrame
    is_new: np.ndarray
    changes: tuple[RowChange, ...] = ()
    changed: Mapping[str, int] = field(default_factory=dict[str, int])
    cleared: Mapping[str, int] = field(default_factory=dict[str, int])
    kept: Mapping[str, int] = field(default_factory=dict[str, int])


def compare(
    kind: TableKind,
    frame: pd.DataFrame,
    stored: pd.DataFrame,
    rows: Sequence[int] | np.ndarray,
    *,
    keeps: Mapping[str, np.ndarray | bool],
) -> Comparison:
    """Compare a table with the stored rows of its keys.

    Parameters
    ----------
    kind : TableKind
        The kind of table.
    frame : DataFrame
        The table.
    stored : DataFrame
        Stored rows, as `store.people.stored_rows` reads them.
    rows : sequence of int
        The row of the spreadsheet of each row.
    keeps : mapping of str to ndarray of bool, shape (n_rows,)
        Canonical name of a column to whether an empty value leaves what is stored.
    """
    places = {key: at for at, key in enumerate(_keys(kind, stored))}
    found = np.array([places.get(key, -1) for key in _keys(kind, frame)], dtype=np.intp)
    there = np.flatnonzero(found >= 0)
    if not len(there):
        return Comparison(frame, found < 0)
    filled: dict[str, pd.Series[Any]] = {}
    marks: dict[str, np.ndarray] = {}
    olds: dict[str, np.ndarray] = {}
    kept: dict[str, int] = {}
    for column in kind.columns:
        name = column.name
        if name in kind.key:
            continue
        old = stored[name].to_numpy(dtype=object)[found[there]]
        new = frame[name].to_numpy(dtype=object)[there]
        has_old, has_new = pd.notna(old), pd.notna(new)
        stays = np.broadcast_to(keeps.get(name, False), len(frame))[there] & has_old & ~has_new
        if stays.any():
            kept[name] = int(stays.sum())
            values = frame[name].to_numpy(dtype=object).copy()
            values[there[stays]] = old[stays]
            filled[name] = pd.Series(values, frame.index).astype(frame[name].dtype)
        marks[name] = (has_old != has_new) | (has_old & has_new & (old != new).astype(bool))
        marks[name] &= ~stays
        olds[name] = old
    frame = frame.assign(**filled)
    any_change = np.logical_or.reduce(list(marks.values()))
    numbers, news = np.asarray(rows)[there], frame.iloc[there]
    keys = _keys(kind, news)
    changes = tuple(
        RowChange(
            int(numbers[at]),
            " | ".join(_shown(part) for part in keys[at] if part is not None),
            tuple(
                FieldChange(name, _plain(olds[name][at]), _plain(news[name].iat[at]))
                for name, mark in marks.items()
                if mark[at]
            ),
        )
        for at in np.flatnonzero(any_change)[:LISTED].tolist()
    )
    nothing = {name: news[name].isna().to_numpy() for name in marks}
    return Comparison(
        frame,
        found < 0,
        changes,
        _counts(marks),
        _counts({name: mark & nothing[name] for name, mark in marks.items()}),
        kept,
    )


def _keys(kind: TableKind, frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(zip(*(frame[name].tolist() for name in kind.key), strict=True))


def _counts(marks: Mapping[str, np.ndarray]) -> dict[str, int]:
    return {name: count for name, mark in marks.items() if (count := int(mark.sum()))}


def _plain(value: Any) -> Value:
    """Return a value as JSON holds it."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    return value.isoformat() if isinstance(value, dt.date) else value


def _shown(value: Any) -> str:
    value = _plain(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
