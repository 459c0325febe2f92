"""Which days people work: no weekends, no public holidays, but the make-up days for those."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holidays import HolidayBase

_DAY = dt.timedelta(days=1)
# A holiday is lengthened by moving weekends to the days beside it: three at most, since a holiday
# of two or three days by law and its weekend have so far become seven to nine days.
_LONGEST_BRIDGE = 3


def is_working_day(day: dt.date, country: str) -> bool:
    """Tell whether people work on a day, as far as the holidays of its year are known.

    Parameters
    ----------
    day : date
        The day.
    country : str
        Two letters of ISO 3166, those of a catalogue's settings.

    Returns
    -------
    bool
        In a year that `is_settled` denies, weekends and the holidays fixed by law count as free.
    """
    return _calendar(country, day.year).is_working_day(day)


@cache
def next_working_day(day: dt.date, country: str) -> dt.date:
    """Return a day itself, or else the first one after it, on which people surely work.

    Of a year that is not settled yet, days that may still become part of a longer holiday are
    passed over, too.
    """
    while not is_working_day(day, country) or _may_become_free(day, country):
        day += _DAY
    return day


def count_working_days(after: dt.date, until: dt.date, country: str) -> int:
    """Count the working days that follow a day, up to another one."""
    days = (until - after).days
    return sum(is_working_day(after + n * _DAY, country) for n in range(1, days + 1))


def is_settled(year: int, country: str) -> bool:
    """Tell whether the make-up days of a year are known; true of countries that have none.

    The State Council names those of a year in the November before, and the library follows with
    its next release.
    """
    moved = {day.year for day in _calendar(country, year).weekend_workdays}
    return not moved or year in moved


def _may_become_free(day: dt.date, country: str) -> bool:
    if is_settled(day.year, country):
        return False
    before = after = day
    while is_working_day(before, country):
        before -= _DAY
    while is_working_day(after, country):
        after += _DAY
    holiday = any(edge in _calendar(country, edge.year) for edge in (before, after))
    return holiday and (after - before).days - 1 <= _LONGEST_BRIDGE


@cache
def _calendar(country: str, year: int) -> HolidayBase:
    # slow to import, and needed where dates are proposed or judged only
    from holidays import country_holidays

    # the ten years before tell whether the country has make-up days at all
    return country_holidays(country, years=range(year - 10, year + 1), expand=False)


# hours ahead of UTC, in countries of one time the whole year round
_AHEAD = {
    **dict.fromkeys(("CN", "HK", "MO", "TW", "SG", "MY", "PH"), 8),
    **dict.fromkeys(("JP", "KR"), 9),
    **dict.fromkeys(("TH", "VN", "KH", "LA"), 7),
    **dict.fromkeys(("AE", "OM"), 4),
    **dict.fromkeys(("SA", "KE", "TR"), 3),
}


def find_zone(country: str) -> dt.tzinfo | None:
    """Return the time zone of a country, or None where it has several or moves its clocks."""
    return dt.timezone(dt.timedelta(hours=_AHEAD[country])) if country in _AHEAD else None
