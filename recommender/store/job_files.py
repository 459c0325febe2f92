"""Files that jobs leave: marked copies of what was to be imported, and what they were to make."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from recommender.store import schema

FILE_DAYS = 7
"""How long a file that a job has made can be fetched: it holds the plans of many people."""
_job = schema.job.c


def read_job_report(connection: sa.Connection, job_id: str) -> bytes | None:
    """Return the copy of a job's file with its bad cells marked."""
    return connection.scalar(sa.select(_job.report).where(_job.job_id == job_id))


def keep_file(connection: sa.Connection, job_id: str, content: bytes) -> None:
    """Keep the file that a job has made, in the transaction that ends it."""
    connection.execute(schema.job.update().where(_job.job_id == job_id).values(file=content))


def read_job_file(connection: sa.Connection, job_id: str) -> bytes | None:
    """Return the file that a job has made; None where there is none, or no longer."""
    since = dt.datetime.now(dt.UTC) - dt.timedelta(days=FILE_DAYS)
    query = sa.select(_job.file).where(_job.job_id == job_id, _job.finished_at >= since)
    return connection.scalar(query)


def has_old_file(before: dt.datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a job has a file and ended before a moment."""
    return sa.and_(_job.file.is_not(None), _job.finished_at < before)


def drop_files(connection: sa.Connection, before: dt.datetime) -> int:
    """Delete the files of jobs that ended before a moment; return how many there were."""
    emptied = schema.job.update().where(has_old_file(before)).values(file=None)
    return connection.execute(emptied).rowcount
