"""Dates of plans for calendar programs: of one plan, or of all that a person has agreed to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.admission import Admitted, Call, admit_principal, note_reads, refused
from api.operations import Operations
from api.problems import Refusal, language_of, problem_response
from api.responses import answer, send
from api.routes.plans.plans import PlanId
from api.server_state import ServerState
from recommender.service.access import calendar_links
from recommender.service.exports.calendars import read_calendar_feed
from recommender.service.exports.calendars import read_plan_calendar as write_plan_calendar
from recommender.service.permissions import Permission

ROUTES = Operations("plans")
FEED = APIRouter(include_in_schema=False)
ICS = "text/calendar"


class CalendarLinkOut(BaseModel):
    """The caller's calendar link."""

    created_at: Annotated[
        datetime | None, Field(description="Since when; null where there is no link in force.")
    ]


class NewCalendarLinkOut(BaseModel):
    """A calendar link that was just made."""

    created_at: datetime
    path: Annotated[
        str,
        Field(description="Where a calendar program reads, on this server; shown this once."),
    ]


@ROUTES.operation(
    "GET",
    "/plans/{plan_id:plan}/plan.ics",
    Permission.READ_PLANS,
    media={ICS: "Courses with days, and reviews, as whole days."},
    absent=True,
)
def read_plan_calendar(call: Admitted, plan_id: PlanId) -> Response:
    """Get the dates of a plan as a calendar file.

    Each date keeps its `UID`, and its `SEQUENCE` grows with the plan: opened again, the file
    changes what is in the calendar already. Those of a plan that is cancelled are `CANCELLED`.
    """
    content = write_plan_calendar(call.session, plan_id)
    return send(call, content, media_type=ICS, filename=f"{plan_id}.ics")


@ROUTES.operation("GET", "/calendar-link", Permission.READ_PLANS, answer=CalendarLinkOut)
def read_calendar_link(call: Admitted) -> Response:
    """Say whether there is a link under which a calendar program reads the caller's dates."""
    link = calendar_links.read_calendar_link(call.session)
    return answer(call, CalendarLinkOut(created_at=link and link.created_at))


@ROUTES.operation(
    "POST",
    "/calendar-link",
    Permission.READ_PLANS,
    answer=NewCalendarLinkOut,
    status=201,
    example={},
)
def create_calendar_link(call: Admitted) -> Response:
    """Make the caller's calendar link, and show it this once; one made before ends.

    Whoever knows the link reads the days and titles of courses and reviews of the plans that the
    caller has agreed to, without a key.
    """
    with call.once(keep=lambda _: _say_it_was_shown(call)):
        made = calendar_links.create_calendar_link(call.session)
        path = f"/calendar/{made.token}.ics"
        shown = NewCalendarLinkOut(created_at=made.created_at, path=path)
        return answer(call, shown, status=201)


@ROUTES.operation("DELETE", "/calendar-link", Permission.READ_PLANS, status=204)
def revoke_calendar_link(call: Admitted) -> Response:
    """End the caller's calendar link at once, if there is one."""
    with call.once():
        calendar_links.revoke_calendar_link(call.session)
        return call.respond(Response(status_code=204))


@FEED.get("/calendar/{token}.ics")
async def follow_calendar(request: Request, token: str) -> Response:
    """Give a calendar program the dates that a link stands for; an unknown link is not there."""
    state: ServerState = request.app.state.server

    def read() -> tuple[Call, bytes]:
        today = state.settings.today()
        found = calendar_links.identify_calendar(state.installation, token, today=today)
        if found is None:
            # as any other address of which there is nothing
            raise refused(state, request, Refusal(404, "problem.404"))
        call = admit_principal(request, *found, lang=language_of(request))
        # the trail is kept for long, and the address is a secret
        call.session.resource = "/calendar"
        return call, read_calendar_feed(call.session)

    call, content = await run_in_threadpool(read)
    await note_reads(call)
    return send(call, content, media_type=ICS)


def _say_it_was_shown(call: Call) -> Response:
    """Return what is kept in place of the answer: a secret is not."""
    request_id = call.request.state.request_id
    return problem_response(409, "keys.shown-once", lang=call.lang, request_id=request_id)
