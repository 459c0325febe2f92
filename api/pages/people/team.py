"""My team in one page."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Response

from api.pages.people.listing import unit_choices
from api.pages.rendering import render
from api.pages.routing import Pages, Visited
from recommender.service.permissions import Permission, Role
from recommender.service.views.team import PER_PAGE, read_team

PAGES = Pages()


@PAGES.page("GET", "/team", Permission.READ_STATISTICS)
def show_team(
    call: Visited,
    unit: Annotated[str, Query(max_length=400)] = "",
    page: Annotated[str, Query(pattern=r"^[0-9]{0,6}$")] = "",
) -> Response:
    """Show a manager's reports, or the people of a unit: who needs what first, and what waits."""
    team = read_team(call.session, org_unit=unit or None, page=int(page or 1))
    chosen = {"unit": unit} if unit else {}
    return render(
        call,
        "team/team.html.j2",
        team=team,
        units=None if call.session.who.role is Role.MANAGER else unit_choices(call),
        first=(team.page - 1) * PER_PAGE + 1,
        pages_address=f"/team?{urlencode(chosen | {'page': ''})}",
    )
