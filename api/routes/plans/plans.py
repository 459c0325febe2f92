"""Plans: trying out, making, reading, printing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated

from fastapi import Path, Query, Response
from starlette.convertors import StringConvertor, register_url_convertor

from api.admission import Admitted, Call
from api.operations import DOCX, PDF, Operations
from api.problems import FieldProblem, Refusal
from api.responses import (
    Cursor,
    Fields,
    Limit,
    answer,
    decode_cursor,
    next_cursor,
    send,
)
from api.schemas.common import Id, PersonId, Strict, UnitPath
from api.schemas.plan_lists import PlanHeadOut, PlanPage, VersionOut, VersionPage
from api.schemas.plans import PlanIn, PlanOut, SimulationIn, SimulationOut, Status
from recommender.documents import render_plan_page, render_plan_pdf
from recommender.service.permissions import Permission
from recommender.service.plans import reading
from recommender.service.plans.drafts import one as drafts
from recommender.service.plans.word.printing import write_plan_docx

ROUTES = Operations("plans")

PlanId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,40}$", description="Number of the plan.")]
VersionNumber = Annotated[int, Path(ge=1, le=2_000_000_000, description="Number of the version.")]
HTML, JSON = "text/html", "application/json"
PAPERS = {
    PDF: "The plan to print and sign.",
    HTML: "The plan as one page.",
    DOCX: "The plan to tick off and write in; it can be handed in again.",
}
# The page brings its own style and nothing else.
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
)
_FIRST = ("", "")


class _PlanNumber(StringConvertor):
    """What stands for a plan in a path, and is not the name of its paper."""

    regex = r"[^/]+(?<!\.pdf)(?<!\.docx)"


register_url_convertor("plan", _PlanNumber())


@ROUTES.operation(
    "POST",
    "/simulations",
    Permission.READ_RECOMMENDATIONS,
    answer=SimulationOut,
    absent=True,
    conflict=True,
    example={},
    body_example={"person_id": "00015", "target_grade": "g3", "hours_budget": 40.0, "without": []},
    solves=True,
)
def simulate_plan(call: Admitted, body: Strict[SimulationIn]) -> Response:
    """Ask what the plan would be under other assumptions.

    A target grade, other budgets, with or without modules, another day. Nothing of it is kept.
    """
    draft = drafts.simulate_plan(
        call.session,
        body.person_id,
        body.to_request(),
        as_of=body.as_of or call.session.today,
    )
    return answer(call, SimulationOut.of(draft))


@ROUTES.operation(
    "POST",
    "/people/{person_id}/plans",
    Permission.WRITE_PLANS,
    answer=PlanOut,
    status=201,
    absent=True,
    conflict=True,
    example={"person_id": "00015"},
    body_example={"hours_budget": 40.0, "cost_budget": "8000.00"},
    solves=True,
)
def create_plan(call: Admitted, person_id: PersonId, body: Strict[PlanIn]) -> Response:
    """Make a person's plan; it is a draft.

    A draft that the same caller made for the person before, and that nobody has edited, decided or
    commented on, gets the plan as its next version; one that somebody has is named in a 409.
    """
    with call.once():
        stored = drafts.create_plan(
            call.session, person_id, body.to_request(), as_of=body.as_of or call.session.today
        )
        return answer(
            call,
            PlanOut.of(stored),
            status=201,
            version=stored.version,
            location=f"/v1/plans/{stored.plan.plan_id}",
        )


@ROUTES.operation(
    "GET",
    "/people/{person_id}/plans",
    Permission.READ_PLANS,
    answer=PlanPage,
    absent=True,
    example={"person_id": "00015"},
)
def list_plans_of_person(
    call: Admitted,
    person_id: PersonId,
    status: Annotated[Status | None, Query(description="In this status.")] = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List a person's plans, the newest first."""
    return _list(call, fields, cursor, limit, person_id=person_id, status=status, org_unit=None)


@ROUTES.operation(
    "GET",
    "/plans",
    Permission.READ_PLANS,
    answer=PlanPage,
    absent=True,
    example={"status": "draft", "limit": 5},
)
def list_plans(
    call: Admitted,
    person_id: Annotated[Id | None, Query(description="Of this person.")] = None,
    status: Annotated[Status | None, Query(description="In this status.")] = None,
    org_unit: Annotated[
        UnitPath | None, Query(description="Of people of this unit and those below it.")
    ] = None,
    fields: Fields = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List plans, the newest first."""
    return _list(call, fields, cursor, limit, person_id=person_id, status=status, org_unit=org_unit)


# Declared before the plan itself, or `{plan_id}` would match a number that ends in .pdf or .docx.
@ROUTES.operation(
    "GET",
    "/plans/{plan_id}.pdf",
    Permission.READ_PLANS,
    absent=True,
    media={PDF: PAPERS[PDF]},
)
def print_plan(call: Admitted, plan_id: PlanId) -> Response:
    """Read a plan as PDF."""
    return _paper(call, plan_id, PDF)


@ROUTES.operation(
    "GET",
    "/plans/{plan_id}.docx",
    Permission.READ_PLANS,
    absent=True,
    media={DOCX: PAPERS[DOCX]},
)
def print_plan_in_word(call: Admitted, plan_id: PlanId) -> Response:
    """Read a plan as a Word document.

    It is set by the template in use (`/plan-template`). What people tick, date and write in it is
    taken over by `/plan-returns`.
    """
    return _paper(call, plan_id, DOCX)


@ROUTES.operation(
    "GET",
    "/plans/{plan_id:plan}",
    Permission.READ_PLANS,
    answer=PlanOut,
    absent=True,
    media=PAPERS,
)
def read_plan(call: Admitted, plan_id: PlanId, fields: Fields = None) -> Response:
    """Read a plan as it is: as JSON, PDF, HTML or Word, by `Accept`."""
    media = choose_media(call, (PDF, HTML, DOCX))
    if media != JSON:
        return _paper(call, plan_id, media)
    stored = reading.read_plan(call.session, plan_id)
    return answer(call, PlanOut.of(stored), version=stored.version, fields=fields)


@ROUTES.operation(
    "GET",
    "/plans/{plan_id}/versions",
    Permission.READ_PLANS,
    answer=VersionPage,
    absent=True,
)
def list_plan_versions(
    call: Admitted, plan_id: PlanId, fields: Fields = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List what became of a plan, the oldest first."""
    (after,) = decode_cursor(cursor, (0,))
    versions = reading.read_plan_versions(call.session, plan_id, after=after, limit=limit + 1)
    page, following = next_cursor(versions, limit, lambda entry: (entry.version,))
    items = [VersionOut.model_validate(entry) for entry in page]
    return answer(call, VersionPage(items=items, next=following), fields=fields)


@ROUTES.operation(
    "GET",
    "/plans/{plan_id}/versions/{version}",
    Permission.READ_PLANS,
    answer=PlanOut,
    absent=True,
    media=PAPERS,
)
def read_plan_version(
    call: Admitted, plan_id: PlanId, version: VersionNumber, fields: Fields = None
) -> Response:
    """Read a plan as it was at a version: as JSON, PDF, HTML or Word, by `Accept`."""
    media = choose_media(call, (PDF, HTML, DOCX))
    if media != JSON:
        return _paper(call, plan_id, media, version=version)
    stored = reading.read_plan(call.session, plan_id, version=version)
    return answer(call, PlanOut.of(stored), fields=fields)


def _list(
    call: Call,
    fields: str | None,
    cursor: str | None,
    limit: int,
    *,
    person_id: str | None,
    status: str | None,
    org_unit: str | None,
) -> Response:
    after = None if cursor is None else _after(cursor)
    heads = reading.search_plans(
        call.session,
        person_id=person_id,
        status=status,
        org_unit=org_unit,
        after=after,
        limit=limit + 1,
    )
    page, following = next_cursor(
        heads, limit, lambda head: (head.created_at.isoformat(), head.plan_id)
    )
    items = [PlanHeadOut.model_validate(head) for head in page]
    return answer(call, PlanPage(items=items, next=following), fields=fields)


def _after(cursor: str) -> tuple[dt.datetime, str]:
    made_at, last = decode_cursor(cursor, _FIRST)
    try:
        return dt.datetime.fromisoformat(made_at).astimezone(dt.UTC), last
    except (ValueError, OverflowError):
        raise Refusal(
            422, "request.cursor", errors=[FieldProblem(pointer="query:cursor", detail="")]
        ) from None


def _paper(call: Call, plan_id: str, media: str, *, version: int | None = None) -> Response:
    if media == DOCX:
        written = write_plan_docx(call.session, plan_id, version=version)
        return send(call, written, media_type=DOCX, filename=f"{plan_id}.docx")
    document = reading.read_plan_document(call.session, plan_id, version=version)
    # only now, with no connection held: nothing holds the database while something is computed
    if media == PDF:
        content = render_plan_pdf(document, lang=call.lang).content
        return send(call, content, media_type=PDF, filename=f"{plan_id}.pdf")
    page = render_plan_page(document, lang=call.lang)
    response = send(call, page.encode(), media_type=f"{HTML}; charset=utf-8")
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


def choose_media(call: Call, offered: Sequence[str]) -> str:
    """Return the media type offered that the caller likes best; JSON if there is no preference."""
    # The header may be of any length. `*/*`, which most programs send, means JSON.
    best, liking = JSON, 0.0
    for part in call.request.headers.get("accept", "").split(",")[:20]:
        name, *parameters = (text.strip().lower() for text in part.split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            liked = float(quality)
        except ValueError:
            continue
        if name in ("*/*", "application/*"):
            name = JSON
        if name in (JSON, *offered) and liked > liking:
            best, liking = name, liked
    return best
