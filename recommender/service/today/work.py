"""Long work as whoever asked for it finds it: under way, failed, or not begun."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from recommender.service.jobs.requests import Job, get_job, get_jobs
from recommender.service.people.recognising.waiting import list_waiting
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store.imports.mappings import WaitingFile
from recommender.store.jobs import JobStatus
from recommender.store.plans.campaigns import find_campaign

_LOOKED_AT, _SHOWN = 50, 6
# a failed import of longer ago has been mended in another way, or is not wanted any more
_FORGOTTEN_AFTER = dt.timedelta(days=14)


@dataclass(frozen=True)
class FailedImport:
    """A file that was not imported because of faults: how many, of how many kinds."""

    job: Job
    file_name: str
    rows: int
    causes: int


@dataclass(frozen=True)
class Running:
    """A job that has not ended, and the campaign it works for, if for one."""

    job: Job
    campaign: str | None


@dataclass(frozen=True)
class Work:
    """What somebody has asked for and has not got: files not imported, and work that runs."""

    files: Sequence[WaitingFile]
    failed_imports: Sequence[FailedImport]
    running: Sequence[Running]

    @property
    def imports(self) -> int:
        """How many files were not imported, whether dropped in a page or sent by a program."""
        return len(self.files) + len(self.failed_imports)


def read_work(session: Session) -> Work:
    """Read what the principal has asked for and not got."""
    with session.reading():
        return Work(
            files=list_files(session),
            failed_imports=list_failed_imports(session, limit=_SHOWN),
            running=list_running(session),
        )


def list_files(session: Session) -> Sequence[WaitingFile]:
    """List the principal's files that were dropped and are not imported, the newest first."""
    if Permission.IMPORT not in session.who.permissions:
        return []
    return list_waiting(session)


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


def list_running(session: Session) -> Sequence[Running]:
    """List the principal's work that has not ended, what is worked on before what waits.

    What waits for a moment of its own is not under way.
    """
    if Permission.RUN_JOBS not in session.who.permissions:
        return []
    now, who = dt.datetime.now(dt.UTC), session.who
    with session.reading() as connection:
        running: list[Running] = []
        for status in (JobStatus.RUNNING, JobStatus.QUEUED):
            for job in get_jobs(session, status=status, limit=_LOOKED_AT):
                if not job.is_due(now):
                    continue
                name = None
                if campaign_id := job.request.get("campaign_id"):
                    campaign = find_campaign(connection, who.scope, who.actor, campaign_id)
                    name = campaign.name if campaign else None
                running.append(Running(job, name))
    return running


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
