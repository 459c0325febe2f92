"""Dates of plans as a calendar file (iCalendar, RFC 5545).

Entries are whole days: what is known of a scheduled run are its days.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

_DAY = dt.timedelta(days=1)
_PRODUCT = "-//training-recommender//development plan//EN"
# days have no zone; this tells programs in which one the days of this calendar lie
_ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class CalendarEntry:
    """Something on one day or several.

    Parameters
    ----------
    uid : str
        The same whenever the same thing is written, also after its days have changed.
    sequence : int
        Grows with every change: programs take the entry with the higher number.
    changed_at : datetime
        When it was last changed, in UTC.
    summary : str
        What it is.
    starts_on, ends_on : date
        First and last day.
    description, place : str
        More about it, and where; may be empty.
    standing : str
        ``CONFIRMED``, ``TENTATIVE`` where it is not agreed yet, ``CANCELLED``.
    busy : bool
        Whether it takes the person's time.
    """

    uid: str
    sequence: int
    changed_at: dt.datetime
    summary: str
    starts_on: dt.date
    ends_on: dt.date
    description: str = ""
    place: str = ""
    standing: Literal["CONFIRMED", "TENTATIVE", "CANCELLED"] = "CONFIRMED"
    busy: bool = False


def write_calendar(entries: Iterable[CalendarEntry], *, name: str) -> bytes:
    """Write a calendar called `name`; the same entries give the same bytes."""
    # a slow import, and only calendars need it
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _plain(name))
    calendar.add("x-wr-timezone", _ZONE)
    # how often programs that follow it need to look
    calendar.add("x-published-ttl", "PT12H")
    for entry in entries:
        event = Event()
        event.add("uid", entry.uid)
        event.add("sequence", entry.sequence)
        event.add("dtstamp", entry.changed_at)
        event.add("last-modified", entry.changed_at)
        event.add("summary", _plain(entry.summary))
        event.add("dtstart", entry.starts_on)
        # the end of a whole day is the day after
        event.add("dtend", entry.ends_on + _DAY)
        event.add("status", entry.standing)
        event.add("transp", "OPAQUE" if entry.busy else "TRANSPARENT")
        for field, text in (("description", entry.description), ("location", entry.place)):
            if text:
                event.add(field, _plain(text))
        calendar.add_component(event)
    return calendar.to_ical()


def _plain(text: str) -> str:
    """Return a text without characters that could end a line of the file."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() else " " for c in whole)
