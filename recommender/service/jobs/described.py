"""A job as its reader sees it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recommender.service.jobs.problems import JobProblem, tell_problem
from recommender.service.jobs.schedules import Repeat
from recommender.store.jobs import JobStatus, StoredJob


@dataclass(frozen=True)
class Job:
    """A job, with its problem in the language of the reader.

    Parameters
    ----------
    done, total : int
        How many people are done, and of how many; no total while it is not known.
    has_report, has_file : bool
        Whether there is a copy of its file with the bad cells marked, or a file it has made.
    created_at, started_at, finished_at : datetime
        In UTC.
    run_at : datetime or None
        No worker begins it before, in UTC; None is at once.
    repeat : Repeat or None
        How often it is done again; None is once.
    next_job_id : str or None
        The job that followed it in its series.
    """

    job_id: str
    kind: str
    status: JobStatus
    request: dict[str, Any]
    done: int
    total: int | None
    cancel_asked: bool
    has_report: bool
    has_file: bool
    problem: JobProblem | None
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    run_at: dt.datetime | None
    repeat: Repeat | None
    next_job_id: str | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.finished_at is not None

    @property
    def series_ended(self) -> bool:
        """Whether it was to be done again, and will not be."""
        over = self.has_ended or self.cancel_asked
        return self.repeat is not None and over and self.next_job_id is None

    def is_due(self, now: dt.datetime) -> bool:
        """Say whether its moment has come."""
        return self.run_at is None or self.run_at <= now

    def time_left(self, now: dt.datetime) -> dt.timedelta | None:
        """Return how long it still takes if it goes on as so far; None where nothing is done."""
        if self.has_ended or self.started_at is None or not self.total or not self.done:
            return None
        return (now - self.started_at) / self.done * (self.total - self.done)


def describe_job(job: StoredJob, lang: str, bad_rows: Mapping[str, Any] | None = None) -> Job:
    """Return a job with its problem in words, and its bad rows if they are given."""
    return Job(
        job_id=job.job_id,
        kind=job.kind,
        status=job.status,
        # whom it is for is read with its result, which notes who was read about
        request={
            name: value for name, value in job.request.items() if name not in ("lang", "person_ids")
        },
        done=job.done,
        total=job.total,
        cancel_asked=job.cancel_asked,
        has_report=job.has_report,
        has_file=job.has_file,
        problem=None if job.problem is None else tell_problem(job.problem, lang, bad_rows),
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        run_at=job.run_at,
        repeat=None if job.repeat is None else Repeat(job.repeat),
        next_job_id=job.next_job_id,
    )
