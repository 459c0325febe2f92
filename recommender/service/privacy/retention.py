"""What is kept no longer than an installation sets; what was learned from it stays."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from recommender.arrays import months_before
from recommender.service.framework import Framework
from recommender.service.learning.collecting import collect_records
from recommender.service.people.imports import store_frame
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.settings import LAST_DAY, Settings
from recommender.store import (
    Connection,
    Limits,
    count_due,
    delete_facts,
    delete_traces,
    find_people_due,
    read_rating_days,
    read_refs,
)
from recommender.table_kinds import KINDS

_BATCH = 200
_RECORD_COLUMNS = [column.name for column in KINDS["records"].columns]


@dataclass(frozen=True)
class RetentionReport:
    """What is due.

    Parameters
    ----------
    older_than : dict of str to date
        What is due, by table: what is from before this day.
    due : dict of str to int
        Rows by table. A rating that forms one assessment with a later one stays until that is
        due too.
    """

    older_than: dict[str, dt.date]
    due: dict[str, int]


def report_retention(session: Session, settings: Settings) -> RetentionReport:
    """Say how long what is kept, and what is due.

    Parameters
    ----------
    session : Session
        Needs `Permission.RUN_RETENTION`.
    settings : Settings
        The periods.

    Returns
    -------
    RetentionReport
        Nothing was deleted.
    """
    session.need(Permission.RUN_RETENTION)
    limits = find_limits(session, settings)
    with session.reading() as connection:
        due = count_due(connection, limits)
    of_table: dict[str, dt.date] = {
        "shown": limits.shown.date(),
        "plan": limits.plans.date(),
        "job": limits.jobs.date(),
        "idempotent_answer": limits.answers.date(),
    }
    return RetentionReport({table: of_table.get(table, limits.facts) for table in due}, due)


def retire_facts(session: Session, settings: Settings) -> dict[str, int]:
    """Delete ratings, exam results and assessments that are due; their records stay.

    Parameters
    ----------
    session : Session
        Needs `Permission.RUN_RETENTION`.
    settings : Settings
        The periods.

    Returns
    -------
    dict of str to int
        Rows deleted, by table. People are taken some at a time, each time in a transaction of
        its own: what was done when it is broken off holds, and the next run goes on.
    """
    session.need(Permission.RUN_RETENTION)
    before = find_limits(session, settings).facts
    with session.reading() as connection:
        people = find_people_due(connection, before)
    counts = Counter(rating=0, exam_result=0, assessment=0)
    for start in range(0, len(people), _BATCH):
        some = people[start : start + _BATCH]
        counts.update(_retire(session, some, before))
    return dict(counts)


def clear_traces(session: Session, settings: Settings) -> dict[str, int]:
    """Delete whatever else is due: what was shown, plans not in use, jobs, kept answers.

    Parameters
    ----------
    session : Session
        Needs `Permission.RUN_RETENTION`.
    settings : Settings
        The periods.

    Returns
    -------
    dict of str to int
        Rows deleted, by table.
    """
    session.need(Permission.RUN_RETENTION)
    with session.writing() as connection:
        counts = delete_traces(connection, find_limits(session, settings))
        session.details = {"rows": sum(counts.values())}
        return counts


def find_limits(session: Session, settings: Settings) -> Limits:
    """Return what is due today.

    Facts that a level may still rest on are not, whatever the settings say; nor is what is
    recent, even if a question is asked as of a later day.
    """
    validity = session.service.framework.catalog.settings
    now = dt.datetime.now(dt.UTC)
    today = min(session.today, now.date())
    months = max(
        settings.keep_assessments_months,
        validity.assessment_validity_months,
        validity.exam_validity_months,
    )

    def midnight(kept_months: int) -> dt.datetime:
        return dt.datetime.combine(months_before(today, kept_months), dt.time(), dt.UTC)

    return Limits(
        facts=months_before(today, months),
        shown=midnight(settings.keep_shown_months),
        plans=midnight(settings.keep_plans_months),
        jobs=now - dt.timedelta(days=settings.keep_jobs_days),
        answers=now - dt.timedelta(hours=settings.keep_idempotent_hours),
    )


def first_day_kept(days: Iterable[dt.date], *, before: dt.date, window_days: int) -> dt.date:
    """Return the first day of ratings that stay, so that no assessment loses a part.

    Parameters
    ----------
    days : iterable of date
        Days of the ratings of one person and competency.
    before : date
        Assessments dated earlier go.
    window_days : int
        Ratings so many days before the latest one form one assessment with it.

    Returns
    -------
    date
        `before`, or earlier where an assessment dated later begins earlier.
    """
    first, latest = before, None
    for day in sorted(days, reverse=True):
        if latest is None or day < latest - dt.timedelta(days=window_days):
            if day < before:
                break
            latest = day
        first = min(first, day)
    return first


def _retire(session: Session, people: Sequence[str], before: dt.date) -> dict[str, int]:
    framework = session.service.framework
    with session.writing() as connection:
        known = _collect(connection, framework, people)
        session.saw(read_refs(connection, people))
        counts = delete_facts(
            connection,
            people,
            before=before,
            ratings_before=_ratings_before(connection, framework, people, before),
        )
        derived = _collect(connection, framework, people)
        # records whose assessments went, in whole or in part, are stored as they were
        again = known.merge(derived.assign(same=True), how="left", on=_RECORD_COLUMNS)
        store_frame(connection, KINDS["records"], known[again["same"].isna().to_numpy()])
        session.details = {"rows": sum(counts.values())}
    return counts


def _ratings_before(
    connection: Connection, framework: Framework, people: Sequence[str], before: dt.date
) -> dict[tuple[str, str], dt.date]:
    days: defaultdict[tuple[str, str], set[dt.date]] = defaultdict(set)
    for person, competency, indicator, day in read_rating_days(connection, people):
        # what the catalogue does not know is part of no assessment
        days[person, competency] |= {day} if indicator in framework.indicator_levels else set()
    window_days = framework.catalog.settings.rating_window_days
    return {
        pair: first_day_kept(known, before=before, window_days=window_days)
        for pair, known in days.items()
    }


def _collect(connection: Connection, framework: Framework, people: Sequence[str]) -> pd.DataFrame:
    collected = collect_records(connection, framework, as_of=LAST_DAY, person_ids=people)
    return collected.frame[_RECORD_COLUMNS].reset_index(drop=True)
