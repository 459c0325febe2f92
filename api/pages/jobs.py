"""Long work on its own page: files about a team are asked for, watched and fetched."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from fastapi import Form, Path, Query, Response

from api.admission import Call
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from api.responses import send
from recommender.service.jobs import requests, results
from recommender.service.jobs.requests import Job, JobStatus
from recommender.service.permissions import Permission
from recommender.texts import say

PAGES = Pages()

_A_PAGE = 20
JobId = Annotated[str, Path(pattern=r"^job-[0-9a-f]{1,40}$")]
# a format and how it is bundled
What = Literal["xlsx-one", "pdf-one", "pdf-zip", "docx-zip"]


@PAGES.page("GET", "/jobs", Permission.RUN_JOBS)
def list_jobs_page(
    call: Visited, before: Annotated[str, Query(pattern=r"^(job-[0-9a-f]{1,40})?$")] = ""
) -> Response:
    """List the jobs that the visitor has asked for."""
    jobs = requests.get_jobs(call.session, before=before, limit=_A_PAGE + 1)
    return render(
        call,
        "jobs/list.html.j2",
        jobs=jobs[:_A_PAGE],
        now=dt.datetime.now(dt.UTC),
        older=jobs[_A_PAGE - 1].job_id if len(jobs) > _A_PAGE else "",
    )


@PAGES.page("POST", "/jobs", Permission.RUN_JOBS)
def start_job(
    call: Visited,
    what: Annotated[What, Form()],
    unit: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Ask for a file about a unit, or about all whom the visitor may see."""
    file_format, _, bundle = what.partition("-")
    job = requests.submit_plan_documents(
        call.session, org_unit=unit or None, file_format=file_format, bundle=bundle
    )
    # after the transaction: before it, the runner would not see the job
    call.state.jobs.wake()
    return see_other(call, f"/jobs/{job.job_id}")


@PAGES.page("GET", "/jobs/{job_id}", Permission.RUN_JOBS)
def show_job(call: Visited, job_id: JobId) -> Response:
    """Show how far a job is, and what it has made."""
    return _render(call, "jobs/job.html.j2", requests.get_job(call.session, job_id))


@PAGES.page("GET", "/jobs/{job_id}/progress", Permission.RUN_JOBS)
def show_progress(call: Visited, job_id: JobId) -> Response:
    """Show the part of the page that changes while a job is worked on."""
    return _render(call, "jobs/_progress.html.j2", requests.get_job(call.session, job_id))


@PAGES.page("POST", "/jobs/{job_id}/cancellation", Permission.RUN_JOBS)
def cancel_job_here(call: Visited, job_id: JobId) -> Response:
    """Cancel a job and what would follow it; one that has ended stays as it is."""
    job = requests.cancel_job(call.session, job_id)
    said = "console.jobs.stopped" if job.series_ended else "console.jobs.cancel-asked"
    return see_other(call, f"/jobs/{job_id}", said=said)


@PAGES.page("GET", "/jobs/{job_id}/file", Permission.RUN_JOBS)
def download_file(call: Visited, job_id: JobId) -> Response:
    """Get the file that a job has made."""
    content, name, media_type = results.get_job_file(call.session, job_id)
    return send(call, content, media_type=media_type, filename=name)


def _render(call: Call, template: str, job: Job) -> Response:
    done = job.status is JobStatus.DONE
    return render(
        call,
        template,
        job=job,
        due=job.is_due(dt.datetime.now(dt.UTC)),
        # only what is shown is read: the result of an import or a training has pages of its own
        result=results.get_job_result(call.session, job.job_id)
        if done and job.kind in ("plans", "plan-documents")
        else None,
        left=_say_left(job, call.lang),
        polls=call.request.headers.get("hx-request") == "true",
    )


def _say_left(job: Job, lang: str) -> str:
    """Say how long a job still takes, roughly; empty where that cannot be told."""
    left = job.time_left(dt.datetime.now(dt.UTC))
    if left is None:
        return ""
    seconds = max(1, round(left.total_seconds()))
    if seconds < 60:
        return say("console.jobs.seconds-left", lang, seconds=seconds)
    return say("console.jobs.minutes-left", lang, minutes=-(-seconds // 60))
