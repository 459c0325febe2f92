"""A campaign in the making: for whom, within which limits, and at once what it would come to."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Form, Query, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.admission import Call
from api.pages.plans.view import Names, explain_problem
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from recommender.errors import ConflictError, InputError, NotFoundError, RecommenderError
from recommender.service.campaigns.asking import (
    MOST_IN_NAME,
    TRIED,
    Budget,
    Choice,
    preview_campaign,
    start_campaign,
)
from recommender.service.people.people import list_units
from recommender.service.permissions import Permission

PAGES = Pages()

# those who lack most come first; of thousands nobody ticks off the last ones
_SHOWN = 50

# an empty field of a form is no limit
_Number = BeforeValidator(lambda sent: None if sent == "" else sent)
_Amount = Annotated[float | None, Field(ge=0, le=100_000_000, allow_inf_nan=False), _Number]


class Wanted(BaseModel):
    """What the form of a new campaign has."""

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, Field(max_length=400)] = ""
    unit: Annotated[str, Field(max_length=400)] = ""
    competency: Annotated[str, Field(max_length=80)] = ""
    grade: Annotated[str, Field(max_length=80)] = ""
    first: Annotated[int | None, Field(ge=1, le=100_000), _Number] = None
    hours: _Amount = None
    cost: _Amount = None
    total: _Amount = None
    without: Annotated[list[str], Field(max_length=1000)] = []
    # for whom has no script
    estimate: bool = False

    def to_choice(self, call: Call) -> Choice:
        """Return for whom it is."""
        return Choice(
            as_of=call.session.today,
            org_unit=self.unit or None,
            competency_id=self.competency or None,
            grade=self.grade or None,
            first=self.first,
            left_out=frozenset(self.without),
        )

    def to_budget(self) -> Budget:
        """Return its limits."""
        return Budget(self.hours, self.cost, self.total)

    def to_query(self) -> str:
        """Return it as the query of an address."""
        return urlencode(self.model_dump(exclude_defaults=True), doseq=True)


@PAGES.page("GET", "/campaigns/new", Permission.RUN_CAMPAIGNS, solves=True)
def show_new_campaign(call: Visited, wanted: Annotated[Wanted, Query()]) -> Response:
    """Show for whom plans can be made; what they would come to follows, as it takes a second."""
    return _page(call, wanted)


@PAGES.page("GET", "/campaigns/new/preview", Permission.RUN_CAMPAIGNS, solves=True)
def preview_new_campaign(call: Visited, wanted: Annotated[Wanted, Query()]) -> Response:
    """Say whom it would be for and what it would come to; a fragment."""
    headers = {"HX-Replace-Url": f"/campaigns/new?{wanted.to_query()}"}
    shown = _preview(call, wanted, tries=True)
    return render(call, "campaigns/_preview.html.j2", headers=headers, **shown)


@PAGES.page("POST", "/campaigns", Permission.RUN_CAMPAIGNS)
def keep_new_campaign(call: Visited, wanted: Annotated[Wanted, Form()]) -> Response:
    """Have the drafts made."""
    try:
        campaign = start_campaign(
            call.session, wanted.name, wanted.to_choice(call), wanted.to_budget()
        )
    except (InputError, ConflictError, NotFoundError) as error:
        return _page(call, wanted, error)
    call.state.jobs.wake()
    return see_other(
        call,
        f"/campaigns/{campaign.stored.campaign_id}",
        said="console.campaign.said_started",
        count=campaign.stored.people,
    )


def _page(call: Call, wanted: Wanted, error: RecommenderError | None = None) -> Response:
    names = Names(call)
    status = 200 if error is None else 409 if isinstance(error, ConflictError) else 422
    return render(
        call,
        "campaigns/new.html.j2",
        status=status,
        units=[unit.path for unit in list_units(call.session)],
        competencies=[(each.id, names.competency(each.id)) for each in names.catalog.competencies],
        grades=[(grade.id, names.grade(grade.id)) for grade in names.catalog.grades],
        default_hours=names.catalog.settings.plan_hours_budget,
        most_in_name=MOST_IN_NAME,
        problem=None if error is None else explain_problem(call, error),
        wrong="" if error is None else str(error.values.get("field", "")).rpartition("/")[2],
        **_preview(call, wanted, tries=wanted.estimate),
    )


def _preview(call: Call, wanted: Wanted, *, tries: bool) -> dict[str, Any]:
    """Return what the fragment with the people and the figures shows."""
    preview, refused = None, None
    try:
        preview = preview_campaign(
            call.session,
            wanted.to_choice(call),
            wanted.to_budget(),
            most_tried=TRIED if tries else 0,
        )
    except (InputError, NotFoundError) as error:
        refused = explain_problem(call, error)
    rows = preview.listed[:_SHOWN] if preview else ()
    if preview:
        # whoever is left out can be taken in again
        further = preview.listed[_SHOWN:]
        rows = [*rows, *(each for each in further if each.head.person_id in wanted.without)]
    return {
        "wanted": wanted,
        "preview": preview,
        "refused": refused,
        "rows": rows,
        "names": Names(call),
    }
