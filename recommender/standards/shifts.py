"""A date from which levels are rated higher or lower than before, as after a change of the form.

People change slowly, and each at another time; a new questionnaire shifts everybody's level on one
day. So what is looked at are changes between two assessments of the same person without training
in between: those that a date parts are compared with those that it does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.arrays import BoolArray, FloatArray, IntArray
from recommender.errors import ShapeMismatchError

# Fewer changes on either side of a date are too few to tell anything of it.
_LEAST_CHANGES = 20
_MOST_DATES = 60
_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class LevelShift:
    """The date at which a shift fits best.

    Parameters
    ----------
    day : int
        First day of the new form as far as the assessments tell; -1 where there are too few.
    shift, standard_error : float
        How much higher levels are from that day on, in levels, over what people change anyway;
        errors of one person's changes may depend on each other. NaN where there are too few.
    p_value : float
        Probability that the best of all dates fits so well by chance; 1 where there are too few.
    n_people : int
        People whose changes these are.
    n_across, n_within : int
        Changes that the date parts, and others.
    """

    day: int
    shift: float
    standard_error: float
    p_value: float
    n_people: int
    n_across: int
    n_within: int


def find_shift(
    person: IntArray,
    before_day: IntArray,
    after_day: IntArray,
    change: FloatArray,
    *,
    n_draws: int = 999,
    seed: int = 0,
) -> LevelShift:
    """Find the date from which levels are rated differently, and say how likely it is by chance.

    Parameters
    ----------
    person : ndarray of int, shape (n_changes,)
        Whose change; a person may have several, in several competencies.
    before_day, after_day : ndarray of int, shape (n_changes,)
        Days of the two assessments.
    change : ndarray of shape (n_changes,)
        Later level less earlier level, in levels.
    n_draws : int
        How often chance is tried.
    seed : int
        The same seed gives the same probability.

    Returns
    -------
    LevelShift
        Of the date with the largest shift in units of its error.

    Raises
    ------
    ShapeMismatchError
        If the arrays differ in length.

    References
    ----------
    The largest statistic over all dates, as in D. W. K. Andrews, "Tests for parameter instability
    and structural change with unknown change point", Econometrica 61 (1993), 821-856. Its
    distribution under chance is that of residuals whose signs are drawn anew person by person: the
    wild cluster bootstrap of A. C. Cameron, J. B. Gelbach and D. L. Miller, Review of Economics and
    Statistics 90 (2008), 414-427.
    """
    if not len(person) == len(before_day) == len(after_day) == len(change):
        raise ShapeMismatchError("changes and their days differ in length")
    codes, of = np.unique(person, return_inverse=True)
    nothing = LevelShift(-1, np.nan, np.nan, 1.0, len(codes), 0, len(change))
    dates = _list_dates(after_day)
    across: BoolArray = (before_day[:, None] < dates) & (dates <= after_day[:, None])
    n_across = across.sum(axis=0)
    usable = (n_across >= _LEAST_CHANGES) & (len(change) - n_across >= _LEAST_CHANGES)
    dates, across = dates[usable], across[:, usable]
    if not len(dates):
        return nothing
    # what people change anyway: so much for each assessment, and so much for each year
    years = (after_day - before_day) / _DAYS_PER_YEAR
    basis, _ = np.linalg.qr(np.stack([np.ones_like(years), years - years.mean()], axis=1))
    columns = across - basis @ (basis.T @ across)
    squares = (columns**2).sum(axis=0)
    # a date that parts exactly the long intervals cannot be told from what a year brings
    told = squares > 1e-3 * n_across[usable]
    dates, columns, squares = dates[told], columns[:, told], squares[told]
    n_parted = n_across[usable][told]
    if not len(dates):
        return nothing
    residual = change - basis @ (basis.T @ change)
    shift = columns.T @ residual / squares
    # by person, so that an error shared by a person's changes counts once
    scores = _sum_by_person(columns * residual[:, None], of, len(codes))
    error = np.sqrt((scores**2).sum(axis=0)) / squares
    statistic = np.abs(shift) / np.maximum(error, 1e-12)
    best = int(statistic.argmax())
    signs = np.random.default_rng(seed).integers(0, 2, (n_draws, len(codes))) * 2.0 - 1.0
    drawn = signs @ scores
    # the error of a draw is that of the data: signs do not change squares
    chance = (np.abs(drawn) / np.maximum(error * squares, 1e-12)).max(axis=1)
    return LevelShift(
        day=int(dates[best]),
        shift=float(shift[best]),
        standard_error=float(error[best]),
        p_value=float((1 + (chance >= statistic[best]).sum()) / (1 + n_draws)),
        n_people=len(codes),
        n_across=int(n_parted[best]),
        n_within=int(len(change) - n_parted[best]),
    )


def _list_dates(days: IntArray) -> IntArray:
    """Return dates to try: those of assessments, evenly by how many there are."""
    if not len(days):
        return np.zeros(0, dtype=np.int64)
    shares = np.linspace(0.0, 1.0, _MOST_DATES)
    return np.unique(np.quantile(days, shares, method="higher").astype(np.int64))


def _sum_by_person(values: FloatArray, of: IntArray, n_people: int) -> FloatArray:
    sums = [np.bincount(of, column, minlength=n_people) for column in values.T]
    return np.stack(sums, axis=1).astype(float)
