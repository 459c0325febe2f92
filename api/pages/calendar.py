"""One's own calendar link: a calendar program reads the dates of plans by it, without a sign-in."""

from __future__ import annotations

from fastapi import Response

from api.admission import Call
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from recommender.service.access.calendar_links import (
    create_calendar_link,
    read_calendar_link,
    revoke_calendar_link,
)
from recommender.service.permissions import Permission

PAGES = Pages()


@PAGES.page("GET", "/calendar", Permission.READ_PLANS)
def show_calendar_link(call: Visited) -> Response:
    """Show whether there is a link, and how to make or end one."""
    return _show(call)


@PAGES.page("POST", "/calendar", Permission.READ_PLANS)
def renew_calendar_link(call: Visited) -> Response:
    """Make a link and show it this once; one made before ends."""
    made = create_calendar_link(call.session)
    return _show(call, address=f"{call.request.base_url}calendar/{made.token}.ics")


@PAGES.page("POST", "/calendar/end", Permission.READ_PLANS)
def end_calendar_link(call: Visited) -> Response:
    """End the link at once."""
    revoke_calendar_link(call.session)
    return see_other(call, "/calendar", said="calendar_page.ended")


def _show(call: Call, *, address: str = "") -> Response:
    link = read_calendar_link(call.session)
    return render(call, "calendar.html.j2", link=link, address=address)
