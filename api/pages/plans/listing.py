"""The list of plans: by state, whom they wait for, unit, and the day of their review."""

from __future__ import annotations

import math
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import Query, Response

from api.pages.plans.view import Names
from api.pages.rendering import render
from api.pages.routing import Pages, Visited
from recommender.service.people.people import list_units
from recommender.service.permissions import Permission, Role
from recommender.service.plans.desk.overview import PlanFilter, overview_plans
from recommender.service.today.approvals import REVIEW_AHEAD

PAGES = Pages()

_A_PAGE = 25
# what a list can be asked for: a state, whose word is missing, or a review that is due
View = Literal["all", "waiting", "draft", "approved", "active", "due", "done", "cancelled"]
_VIEWS: tuple[View, ...] = (
    "waiting",
    "draft",
    "approved",
    "active",
    "due",
    "done",
    "cancelled",
    "all",
)


@PAGES.page("GET", "/plans", Permission.READ_PLANS)
def list_plans_page(
    call: Visited,
    show: View = "all",
    unit: Annotated[str, Query(max_length=400)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """List the plans of a team, a unit or the organisation."""
    role = call.session.who.role
    party = "manager" if role is Role.MANAGER else "employee" if role is Role.EMPLOYEE else "hr"
    wanted = PlanFilter(
        status=show if show not in ("all", "waiting", "due") else None,
        awaiting=party if show == "waiting" else None,
        due_by=call.session.today + REVIEW_AHEAD if show == "due" else None,
        org_unit=unit or None,
    )
    overview = overview_plans(call.session, wanted, skip=_A_PAGE * (page - 1), limit=_A_PAGE)
    return render(
        call,
        "plans/plans.html.j2",
        found=overview,
        show=show,
        chosen_unit=unit,
        units=[each.path for each in list_units(call.session)],
        views=_VIEWS,
        page=page,
        pages=max(1, math.ceil(overview.count / _A_PAGE)),
        first=_A_PAGE * (page - 1) + 1,
        address=lambda **other: (
            "/plans?"
            + urlencode(
                {
                    name: value
                    for name, value in {"show": show, "unit": unit, **other}.items()
                    if value
                }
            )
        ),
        names=Names(call),
        missing=lambda each: [
            party
            for party in ("employee", "manager", "hr")
            if party not in each.approved_by and (party != "manager" or each.head.manager_id)
        ],
        today=call.session.today,
    )
