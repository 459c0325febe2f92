"""Plans in Word: got from a page, handed in again, and the template they are set by."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Form, Path, Response, UploadFile

from api.admission import Call
from api.operations import DOCX
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from api.responses import send
from recommender.documents import (
    ReturnedPlan,
    keep_returned,
    list_placeholders,
    read_returned,
    restore_returned,
)
from recommender.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    RecommenderError,
    StaleError,
)
from recommender.service.permissions import Permission
from recommender.service.plans.word.printing import write_plan_docx
from recommender.service.plans.word.returns import preview_return
from recommender.service.plans.word.taking import take_return
from recommender.service.plans.word.templates import (
    read_plan_template,
    replace_plan_template,
    restore_plan_template,
)
from recommender.texts import explain

PAGES = Pages()

PlanId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,40}$")]
Language = Literal["zh-CN", "en"]
_MENDABLE = (InputError, NotFoundError, ConflictError, ForbiddenError)


@PAGES.page("GET", "/plans/{plan_id}/document.docx", Permission.READ_PLANS)
def download_plan(call: Visited, plan_id: PlanId) -> Response:
    """Get a plan as a Word document."""
    content = write_plan_docx(call.session, plan_id)
    return send(call, content, media_type=DOCX, filename=f"{plan_id}.docx")


@PAGES.page("GET", "/plan-returns", Permission.WRITE_PLANS)
def ask_for_document(call: Visited) -> Response:
    """Ask for a document that came back."""
    return _ask(call)


@PAGES.page("POST", "/plan-returns", Permission.WRITE_PLANS)
def preview_document(call: Visited, file: UploadFile) -> Response:
    """Show what a document would change, and what of it cannot be taken."""
    try:
        returned = read_returned(file.file.read(), file=file.filename or "")
        return _preview(call, returned)
    except _MENDABLE as error:
        return _ask(call, error)


@PAGES.page("POST", "/plan-returns/changes", Permission.WRITE_PLANS)
def take_document(
    call: Visited,
    document: Annotated[str, Form(max_length=900_000)],
    version: Annotated[int, Form(ge=1, le=2_000_000_000)],
    take: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Take over the changes that were ticked."""
    try:
        returned = restore_returned(document)
    except InputError as error:
        return _ask(call, error)
    try:
        taken = take_return(call.session, returned, seen=version, only=set(take or ()))
    except StaleError as error:
        # shown again: what would change may be something else by now
        return _preview(call, returned, error)
    except _MENDABLE as error:
        return _ask(call, error)
    count = len(taken.changes)
    said = "console.word.taken_one" if count == 1 else "console.word.taken"
    return see_other(call, f"/plans/{taken.plan_id}", said=said, count=count)


@PAGES.page("GET", "/plan-template", Permission.IMPORT)
def show_template(call: Visited) -> Response:
    """Show which templates are in use, and what one may show."""
    return _show_template(call)


@PAGES.page("GET", "/plan-template/{lang}.docx", Permission.IMPORT)
def download_template(call: Visited, lang: Language) -> Response:
    """Get the template in use."""
    template = read_plan_template(call.session, lang)
    return send(call, template.content, media_type=DOCX, filename=f"plan.{lang}.docx")


@PAGES.page("POST", "/plan-template", Permission.IMPORT)
def upload_template(call: Visited, file: UploadFile, lang: Annotated[Language, Form()]) -> Response:
    """Put another template into use."""
    try:
        replace_plan_template(call.session, lang, file.file.read())
    except _MENDABLE as error:
        return _show_template(call, error)
    return see_other(call, "/plan-template", said="console.word.template_replaced")


@PAGES.page("POST", "/plan-template/shipped", Permission.IMPORT)
def go_back_to_shipped(call: Visited, lang: Annotated[Language, Form()]) -> Response:
    """Put the template that ships back into use."""
    try:
        restore_plan_template(call.session, lang)
    except _MENDABLE as error:
        return _show_template(call, error)
    return see_other(call, "/plan-template", said="console.word.template_restored")


def _ask(call: Call, error: RecommenderError | None = None) -> Response:
    problem = None if error is None else explain(error, call.lang)
    return render(call, "documents/returned.html.j2", status=422 if error else 200, problem=problem)


def _preview(call: Call, returned: ReturnedPlan, error: RecommenderError | None = None) -> Response:
    preview = preview_return(call.session, returned)
    return render(
        call,
        "documents/changes.html.j2",
        status=422 if error else 200,
        found=preview,
        document=keep_returned(returned),
        possible=sum(not each.problem for each in preview.changes),
        problem=None if error is None else explain(error, call.lang),
    )


def _show_template(call: Call, error: RecommenderError | None = None) -> Response:
    return render(
        call,
        "documents/template.html.j2",
        status=422 if error else 200,
        templates=[read_plan_template(call.session, lang) for lang in ("zh-CN", "en")],
        placeholders=list_placeholders(call.lang),
        problem=None if error is None else explain(error, call.lang),
    )
