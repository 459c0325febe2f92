"""Shapes of offerings."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from api.responses import Page, Resource
from api.schemas.common import Body, Day, Id, Line, UnitPath

Seats = Annotated[
    int | None, Field(ge=0, le=100_000, description="How many people; null: no bound.")
]


class OfferingIn(Body):
    """What an offering is to be."""

    module_id: Id
    starts_on: Day
    ends_on: Annotated[Day, Field(description="The last day; not before the first.")]
    place: Line | None = None
    seats: Seats = None
    owner_unit: Annotated[
        UnitPath | None,
        Field(
            description="Path of the unit whose HR may change it. Null: the whole organisation, "
            "or the unit that the caller is responsible for."
        ),
    ] = None


class OfferingOut(Resource):
    """A scheduled run of a module."""

    offering_id: str
    module_id: str
    starts_on: dt.date
    ends_on: dt.date
    place: str | None
    seats: int | None
    owner_unit: Annotated[
        str | None,
        Field(description="Whose HR may change it; null: only HR of the whole organisation."),
    ]
    seats_taken: Annotated[int, Field(description="By people enrolled, or who completed it.")]


class OfferingPage(Page):
    """Offerings, the earliest first."""

    items: list[OfferingOut]
