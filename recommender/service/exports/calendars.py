"""The dates of plans for a calendar program."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from recommender.documents import CalendarEntry, write_calendar
from recommender.service.permissions import Permission
from recommender.service.plans.reading import read_plan
from recommender.service.plans.reasons import name_module
from recommender.service.plans.stored import StoredPlan, load_plan
from recommender.service.session import Session
from recommender.store import Connection
from recommender.store.people.seats import find_offerings
from recommender.store.plans.versions import list_plans
from recommender.texts import say

# agreed, so its dates stand; what is over stays in the calendar as it was
_AGREED = ("approved", "active", "done")
_MOST_PLANS = 50


def read_plan_calendar(session: Session, plan_id: str) -> bytes:
    """Write the dates of a plan as a calendar: courses that have days, and reviews.

    The dates of a plan that is cancelled are written as cancelled ones.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    """
    with session.reading() as connection:
        stored = read_plan(session, plan_id)
        entries = list(_entries(session, connection, stored))
    return write_calendar(entries, name=say("calendar.name", session.lang))


def read_calendar_feed(session: Session) -> bytes:
    """Write the dates of all plans of the principal's own that are agreed as one calendar."""
    session.need(Permission.READ_PLANS)
    with session.reading() as connection:
        person_id = session.who.person_id or ""
        session.person(connection, person_id)
        heads = list_plans(connection, session.who.scope, person_id=person_id, limit=_MOST_PLANS)
        entries = [
            entry
            for head in heads
            if head.status in _AGREED
            for entry in _entries(session, connection, load_plan(session, connection, head))
        ]
    return write_calendar(entries, name=say("calendar.name", session.lang))


def _entries(
    session: Session, connection: Connection, stored: StoredPlan
) -> Iterator[CalendarEntry]:
    """Yield what of a plan stands in a calendar: no levels and no gaps, for others may see it."""
    framework, lang, plan = session.service.framework, session.lang, stored.plan
    runs = find_offerings(connection, {i.offering_id for i in plan.items if i.offering_id})
    # in somebody else's calendar a date says whose it is
    name = "" if session.who.person_id == plan.person_id else stored.head.name

    def words(text: str) -> str:
        return say("calendar.of", lang, name=name, text=text) if name else text

    for item in plan.items:
        title = name_module(framework, item.module_id, lang)
        if item.starts_on is not None:
            run = runs.get(item.offering_id or "")
            course = _entry(
                stored,
                item.module_id,
                item.starts_on,
                words(say("calendar.course", lang, title=title)),
            )
            yield replace(
                course,
                ends_on=item.ends_on or item.starts_on,
                description=say("calendar.hours", lang, hours=f"{item.hours:g}"),
                place=(run and run.place) or "",
                busy=True,
            )
        if item.review_on is not None:
            text = words(say("calendar.review-course", lang, title=title))
            yield _entry(stored, f"{item.module_id}.review", item.review_on, text)
    for activity in plan.activities:
        if activity.done_on is None:
            text = words(say("calendar.review-activity", lang, title=activity.title))
            yield _entry(stored, f"{activity.activity_id}.review", activity.review_on, text)
    if plan.review_on is not None:
        yield _entry(stored, "review", plan.review_on, words(say("calendar.review-plan", lang)))


def _entry(stored: StoredPlan, part: str, on: dt.date, summary: str) -> CalendarEntry:
    status = stored.plan.status
    return CalendarEntry(
        # by the plan and not by the day, which may change
        uid=f"{stored.plan.plan_id}.{part}@training-recommender",
        sequence=stored.version,
        changed_at=stored.made_at,
        summary=summary,
        starts_on=on,
        ends_on=on,
        standing="CANCELLED"
        if status == "cancelled"
        else ("CONFIRMED" if status in _AGREED else "TENTATIVE"),
    )
