"""When an item of a plan is looked at again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from recommender.results import PlanActivity, PlanItem

# long enough to have practised, soon enough to remember
_WEEKS_AFTER = 5
_SATURDAY = 5


def review_day(after: dt.date) -> dt.date:
    """Return the working day about five weeks after a day."""
    day = after + dt.timedelta(weeks=_WEEKS_AFTER)
    while day.weekday() >= _SATURDAY:
        day += dt.timedelta(days=1)
    return day


def last_review(items: Sequence[PlanItem], activities: Sequence[PlanActivity]) -> dt.date | None:
    """Return when a whole plan is looked at again: with the last thing in it."""
    return max((part.review_on for part in (*items, *activities) if part.review_on), default=None)
