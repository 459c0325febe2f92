"""What the job of a campaign has left behind: for whom it could make no plan, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recommender.service.jobs.problems import JobProblem, tell_problem
from recommender.store import Connection
from recommender.store.jobs import JobStatus, read_job, read_job_result


@dataclass(frozen=True)
class CampaignRefusal:
    """Somebody for whom no plan could be made, and why."""

    person_id: str
    problem: JobProblem
    name: str = ""

    def named(self, name: str) -> CampaignRefusal:
        """Return the same with the person's name."""
        return replace(self, name=name)


def read_refusals(connection: Connection, job_id: str, lang: str) -> list[CampaignRefusal]:
    """Return the refusals of a job that is done; none where it is not, or not kept any more."""
    job = read_job(connection, job_id)
    if job is None or job.status is not JobStatus.DONE:
        return []
    result = read_job_result(connection, job_id) or {"failed": []}
    return [
        CampaignRefusal(each["person_id"], tell_problem(each["problem"], lang))
        for each in result["failed"]
    ]
