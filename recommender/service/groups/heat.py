"""The steps of a heat map: fixed, so that two maps can be laid beside each other."""

from __future__ import annotations

from typing import Literal

Metric = Literal["gap", "below", "assessed", "change"]
METRICS: tuple[Metric, ...] = ("gap", "below", "assessed", "change")

GAP_STEP = 0.2
"""Levels of mean gap from one step to the next."""
SHARE_STEP = 0.15
"""Share of people from one step to the next."""
CHANGE_EDGES = (0.05, 0.15, 0.3)
"""Levels of change, up or down, at which the steps beside the middle begin."""
_LAST = 6


def find_step(metric: Metric, value: float) -> int:
    """Return the step of a value, from 0 to 6; of a change 3 is the middle.

    The value is rounded as it is printed, so that equal figures are of one colour.
    """
    if metric == "change":
        printed = round(value, 2)
        up = sum(abs(printed) >= edge for edge in CHANGE_EDGES)
        return 3 + up if printed > 0 else 3 - up
    if metric == "gap":
        return min(_LAST, int(round(round(value, 1) / GAP_STEP, 9)))
    return min(_LAST, int(round(round(value, 2) / SHARE_STEP, 9)))
