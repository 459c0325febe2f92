"""Long work as the one who asked for it finds it in the morning: at hand, failed, to be reviewed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from recommender.service.jobs.requests import Job, get_job, get_jobs
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store.jobs import JobStatus

_LOOKED_AT = 50
# a failed import of longer ago has been mended in another way, or is not wanted any more
_FORGOTTEN_AFTER = dt.timedelta(days=14)


@dataclass(frozen=True)
class FailedImport:
    """A file that was not imported because of faults: how many, of how many kinds."""

    job: Job
    file_name: str
    rows: int
    causes: int


def list_failed_imports(session: Session, *, limit: int) -> list[FailedImport]:
    """List the principal's files that failed lately and have not been imported since."""
    if Permission.RUN_JOBS not in session.who.permissions:
        return []
    since = dt.datetime.now(dt.UTC) - _FORGOTTEN_AFTER
    with session.reading():
        ended = [
            job
            for status in (JobStatus.FAILED, JobStatus.DONE)
            for job in get_jobs(session, status=status, limit=_LOOKED_AT)
            if job.kind == "import" and job.created_at > since
        ]
        newest: dict[tuple[str, str], Job] = {}
        for job in sorted(ended, key=lambda job: job.job_id):
            newest[job.request["table"], job.request["file_name"]] = job
        failed = [job for job in newest.values() if job.status is JobStatus.FAILED]
        failed.sort(key=lambda job: job.job_id, reverse=True)
        # read one by one: a list of jobs comes without the bad rows
        return [_describe(get_job(session, job.job_id)) for job in failed[:limit]]


def list_running(session: Session) -> Sequence[Job]:
    """List the principal's work that has not ended, the newest first."""
    if Permission.RUN_JOBS not in session.who.permissions:
        return []
    with session.reading():
        return [
            job
            for status in (JobStatus.RUNNING, JobStatus.QUEUED)
            for job in get_jobs(session, status=status, limit=_LOOKED_AT)
        ]


def seconds_left(job: Job, *, now: dt.datetime) -> float | None:
    """Return how long a job will still take at the speed so far; None while nobody can tell."""
    if not (job.started_at and job.total and job.done):
        return None
    return (now - job.started_at).total_seconds() / job.done * (job.total - job.done)


def _describe(job: Job) -> FailedImport:
    problem = job.problem
    faults, causes = (problem.faults, problem.causes) if problem else ([], [])
    rows = {(fault["sheet"], fault["row"]) for fault in faults}
    return FailedImport(job, job.request["file_name"], len(rows), len(causes))
