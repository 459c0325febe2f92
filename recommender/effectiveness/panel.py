"""A business figure by person and month, and from when on each person was trained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import FloatArray, IntArray
from recommender.errors import ShapeMismatchError

NEVER = np.iinfo(np.int32).max
"""`Panel.treated_from` of people who were not trained."""


@dataclass(frozen=True)
class Panel:
    """What a comparison over time rests on.

    Parameters
    ----------
    values : ndarray of shape (n_people, n_periods)
        The business figure; NaN where there is none of a person and period.
    treated_from : ndarray of int, shape (n_people,)
        First period that counts as after training; `NEVER` for the others. It may lie before the
        first period, so that people are neither treated nor compared with, or beyond the last one.
    stratum : ndarray of int, shape (n_people,)
        Who is comparable, e.g. the code of the grade: people are compared within a stratum only.

    Raises
    ------
    ShapeMismatchError
        If the arrays do not fit together.
    """

    values: FloatArray
    treated_from: IntArray
    stratum: IntArray

    def __post_init__(self) -> None:
        n_people = self.values.shape[:1]
        if self.values.ndim != 2 or not (self.treated_from.shape == self.stratum.shape == n_people):
            raise ShapeMismatchError("values, treated_from and stratum are not of the same people")


@dataclass(frozen=True)
class Windows:
    """Which periods around a training are looked at; all in periods.

    The defaults are for months.

    Parameters
    ----------
    baseline : int
        Most periods before training whose mean a person is compared with.
    least_baseline : int
        Fewer make no baseline: one good or bad month would move the effect.
    after : int
        Periods after training that are looked at; a year is what Phillips counts by convention.
    transition : int
        Periods right before `treated_from` that count neither as before nor as after, as the
        month in which people are in the course.
    placebo : int
        Last periods before training that are taken for the ones after, where the truth is 0.
    """

    baseline: int = 6
    least_baseline: int = 3
    after: int = 12
    transition: int = 1
    placebo: int = 3


def lay_out(
    person: IntArray, period: IntArray, values: FloatArray, *, n_people: int
) -> tuple[FloatArray, int]:
    """Lay single figures out by person and period.

    Parameters
    ----------
    person, period : ndarray of int, shape (n_values,)
        Code of the person, and a running number of the month; each pair at most once.
    values : ndarray of shape (n_values,)
        The business figure.
    n_people : int
        How many people there are; some may have no figure.

    Returns
    -------
    table : ndarray of shape (n_people, n_periods)
        As in `Panel`, from the first to the last period that has a figure.
    first : int
        The number of the first period.
    """
    first = int(period.min()) if period.size else 0
    n_periods = int(period.max()) - first + 1 if period.size else 0
    table = np.full((n_people, n_periods), np.nan)
    table[person, period - first] = values
    return table, first
