"""Deleting what is older than an installation keeps; what was learned from it stays."""

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
from recommender.store.job_files import FILE_DAYS
from recommender.table_kinds import KINDS

# people in one transaction: few enough that others need not wait long for SQLite's write lock
_BATCH = 200
_RECORD_COLUMNS = [column.name for column in KINDS["records"].columns]


@dataclass(frozen=True)
class RetentionReport:
    """What is due.

    Parameters
    ----------
    older_than : dict of str to date
        By table, the day before which rows are due.
    due : dict of str to int
        Rows by table. A rating that forms one assessment with a later one is counted here, but
        stays until the later one is due too.
    """

    older_than: dict[str, dt.date]
    due: dict[str, int]


def report_retention(session: Session, settings: Settings) -> RetentionReport:
    """Say what is due, by the periods of the settings, and delete nothing."""
    session.need(Permission.RUN_RETENTION)
    limits = find_limits(session, settings)
    with session.reading() as connection:
        due = count_due(connection, limits)
    of_table: dict[str, dt.date] = {
        "shown": limits.shown.date(),
        "plan": limits.plans.date(),
        "cohort": limits.plans.date(),
        "objection": limits.plans.date(),
        "import_change": limits.jobs.date(),
        "job": limits.jobs.date(),
        "job_file": limits.files.date(),
        "calendar_link": limits.jobs.date(),
        "import_upload": limits.answers.date(),
        "idempotent_answer": limits.answers.date(),
    }
    return RetentionReport({table: of_table.get(table, limits.facts) for table in due}, due)


def retire_facts(session: Session, settings: Settings) -> dict[str, int]:
    """Delete ratings, exams, assessments and results of work that are due; count them by table.

    The improvement records that rest on them stay. Each batch of people has its own transaction:
    a run that is interrupted keeps what it did, and the next run does the rest.
    """
    session.need(Permission.RUN_RETENTION)
    before = find_limits(session, settings).facts
    with session.reading() as connection:
        people = find_people_due(connection, before)
    counts = Counter(rating=0, exam_result=0, assessment=0, evidence=0, business_figure=0)
    for start in range(0, len(people), _BATCH):
        counts.update(_retire(session, people[start : start + _BATCH], before))
    return dict(counts)


def clear_traces(session: Session, settings: Settings) -> dict[str, int]:
    """Delete recommendations shown, unused plans, objections, jobs and kept answers that are due.

    Imports of which the old values go can no longer be undone.

    Returns how many rows were deleted, by table.
    """
    session.need(Permission.RUN_RETENTION)
    with session.writing() as connection:
        counts = delete_traces(connection, find_limits(session, settings))
        session.details = {"rows": sum(counts.values())}
        return counts


def find_limits(session: Session, settings: Settings) -> Limits:
    """Return the moments before which things are due.

    A fact that is still valid for a level is never due, however short the period of the settings.
    """
    validity = session.service.framework.catalog.settings
    now = dt.datetime.now(dt.UTC)
    # a session may ask as of a day in the future, which must not delete what is recent today
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
        files=now - dt.timedelta(days=FILE_DAYS),
        answers=now - dt.timedelta(hours=settings.keep_idempotent_hours),
    )


def first_day_kept(days: Iterable[dt.date], *, before: dt.date, window_days: int) -> dt.date:
    """Return the first day of the ratings that stay, so that no assessment loses a part.

    Parameters
    ----------
    days : iterable of date
        Days of the ratings of one person and competency.
    before : date
        Assessments dated earlier are deleted.
    window_days : int
        Ratings that lie within so many days before the latest one form one assessment with it.

    Returns
    -------
    date
        `before`, or an earlier day on which an assessment begins that is dated later.

    References
    ----------
    DESIGN, section 4, "Current level".
    """
    first, latest = before, None
    # backwards, because a window ends with its latest rating, and that dates the assessment
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
        # derived before and after: some of these records can no longer be derived then
        known = _collect(connection, framework, people)
        session.saw(read_refs(connection, people))
        counts = delete_facts(
            connection,
            people,
            before=before,
            ratings_before=_ratings_before(connection, framework, people, before),
        )
        derived = _collect(connection, framework, people)
        # the merge is by all columns: a record with a changed level is stored as it was, too
        again = known.merge(derived.assign(same=True), how="left", on=_RECORD_COLUMNS)
        store_frame(connection, KINDS["records"], known[again["same"].isna().to_numpy()])
        session.details = {"rows": sum(counts.values())}
    return counts


def _ratings_before(
    connection: Connection, framework: Framework, people: Sequence[str], before: dt.date
) -> dict[tuple[str, str], dt.date]:
    days: defaultdict[tuple[str, str], set[dt.date]] = defaultdict(set)
    for person, competency, indicator, day in read_rating_days(connection, people):
        # an indicator that the catalogue no longer has is part of no assessment; its pair must be
        # there all the same, or those ratings would never be deleted
        days[person, competency] |= {day} if indicator in framework.indicator_levels else set()
    window_days = framework.catalog.settings.rating_window_days
    return {
        pair: first_day_kept(known, before=before, window_days=window_days)
        for pair, known in days.items()
    }


def _collect(connection: Connection, framework: Framework, people: Sequence[str]) -> pd.DataFrame:
    collected = collect_records(connection, framework, as_of=LAST_DAY, person_ids=people)
    return collected.frame[_RECORD_COLUMNS].reset_index(drop=True)
