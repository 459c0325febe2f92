"""When an item of a plan is looked at again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from recommender.results import Plan, PlanActivity, PlanItem
from recommender.working_days import next_working_day

# long enough to have practised, soon enough to remember
_AFTER = dt.timedelta(weeks=5)


def review_day(after: dt.date, country: str) -> dt.date:
    """Return the working day about five weeks after a day."""
    return next_working_day(after + _AFTER, country)


def last_review(items: Sequence[PlanItem], activities: Sequence[PlanActivity]) -> dt.date | None:
    """Return when a whole plan is looked at again: with the last thing in it."""
    return max((part.review_on for part in (*items, *activities) if part.review_on), default=None)


def list_reviews(plan: Plan) -> Iterator[tuple[dt.date, PlanItem | PlanActivity | None]]:
    """Yield when what is looked at again: items, activities not done, and the whole plan (None)."""
    for item in plan.items:
        if item.review_on is not None:
            yield item.review_on, item
    for activity in plan.activities:
        if activity.done_on is None:
            yield activity.review_on, activity
    if plan.review_on is not None:
        yield plan.review_on, None
