"""Shapes of heat maps and statistics."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, RootModel

from api.responses import Page, Part, Resource
from api.schemas.levels import StandingOut

By = Literal["person", "org_unit", "grade"]
Count = Annotated[
    int | None,
    Field(
        description="For who may read no single person's assessments rounded down to a multiple "
        "of 5, and null below it."
    ),
]


class PersonCellOut(Part):
    """Where a person stands in one competency; levels are null where to be assessed first."""

    competency_id: str
    status: Literal["assessed", "assess-first"]
    level: float | None
    gap: Annotated[float | None, Field(description="Target less level, where above 0.")]
    confidence: Annotated[
        float | None, Field(description="Probability that the true level is below the target.")
    ]
    priority: Annotated[float | None, Field(description="Weight times gap.")]
    standing: StandingOut


class PersonRowOut(Part):
    """A person, in all competencies, in framework order."""

    person_id: str
    name: str
    org_unit: str
    grade: str
    cells: list[PersonCellOut]


class GroupCellOut(Part):
    """Where a group stands in one competency; all null where `suppressed`."""

    competency_id: str
    n_assessed: Count
    n_assess_first: Count
    mean_level: float | None
    mean_gap: float | None
    mean_priority: Annotated[float | None, Field(description="Of weight times gap.")]
    share_below_target: Annotated[
        float | None,
        Field(description="Of those assessed, the share of people whose standing is `gap`."),
    ]
    suppressed: Annotated[
        bool,
        Field(
            description="Of fewer than 5 people, or it would tell the figures of fewer than 5 "
            "others by what is left of a total, or of an earlier quarter."
        ),
    ]


class GroupRowOut(Part):
    """A group of people; a null unit or grade: of all."""

    org_unit: str | None
    grade: str | None
    n_people: Count
    cells: list[GroupCellOut]


class PersonMapOut(Page):
    """People, in the order of their ids."""

    by: Literal["person"] = "person"
    as_of: dt.date
    items: list[PersonRowOut]


class GroupMapOut(Page):
    """Units, in the order of their paths, or grades, the lowest first; and all of them."""

    by: Literal["org_unit", "grade"]
    as_of: dt.date
    total: GroupRowOut
    items: list[GroupRowOut]


class HeatmapOut(RootModel[Annotated[PersonMapOut | GroupMapOut, Field(discriminator="by")]]):
    """Rows by competencies."""


class QuartilesOut(Part):
    """Lower quartile, median and upper quartile, to a tenth."""

    lower: float
    median: float
    upper: float


class DistributionOut(GroupCellOut):
    """How a group is spread in one competency; null where nobody is assessed, or `suppressed`."""

    level_quartiles: QuartilesOut | None
    gap_quartiles: QuartilesOut | None


class GapStatisticsOut(Resource):
    """How the people of a unit and grade are spread, competency by competency."""

    as_of: dt.date
    org_unit: str | None
    grade: str | None
    n_people: Count
    competencies: list[DistributionOut]
