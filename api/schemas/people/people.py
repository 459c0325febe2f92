"""Shapes of people and org units."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from api.responses import Page, Resource
from api.schemas.common import Body, Day, Id, Line, Name, UnitPath

OrgUnit = Annotated[
    UnitPath,
    Field(
        description="Path with `/` between the units; those that are not there are made.",
        examples=["南区示例分公司/政企客户部"],
    ),
]


_LEFT = (
    "From this day on the person gets no plans and is in no figures of groups; what is known of "
    "the person stays. Null: still here."
)
LeftOn = Annotated[Day | None, Field(description=_LEFT)]


class PersonIn(Body):
    """Somebody new."""

    person_id: Annotated[Id, Field(description="Staff number; every character counts.")]
    name: Line
    org_unit: OrgUnit
    grade: Annotated[Name, Field(description="One of the catalogue's.")]
    manager_id: Annotated[Id | None, Field(description="Staff number of the manager.")] = None
    hired_on: Day | None = None
    left_on: LeftOn = None


class PersonChange(Body):
    """What is to be corrected; what is not sent stays as it is."""

    # The defaults are never read, as only what was sent is applied. They let a field be left out
    # without allowing null, and a factory shows no default in the description.
    name: Line = Field(default_factory=str)
    org_unit: OrgUnit = Field(default_factory=str)
    grade: Name = Field(default_factory=str)
    manager_id: Annotated[Id | None, Field(description="Null: nobody.")] = None
    hired_on: Annotated[
        Day | None, Field(description="On or after `left_on`: the person is back, `left_on` goes.")
    ] = None
    left_on: LeftOn = None


class PersonOut(Resource):
    """A person as known from the import or from here."""

    person_id: str
    name: str
    org_unit: str
    grade: str
    manager_id: str | None
    hired_on: dt.date | None
    left_on: Annotated[dt.date | None, Field(description=_LEFT)]
    synthetic: Annotated[bool, Field(description="Made up, to try the service with.")]


class PeoplePage(Page):
    """People in the order of their ids."""

    items: list[PersonOut]


class OrgUnitOut(Resource):
    """An org unit; the units above it are in its path."""

    path: str
    name: str
    parent: str | None
    people: Annotated[
        int | None,
        Field(
            description="People here and below whom the caller may see. For analysts rounded down "
            "to a multiple of five, null below it."
        ),
    ]


class OrgUnitPage(Page):
    """Org units in the order of their paths."""

    items: list[OrgUnitOut]
