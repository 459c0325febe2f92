"""The first page: for each role where its work begins."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Response

from api.pages.routing import Pages, Visited, see_other
from recommender.service.permissions import Role

PAGES = Pages()
_BEGINS = {
    Role.MANAGER: "/team",
    Role.HR: "/today",
    Role.ADMIN: "/today",
    Role.ANALYST: "/models",
    Role.SYSTEM_ADMIN: "/models",
    Role.ACCESS_ADMIN: "/accounts",
    Role.AUDITOR: "/audit",
}


@PAGES.page("GET", "/", None)
def show_home(call: Visited) -> Response:
    """Lead to where the work of the visitor's role begins."""
    who = call.session.who
    if who.role is Role.EMPLOYEE:
        return see_other(call, f"/people/{quote(who.person_id or '', safe='')}")
    return see_other(call, _BEGINS.get(who.role, "/account"))
