"""Shapes of what is held on a person, and of how long it is kept."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.responses import Page, Part, Resource
from api.schemas.common import Body, Id, Note
from api.schemas.plans import Party
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


class DueOut(Part):
    """What is past its period in one table."""

    table: str
    older_than: Annotated[dt.date, Field(description="What is from before this day is due.")]
    rows: int


class RetentionOut(Resource):
    """How long what is kept, and what is due."""

    keep_assessments_months: Annotated[
        int, Field(description="Ratings, exam results and assessments; at least their validity.")
    ]
    keep_plans_months: Annotated[
        int, Field(description="Plans neither approved nor active; objections answered.")
    ]
    keep_shown_months: int
    keep_jobs_days: int
    keep_idempotent_hours: int
    due: list[DueOut]


class RetentionRunOut(Resource):
    """What a run deleted."""

    rows: Annotated[dict[str, int], Field(description="Rows deleted, by table.")]


class ProposalOut(Part):
    """What is proposed without a person."""

    name: Literal["ranking", "plan"]
    title: str
    data: Annotated[str, Field(description="What it is computed from.")]
    logic: Annotated[str, Field(description="How it is computed.")]


class NoticeOut(Resource):
    """What people are told about automated proposals."""

    proposals: list[ProposalOut]
    model_id: Annotated[
        str | None, Field(description="The effect model in force; null: experts' estimates.")
    ]
    people_decide: str
    objecting: Annotated[str, Field(description="How to object.")]


class ObjectionIn(Body):
    """What somebody objects to, and why."""

    plan_id: Annotated[
        Id | None, Field(description="The plan; left out: what was recommended.")
    ] = None
    module_id: Annotated[Id | None, Field(description="The module; left out: all of it.")] = None
    reason: Note


class ObjectionOut(Resource):
    """An objection, and its answer."""

    objection_id: int
    person_id: str
    plan_id: str | None
    module_id: str | None
    party: Annotated[Party, Field(description="Who handed it in: the person, or HR for them.")]
    reason: str
    made_at: dt.datetime
    answer: Annotated[str | None, Field(description="Null while it is open.")]
    answered_at: dt.datetime | None


class ObjectionPage(Page):
    """Objections, the oldest first."""

    items: list[ObjectionOut]


class AnswerIn(Body):
    """What somebody answers to an objection."""

    answer: Note
