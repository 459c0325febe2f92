"""Long work: imports, plans for an org unit, training; watched, cancelled, its results."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import asdict
from email.message import Message
from email.utils import collapse_rfc2231_value
from pathlib import Path as File
from typing import Annotated

from fastapi import Header, Path, Query, Response
from starlette.concurrency import run_in_threadpool

from api.admission import Admitted, Call
from api.operations import PDF, TABLES, XLSX, Operations
from api.problems import Refusal
from api.responses import Cursor, Fields, Limit, answer, decode_cursor, next_cursor, send
from api.schemas.common import Id, Strict
from api.schemas.jobs import (
    JobOut,
    JobPage,
    JobResultOut,
    PlanBatchIn,
    PlanDocumentsIn,
    TableName,
    TrainingIn,
)
from recommender.service.jobs import requests, results
from recommender.service.jobs.requests import Job, JobStatus
from recommender.service.people.imports import write_table_template
from recommender.service.permissions import Permission
from recommender.service.plans.choices import PlanRequest

ROUTES = Operations("jobs")
ZIP = "application/zip"
LONGEST_WAIT_SECONDS = 30  # well before a proxy gives up on an answer (nginx: after 60)
_LOOK_SECONDS = 0.3

Table = Annotated[TableName, Path(description="What the table holds.")]
Clear = Annotated[
    bool,
    Query(
        description="Whether an empty cell takes away what is stored. Without it such a cell, "
        "like a column that is not there, leaves it as it is."
    ),
]
FileName = Annotated[str | None, Query(max_length=400, description="What reports call the file.")]
Disposition = Annotated[
    str | None,
    Header(
        max_length=2000,
        description="Names the file where `filename` does not: "
        "`attachment; filename*=UTF-8''%E8%AF%84%E5%88%86.xlsx`.",
    ),
]
JobId = Annotated[Id, Path(description="As the answer to the request for it said.")]


def _show(job: Job) -> JobOut:
    place = f"/v1/jobs/{job.job_id}"
    done = job.status is JobStatus.DONE
    return JobOut.model_validate(
        {
            **asdict(job),
            "series_ended": job.series_ended,
            "result_url": f"{place}/result" if done else None,
            "report_url": f"{place}/report.xlsx" if job.has_report else None,
            "file_url": f"{place}/file" if job.has_file else None,
        }
    )


def accept_job(call: Call, job: Job) -> Response:
    """Answer that a job was queued."""
    return answer(call, _show(job), status=202, location=f"/v1/jobs/{job.job_id}")


@ROUTES.operation(
    "POST",
    "/imports/{table}",
    Permission.IMPORT,
    answer=JobOut,
    status=202,
    conflict=True,
    upload=True,
    example={"table": "people", "dry_run": True, "filename": "people.csv"},
    body_example="person_id,name,org_unit,grade\n00902,司马青,南区示例分公司/政企客户部,g1\n",
)
async def import_table(
    call: Admitted,
    table: Table,
    dry_run: Annotated[
        bool, Query(description="Check everything, show what would change, store nothing.")
    ] = False,
    clear: Clear = False,
    filename: FileName = None,
    content_disposition: Disposition = None,
) -> Response:
    """Import a table: all of it, or nothing and a report of every bad row.

    The body is the file itself: Excel (.xlsx), or CSV in UTF-8, UTF-16, GB18030 or Big5. What it
    is is told by its content.
    """
    refuse_form(call)
    name = filename or file_name_in(content_disposition)
    # read here and not declared as a parameter: FastAPI would take it for JSON
    content = await call.request.body()

    def work() -> Response:
        with call.once():
            job = requests.submit_import(
                call.session, table, content, file_name=name, dry_run=dry_run, clear=clear
            )
            response = accept_job(call, job)
        # after the transaction: before it, the runner would not see the job
        call.state.jobs.wake()
        return response

    return await run_in_threadpool(work)


def refuse_form(call: Call) -> None:
    """Refuse a form around a file: it would be read as the table, and each line be a fault."""
    if call.request.headers.get("content-type", "").lower().startswith("multipart/"):
        query = call.request.url.query
        place = call.request.url.path + (f"?{query}" if query else "")
        headers = {"Accept": ", ".join(TABLES)}
        raise Refusal(415, "import.form", headers=headers, place=place)


def file_name_in(disposition: str | None) -> str | None:
    """Return the name of a file in a ``Content-Disposition`` header."""
    header = Message()
    header["Content-Disposition"] = disposition or ""
    parts = header.get_params([], "Content-Disposition")
    names = [value for name, value in parts if name.lower() == "filename"]
    # `filename*`, in any language, is a tuple by then, and goes before a plain one beside it
    names.sort(key=lambda value: isinstance(value, str))
    return collapse_rfc2231_value(names[0])[:400] if names else None


@ROUTES.operation(
    "GET",
    "/import-templates/{table}",
    Permission.IMPORT,
    media={XLSX: "A workbook to fill in, with drop-down lists and an example."},
    example={"table": "ratings"},
)
def read_template(call: Admitted, table: Table) -> Response:
    """Get an empty workbook to fill in and import."""
    # the use case, which the command line shares, writes a file
    with tempfile.TemporaryDirectory(prefix="recommender-") as folder:
        file = File(folder) / "template.xlsx"
        write_table_template(call.session, table, file)
        content = file.read_bytes()
    return send(call, content, media_type=XLSX, filename=f"{table}.xlsx")


@ROUTES.operation(
    "POST",
    "/plan-batches",
    Permission.RUN_JOBS,
    answer=JobOut,
    status=202,
    absent=True,
    conflict=True,
    example={},
    body_example={"org_unit": "南区示例分公司/政企客户部", "hours_budget": 40},
)
def create_plan_batch(call: Admitted, body: Strict[PlanBatchIn]) -> Response:
    """Make a plan for everybody of an org unit: now, later, or again and again.

    A draft that an earlier run made, and that nobody has touched since, is made anew.
    """
    request = PlanRequest(
        hours_budget=body.hours_budget,
        cost_budget=None if body.cost_budget is None else float(body.cost_budget),
        must=body.must,
        without=body.without,
        modalities=body.modalities and [modality.value for modality in body.modalities],
        path=body.path_id,
        target_grade=body.target_grade,
    )
    with call.once():
        job = requests.submit_plans(
            call.session,
            request,
            org_unit=body.org_unit,
            as_of=body.as_of,
            schedule=body.schedule,
        )
        response = accept_job(call, job)
    call.state.jobs.wake()
    return response


@ROUTES.operation(
    "POST",
    "/plan-documents",
    Permission.RUN_JOBS,
    answer=JobOut,
    status=202,
    absent=True,
    conflict=True,
    example={},
    body_example={"org_unit": "南区示例分公司/政企客户部", "bundle": "one"},
)
def create_plan_documents(call: Admitted, body: Strict[PlanDocumentsIn]) -> Response:
    """Write the plans of everybody of an org unit as one file, or the workbook of the unit.

    Of each person it is the plan in force, or else the one approved, or else the draft. The
    workbook has a summary, the demand by course, the budget by unit, and a sheet a person. The file
    can be fetched for seven days by whoever asked for it. Needs `plans:read` and `people:read` as
    well, and `assessments:read` for the workbook.
    """
    with call.once():
        job = requests.submit_plan_documents(
            call.session,
            org_unit=body.org_unit,
            file_format=body.format,
            bundle=body.bundle,
            schedule=body.schedule,
        )
        response = accept_job(call, job)
    call.state.jobs.wake()
    return response


@ROUTES.operation(
    "POST",
    "/trainings",
    Permission.WRITE_MODELS,
    answer=JobOut,
    status=202,
    conflict=True,
    example={},
    body_example={"as_of": "2026-11-01", "seed": 1},
)
def create_training(call: Admitted, body: Strict[TrainingIn]) -> Response:
    """Train an effect model on the history and judge it; it is not put in force.

    Now, later, or again and again.
    """
    with call.once():
        job = requests.submit_training(
            call.session, as_of=body.as_of, seed=body.seed, schedule=body.schedule
        )
        response = accept_job(call, job)
    call.state.jobs.wake()
    return response


@ROUTES.operation(
    "GET",
    "/jobs",
    Permission.RUN_JOBS,
    answer=JobPage,
    example={"status": "done", "limit": 5},
)
def list_jobs(
    call: Admitted,
    status: Annotated[JobStatus | None, Query(description="That are so far.")] = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List the jobs you asked for, the newest first; an administrator sees all.

    What waits for its moment, and the next run of what repeats, is `queued`.
    """
    (before,) = decode_cursor(cursor, ("",))
    jobs = requests.get_jobs(call.session, status=status, before=before, limit=limit + 1)
    items, following = next_cursor(jobs, limit, lambda job: (job.job_id,))
    page = JobPage(items=[_show(job) for job in items], next=following)
    return answer(call, page, fields=fields)


@ROUTES.operation(
    "GET",
    "/jobs/{job_id}",
    Permission.RUN_JOBS,
    answer=JobOut,
    absent=True,
)
async def read_job(
    call: Admitted,
    job_id: JobId,
    wait: Annotated[
        int,
        Query(
            ge=0,
            le=LONGEST_WAIT_SECONDS,
            description="Answer when the job has ended, or after so many seconds.",
        ),
    ] = 0,
    fields: Fields = None,
) -> Response:
    """Read how far a job is."""
    ends = time.monotonic() + wait

    def look() -> Job:
        return requests.get_job(call.session, job_id)

    # asynchronous, so that a caller who waits holds a thread only for each look
    while not (job := await run_in_threadpool(look)).has_ended and time.monotonic() < ends:
        await asyncio.sleep(_LOOK_SECONDS)
    return answer(call, _show(job), fields=fields)


@ROUTES.operation(
    "POST",
    "/jobs/{job_id}/cancellation",
    Permission.RUN_JOBS,
    answer=JobOut,
    absent=True,
)
def cancel_job(call: Admitted, job_id: JobId) -> Response:
    """Cancel a job; nothing of it is kept.

    One that waits is cancelled at once, one that runs within a second or so. One that has ended
    stays as it is. Of a job that repeats it ends the series: there is no `next_job_id`, and
    `series_ended` is true. Where a run has ended meanwhile, cancel the job that follows it.
    """
    with call.once():
        job = requests.cancel_job(call.session, job_id)
        return answer(call, _show(job))


@ROUTES.operation(
    "GET",
    "/jobs/{job_id}/result",
    Permission.RUN_JOBS,
    answer=JobResultOut,
    absent=True,
    conflict=True,
)
def read_job_result(call: Admitted, job_id: JobId) -> Response:
    """Read the result of a job that is done."""
    result = results.get_job_result(call.session, job_id)
    return answer(call, JobResultOut.model_validate(result))


@ROUTES.operation(
    "GET",
    "/jobs/{job_id}/report.xlsx",
    Permission.RUN_JOBS,
    media={XLSX: "The table as it was sent, its bad cells marked, each with what is wrong."},
    absent=True,
)
def read_job_report(call: Admitted, job_id: JobId) -> Response:
    """Get a copy of a table that was not imported, with its bad cells marked.

    Mended there, the copy can be imported as it is.
    """
    content, name = results.get_job_report(call.session, job_id)
    return send(call, content, media_type=XLSX, filename=name)


@ROUTES.operation(
    "GET",
    "/jobs/{job_id}/file",
    Permission.RUN_JOBS,
    media={
        PDF: "The plans, one after the other.",
        ZIP: "A file for each person.",
        XLSX: "The workbook of the team.",
    },
    absent=True,
)
def read_job_file(call: Admitted, job_id: JobId) -> Response:
    """Get the file that a job has made."""
    content, name, media_type = results.get_job_file(call.session, job_id)
    return send(call, content, media_type=media_type, filename=name)
