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
# how many draws are in memory together
_DRAWS_AT_ONCE = 111


@dataclass(frozen=True)
class LevelShift:
    """The date at which a shift fits best.

    Parameters
    ----------
    competency : int
        Code of the competency that is rated differently; -1 for all of them together.
    day : int
        First day of the new form as far as the assessments tell.
    shift, standard_error : float
        How much higher levels are from that day on, in levels, over what people change anyway;
        errors of one person's changes may depend on each other.
    p_value : float
        Probability that the best of all dates, in any of the competencies or in all together, fits
        so well by chance.
    n_people : int
        People whose changes these are.
    n_across, n_within : int
        Changes that the date parts, and others.
    """

    competency: int
    day: int
    shift: float
    standard_error: float
    p_value: float
    n_people: int
    n_across: int
    n_within: int


def find_shifts(
    person: IntArray,
    competency: IntArray,
    before_day: IntArray,
    after_day: IntArray,
    change: FloatArray,
    *,
    n_draws: int = 999,
    seed: int = 0,
) -> tuple[LevelShift, ...]:
    """Find dates from which levels are rated differently, and say how likely each is by chance.

    Parameters
    ----------
    person, competency : ndarray of int, shape (n_changes,)
        Whose change, and in what.
    before_day, after_day : ndarray of int, shape (n_changes,)
        Days of the two assessments.
    change : ndarray of shape (n_changes,)
        Later level less earlier level, in levels.
    n_draws : int
        How often chance is tried.
    seed : int
        The same seed gives the same probabilities.

    Returns
    -------
    tuple of LevelShift
        Of all competencies together first, then of each that has enough changes: the date with the
        largest shift in units of its error. Empty where there are too few changes for any.

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
    Statistics 90 (2008), 414-427. The largest over all competencies adjusts for how many there are
    (P. H. Westfall and S. S. Young, *Resampling-Based Multiple Testing*, Wiley 1993).
    """
    if len({len(each) for each in (person, competency, before_day, after_day, change)}) > 1:
        raise ShapeMismatchError("changes and their days differ in length")
    codes, of = np.unique(person, return_inverse=True)
    groups: list[tuple[int, BoolArray]] = [(-1, np.ones(len(of), dtype=bool))]
    groups += [(code, competency == code) for code in np.unique(competency).tolist()]
    scans = [
        scan
        for code, rows in groups
        if (scan := _scan(code, of[rows], before_day[rows], after_day[rows], change[rows]))
    ]
    if not scans:
        return ()
    chance = _draw_largest(scans, len(codes), n_draws, np.random.default_rng(seed))
    return tuple(
        LevelShift(
            competency=scan.competency,
            day=int(scan.days[best]),
            shift=float(scan.shift[best]),
            standard_error=float(scan.error[best]),
            p_value=float((1 + (chance >= scan.statistic[best]).sum()) / (1 + n_draws)),
            n_people=len(scan.people),
            n_across=int(scan.n_across[best]),
            n_within=int(scan.n_changes - scan.n_across[best]),
        )
        for scan in scans
        for best in [int(scan.statistic.argmax())]
    )


@dataclass(frozen=True)
class _Scan:
    """Shifts of a competency at every date; arrays of shape (n_days,).

    `scores`, of shape (n_people, n_days), are what each of the `people` adds to a shift times
    `weight`.
    """

    competency: int
    days: IntArray
    shift: FloatArray
    error: FloatArray
    statistic: FloatArray
    weight: FloatArray
    n_across: IntArray
    n_changes: int
    people: IntArray
    scores: FloatArray


def _scan(
    competency: int, of: IntArray, before_day: IntArray, after_day: IntArray, change: FloatArray
) -> _Scan | None:
    """Work out the shift at every date; None where there are too few changes for any."""
    days = _list_days(after_day)
    across: BoolArray = (before_day[:, None] < days) & (days <= after_day[:, None])
    n_across: IntArray = across.sum(axis=0)
    usable = (n_across >= _LEAST_CHANGES) & (len(change) - n_across >= _LEAST_CHANGES)
    if not usable.any():
        return None
    # what people change anyway: so much for each assessment, and so much for each year
    years = (after_day - before_day) / _DAYS_PER_YEAR
    basis, _ = np.linalg.qr(np.stack([np.ones_like(years), years - years.mean()], axis=1))
    columns: FloatArray = across - basis @ (basis.T @ across)
    weight = (columns**2).sum(axis=0)
    # a date that parts exactly the long intervals cannot be told from what a year brings
    usable &= weight > 1e-3 * n_across
    if not usable.any():
        return None
    columns, weight = columns[:, usable], weight[usable]
    residual = change - basis @ (basis.T @ change)
    people, row = np.unique(of, return_inverse=True)
    # by person, so that an error shared by a person's changes counts once
    terms = columns * residual[:, None]
    sums = [np.bincount(row, column, minlength=len(people)) for column in np.asarray(terms).T]
    scores = np.stack(sums, axis=1).astype(float)
    shift = columns.T @ residual / weight
    error = np.maximum(np.sqrt((scores**2).sum(axis=0)) / weight, 1e-12)
    return _Scan(
        competency=competency,
        days=days[usable],
        shift=shift,
        error=error,
        statistic=np.abs(shift) / error,
        weight=weight,
        n_across=n_across[usable],
        n_changes=len(change),
        people=people,
        scores=scores,
    )


def _draw_largest(
    scans: list[_Scan], n_people: int, n_draws: int, rng: np.random.Generator
) -> FloatArray:
    """Draw the largest statistic of all scans as it is by chance, `n_draws` times."""
    drawn: list[FloatArray] = []
    for start in range(0, n_draws, _DRAWS_AT_ONCE):
        size = (min(_DRAWS_AT_ONCE, n_draws - start), n_people)
        signs = rng.choice(np.array([-1.0, 1.0]), size)
        # the error of a draw is that of the data: signs do not change squares
        largest = [
            (np.abs(signs[:, scan.people] @ scan.scores) / (scan.error * scan.weight)).max(axis=1)
            for scan in scans
        ]
        drawn.append(np.stack(largest).max(axis=0))
    return np.concatenate(drawn)


def _list_days(days: IntArray) -> IntArray:
    """Return dates to try: those of assessments, evenly by how many there are."""
    if not len(days):
        return np.zeros(0, dtype=np.int64)
    shares = np.linspace(0.0, 1.0, _MOST_DATES)
    return np.unique(np.quantile(days, shares, method="higher").astype(np.int64))
