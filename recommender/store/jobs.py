"""Long work as rows: queued, for now or for later, read and cancelled.

How workers claim jobs and end them is in `job_claims`.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.job_calls import call_workers


class JobStatus(StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class StoredJob:
    """A job as stored, without its file and its result.

    Parameters
    ----------
    job_id, kind : str
        Its id and what it does.
    status : JobStatus
        How far it is.
    request : dict
        What was asked.
    done, total : int
        How many people are done, out of how many; `total` is None where it is not known.
    problem : dict or None
        Why it failed: the code of the text and its values.
    has_report, has_file : bool
        Whether there is a copy of the file with its bad cells marked, or a file that it has made.
    cancel_asked : bool
        Whether somebody asked to cancel it.
    actor : str
        Who asked for it.
    principal : dict
        The rights it runs with.
    worker : str or None
        The process that runs it.
    attempts : int
        How often it was begun.
    created_at, started_at, finished_at : datetime
        In UTC.
    run_at : datetime or None
        When it may begin, in UTC; None is at once.
    repeat : str or None
        How often it is done again; None is once.
    repeat_since : datetime or None
        The first moment of its series, from which all others are counted.
    next_job_id : str or None
        The job that followed it in its series.
    """

    job_id: str
    kind: str
    status: JobStatus
    request: dict[str, Any]
    done: int
    total: int | None
    problem: dict[str, Any] | None
    has_report: bool
    has_file: bool
    cancel_asked: bool
    actor: str
    principal: dict[str, Any]
    worker: str | None
    attempts: int
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    run_at: dt.datetime | None = None
    repeat: str | None = None
    repeat_since: dt.datetime | None = None
    next_job_id: str | None = None


_job = schema.job.c
_OPEN = (JobStatus.QUEUED.value, JobStatus.RUNNING.value)


def select_jobs() -> sa.Select[*tuple[Any, ...]]:
    """Return the query of jobs, for `to_job`."""
    return sa.select(
        _job.job_id,
        _job.kind,
        _job.status,
        _job.request,
        _job.done,
        _job.total,
        _job.problem,
        # without the large columns: a list of jobs would load every file that was handed in
        _job.report.is_not(None).label("has_report"),
        _job.file.is_not(None).label("has_file"),
        _job.cancel_asked,
        _job.actor,
        _job.principal,
        _job.worker,
        _job.attempts,
        _job.created_at,
        _job.started_at,
        _job.finished_at,
        _job.run_at,
        _job.repeat,
        _job.repeat_since,
        _job.next_job_id,
    )


def to_job(row: sa.Row[Any]) -> StoredJob:
    """Return the job of a row."""
    return StoredJob(**{**row._mapping, "status": JobStatus(row.status)})


def insert_job(
    connection: sa.Connection,
    kind: str,
    request: Mapping[str, Any],
    *,
    actor: str,
    principal: Mapping[str, Any],
    upload: bytes | None = None,
    run_at: dt.datetime | None = None,
    repeat: str | None = None,
    repeat_since: dt.datetime | None = None,
) -> str:
    """Queue a job and return its id; ids grow with the time.

    With `run_at` no worker takes it before that moment. What `repeat` and `repeat_since` mean is
    for the caller to know, who says the next moment when the job has ended.
    """
    now = dt.datetime.now(dt.UTC)
    # twelve digits, so that ids sort as text the way they were made; the rest cannot be guessed
    job_id = f"job-{int(now.timestamp() * 1000):012x}{secrets.token_hex(6)}"
    connection.execute(
        schema.job.insert().values(
            job_id=job_id,
            kind=kind,
            status=JobStatus.QUEUED.value,
            request=dict(request),
            upload=upload,
            actor=actor,
            principal=dict(principal),
            created_at=now,
            run_at=run_at,
            repeat=repeat,
            repeat_since=repeat_since,
        )
    )
    call_workers(connection)
    return job_id


def read_job(
    connection: sa.Connection, job_id: str, *, actor: str | None = None
) -> StoredJob | None:
    """Return a job, or None; with `actor` only one that this actor asked for."""
    query = select_jobs().where(_job.job_id == job_id)
    if actor is not None:
        query = query.where(_job.actor == actor)
    row = connection.execute(query).one_or_none()
    return None if row is None else to_job(row)


def list_jobs(
    connection: sa.Connection,
    *,
    actor: str | None = None,
    status: JobStatus | None = None,
    before: str = "",
    limit: int,
) -> list[StoredJob]:
    """Return jobs, the newest first; with `before` only those that are older than it."""
    query = select_jobs().order_by(_job.job_id.desc()).limit(limit)
    if actor is not None:
        query = query.where(_job.actor == actor)
    if status is not None:
        query = query.where(_job.status == status.value)
    if before:
        query = query.where(_job.job_id < before)
    return [to_job(row) for row in connection.execute(query)]


def count_open_jobs(connection: sa.Connection, actor: str) -> int:
    """Count an actor's jobs that have not ended."""
    query = (
        sa.select(sa.func.count())
        .select_from(schema.job)
        .where(_job.actor == actor, _job.status.in_(_OPEN))
    )
    return connection.scalar(query) or 0


def read_upload(connection: sa.Connection, job_id: str) -> bytes | None:
    """Return the file that a job is to import."""
    return connection.scalar(sa.select(_job.upload).where(_job.job_id == job_id))


def read_job_result(connection: sa.Connection, job_id: str) -> dict[str, Any] | None:
    """Return the result of a job that is done, or the bad rows of one that failed."""
    return connection.scalar(sa.select(_job.result).where(_job.job_id == job_id))


def ask_to_cancel(connection: sa.Connection, job_id: str) -> None:
    """Cancel a job that waits, ask a running one to stop, and leave one that has ended."""
    # locked: a worker may be about to claim it
    status = connection.scalar(
        sa.select(_job.status).where(_job.job_id == job_id).with_for_update()
    )
    changes: dict[str, Any] = {"cancel_asked": True}
    if status == JobStatus.QUEUED:
        changes |= ending(JobStatus.CANCELLED)
    elif status != JobStatus.RUNNING:
        return
    connection.execute(schema.job.update().where(_job.job_id == job_id).values(**changes))


def forget_jobs(connection: sa.Connection, before: dt.datetime) -> int:
    """Delete the jobs that ended before a moment, results and reports with them."""
    gone = schema.job.delete().where(_job.finished_at < before, _job.status.not_in(_OPEN))
    return connection.execute(gone).rowcount


def ending(status: JobStatus) -> dict[str, Any]:
    """Return the columns of a job that ends now."""
    # nobody needs the file any more, and it holds personal data
    return {"status": status.value, "upload": None, "finished_at": dt.datetime.now(dt.UTC)}
