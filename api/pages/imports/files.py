"""A file that comes in: dropped, understood, mended, looked at, imported."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Path, Query, Request, Response, UploadFile
from starlette.concurrency import run_in_threadpool

from api.admission import Call
from api.operations import XLSX
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from api.responses import send
from recommender.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    RecommenderError,
    TableFaultsError,
)
from recommender.service.people import batches
from recommender.service.people.recognising import uploads, waiting
from recommender.service.permissions import Permission
from recommender.service.views.import_fields import read_answers
from recommender.service.views.imports import (
    list_kinds,
    view_batch,
    view_batches,
    view_upload,
)
from recommender.texts import explain
from training_catalog import CatalogError

PAGES = Pages()

_A_PAGE = 20
_MOST_FILES = 20
_MENDABLE = (InputError, ConflictError, ForbiddenError)
ImportId = Annotated[str, Path(pattern=r"^up-[0-9a-f]{1,40}$")]
BatchId = Annotated[int, Path(ge=1, lt=2**31)]


@PAGES.page("GET", "/imports", Permission.IMPORT)
def list_imports(
    call: Visited, before: Annotated[int | None, Query(ge=1, lt=2**31)] = None
) -> Response:
    """Show where to drop a file, the files that wait, and what was imported."""
    return _list(call, before=before)


@PAGES.page("POST", "/imports", Permission.IMPORT)
def take_files(
    call: Visited,
    files: list[UploadFile],
    kind: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Take files in; one leads on to its page, several wait in the list."""
    taken: list[str] = []
    problems: list[tuple[str, str]] = []
    for file in files[:_MOST_FILES]:
        try:
            name = file.filename or None
            look = uploads.upload_file(call.session, file.file.read(), file_name=name, kind=kind)
            taken.append(look.import_id)
        except _MENDABLE as error:
            problems.append(explain(error, call.lang))
    if problems:
        return _list(call, problems=problems)
    if len(taken) == 1:
        return see_other(call, f"/imports/{taken[0]}")
    return see_other(call, "/imports", said="console.import.taken", count=len(taken))


@PAGES.page("GET", "/imports/{import_id}", Permission.IMPORT)
def show_file(call: Visited, import_id: ImportId) -> Response:
    """Show what a file was taken for, what is open or wrong, and what its import would change."""
    return _show(call, import_id)


@PAGES.page("POST", "/imports/{import_id}/mapping", Permission.IMPORT)
async def answer_file(call: Visited, import_id: ImportId) -> Response:
    """Answer what is open about a file, or say otherwise what a column means."""
    given = await _fields(call.request)

    def work() -> Response:
        try:
            look = uploads.look_at_upload(call.session, import_id)
            answers = read_answers(look, given)
            uploads.answer_upload(call.session, import_id, answers)
        except _MENDABLE as error:
            return _show(call, import_id, error)
        return see_other(call, f"/imports/{import_id}", said="console.import.answered")

    return await run_in_threadpool(work)


@PAGES.page("POST", "/imports/{import_id}/cells", Permission.IMPORT)
async def mend_file(call: Visited, import_id: ImportId) -> Response:
    """Write over the bad cells of a file; it is checked again."""
    given = await _fields(call.request)
    values = {name[5:]: text for name, text in given.items() if name.startswith("cell-")}
    without = {name[5:] for name in given if name.startswith("drop-")}

    def work() -> Response:
        try:
            count = waiting.mend_upload(call.session, import_id, values, without=without)
        except _MENDABLE as error:
            return _show(call, import_id, error)
        said = "console.import.mended" if count else "console.import.mended_nothing"
        return see_other(call, f"/imports/{import_id}", said=said, count=count)

    return await run_in_threadpool(work)


@PAGES.page("GET", "/imports/{import_id}/marked.xlsx", Permission.IMPORT)
def download_marked(call: Visited, import_id: ImportId) -> Response:
    """Get a copy of a file with its bad cells marked."""
    content = waiting.mark_upload(call.session, import_id)
    return send(call, content, media_type=XLSX, filename="marked.xlsx")


@PAGES.page("POST", "/imports/{import_id}/run", Permission.IMPORT)
def run_file(call: Visited, import_id: ImportId) -> Response:
    """Import a file: all of it, or nothing."""
    try:
        report = waiting.run_upload(call.session, import_id)
    except TableFaultsError:
        # what it refers to has changed since it was looked at: shown again with what is wrong now
        return _show(call, import_id)
    except (*_MENDABLE, CatalogError) as error:
        return _show(call, import_id, error if isinstance(error, RecommenderError) else None)
    return see_other(call, f"/imports/done/{report.batch_id}", said="console.import.done_said")


@PAGES.page("POST", "/imports/{import_id}/drop", Permission.IMPORT)
def drop_file(call: Visited, import_id: ImportId) -> Response:
    """Forget a file that waits."""
    name = waiting.drop_upload(call.session, import_id)
    return see_other(call, "/imports", said="console.import.dropped", file=name)


@PAGES.page("GET", "/imports/done/{batch_id}", Permission.IMPORT)
def show_batch(call: Visited, batch_id: BatchId) -> Response:
    """Show what an import did, and let it be undone."""
    return _done(call, batch_id)


@PAGES.page("POST", "/imports/done/{batch_id}/undo", Permission.IMPORT)
def undo_batch(call: Visited, batch_id: BatchId) -> Response:
    """Undo an import: everything that it changed is put back, or nothing."""
    try:
        batches.undo_import(call.session, batch_id)
    except ConflictError as error:
        return _done(call, batch_id, error)
    return see_other(call, f"/imports/done/{batch_id}", said="console.import.undone_said")


async def _fields(request: Request) -> dict[str, str]:
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _list(
    call: Call, *, before: int | None = None, problems: list[tuple[str, str]] | None = None
) -> Response:
    waits, done = view_batches(call.session, before=before, limit=_A_PAGE + 1)
    return render(
        call,
        "imports/list.html.j2",
        status=422 if problems else 200,
        waiting=waits,
        found=done[:_A_PAGE],
        older=done[_A_PAGE - 1].batch.batch_id if len(done) > _A_PAGE else None,
        kinds=list_kinds(call.lang),
        problems=problems or [],
    )


def _show(call: Call, import_id: str, error: RecommenderError | None = None) -> Response:
    view = view_upload(call.session, import_id)
    return render(
        call,
        "imports/file.html.j2",
        status=422 if error else 200,
        view=view,
        problem=explain(error, call.lang) if error else view.problem,
    )


def _done(call: Call, batch_id: int, error: RecommenderError | None = None) -> Response:
    return render(
        call,
        "imports/done.html.j2",
        status=409 if error else 200,
        line=view_batch(call.session, batch_id),
        problem=explain(error, call.lang) if error else None,
    )
