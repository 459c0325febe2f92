"""Plans in Word: the template they are set by, and documents that come back."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Response
from starlette.concurrency import run_in_threadpool

from api.admission import Admitted, Call
from api.operations import DOCX, Operations
from api.problems import Refusal
from api.responses import Fields, answer, send
from api.routes.plans.plans import choose_media
from api.schemas.plan_documents import PlanReturnOut, PlanTemplateOut
from recommender.documents import list_placeholders, read_returned
from recommender.service.permissions import Permission
from recommender.service.plans.word.returns import preview_return
from recommender.service.plans.word.taking import take_return
from recommender.service.plans.word.templates import (
    PlanTemplate,
    read_plan_template,
    replace_plan_template,
    restore_plan_template,
)

ROUTES = Operations("plans")

Language = Annotated[
    Literal["zh-CN", "en"], Query(description="Language of the plans that it is for.")
]


@ROUTES.operation(
    "POST",
    "/plan-returns",
    Permission.WRITE_PLANS,
    answer=PlanReturnOut,
    absent=True,
    conflict=True,
    document=True,
)
async def import_plan_document(
    call: Admitted,
    apply: Annotated[
        bool, Query(description="Take the changes over; otherwise they are only shown.")
    ] = False,
    version: Annotated[
        int | None,
        Query(ge=1, le=2_000_000_000, description="The version that was shown; another is a 409."),
    ] = None,
    take: Annotated[
        str | None,
        Query(
            max_length=4000,
            pattern=r"^[a-z]+:[a-z0-9]+(,[a-z]+:[a-z0-9]+)*$",
            description="Names of the changes to take, with commas between; otherwise all.",
        ),
    ] = None,
) -> Response:
    """Hand in a plan in Word that people have ticked off, dated or commented.

    The body is the document itself. It is known by the code that it was made with, and compared
    with the plan as it was then: what differs is a change. What has changed here meanwhile, or is
    not the caller's to change, is shown with the reason and not taken.
    """
    content = await _read_document(call)

    def work() -> Response:
        returned = read_returned(content, file=_NAME)
        if not apply:
            return answer(call, PlanReturnOut.of(preview_return(call.session, returned)))
        only = None if take is None else set(take.split(","))
        with call.once():
            taken = take_return(call.session, returned, seen=version, only=only)
            return answer(call, PlanReturnOut.of(taken, applied=True))

    return await run_in_threadpool(work)


@ROUTES.operation(
    "GET",
    "/plan-template",
    Permission.READ_PLANS,
    answer=PlanTemplateOut,
    media={DOCX: "The template itself, to be changed in Word."},
)
def read_template_of_plans(
    call: Admitted, lang: Language = "zh-CN", fields: Fields = None
) -> Response:
    """Read the template that plans in Word are set by: as JSON or Word, by `Accept`."""
    template = read_plan_template(call.session, lang)
    if choose_media(call, (DOCX,)) == DOCX:
        return send(call, template.content, media_type=DOCX, filename=f"plan.{lang}.docx")
    return _answer(call, template, fields=fields)


@ROUTES.operation(
    "PUT",
    "/plan-template",
    Permission.IMPORT,
    answer=PlanTemplateOut,
    document=True,
)
async def put_template_of_plans(call: Admitted, lang: Language = "zh-CN") -> Response:
    """Put the organisation's own template in place of the one in use.

    The body is the document itself. It is refused with what is wrong and beside which words, if a
    placeholder is unknown or missing, or if it holds what could run or fetch something. Only HR of
    the whole organisation may.
    """
    content = await _read_document(call)
    return await run_in_threadpool(
        lambda: _answer(call, replace_plan_template(call.session, lang, content))
    )


@ROUTES.operation("DELETE", "/plan-template", Permission.IMPORT, answer=PlanTemplateOut)
def delete_template_of_plans(call: Admitted, lang: Language = "zh-CN") -> Response:
    """Go back to the template that ships."""
    return _answer(call, restore_plan_template(call.session, lang))


_NAME = "plan.docx"


async def _read_document(call: Call) -> bytes:
    # read here and not declared as a parameter: FastAPI would take it for JSON
    if call.request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise Refusal(415, "word.form", headers={"Accept": DOCX})
    return await call.request.body()


def _answer(call: Call, template: PlanTemplate, *, fields: str | None = None) -> Response:
    shown = PlanTemplateOut.of(template, list_placeholders(call.lang))
    return answer(call, shown, fields=fields)
