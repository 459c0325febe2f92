"""The audit trail: looked through, one entry in full, and its chain checked."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import Path, Query, Response

from api.pages.rendering import render
from api.pages.routing import Pages, Visited
from api.problems import describe_problem
from api.schemas.common import Day
from recommender.errors import NotFoundError
from recommender.service.access.audit import check_trail
from recommender.service.permissions import COMMAND_LINE, Permission, Role
from recommender.service.views.administration import (
    TrailFilter,
    TrailLine,
    TrailPage,
    read_trail_entry,
    read_trail_page,
)
from recommender.texts import say

PAGES = Pages()
# no control characters, which PostgreSQL partly refuses
Typed = Annotated[str, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
# an empty field of a form is no day
DayOrNone = Annotated[Day | Literal[""], Query()]
Seq = Annotated[int, Path(ge=1, lt=2**31)]


@PAGES.page("GET", "/audit", Permission.READ_AUDIT)
def show_trail(
    call: Visited,
    who: Typed = "",
    action: Typed = "",
    person: Typed = "",
    since: DayOrNone = "",
    until: DayOrNone = "",
    before: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> Response:
    """Show the entries that meet every condition, the newest first."""
    given = {"who": who, "action": action, "person": person, "since": since, "until": until}

    def address(**changes: object) -> str:
        kept = {name: value for name, value in (given | changes).items() if value}
        return f"/audit?{urlencode(kept)}" if kept else "/audit"

    wanted = TrailFilter(
        who=who.strip(),
        action=action.strip(),
        person_id=person.strip(),
        first_day=since or None,
        last_day=until or None,
        before=before,
    )
    problem = None
    try:
        trail = read_trail_page(call.session, wanted)
    except NotFoundError as error:
        trail, problem = TrailPage([], None), describe_problem(error, call.lang)
    return render(
        call,
        "administration/audit.html.j2",
        status=404 if problem else 200,
        trail=trail,
        given=given,
        is_filtered=any(given.values()),
        is_paged=before is not None,
        address=address,
        problem=problem,
        role_of=partial(_name_role, call.lang),
        name_of=partial(_name_actor, call.lang),
    )


@PAGES.page("GET", "/audit/chain", Permission.READ_AUDIT)
def check_chain(
    call: Visited, noted: Annotated[str, Query(pattern=r"^\s*([0-9a-f]{64})?\s*$")] = ""
) -> Response:
    """Check that nobody changed, deleted or put in an entry."""
    head = noted.strip()
    verdict = check_trail(call.session, noted=[head] if head else ())
    return render(call, "administration/chain.html.j2", verdict=verdict, noted=head)


@PAGES.page("GET", "/audit/{seq}", Permission.READ_AUDIT)
def show_entry(call: Visited, seq: Seq) -> Response:
    """Show one entry in full."""
    line = read_trail_entry(call.session, seq)
    return render(
        call,
        "administration/entry.html.j2",
        line=line,
        role=_name_role(call.lang, line.entry.role),
        name=_name_actor(call.lang, line),
    )


def _name_role(lang: str, role: str) -> str:
    # the trail may hold roles of earlier releases
    return say(f"role.{role}", lang) if role in set(Role) else role


def _name_actor(lang: str, line: TrailLine) -> str:
    if line.entry.actor == COMMAND_LINE.actor:
        return say("console.command_line", lang)
    return line.name or line.entry.actor
