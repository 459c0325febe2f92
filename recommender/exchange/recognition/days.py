"""Days as people write them: ``2026年6月18日-19日``, ``3月5日``, ``18 June 2026, 2:30 PM``."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

_YEAR = re.compile(r"(?<![0-9])(20[0-9]{2})(?:\s*年|[-./]|(?![0-9]))")
_FULL = re.compile(
    r"(?<![0-9])(20[0-9]{2})\s*(?:年|[-./])\s*([0-9]{1,2})\s*(?:月|[-./])\s*([0-9]{1,2})(?![0-9])\s*日?"
)
_COMPACT = re.compile(r"(?<![0-9])(20[0-9]{2})([01][0-9])([0-3][0-9])(?![0-9])")
_SHORT = re.compile(r"(?<![0-9])([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*[日号]?")
# what may follow a day, as its end: -19日, 至19日, ~6月19日
_UNTIL = re.compile(
    r"\s*(?:[(（][^)）]*[)）])?\s*(?:[-—–~～至到]|-->)+\s*(?:([0-9]{1,2})\s*[月/.])?\s*([0-9]{1,2})(?![0-9年:：])\s*[日号]?"
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = re.compile(
    r"(?:(20[0-9]{2})\s*[年.\-/])?\s*([0-9]{1,2})\s*月份?|(20[0-9]{2})[.\-/]?([0-9]{2})"
)
_ENGLISH = re.compile(
    r"\b([0-9]{1,2})\s+(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s+(20[0-9]{2})"
)
_AMERICAN = re.compile(
    r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+([0-9]{1,2}),?\s+(20[0-9]{2})"
)


def find_year(text: str) -> int | None:
    """Return the year that a text names; None if there is none, or more than one."""
    years = {int(year) for year in _YEAR.findall(unicodedata.normalize("NFKC", text))}
    return years.pop() if len(years) == 1 else None


def find_days(text: str, year: int | None = None) -> list[dt.date]:
    """Return the days in a text, in order; of a span of days the last one.

    Parameters
    ----------
    text : str
        Any text.
    year : int, optional
        The year of days that are written without one; without it they are not days.
    """
    plain = unicodedata.normalize("NFKC", text)
    days: list[tuple[int, dt.date]] = []
    taken: list[tuple[int, int]] = []
    for pattern in (_FULL, _COMPACT, _SHORT):
        for match in pattern.finditer(plain):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            parts = [int(part) for part in match.groups()]
            if pattern is _SHORT:
                if year is None:
                    continue
                parts = [year, *parts]
            end = match.end()
            if until := _UNTIL.match(plain, end):
                parts = [parts[0], int(until[1] or parts[1]), int(until[2])]
                end = until.end()
            if day := _day(*parts):
                days.append((match.start(), day))
                taken.append((match.start(), end))
    lower = plain.casefold()
    for pattern, at_day, at_month in ((_ENGLISH, 1, 2), (_AMERICAN, 2, 1)):
        for match in pattern.finditer(lower):
            month = _MONTHS.index(match[at_month]) + 1
            if day := _day(int(match[3]), month, int(match[at_day])):
                days.append((match.start(), day))
    return [day for _, day in sorted(days)]


def find_month(text: str, year: int | None = None) -> dt.date | None:
    """Return the first day of the month that a text is, such as ``2026年3月`` or ``2026-03``.

    Parameters
    ----------
    text : str
        A text that is nothing but a month.
    year : int, optional
        The year of a month that is written without one; without it that is no month.
    """
    match = _MONTH.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if match is None:
        return None
    named = match[1] or match[3] or year
    return None if named is None else _day(int(named), int(match[2] or match[4]), 1)


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
