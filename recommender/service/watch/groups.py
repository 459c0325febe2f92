"""The groups that are compared: units, years of service and grades, and which may be shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, IntArray
from recommender.documents.watch.document import Dimension
from recommender.service.framework import Framework
from recommender.service.groups.disclosure import SMALL_CELL, choose_shown
from recommender.service.groups.levels import find_grades
from recommender.service.learning.inputs import name_branches
from recommender.store import PersonHead

TENURE_YEARS = (1, 3, 5, 10)
"""Where one band of years of service ends and the next begins."""
_DAYS_PER_YEAR = 365.25
_ALONE = np.array([-1])


@dataclass(frozen=True)
class Grouping:
    """People divided by one property.

    Parameters
    ----------
    dimension : Dimension
        Which.
    labels : tuple of str
        Path of the unit, number of the band of years of service, or id of the grade.
    code : ndarray of int, shape (n_people,)
        Position of each one's label; -1 for whose years of service are not known.
    """

    dimension: Dimension
    labels: tuple[str, ...]
    code: IntArray


def list_groupings(
    framework: Framework, people: Sequence[PersonHead], as_of: dt.date
) -> tuple[Grouping, ...]:
    """Divide people by branch, by years of service and by grade."""
    branches = name_branches([head.org_unit for head in people])
    labels = sorted({*branches})
    at = {label: code for code, label in enumerate(labels)}
    bands = [_band(head.hired_on, as_of) for head in people]
    every_band = tuple(map(str, range(len(TENURE_YEARS) + 1)))
    return (
        Grouping("unit", tuple(labels), np.array([at[each] for each in branches], dtype=np.int64)),
        _without_empty(Grouping("tenure", every_band, np.array(bands, dtype=np.int64))),
        _without_empty(Grouping("grade", framework.grade_ids, find_grades(framework, people))),
    )


def _without_empty(grouping: Grouping) -> Grouping:
    used = np.unique(grouping.code[grouping.code >= 0])
    # one more at the end, where the code -1 of an unknown band looks
    anew = np.full(len(grouping.labels) + 1, -1)
    anew[used] = np.arange(used.size)
    labels = tuple(grouping.labels[at] for at in used.tolist())
    return Grouping(grouping.dimension, labels, anew[grouping.code])


def _band(hired_on: dt.date | None, as_of: dt.date) -> int:
    if hired_on is None:
        return -1
    years = (as_of - hired_on).days / _DAYS_PER_YEAR
    return int(np.searchsorted(TENURE_YEARS, years, side="right"))


def find_shown_groups(counts: IntArray, others: int, *, exact: bool) -> BoolArray:
    """Choose the groups whose figures may be shown beside those of all.

    Parameters
    ----------
    counts : ndarray of int, shape (n_groups,)
        People whom the figures of each group rest on.
    others : int
        Those who are in no group, but in the figures of all.
    exact : bool
        Whether the reader may see single people: then only small groups are left out, whose means
        say nothing, and not those from which a small one could be worked out.

    Returns
    -------
    ndarray of bool, shape (n_groups,)
        False where there is nobody.
    """
    if exact:
        return counts >= SMALL_CELL
    # groups of one dimension are the columns of a table with a single row
    parts = np.append(counts, others).astype(np.int64)
    shown: BoolArray = choose_shown(np.insert(parts, 0, parts.sum())[None, :], _ALONE)[0, 1:-1]
    return shown & (counts > 0)
