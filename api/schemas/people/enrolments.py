"""Shapes of enrolments."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from api.responses import Page, Resource
from api.schemas.common import Body, Day, Id, Name

EnrolmentStatus = Literal["enrolled", "completed", "cancelled", "no-show"]


class EnrolmentIn(Body):
    """An enrolment that is asked for."""

    module_id: Name
    offering_id: Annotated[
        Id | None, Field(description="Run of the module; null where it has none.")
    ] = None
    enrolled_on: Annotated[Day | None, Field(description="Null: today.")] = None


class EnrolmentChange(Body):
    """What became of an enrolment; what is not sent stays as it is."""

    status: EnrolmentStatus = Field(default_factory=lambda: "enrolled")
    completed_on: Annotated[
        Day | None, Field(description="Needed with `completed`, and with nothing else.")
    ] = None


class EnrolmentOut(Resource):
    """A person's enrolment in a module; person, module and day identify it."""

    person_id: str
    module_id: str
    offering_id: str | None
    status: EnrolmentStatus
    enrolled_on: dt.date
    completed_on: dt.date | None


class EnrolmentPage(Page):
    """Enrolments."""

    items: list[EnrolmentOut]
