"""Shapes of recommendations for many people."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from api.schemas.common import Body, Day, Hours, Id, MoneyIn, UnitPath
from api.schemas.levels import RecommendationsOut
from recommender.service.recommend.recommendations import Objective
from training_catalog import Modality

PEOPLE_AT_ONCE = 200


class RecommendationBatchIn(Body):
    """For whom, and what to keep to. Without ids and unit: for all whom the caller may see."""

    person_ids: Annotated[
        list[Id] | None, Field(min_length=1, max_length=PEOPLE_AT_ONCE, description="These people.")
    ] = None
    org_unit: Annotated[
        UnitPath | None, Field(description="Of them those of this unit and the units below it.")
    ] = None
    cursor: Annotated[
        str | None, Field(max_length=400, description="`next` of the batch before.")
    ] = None
    top: Annotated[int, Field(ge=1, le=500, description="Modules at most.")] = 10
    objective: Objective = Objective.GAP
    hours: Annotated[Hours | None, Field(description="No module longer than this.")] = None
    budget: Annotated[MoneyIn | None, Field(description="No module dearer than this.")] = None
    modality: Annotated[
        list[Modality] | None, Field(min_length=1, max_length=20, description="Only these.")
    ] = None
    as_of: Annotated[Day | None, Field(description="Null: today.")] = None


class RecommendationBatchOut(BaseModel):
    """Recommendations for many people."""

    items: Annotated[
        list[RecommendationsOut], Field(description="In the order of the people's ids.")
    ]
    not_found: Annotated[
        list[str], Field(description="Not there, or not within what the caller may see.")
    ]
    next: Annotated[str | None, Field(description="Cursor for the rest of the people.")]
