"""Long work as rows: queued, claimed by one worker at a time, ended once.

A worker reports every few seconds that it is alive. A job whose worker has fallen silent may be
claimed by another one. Every change names the worker that makes it, so a worker that was taken
for dead, and is not, can change nothing any more.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from recommender.store import schema

# twelve reports missed in a row: a worker sends one every five seconds
SILENT_SECONDS = 60


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


_job = schema.job.c
_OPEN = (JobStatus.QUEUED.value, JobStatus.RUNNING.value)


def _select() -> sa.Select[*tuple[Any, ...]]:
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
    )


def _to_job(row: sa.Row[Any]) -> StoredJob:
    return StoredJob(**{**row._mapping, "status": JobStatus(row.status)})


def insert_job(
    connection: sa.Connection,
    kind: str,
    request: Mapping[str, Any],
    *,
    actor: str,
    principal: Mapping[str, Any],
    upload: bytes | None = None,
) -> str:
    """Queue a job and return its id; ids grow with the time."""
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
        )
    )
    return job_id


def read_job(
    connection: sa.Connection, job_id: str, *, actor: str | None = None
) -> StoredJob | None:
    """Return a job, or None; with `actor` only one that this actor asked for."""
    query = _select().where(_job.job_id == job_id)
    if actor is not None:
        query = query.where(_job.actor == actor)
    row = connection.execute(query).one_or_none()
    return None if row is None else _to_job(row)


def list_jobs(
    connection: sa.Connection,
    *,
    actor: str | None = None,
    status: JobStatus | None = None,
    before: str = "",
    limit: int,
) -> list[StoredJob]:
    """Return jobs, the newest first; with `before` only those that are older than it."""
    query = _select().order_by(_job.job_id.desc()).limit(limit)
    if actor is not None:
        query = query.where(_job.actor == actor)
    if status is not None:
        query = query.where(_job.status == status.value)
    if before:
        query = query.where(_job.job_id < before)
    return [_to_job(row) for row in connection.execute(query)]


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
        changes |= _end(JobStatus.CANCELLED)
    elif status != JobStatus.RUNNING:
        return
    connection.execute(schema.job.update().where(_job.job_id == job_id).values(**changes))


def job_waits(connection: sa.Connection) -> bool:
    """Say whether there may be a job to claim."""
    now = dt.datetime.now(dt.UTC)
    query = sa.select(_job.job_id).where(sa.or_(_claimable(now), _from_the_future(now))).limit(1)
    return connection.scalar(query) is not None


def claim_job(connection: sa.Connection, worker: str) -> StoredJob | None:
    """Claim the oldest job that waits or was abandoned.

    Parameters
    ----------
    connection : Connection
        In a transaction of its own: the job is this worker's when it is committed.
    worker : str
        Who claims it.

    Returns
    -------
    StoredJob or None
        The job as it was before, but with this attempt counted; None where none waits.
    """
    now = dt.datetime.now(dt.UTC)
    # after the clock was set back such a job would look alive for ever. Its silence counts from
    # now on: a worker that is well reports again by the new clock
    connection.execute(schema.job.update().where(_from_the_future(now)).values(seen_at=now))
    row = connection.execute(
        _select()
        .where(_claimable(now))
        .order_by(_job.job_id)
        .limit(1)
        # two workers take two jobs at once; SQLite ignores this, and lets one writer in at a time
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    attempts = row.attempts + 1
    connection.execute(
        schema.job.update()
        .where(_job.job_id == row.job_id)
        .values(
            status=JobStatus.RUNNING.value,
            worker=worker,
            started_at=now,
            seen_at=now,
            attempts=attempts,
            # the worker before may have got half-way; what it did was rolled back with it
            done=0,
            total=None,
        )
    )
    return replace(_to_job(row), attempts=attempts)


def _claimable(now: dt.datetime) -> sa.ColumnElement[bool]:
    silent = sa.and_(
        _job.status == JobStatus.RUNNING.value,
        _job.seen_at < now - dt.timedelta(seconds=SILENT_SECONDS),
    )
    return sa.or_(_job.status == JobStatus.QUEUED.value, silent)


def _from_the_future(now: dt.datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a worker reported by a clock that has been set back since."""
    return sa.and_(
        _job.status == JobStatus.RUNNING.value,
        _job.seen_at > now + dt.timedelta(seconds=SILENT_SECONDS),
    )


def keep_claim(connection: sa.Connection, job_id: str, worker: str) -> None:
    """Note that a worker is alive, if the job is still its own."""
    _change(connection, job_id, worker, {"seen_at": dt.datetime.now(dt.UTC)})


def is_cancel_asked(connection: sa.Connection, job_id: str, worker: str) -> bool:
    """Say whether somebody asked to cancel the job that a worker is at."""
    query = sa.select(_job.cancel_asked).where(*_is_run_by(job_id, worker))
    return bool(connection.scalar(query))


def note_progress(
    connection: sa.Connection, job_id: str, worker: str, *, done: int, total: int
) -> None:
    """Note how far a job is."""
    _change(connection, job_id, worker, {"done": done, "total": total})


def finish_job(
    connection: sa.Connection, job_id: str, worker: str, *, result: Mapping[str, Any]
) -> bool:
    """Call a job done, in the transaction that holds what it did.

    Parameters
    ----------
    connection : Connection
        In that transaction.
    job_id : str
        The job.
    worker : str
        Who did it.
    result : mapping
        What is answered.

    Returns
    -------
    bool
        False if another process took the job, or somebody asked to cancel it: then what was done
        must not be kept.
    """
    # progress is noted now and then only, and the last note may be short of the total
    all_of_it = sa.func.coalesce(_job.total, _job.done)
    changes = {**_end(JobStatus.DONE), "result": dict(result), "done": all_of_it}
    # asked in the same statement: nobody can cancel between a look and the change
    return _change(connection, job_id, worker, changes, _job.cancel_asked.is_(False))


def fail_job(
    connection: sa.Connection,
    job_id: str,
    worker: str,
    *,
    problem: Mapping[str, Any],
    result: Mapping[str, Any] | None = None,
    report: bytes | None = None,
) -> bool:
    """Call a job failed and keep the reason; return whether it was the worker's own."""
    changes = {**_end(JobStatus.FAILED), "problem": dict(problem), "report": report}
    if result is not None:
        changes["result"] = dict(result)
    return _change(connection, job_id, worker, changes)


def drop_job(connection: sa.Connection, job_id: str, worker: str) -> bool:
    """Call a job cancelled; return whether it was the worker's own."""
    return _change(connection, job_id, worker, _end(JobStatus.CANCELLED))


def release_job(connection: sa.Connection, job_id: str, worker: str, *, counts: bool) -> bool:
    """Put a job back into the queue; return whether it was the worker's own.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    job_id : str
        The job.
    worker : str
        Who had claimed it.
    counts : bool
        Whether the job may be to blame, so that the attempt counts.
    """
    changes: dict[str, Any] = {"status": JobStatus.QUEUED.value, "worker": None, "seen_at": None}
    if not counts:
        changes["attempts"] = _job.attempts - 1
    return _change(connection, job_id, worker, changes)


def forget_jobs(connection: sa.Connection, before: dt.datetime) -> int:
    """Delete the jobs that ended before a moment, results and reports with them."""
    gone = schema.job.delete().where(_job.finished_at < before, _job.status.not_in(_OPEN))
    return connection.execute(gone).rowcount


def _end(status: JobStatus) -> dict[str, Any]:
    # nobody needs the file any more, and it holds personal data
    return {"status": status.value, "upload": None, "finished_at": dt.datetime.now(dt.UTC)}


def _is_run_by(job_id: str, worker: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _job.job_id == job_id,
        _job.worker == worker,
        _job.status == JobStatus.RUNNING.value,
    )


def _change(
    connection: sa.Connection,
    job_id: str,
    worker: str,
    changes: Mapping[str, Any],
    *conditions: sa.ColumnElement[bool],
) -> bool:
    mine = _is_run_by(job_id, worker)
    statement = schema.job.update().where(*mine, *conditions).values(**changes)
    return connection.execute(statement).rowcount == 1
