"""Jobs as workers see them: claimed by one at a time, kept alive, ended once.

A worker reports every few seconds that it is alive. A job whose worker has fallen silent may be
claimed by another one. Every change names the worker that makes it, so a worker that was taken
for dead, and is not, can change nothing any more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.job_calls import call_workers
from recommender.store.jobs import (
    JobStatus,
    StoredJob,
    ending,
    insert_job,
    read_job,
    select_jobs,
    to_job,
)

# twelve reports missed in a row: a worker sends one every five seconds
SILENT_SECONDS = 60

_job = schema.job.c


def job_waits(connection: sa.Connection, *, now: dt.datetime | None = None) -> bool:
    """Say whether there may be a job to claim."""
    now = now or dt.datetime.now(dt.UTC)
    query = sa.select(_job.job_id).where(sa.or_(_claimable(now), _from_the_future(now))).limit(1)
    return connection.scalar(query) is not None


def claim_job(
    connection: sa.Connection, worker: str, *, now: dt.datetime | None = None
) -> StoredJob | None:
    """Claim the oldest job that waits, and whose moment has come, or that was abandoned.

    Parameters
    ----------
    connection : Connection
        In a transaction of its own: the job is this worker's when it is committed.
    worker : str
        Who claims it.
    now : datetime, optional
        What time it is.

    Returns
    -------
    StoredJob or None
        The job as it was before, but with this attempt counted; None where none waits.
    """
    now = now or dt.datetime.now(dt.UTC)
    # after the clock was set back such a job would look alive for ever. Its silence counts from
    # now on: a worker that is well reports again by the new clock
    connection.execute(schema.job.update().where(_from_the_future(now)).values(seen_at=now))
    row = connection.execute(
        select_jobs()
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
    return replace(to_job(row), attempts=attempts)


def _claimable(now: dt.datetime) -> sa.ColumnElement[bool]:
    silent = sa.and_(
        _job.status == JobStatus.RUNNING.value,
        _job.seen_at < now - dt.timedelta(seconds=SILENT_SECONDS),
    )
    due = sa.and_(
        _job.status == JobStatus.QUEUED.value,
        sa.or_(_job.run_at.is_(None), _job.run_at <= now),
    )
    return sa.or_(due, silent)


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
    connection: sa.Connection,
    job_id: str,
    worker: str,
    *,
    result: Mapping[str, Any],
    next_at: dt.datetime | None = None,
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
    next_at : datetime, optional
        When it is done again.

    Returns
    -------
    bool
        False if another process took the job, or somebody asked to cancel it: then what was done
        must not be kept.
    """
    # progress is noted now and then only, and the last note may be short of the total
    all_of_it = sa.func.coalesce(_job.total, _job.done)
    changes = {**ending(JobStatus.DONE), "result": dict(result), "done": all_of_it}
    # asked in the same statement: nobody can cancel between a look and the change
    if not _change(connection, job_id, worker, changes, _job.cancel_asked.is_(False)):
        return False
    _queue_next(connection, job_id, next_at)
    return True


def fail_job(
    connection: sa.Connection,
    job_id: str,
    worker: str,
    *,
    problem: Mapping[str, Any],
    result: Mapping[str, Any] | None = None,
    report: bytes | None = None,
    next_at: dt.datetime | None = None,
) -> bool:
    """Call a job failed and keep the reason; return whether it was the worker's own.

    With `next_at` it is done again at that moment, unless somebody has asked to cancel it.
    """
    changes = {**ending(JobStatus.FAILED), "problem": dict(problem), "report": report}
    if result is not None:
        changes["result"] = dict(result)
    if not _change(connection, job_id, worker, changes):
        return False
    _queue_next(connection, job_id, next_at)
    return True


def drop_job(connection: sa.Connection, job_id: str, worker: str) -> bool:
    """Call a job cancelled; return whether it was the worker's own."""
    return _change(connection, job_id, worker, ending(JobStatus.CANCELLED))


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
    if not _change(connection, job_id, worker, changes):
        return False
    call_workers(connection)
    return True


def _queue_next(connection: sa.Connection, job_id: str, at: dt.datetime | None) -> None:
    """Queue the job that follows one of a series, in the transaction that ends the one before.

    Only the worker whose job it was comes here, and only once: another end changes no row.
    """
    if at is None:
        return
    # asked after the row was changed: from then on whoever wants to cancel it waits for us
    job = read_job(connection, job_id)
    assert job is not None
    if job.cancel_asked:
        return
    next_job_id = insert_job(
        connection,
        job.kind,
        job.request,
        actor=job.actor,
        principal=job.principal,
        run_at=at,
        repeat=job.repeat,
        repeat_since=job.repeat_since,
    )
    mine = schema.job.update().where(_job.job_id == job_id)
    connection.execute(mine.values(next_job_id=next_job_id))


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
