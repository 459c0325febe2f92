"""Reading one cell as a date, to the day of the organisation."""

from __future__ import annotations

import datetime as dt
import math
import re

from recommender.exchange.tables.cells import BadCellError, as_plain
from recommender.exchange.tables.faults import BadCell
from recommender.exchange.tables.sheets.sheet import Unreadable
from recommender.table_kinds import Column

# year first only: nobody can tell whether 03/04/2026 is in March or in April
_DATE = re.compile(
    r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})[日号]?)"
    r"[ ,]?(?:\(?(?:星期|周|礼拜)[一二三四五六日天]\)?)?(.*)"
)
_MONTH = re.compile(r"([0-9]{4})(?:[-/.]([0-9]{1,2})|年([0-9]{1,2})月份?|([0-9]{2}))")
_COMPACT_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_TIME = re.compile(
    r"[ tT]?(上午|凌晨|早上|中午|下午|晚上|[aApP][mM])? ?([0-9]{1,2})[:时]([0-9]{2})"
    r"(?:[:分]([0-9]{2})(?:[.,][0-9]+)?秒?|分)? ?([aApP]\.?[mM]\.?)?"
    r" ?(?:([zZ]|UTC|GMT)? ?(?:([+-])([0-9]{1,2})(?::?([0-9]{2}))?)?(?:\[[A-Za-z_/]+\])?)"
)
_AFTERNOON = frozenset(("下午", "晚上", "pm"))
_MORNING = frozenset(("上午", "凌晨", "早上", "am"))
_FIRST_DATE, _LAST_DATE = dt.date(1900, 1, 1), dt.date(2199, 12, 31)
# two days before 1900-01-01, which is day 1: Excel also counts 1900-02-29, which never was
_DAY_ZERO, _DAY_ZERO_1904 = dt.date(1899, 12, 30), dt.date(1904, 1, 1)
# from 1954 to 2119 (from 1958 in files that count from 1904): no year and no 20260301 among them
_SERIALS = (20_000, 80_000)


def read_date(
    value: object,
    column: Column,
    *,
    latest: dt.date,
    date_1904: bool,
    zone: dt.tzinfo | None,
) -> dt.date:
    """Return a cell as a date: an Excel date, its serial number, or text in a usual form.

    Parameters
    ----------
    value : object
        The cell.
    column : Column
        What it should hold.
    latest : date
        The last day that is not in the future.
    date_1904 : bool
        Whether serial numbers of days count from 1904.
    zone : tzinfo or None
        Where the organisation is: 22:30 UTC is the next day in China. None if that is not known;
        then a time with a zone is refused.
    """
    if isinstance(value, Unreadable):
        raise BadCellError(BadCell(value.code, "date"))
    date = _as_date(value, date_1904=date_1904, zone=zone)
    if column.monthly:
        date = _as_month(value) if date is None else date.replace(day=1)
    if date is None or not _FIRST_DATE <= date <= _LAST_DATE:
        raise BadCellError(BadCell("table.not_a_date", "date"))
    if column.not_future and date > latest:
        values = {"latest": latest.isoformat()}
        raise BadCellError(BadCell("table.future_date", "date_until", values))
    return date


def _as_date(value: object, *, date_1904: bool, zone: dt.tzinfo | None) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return (value if value.tzinfo is None else value.astimezone(zone)).date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            return None
        if _SERIALS[0] <= value <= _SERIALS[1]:
            return (_DAY_ZERO_1904 if date_1904 else _DAY_ZERO) + dt.timedelta(days=int(value))
        value = f"{value:.0f}" if float(value).is_integer() else ""
    if not isinstance(value, str):
        return None
    text = re.sub(r"\s*([年月日])\s*", r"\1", as_plain(value).removeprefix("'"))
    try:
        if match := _DATE.fullmatch(text):
            numbers = [int(part) for part in match.group(1, 3, 4, 5, 6) if part]
            return _on_the_day(dt.date(*numbers), match[7].strip(" "), zone)
        if match := _COMPACT_DATE.fullmatch(text):
            return dt.date(*map(int, match.groups()))
    except (ValueError, OverflowError):
        return None
    if re.fullmatch(r"[2-7][0-9]{4}(\.[0-9]{0,12})?", text):
        return _as_date(float(text), date_1904=date_1904, zone=zone)
    return None


def _as_month(value: object) -> dt.date | None:
    """Return the first day of a month that is written without one: 2026-03, 202603, 2026年3月."""
    if isinstance(value, float) and value.is_integer():
        value = f"{value:.0f}"
    match = _MONTH.fullmatch(re.sub(r"\s", "", as_plain(value))) if isinstance(value, str) else None
    if match is None:
        return None
    year, month = (int(part) for part in match.groups() if part)
    return dt.date(year, month, 1) if 1 <= month <= 12 else None


def _on_the_day(date: dt.date, time: str, zone: dt.tzinfo | None) -> dt.date | None:
    """Return the day that a date and a time are where the organisation is."""
    if not time:
        return date
    match = _TIME.fullmatch(time)
    if match is None:
        return None
    half = (match[1] or match[5] or "").lower().replace(".", "")
    hour = int(match[2])
    if half in _AFTERNOON and hour < 12:
        hour += 12
    elif half in _MORNING and hour == 12:
        hour = 0
    instant = dt.datetime.combine(date, dt.time(hour, int(match[3]), int(match[4] or 0)))
    if not match[6] and not match[7]:
        return date
    if zone is None:
        raise BadCellError(BadCell("table.time_zone", "date"))
    ahead = dt.timedelta(hours=int(match[8] or 0), minutes=int(match[9] or 0))
    offset = dt.timezone(-ahead if match[7] == "-" else ahead)
    return instant.replace(tzinfo=offset).astimezone(zone).date()
