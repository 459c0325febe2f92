"""When a job is done: at once, at a moment, or again and again."""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
from dataclasses import dataclass
from enum import StrEnum

from recommender.errors import InputError
from recommender.store.jobs import StoredJob

MOST_DAYS_AHEAD = 366


class Repeat(StrEnum):
    """How often a job is done, called as calendars call it (FREQ of RFC 5545)."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


_MOST_DAYS = {Repeat.DAILY: 1, Repeat.WEEKLY: 7, Repeat.MONTHLY: 31}


@dataclass(frozen=True)
class Schedule:
    """When a job is done.

    Parameters
    ----------
    run_at : datetime or None
        With a time zone: no worker begins it before. None is at once.
    repeat : Repeat or None
        How often it is done again, always at the time of day of the first; None is once.
    """

    run_at: dt.datetime | None = None
    repeat: Repeat | None = None

    @property
    def is_now(self) -> bool:
        """Whether it is done once and at once."""
        return self.run_at is None and self.repeat is None


NOW = Schedule()


def check_schedule(schedule: Schedule, *, zone: dt.tzinfo | None, now: dt.datetime) -> None:
    """Refuse a moment that is over or very far away; `zone` is that of the organisation.

    Raises
    ------
    InputError
        If the moment is over, or more than a year ahead.
    """
    if schedule.run_at is None:
        return
    if schedule.run_at < now:
        shown = now.astimezone(zone).isoformat(timespec="minutes")
        raise InputError("job.past-moment", now=shown, field="#/run_at")
    if schedule.run_at > now + dt.timedelta(days=MOST_DAYS_AHEAD):
        raise InputError("job.far-moment", days=MOST_DAYS_AHEAD, field="#/run_at")


def next_run(job: StoredJob, *, zone: dt.tzinfo | None, now: dt.datetime) -> dt.datetime | None:
    """Return when a job that ends now is done again; None where it is not.

    Runs that were missed while no server was up are made up for by the one that ends here.
    """
    if job.repeat is None or job.repeat_since is None:
        return None
    # a clock may have been set back since the job was claimed
    after = max(now, job.run_at or now)
    return next_moment(Repeat(job.repeat), job.repeat_since, after, zone)


def next_moment(
    repeat: Repeat, since: dt.datetime, after: dt.datetime, zone: dt.tzinfo | None
) -> dt.datetime:
    """Return the first moment of a series that lies after another.

    Each is counted from the first: a series that began on the 31st comes on the last day of
    shorter months and on the 31st again, and an hour that is left out when clocks are moved
    changes no other day.

    Parameters
    ----------
    repeat : Repeat
        How often.
    since, after : datetime
        First moment of the series, and the one it has to lie after; with a time zone.
    zone : tzinfo or None
        On whose clocks the time of day stays the same; None is the zone of the server.

    Returns
    -------
    datetime
        In UTC.
    """
    first, last = (at.astimezone(zone).replace(tzinfo=None) for at in (since, after))
    # one less: where clocks are moved a moment may be over sooner than the wall says
    fewest = (last - first).days // _MOST_DAYS[repeat] - 1
    for count in itertools.count(max(0, fewest)):
        moment = _later(first, repeat, count).replace(tzinfo=zone).astimezone(dt.UTC)
        if moment > after:
            return moment
    raise AssertionError("not reached")


def _later(first: dt.datetime, repeat: Repeat, count: int) -> dt.datetime:
    if repeat is not Repeat.MONTHLY:
        return first + count * dt.timedelta(days=_MOST_DAYS[repeat])
    year, month = divmod(first.year * 12 + first.month - 1 + count, 12)
    days = calendar.monthrange(year, month + 1)[1]
    return first.replace(year=year, month=month + 1, day=min(first.day, days))
