"""The days that figures are given of to readers who see no single person: the ends of quarters.

From one day to the next hardly anybody is assessed, so two answers would differ by one person.
"""

from __future__ import annotations

import datetime as dt

from recommender.arrays import months_before
from recommender.service.framework import Framework, latest_profiles

_DAY = dt.timedelta(days=1)


def find_quarter_end(day: dt.date) -> dt.date:
    """Return the last end of a quarter up to a day, which may be that day."""
    after = day + _DAY
    return dt.date(after.year, (after.month - 1) // 3 * 3 + 1, 1) - _DAY


def list_quarters_before(framework: Framework, quarter_end: dt.date) -> list[dt.date]:
    """List the ends of earlier quarters whose levels may still be those of a later one.

    Before that everybody's assessment has expired: nobody's has stayed, and both tables by
    themselves hide small groups.
    """
    settings = framework.catalog.settings
    months = max(settings.assessment_validity_months, settings.exam_validity_months)
    first, days = months_before(quarter_end, months), [quarter_end]
    while (before := find_quarter_end(days[-1] - _DAY)) >= first:
        # on a day before the first profiles nobody was told anything
        if len(latest_profiles(framework.catalog, before)) < len(framework.grade_ids):
            break
        days.append(before)
    return days[1:]
