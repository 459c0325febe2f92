"""When the modules of a plan are taken: on the days of an offering, or in a proposed month."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from recommender.results import PlanItem
from recommender.service.framework import Framework

_DAY = dt.timedelta(days=1)
# hours are floats: a month that is full exactly may seem to be past it by rounding
_ROUNDING = 1e-9
# after that day a month has too few days left to be proposed
_MIDDLE_OF_MONTH = 15


@dataclass(frozen=True)
class Dates:
    """When a module is taken, in which offering if any, and whether a person set the dates.

    Without an offering there are no days, unless a person set them, but the month in which the
    module is begun, "YYYY-MM", and the month in which it is finished. The last day is None where
    the person set the first alone.
    """

    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    offering_id: str | None = None
    fixed: bool = False
    proposed_month: str | None = None
    proposed_until: str | None = None

    @property
    def days(self) -> tuple[dt.date, dt.date] | None:
        """First and last day, if there are any."""
        if self.starts_on is None:
            return None
        return self.starts_on, self.ends_on or self.starts_on

    @property
    def begins(self) -> str:
        """First day, or else the month, as ISO text."""
        return self.starts_on.isoformat() if self.starts_on else self.proposed_month or ""

    @property
    def ends(self) -> str:
        """Last day, or else the month, as ISO text."""
        if self.days is not None:
            return self.days[1].isoformat()
        return self.proposed_until or self.proposed_month or ""

    def can_come_before(self, other: Dates) -> bool:
        """Tell whether this module may be finished before the other one begins.

        Within a month that is only proposed there is time for one after the other.
        """
        if self.days is None or other.days is None:
            return self.ends[:7] <= other.begins[:7]
        return self.days[1] < other.days[0]

    @property
    def last_day(self) -> dt.date:
        """Last day, or else the last of the month proposed."""
        if self.days is not None:
            return self.days[1]
        return _first_of(self.last_month + 1) - _DAY

    @property
    def last_month(self) -> int:
        """Number of the month in which the module is finished."""
        return _parse(self.ends[:7])


def dates_of(item: PlanItem) -> Dates:
    """Return when an item of a plan is taken."""
    return Dates(
        item.starts_on,
        item.ends_on,
        item.offering_id,
        item.fixed,
        item.proposed_month,
        item.proposed_until,
    )


def runs_of(offerings: pd.DataFrame) -> dict[str, list[Dates]]:
    """Return the offerings of each module, the next ones first.

    `offerings` are given as `recommender.store.read_offerings` returns them.
    """
    columns = (offerings[name] for name in ("module_id", "starts_on", "ends_on", "offering_id"))
    runs: defaultdict[str, list[Dates]] = defaultdict(list)
    for module_id, starts_on, ends_on, offering_id in zip(*columns, strict=True):
        runs[module_id].append(Dates(starts_on, ends_on, offering_id))
    return dict(runs)


def schedule(
    framework: Framework,
    module_ids: Sequence[str],
    runs: Mapping[str, Sequence[Dates]],
    *,
    first_day: dt.date,
    fixed: Mapping[str, Dates] | None = None,
    stages: Sequence[int] = (),
    in_turn: bool = False,
) -> list[Dates]:
    """Date modules by their next offering, or else propose a month that has the hours for them.

    A month has `hours_per_month` of the catalogue, whatever holidays lie in it: they are a few of
    its hours, and even the month of the Spring Festival has a dozen working days. Within them
    several modules may be taken in one month. A module of more hours begins in the first month
    that has any left, and takes those of the months after it. An offering of more hours than that
    has its month for itself.

    No module begins before those have ended that it needs, that serve the same competency from a
    lower level, or that belong to an earlier stage. Proposed months follow the order of the plan;
    a module that has to wait for such another one does not hold up the rest.

    Parameters
    ----------
    framework : Framework
        The catalogue.
    module_ids : sequence of str
        In the order to take them.
    runs : mapping of str to sequence of Dates
        The coming offerings of each module that has some, as `runs_of` returns them.
    first_day : date
        No module without fixed dates begins before it.
    fixed : mapping of str to Dates
        Modules that keep these dates or months. Offerings that fall into their days are not taken.
    stages : sequence of int
        Stage of each module where a learning path frames the plan.
    in_turn : bool
        Whether no module begins before the one in front of it, as a person has set the order.

    Returns
    -------
    list of Dates
        In the order of the modules.

    References
    ----------
    DESIGN, section 4, "Plan".
    """
    fixed = fixed or {}
    months = _Months(framework.catalog.settings.hours_per_month)
    taken: list[tuple[dt.date, dt.date]] = []
    for name, when in fixed.items():
        months.add(when, framework.module_of[name].hours)
        taken += [when.days] if when.days else []
    reached = _number_of(first_day) + (first_day.day > _MIDDLE_OF_MONTH)
    dates: list[Dates] = []
    for place, name in enumerate(module_ids):
        if name in fixed:
            dates.append(fixed[name])
            continue
        hours = framework.module_of[name].hours
        before = [
            dates[earlier]
            for earlier in range(place)
            if _comes_before(framework, module_ids[earlier], name)
            or (stages and stages[earlier] < stages[place])
        ]
        free_from = max([first_day, *(_free_after(when) for when in before)])
        earliest = max([reached, *(each.last_month for each in before)])
        if in_turn and dates:
            last = dates[-1]
            month = _parse(last.begins[:7])
            free_from = max(free_from, last.starts_on or _first_of(month))
            # a proposed month stands before the days of that month in the calendar
            earliest = max(earliest, month + (last.starts_on is not None))
        when = _next_run(runs.get(name, ()), hours, free_from, taken, months)
        if when is None:
            begin = months.first_free(earliest, hours)
            if earliest == reached:
                reached = begin
            when = Dates(proposed_month=_format(begin))
            until = months.add(when, hours)
            if until > begin:
                when = Dates(proposed_month=_format(begin), proposed_until=_format(until))
        else:
            months.add(when, hours)
            taken += [when.days] if when.days else []
        dates.append(when)
    return dates


def _number_of(day: dt.date) -> int:
    # so that the next month has the next number
    return 12 * day.year + day.month - 1


def _parse(month: str) -> int:
    return _number_of(dt.date.fromisoformat(f"{month}-01"))


def _format(number: int) -> str:
    return f"{number // 12:04}-{number % 12 + 1:02}"


def _first_of(number: int) -> dt.date:
    return dt.date(number // 12, number % 12 + 1, 1)


class _Months:
    """How many hours of each month are taken."""

    def __init__(self, hours_per_month: float) -> None:
        self._budget = hours_per_month
        self._taken: defaultdict[int, float] = defaultdict(float)

    def first_free(self, earliest: int, hours: float) -> int:
        """Return the first month a module can begin in: whole, unless it is longer than a month."""
        wanted = hours if hours <= self._budget else 2 * _ROUNDING
        while self._free(earliest) + _ROUNDING < wanted:
            earliest += 1
        return earliest

    def has_room(self, when: Dates, hours: float) -> bool:
        """Tell whether each month has the hours for an offering, or has nothing else."""
        return all(
            self._taken[month] == 0 or share <= self._free(month) + _ROUNDING
            for month, share in _share_out(when, hours)
        )

    def add(self, when: Dates, hours: float) -> int:
        """Take the hours of a module, and return the last month that has some of them."""
        if when.days is not None:
            for month, share in _share_out(when, hours):
                self._taken[month] += share
            return when.last_month
        month = _parse(when.proposed_month or "")
        while True:
            part = min(hours, max(0.0, self._free(month)))
            self._taken[month] += part
            hours -= part
            if hours <= _ROUNDING:
                return month
            month += 1

    def _free(self, month: int) -> float:
        return self._budget - self._taken[month]


def _share_out(when: Dates, hours: float) -> Iterable[tuple[int, float]]:
    """Give each month the part of the hours that it has of the days."""
    assert when.days is not None
    start, end = when.days
    for month in range(_number_of(start), _number_of(end) + 1):
        begin = max(start, _first_of(month))
        days = min(end, _first_of(month + 1) - _DAY) - begin + _DAY
        yield month, hours * (days / (end - start + _DAY))


def _comes_before(framework: Framework, earlier: str, later: str) -> bool:
    first, then = framework.module_of[earlier], framework.module_of[later]
    from_level = {served.id: served.from_level for served in first.competencies}
    return earlier in then.prerequisites or any(
        from_level.get(served.id, served.from_level) < served.from_level
        for served in then.competencies
    )


def _free_after(when: Dates) -> dt.date:
    """Return the first day on which a module is surely finished."""
    return when.days[1] + _DAY if when.days else _first_of(when.last_month + 1)


def _next_run(
    runs: Sequence[Dates],
    hours: float,
    free_from: dt.date,
    taken: Sequence[tuple[dt.date, dt.date]],
    months: _Months,
) -> Dates | None:
    for run in runs:
        begins, ends = run.days or (dt.date.max, dt.date.max)
        is_free = all(ends < begin or end < begins for begin, end in taken)
        if begins >= free_from and is_free and months.has_room(run, hours):
            return run
    return None
