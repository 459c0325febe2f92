"""Records of a history that may be wrong, for a person to look at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray
from recommender.improvement.history.frames import day_numbers

# More rows than this nobody looks through; the counts are complete.
MAX_ROWS = 1000
# On a scale of four levels; other scales are stretched to it.
LARGEST_GAIN = 2.0
SUSPICIOUS = ("off-scale", "reversed", "same-day", "completed-outside", "gain-too-large")


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


def find_suspicious(frame: pd.DataFrame, scale: tuple[float, float]) -> dict[str, BoolArray]:
    """Find, for each code of `SUSPICIOUS`, the records it applies to."""
    before, after = (frame[name].to_numpy(float) for name in ("level_before", "level_after"))
    start, end, completed = (
        day_numbers(frame[name]) for name in ("before_on", "after_on", "completed_on")
    )
    largest = LARGEST_GAIN * (scale[1] - scale[0]) / 4.0
    return {
        "off-scale": (np.minimum(before, after) < scale[0])
        | (np.maximum(before, after) > scale[1]),
        "reversed": end < start,
        "same-day": end == start,
        "completed-outside": (completed < start) | (completed > end),
        # A gain of exactly two levels may come out a hair above them.
        "gain-too-large": np.abs(after - before) > largest + 1e-9,
    }


def list_suspicious(
    frame: pd.DataFrame, problems: Mapping[str, BoolArray]
) -> tuple[SuspiciousRow, ...]:
    """List the records with problems, up to 1000 of each kind, by the index of the frame."""
    labels = frame.index.to_numpy(dtype=np.int64)
    return tuple(
        _show(frame.iloc[at], code, int(labels[at]))
        for code in SUSPICIOUS
        for at in np.flatnonzero(problems[code])[:MAX_ROWS]
    )


def _show(row: pd.Series, code: str, label: int) -> SuspiciousRow:
    return SuspiciousRow(
        code=code,
        row=label,
        person_id=row["person_id"],
        competency_id=row["competency_id"],
        module_id=row["module_id"],
        level_before=float(row["level_before"]),
        level_after=float(row["level_after"]),
        before_on=row["before_on"],
        after_on=row["after_on"],
    )
