"""Types of arrays, days as whole numbers, and the rounding that makes sums agree."""

from __future__ import annotations

import calendar
import datetime as dt

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

# Sums in another order differ in the 16th digit; levels and values are compared after rounding,
# so that a level of exactly 2 is 2 whichever way it was added up.
DECIMALS = 12


def round_off(values: FloatArray) -> FloatArray:
    """Round to the decimals in which two ways of adding up agree."""
    rounded: FloatArray = values.round(DECIMALS)
    return rounded


def to_day(date: dt.date) -> int:
    """Return the days from 1970-01-01 to a date."""
    return date.toordinal() - dt.date(1970, 1, 1).toordinal()


def to_date(day: int) -> dt.date:
    """Return the date that lies so many days after 1970-01-01."""
    return dt.date.fromordinal(int(day) + dt.date(1970, 1, 1).toordinal())


def months_before(date: dt.date, months: int) -> dt.date:
    """Return the same day some calendar months earlier, or that month's last day.

    Parameters
    ----------
    date : date
        From where to count.
    months : int
        How many months back; negative to go forward.

    Returns
    -------
    date
        E.g. 2026-02-28 for two months before 2026-04-30.
    """
    index = date.year * 12 + date.month - 1 - months
    year, month = divmod(index, 12)
    return dt.date(year, month + 1, min(date.day, calendar.monthrange(year, month + 1)[1]))


def last_day_within(date: dt.date, months: int) -> dt.date:
    """Return the last day of which a date is at most some calendar months before.

    Parameters
    ----------
    date : date
        E.g. of an assessment.
    months : int
        E.g. how long one is valid.

    Returns
    -------
    date
        E.g. 2026-08-31 for six months from 2026-02-28: `months_before` cuts all days from the 28th
        to the 31st of August to it.
    """
    following = date + dt.timedelta(days=1)
    day = months_before(following, -months)
    # cut to the end of a shorter month, it is itself still within
    return day if months_before(day, months) < following else day - dt.timedelta(days=1)
