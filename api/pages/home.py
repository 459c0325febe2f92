"""The first page: for each role where its work begins."""

from __future__ import annotations

from fastapi import Response

from api.pages.routing import Pages, Visited, see_other
from recommender.service.permissions import Role

PAGES = Pages()
_BEGINS = {
    Role.EMPLOYEE: "/me",
    Role.MANAGER: "/team",
    Role.HR: "/people",
    Role.ADMIN: "/people",
    Role.ACCESS_ADMIN: "/accounts",
}


@PAGES.page("GET", "/", None)
def show_home(call: Visited) -> Response:
    """Lead to where the work of the visitor's role begins."""
    return see_other(call, _BEGINS.get(call.session.who.role, "/account"))
