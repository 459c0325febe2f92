"""What jobs that have ended have found, and the files they leave."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from recommender.errors import ConflictError, NotFoundError
from recommender.service.exports.bundles import type_of_bundle
from recommender.service.jobs.kinds import MARKED_BYTES
from recommender.service.jobs.problems import tell_problem
from recommender.service.jobs.requests import find_job
from recommender.service.session import Session
from recommender.store.job_files import FILE_DAYS, read_job_file, read_job_report
from recommender.store.jobs import JobStatus, read_job_result
from recommender.store.people.people import read_refs

# the part of a result that says about whom it is, by the kind of job
_PEOPLE_OF = {"plans": "plans", "plan-documents": "written"}


def get_job_result(session: Session, job_id: str) -> dict[str, Any]:
    """Return the result of a job that is done.

    Raises
    ------
    NotFoundError
        If there is no such job, or it is somebody else's.
    ConflictError
        If it is not done.
    """
    with session.reading() as connection:
        job = find_job(session, connection, job_id)
        if job.finished_at is None:
            raise ConflictError("job.not-ended", job_id=job_id)
        result = read_job_result(connection, job_id)
        if job.status is not JobStatus.DONE or result is None:
            raise ConflictError("job.no-result", job_id=job_id)
        if job.kind in _PEOPLE_OF:
            people = result[_PEOPLE_OF[job.kind]]
            session.saw(read_refs(connection, [each["person_id"] for each in people]))
            result["failed"] = [
                {**refused, "problem": asdict(tell_problem(refused["problem"], session.lang))}
                for refused in result["failed"]
            ]
        elif job.kind == "training":
            result["verdict"] = result["verdict"][session.lang]
    return result


def get_job_report(session: Session, job_id: str) -> tuple[bytes, str]:
    """Return the copy of an imported file with its bad cells marked, and a name for it.

    Raises
    ------
    NotFoundError
        If there is no such job, it is somebody else's, or has no such copy.
    """
    with session.reading() as connection:
        job = find_job(session, connection, job_id)
        report = read_job_report(connection, job_id)
    if report is None:
        megabytes = MARKED_BYTES // 1_000_000
        raise NotFoundError("job.no-report", job_id=job_id, megabytes=megabytes)
    return report, f"{job.request['table']}-{job_id}.xlsx"


def get_job_file(session: Session, job_id: str) -> tuple[bytes, str, str]:
    """Return the file that a job has made, a name for it, and its media type.

    Who is in it is noted, as if they were read one by one.

    Raises
    ------
    NotFoundError
        If there is no such job, it is somebody else's, or has no such file, or no longer.
    """
    with session.reading() as connection:
        job = find_job(session, connection, job_id)
        content = read_job_file(connection, job_id)
        if content is None:
            raise NotFoundError("job.no-file", job_id=job_id, days=FILE_DAYS)
        result = read_job_result(connection, job_id) or {}
        written = [each["person_id"] for each in result.get("written", ())]
        session.saw(read_refs(connection, written))
    ending, media_type = type_of_bundle(job.request["format"], job.request["bundle"])
    name = "team" if job.request["format"] == "xlsx" else "plans"
    return content, f"{name}-{job_id}.{ending}", media_type
