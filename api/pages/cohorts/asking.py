"""A cohort in the making: for whom, in which runs, within which limits."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any

from fastapi import Form, Query, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.admission import Call
from api.pages.plans.view import explain_problem
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from recommender.errors import ConflictError, InputError, NotFoundError, RecommenderError
from recommender.service.cohorts.asking import (
    MOST_IN_NAME,
    TOLERANCE,
    CohortLimits,
    CohortRequest,
    preview_cohort,
)
from recommender.service.jobs.cohort_plans import plan_cohort
from recommender.service.people.people import list_units
from recommender.service.permissions import Permission

PAGES = Pages()

# a quarter, as courses are planned
_PERIOD_DAYS = 90
_MOST_TEXT = 200_000

# an empty field of a form is no limit
_Empty = BeforeValidator(lambda sent: None if sent == "" else sent)
_Amount = Annotated[float | None, Field(ge=0, le=100_000_000, allow_inf_nan=False), _Empty]
_Day = Annotated[dt.date | None, _Empty]


class Wanted(BaseModel):
    """What the form of a new cohort has."""

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, Field(max_length=400)] = ""
    unit: Annotated[str, Field(max_length=400)] = ""
    starts_from: _Day = None
    starts_until: _Day = None
    applications: Annotated[str, Field(max_length=_MOST_TEXT)] = ""
    left_out: Annotated[str, Field(max_length=_MOST_TEXT)] = ""
    cost: _Amount = None
    hours: _Amount = None
    floor: Annotated[float | None, Field(ge=0, le=100, allow_inf_nan=False), _Empty] = 50.0
    tolerance: Annotated[float | None, Field(ge=0, le=100, allow_inf_nan=False), _Empty] = TOLERANCE

    def to_request(self, call: Call) -> CohortRequest:
        """Return what is asked for; the days not given are those of the coming quarter."""
        first = self.starts_from or call.session.today + dt.timedelta(days=1)
        applied = _split(self.applications)
        return CohortRequest(
            name=self.name,
            starts_from=first,
            starts_until=self.starts_until or first + dt.timedelta(days=_PERIOD_DAYS),
            org_unit=self.unit or None,
            applications=applied or None,
            left_out=frozenset(_split(self.left_out)),
            limits=CohortLimits(
                cost=self.cost,
                hours=self.hours,
                floor_share=(self.floor or 0.0) / 100,
                tolerance=TOLERANCE if self.tolerance is None else self.tolerance,
            ),
        )


def _split(text: str) -> list[str]:
    """Return the staff numbers of a text, whatever stands between them."""
    return re.findall(r"[^\s,，;；、]+", text)


@PAGES.page("GET", "/cohorts/new", Permission.RUN_CAMPAIGNS, solves=True)
def show_new_cohort(call: Visited, wanted: Annotated[Wanted, Query()]) -> Response:
    """Show for whom and in which runs seats can be given."""
    return _page(call, wanted)


@PAGES.page("POST", "/cohorts/new/preview", Permission.RUN_CAMPAIGNS, solves=True)
def preview_new_cohort(call: Visited, wanted: Annotated[Wanted, Form()]) -> Response:
    """Say how many people and seats it would be about; a fragment."""
    return render(call, "cohorts/_comes_to.html.j2", **_preview(call, wanted))


@PAGES.page("POST", "/cohorts", Permission.RUN_CAMPAIGNS, solves=True)
def keep_new_cohort(call: Visited, wanted: Annotated[Wanted, Form()]) -> Response:
    """Work the seats out, at once or by a job."""
    try:
        cohort = plan_cohort(call.session, wanted.to_request(call))
    except (InputError, ConflictError, NotFoundError) as error:
        return _page(call, wanted, error)
    call.state.jobs.wake()
    key = "queued" if cohort.is_under_way else "made"
    return see_other(
        call,
        f"/cohorts/{cohort.stored.cohort_id}",
        said=f"console.cohort.said_{key}",
        count=cohort.seated,
    )


def _page(call: Call, wanted: Wanted, error: RecommenderError | None = None) -> Response:
    status = 200 if error is None else 409 if isinstance(error, ConflictError) else 422
    request = wanted.to_request(call)
    return render(
        call,
        "cohorts/new.html.j2",
        status=status,
        starts_from=request.starts_from,
        starts_until=request.starts_until,
        units=[unit.path for unit in list_units(call.session)],
        most_in_name=MOST_IN_NAME,
        problem=None if error is None else explain_problem(call, error),
        wrong="" if error is None else str(error.values.get("field", "")).rpartition("/")[2],
        **_preview(call, wanted),
    )


def _preview(call: Call, wanted: Wanted) -> dict[str, Any]:
    """Return what the fragment with the figures shows."""
    preview, refused = None, None
    try:
        preview = preview_cohort(call.session, wanted.to_request(call))
    except (InputError, NotFoundError) as error:
        refused = explain_problem(call, error)
    return {"wanted": wanted, "preview": preview, "refused": refused}
