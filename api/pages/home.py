"""The first page: for each role where its work begins."""

from __future__ import annotations

from fastapi import Response

from api.pages.routing import Pages, Visited, see_other
from recommender.service.permissions import Role
from recommender.service.today.first_hour import read_first_hour

PAGES = Pages()
_BEGINS = {
    Role.EMPLOYEE: "/me",
    Role.MANAGER: "/team",
    Role.HR: "/today",
    Role.ADMIN: "/today",
    Role.ANALYST: "/models",
    Role.SYSTEM_ADMIN: "/models",
    Role.ACCESS_ADMIN: "/accounts",
    Role.AUDITOR: "/audit",
}

# who loads the people where there are none
_BEGIN_EMPTY = frozenset({Role.HR, Role.ADMIN})


@PAGES.page("GET", "/", None)
def show_home(call: Visited) -> Response:
    """Lead to where the work of the visitor's role begins."""
    who = call.session.who
    if who.role in _BEGIN_EMPTY and not read_first_hour(call.session).done.people:
        return see_other(call, "/start")
    return see_other(call, _BEGINS.get(who.role, "/account"))
