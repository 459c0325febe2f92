"""Deleting rows that are older than an installation wants to keep them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.job_files import drop_files, has_old_file
from recommender.store.jobs import forget_jobs
from recommender.store.privacy.holdings import PLAN_PARTS
from recommender.store.writes import touch_people

# the facts that levels rest on, by the column with their day
_DAYS = (
    schema.rating.c.rated_on,
    schema.exam_result.c.sat_on,
    schema.assessment.c.assessed_on,
    schema.evidence.c.achieved_on,
    schema.business_figure.c.month,
)
# parts first: they refer to the cohort
_COHORT_PARTS = (
    schema.cohort_log,
    schema.cohort_seat,
    schema.cohort_person,
    schema.cohort_offering,
)
# people still work by these, however long ago they were changed
_IN_USE = ("approved", "active")


@dataclass(frozen=True)
class Limits:
    """Rows older than these limits are due to be deleted.

    Parameters
    ----------
    facts : date
        Ratings, exam results and assessments.
    shown, plans, jobs, files, answers : datetime
        Recommendations shown; plans that are not in use, by their last change, objections, by
        their answer, and cohorts; jobs, by their end, ended calendar links, and what imports
        replaced; files that jobs have made; answers kept for repeated requests, and files that
        wait to be imported.
    """

    facts: dt.date
    shown: dt.datetime
    plans: dt.datetime
    jobs: dt.datetime
    files: dt.datetime
    answers: dt.datetime


def count_due(connection: sa.Connection, limits: Limits) -> dict[str, int]:
    """Count the rows that are due, by table."""
    conditions: dict[sa.Table, sa.ColumnElement[bool]] = {
        **{_table(day): day < limits.facts for day in _DAYS},
        schema.shown: schema.shown.c.shown_at < limits.shown,
        schema.plan: schema.plan.c.plan_id.in_(_old_plans(limits)),
        schema.cohort: schema.cohort.c.created_at < limits.plans,
        schema.objection: schema.objection.c.answered_at < limits.plans,
        schema.import_change: schema.import_change.c.batch_id.in_(_old_imports(limits)),
        schema.job: schema.job.c.finished_at < limits.jobs,
        schema.calendar_link: schema.calendar_link.c.revoked_at < limits.jobs,
        schema.idempotent_answer: schema.idempotent_answer.c.answered_at < limits.answers,
        schema.import_upload: schema.import_upload.c.uploaded_at < limits.answers,
    }
    counts = {
        table.name: connection.scalar(
            sa.select(sa.func.count()).select_from(table).where(condition)
        )
        or 0
        for table, condition in conditions.items()
    }
    files = sa.select(sa.func.count()).where(has_old_file(limits.files))
    return counts | {"job_file": connection.scalar(files) or 0}


def find_people_due(connection: sa.Connection, before: dt.date) -> list[str]:
    """Return the ids of the people who have facts from before a day."""
    parts = [sa.select(_table(day).c.person_id).where(day < before) for day in _DAYS]
    return sorted(connection.scalars(sa.union(*parts)))


def read_rating_days(
    connection: sa.Connection, person_ids: Sequence[str]
) -> Iterator[tuple[str, str, str, dt.date]]:
    """Yield person, competency, indicator and day of people's ratings, each combination once."""
    rating = schema.rating.c
    columns = (rating.person_id, rating.competency_id, rating.indicator_id, rating.rated_on)
    query = sa.select(*columns).where(rating.person_id.in_(person_ids)).distinct()
    for row in connection.execute(query):
        yield row.person_id, row.competency_id, row.indicator_id, row.rated_on


def delete_facts(
    connection: sa.Connection,
    person_ids: Sequence[str],
    *,
    before: dt.date,
    ratings_before: Mapping[tuple[str, str], dt.date],
) -> dict[str, int]:
    """Delete the facts of people from before a day; return how many rows of each table went.

    Ratings have a day for each person and competency, in `ratings_before`.
    """
    # ratings of one window are one assessment: half of it would be another level
    counts: dict[str, int] = {}
    for day in _DAYS[1:]:
        table = _table(day)
        old = table.delete().where(table.c.person_id.in_(person_ids), day < before)
        counts[table.name] = connection.execute(old).rowcount
    rating = schema.rating
    statement = rating.delete().where(
        rating.c.person_id == sa.bindparam("person"),
        rating.c.competency_id == sa.bindparam("competency"),
        rating.c.rated_on < sa.bindparam("first"),
    )
    rows: list[dict[str, Any]] = [
        {"person": person, "competency": competency, "first": first}
        for (person, competency), first in ratings_before.items()
    ]
    # without rows to fill it in the statement would run once, its parameters missing
    counts[rating.name] = connection.execute(statement, rows).rowcount if rows else 0
    touch_people(connection, person_ids)
    return counts


def delete_traces(connection: sa.Connection, limits: Limits) -> dict[str, int]:
    """Delete the other rows that are due; return how many of each table went."""
    plan, shown, answer = schema.plan, schema.shown, schema.idempotent_answer
    objection = schema.objection
    old = list(connection.scalars(_old_plans(limits)))
    for start in range(0, len(old), 500):
        # parts first: they refer to the plan
        for table in (*PLAN_PARTS, plan):
            some = table.c.plan_id.in_(old[start : start + 500])
            connection.execute(table.delete().where(some))
    cohorts = sa.select(schema.cohort.c.cohort_id).where(schema.cohort.c.created_at < limits.plans)
    for table in _COHORT_PARTS:
        connection.execute(table.delete().where(table.c.cohort_id.in_(cohorts)))
    cohort = schema.cohort
    forgotten = connection.execute(cohort.delete().where(cohort.c.created_at < limits.plans))
    seen = connection.execute(shown.delete().where(shown.c.shown_at < limits.shown))
    # one that nobody answered stays, however old it is
    settled = connection.execute(objection.delete().where(objection.c.answered_at < limits.plans))
    upload = schema.import_upload
    waited = connection.execute(upload.delete().where(upload.c.uploaded_at < limits.answers))
    answered = connection.execute(answer.delete().where(answer.c.answered_at < limits.answers))
    link = schema.calendar_link
    ended = connection.execute(link.delete().where(link.c.revoked_at < limits.jobs))
    change = schema.import_change
    values = connection.execute(change.delete().where(change.c.batch_id.in_(_old_imports(limits))))
    return {
        "plan": len(old),
        "cohort": forgotten.rowcount,
        "import_change": values.rowcount,
        "objection": settled.rowcount,
        "shown": seen.rowcount,
        # the files first: those of the jobs that go are counted, too
        "job_file": drop_files(connection, limits.files),
        "job": forget_jobs(connection, limits.jobs),
        "calendar_link": ended.rowcount,
        "idempotent_answer": answered.rowcount,
        "import_upload": waited.rowcount,
    }


def _old_imports(limits: Limits) -> sa.Select[Any]:
    batch = schema.import_batch.c
    return sa.select(batch.id).where(batch.imported_at < limits.jobs)


def _old_plans(limits: Limits) -> sa.Select[Any]:
    plan, version = schema.plan.c, schema.plan_version.c
    return (
        sa.select(plan.plan_id)
        .join(schema.plan_version, version.plan_id == plan.plan_id)
        .where(plan.status.not_in(_IN_USE))
        .group_by(plan.plan_id)
        .having(sa.func.max(version.made_at) < limits.plans)
    )


def _table(column: sa.Column[Any]) -> sa.Table:
    assert isinstance(column.table, sa.Table)
    return column.table
