"""Shapes of plans in Word: the template, and what a returned document changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from api.responses import Part, Resource
from recommender.documents import Placeholder
from recommender.service.plans.word.returns import PlanReturn
from recommender.service.plans.word.templates import PlanTemplate


class PlaceholderOut(Part):
    """A placeholder that a template may use."""

    name: str
    means: str
    is_list: Annotated[bool, Field(description="Whether it is gone through by `for`.")]
    is_required: Annotated[bool, Field(description="Whether every template has to show it.")]
    parts: Annotated[list[PlaceholderOut], Field(description="What each one of a list has.")]


class PlanTemplateOut(Resource):
    """The template in use."""

    lang: Literal["zh-CN", "en"]
    sha256: str
    is_own: Annotated[bool, Field(description="False for the one that ships.")]
    actor: Annotated[str | None, Field(description="Who put it there.")]
    stored_at: dt.datetime | None
    placeholders: list[PlaceholderOut]

    @classmethod
    def of(cls, template: PlanTemplate, known: Sequence[Placeholder]) -> PlanTemplateOut:
        """Return a template as it is answered."""
        return cls(
            lang="en" if template.lang == "en" else "zh-CN",
            sha256=template.sha256,
            is_own=template.stored_at is not None,
            actor=template.actor,
            stored_at=template.stored_at,
            placeholders=[PlaceholderOut.model_validate(each) for each in known],
        )


class ReturnedChangeOut(Part):
    """Something that people changed in the document."""

    name: Annotated[str, Field(description="To name it in `take`.")]
    kind: Literal["done", "course", "review", "comment"]
    title: str
    before: str
    after: str
    on: dt.date | None
    problem: Annotated[str, Field(description="Why it cannot be taken; empty where it can.")]
    note: Annotated[str, Field(description="What else follows from it.")]


class PlanReturnOut(BaseModel):
    """What a document that came back changes."""

    plan_id: str
    person_id: str
    person_name: str
    made_of: Annotated[int, Field(description="Version that the document was made of.")]
    version: Annotated[int, Field(description="Version of the plan now.")]
    is_older: Annotated[bool, Field(description="Whether the plan says something else by now.")]
    applied: Annotated[bool, Field(description="Whether `changes` were taken over.")]
    changes: list[ReturnedChangeOut]

    @classmethod
    def of(cls, returned: PlanReturn, *, applied: bool = False) -> PlanReturnOut:
        """Return what a document changes as it is answered."""
        return cls(
            plan_id=returned.plan_id,
            person_id=returned.person_id,
            person_name=returned.person_name,
            made_of=returned.made_of,
            version=returned.version,
            is_older=returned.is_older,
            applied=applied,
            changes=[ReturnedChangeOut.model_validate(each) for each in returned.changes],
        )
