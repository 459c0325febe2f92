"""Shapes of the improvement history."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from api.responses import Page, Resource
from recommender.results import Basis


class ImprovementRecordOut(Resource):
    """Levels before and after a module, or a time without training."""

    person_id: Annotated[str | None, Field(description="Null for analysts.")]
    pseudonym: Annotated[
        str | None, Field(description="For analysts; the same for all records of one person.")
    ]
    competency_id: str
    module_id: Annotated[
        str | None, Field(description="Null: assessed again with no training between.")
    ]
    level_before: float
    level_after: float
    before_on: Annotated[
        dt.date, Field(description="For analysts all days of a person are shifted alike.")
    ]
    after_on: dt.date
    completed_on: dt.date | None
    org_unit: Annotated[str | None, Field(description="For analysts the uppermost unit only.")]
    shared: Annotated[
        int,
        Field(
            description="Modules completed between the two assessments, each of which has a "
            "record with the whole gain; 0 where there was no training."
        ),
    ]
    source: Literal["derived", "imported"]


class ImprovementRecordPage(Page):
    """Improvement records."""

    items: list[ImprovementRecordOut]


class ImprovementStatisticsOut(Resource):
    """What training in a module did for a competency; figures of few people are null."""

    module_id: str
    competency_id: str
    records: Annotated[
        int | None,
        Field(
            description="Of trained people; null for fewer than 5. For who may read no single "
            "person's assessments rounded down to a multiple of 5."
        ),
    ]
    mean_gain: Annotated[
        float | None,
        Field(
            description="Level after less level before, not adjusted, and whole also where "
            "further modules were completed between; to a hundredth."
        ),
    ]
    mean_level_before: Annotated[float | None, Field(description="To a hundredth.")]
    at_level: Annotated[
        float,
        Field(description="What the expectation is for: that mean, else the middle of the step."),
    ]
    expected_improvement: Annotated[
        float, Field(description="What the module adds over no training, in levels.")
    ]
    lower: float | None
    upper: float | None
    basis: Basis
    size_known: Annotated[
        bool,
        Field(
            description="False where the effect model in force was fitted without control rows: "
            "it tells the order of modules only, and the expectation is the experts'."
        ),
    ]


class ImprovementStatisticsPage(Page):
    """Improvement by module and competency."""

    items: list[ImprovementStatisticsOut]
