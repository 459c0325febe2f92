"""Shapes of what is held on a person, and of how long it is kept."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.responses import Resource
from api.schemas.common import Body, Id
from training_catalog import Text


class SectionOut(BaseModel):
    """What is held in one place; nobody else is named in it."""

    name: Annotated[str, Field(description="A table, or a part of one.")]
    description: Text
    rows: list[dict[str, Any]]


class DataExportOut(Resource):
    """All that is held on a person."""

    person_id: str
    made_at: dt.datetime
    sections: list[SectionOut]


class ErasureIn(Body):
    """Says that it is meant."""

    confirm: Annotated[Id, Field(description="The person's id once more.")]


class ErasureOut(Resource):
    """What was erased, or that it waits for a second person."""

    rows: Annotated[
        dict[str, int],
        Field(description="Rows deleted or changed, by table; empty while it waits."),
    ]
    waits_until: Annotated[
        dt.datetime | None,
        Field(description="Until when somebody else can ask for the same; null: it is done."),
    ]


class DueOut(BaseModel):
    """What is past its period in one table."""

    model_config = ConfigDict(from_attributes=True)

    table: str
    older_than: Annotated[dt.date, Field(description="What is from before this day is due.")]
    rows: int


class RetentionOut(Resource):
    """How long what is kept, and what is due."""

    keep_assessments_months: Annotated[
        int, Field(description="Ratings, exam results and assessments; at least their validity.")
    ]
    keep_plans_months: Annotated[int, Field(description="Plans neither approved nor active.")]
    keep_shown_months: int
    keep_jobs_days: int
    keep_idempotent_hours: int
    due: list[DueOut]


class RetentionRunOut(Resource):
    """What a run deleted."""

    rows: Annotated[dict[str, int], Field(description="Rows deleted, by table.")]
