"""Files of other shapes than our templates: recognised, asked about, then imported."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Path, Query, Response
from starlette.concurrency import run_in_threadpool

from api.admission import Admitted
from api.operations import Operations
from api.responses import Fields, answer
from api.routes.jobs import Disposition, FileName, accept_job, file_name_in, refuse_form
from api.schemas.common import Id, Strict
from api.schemas.jobs import JobOut, TableName
from api.schemas.people.uploads import ImportLookOut, MappingIn
from recommender.service.jobs import requests
from recommender.service.people.recognising import uploads
from recommender.service.people.recognising.uploads import Look
from recommender.service.permissions import Permission

ROUTES = Operations("imports")

ImportId = Annotated[Id, Path(description="As the answer to the upload said.")]


def _show(look: Look) -> ImportLookOut:
    return ImportLookOut.model_validate(asdict(look))


def _place(look: Look) -> str:
    return f"/v1/imports/{look.import_id}/mapping"


@ROUTES.operation(
    "POST",
    "/imports",
    Permission.IMPORT,
    answer=ImportLookOut,
    status=201,
    conflict=True,
    upload=True,
    example={"filename": "roster.csv"},
    body_example="员工编号,员工姓名,单位,部门,岗位职级\n00902,司马青,南区示例分公司,政企客户部,初级\n",
)
async def create_import(
    call: Admitted,
    kind: Annotated[
        TableName | None, Query(description="What it holds, if it is not to be found out.")
    ] = None,
    filename: FileName = None,
    content_disposition: Disposition = None,
) -> Response:
    """Upload a file; the answer says what it was taken for, and what has to be asked.

    The body is the file itself. It waits for a day: answer what is open with `PUT …/mapping`, then
    import it with `POST …/run`. What was answered about headers and words holds for the next file
    with the same headers.
    """
    refuse_form(call)
    name = filename or file_name_in(content_disposition)
    # read here and not declared as a parameter: FastAPI would take it for JSON
    content = await call.request.body()

    def work() -> Response:
        with call.once():
            look = uploads.upload_file(call.session, content, file_name=name, kind=kind or "")
            return answer(call, _show(look), status=201, location=_place(look))

    return await run_in_threadpool(work)


@ROUTES.operation(
    "GET",
    "/imports/{import_id}/mapping",
    Permission.IMPORT,
    answer=ImportLookOut,
    absent=True,
)
def read_mapping(call: Admitted, import_id: ImportId, fields: Fields = None) -> Response:
    """Read what an uploaded file was taken for, and the answers so far."""
    return answer(call, _show(uploads.look_at_upload(call.session, import_id)), fields=fields)


@ROUTES.operation(
    "PUT",
    "/imports/{import_id}/mapping",
    Permission.IMPORT,
    answer=ImportLookOut,
    absent=True,
    body_example={"given": {"assessed_on": "2026-03-01"}},
)
def put_mapping(call: Admitted, import_id: ImportId, body: Strict[MappingIn]) -> Response:
    """Answer the questions about an uploaded file; another question may come up."""
    answers = body.model_dump(exclude_none=True)
    look = uploads.answer_upload(call.session, import_id, answers)
    return answer(call, _show(look))


@ROUTES.operation(
    "POST",
    "/imports/{import_id}/run",
    Permission.IMPORT,
    answer=JobOut,
    status=202,
    absent=True,
    conflict=True,
)
def run_import(
    call: Admitted,
    import_id: ImportId,
    dry_run: Annotated[bool, Query(description="Check everything, store nothing.")] = False,
) -> Response:
    """Import an uploaded file: all of it, or nothing and a report of every bad row."""
    with call.once():
        job = requests.submit_upload(call.session, import_id, dry_run=dry_run)
        response = accept_job(call, job)
    call.state.jobs.wake()
    return response
