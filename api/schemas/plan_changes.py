"""Shapes of what is asked to be changed in a plan, and said about it."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import ConfigDict, Field

from api.schemas.common import Body, Day, Hours, Id, Line, MoneyIn, Note
from api.schemas.plans import Decision, Modules
from recommender.results import ActivityKind
from recommender.service.plans.desk.words import ItemWords
from recommender.service.plans.development.activities import ActivityChange, NewActivity
from recommender.service.plans.editing import ItemDates, PlanEdit

NewHours = Annotated[
    Hours | None, Field(description="Left out: as it was. Null: no bound from now on.")
]
NewMoney = Annotated[
    MoneyIn | None, Field(description="Left out: as it was. Null: no bound from now on.")
]


class ItemDatesIn(Body):
    """When an item is to be taken: give either an offering or a first day."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {
                    "required": ["offering_id"],
                    "properties": {
                        "offering_id": {"type": "string"},
                        "starts_on": {"type": "null"},
                        "ends_on": {"type": "null"},
                    },
                },
                {
                    "required": ["starts_on"],
                    "properties": {
                        "offering_id": {"type": "null"},
                        "starts_on": {"type": "string"},
                    },
                },
            ]
        }
    )
    module_id: Id
    offering_id: Annotated[Id | None, Field(description="Its dates are the item's.")] = None
    starts_on: Day | None = None
    ends_on: Annotated[
        Day | None, Field(description="Where it is left out, only the first day is known.")
    ] = None


class NewActivityIn(Body):
    """A development activity; what is left out is worded from the catalogue."""

    kind: ActivityKind
    competency_id: Id
    title: Line | None = None
    goal: Note | None = None
    companion: Annotated[Line | None, Field(description="Who accompanies it.")] = None
    measure: Annotated[Note | None, Field(description="How success is judged.")] = None
    review_on: Annotated[Day | None, Field(description="Five weeks after the plan's day.")] = None


class ActivityChangeIn(Body):
    """What changes in a development activity; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": [name], "properties": {name: {"type": "string"}}}
                for name in ("title", "goal", "companion", "measure", "review_on")
            ]
        }
    )
    activity_id: Id
    title: Line | None = None
    goal: Note | None = None
    companion: Line | None = None
    measure: Note | None = None
    review_on: Day | None = None


class ItemWordsIn(Body):
    """What is to be said in a course of the plan; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": [name], "properties": {name: {"type": "string"}}}
                for name in ("on_the_job", "companion", "measure", "review_on")
            ]
        }
    )
    module_id: Id
    on_the_job: Annotated[Note | None, Field(description="What to practise at work.")] = None
    companion: Annotated[Line | None, Field(description="Who accompanies it.")] = None
    measure: Annotated[Note | None, Field(description="How success is judged.")] = None
    review_on: Day | None = None


class ActivityDoneIn(Body):
    """When a development activity was done."""

    done_on: Annotated[Day | None, Field(description="Null: it is not done after all.")]


class PlanEditIn(Body):
    """What is to be changed, by itself a note changes nothing; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                *(
                    {"required": [name], "properties": {name: {"minItems": 1}}}
                    for name in (
                        "add",
                        "remove",
                        "items",
                        "add_activities",
                        "change_activities",
                        "remove_activities",
                        "activity_order",
                        "order",
                        "words",
                    )
                ),
                {"required": ["hours_budget"]},
                {"required": ["cost_budget"]},
            ]
        }
    )
    add: Annotated[
        Modules, Field(description="Modules that come in.", json_schema_extra={"uniqueItems": True})
    ] = ()
    remove: Annotated[
        Modules, Field(description="Modules that go out.", json_schema_extra={"uniqueItems": True})
    ] = ()
    items: Annotated[
        tuple[ItemDatesIn, ...], Field(max_length=200, description="Dates of items.")
    ] = ()
    hours_budget: NewHours = None
    cost_budget: NewMoney = None
    note: Annotated[Note | None, Field(description="Kept with the version.")] = None
    add_activities: Annotated[
        tuple[NewActivityIn, ...],
        Field(max_length=20, description="Development activities that come in."),
    ] = ()
    change_activities: Annotated[
        tuple[ActivityChangeIn, ...],
        Field(max_length=20, description="Development activities that change."),
    ] = ()
    remove_activities: Annotated[
        tuple[Id, ...],
        Field(
            max_length=200,
            description="Development activities that go out.",
            json_schema_extra={"uniqueItems": True},
        ),
    ] = ()
    activity_order: Annotated[
        tuple[Id, ...],
        Field(
            max_length=200,
            description="All development activities that stay, in the order to show them.",
            json_schema_extra={"uniqueItems": True},
        ),
    ] = ()
    order: Annotated[
        Modules,
        Field(
            description="All modules that the plan then has, in the order to take them: none is "
            "to begin before the one in front of it.",
            json_schema_extra={"uniqueItems": True},
        ),
    ] = ()
    words: Annotated[
        tuple[ItemWordsIn, ...],
        Field(max_length=200, description="What is said of practice, companion and success."),
    ] = ()

    def to_edit(self) -> PlanEdit:
        """Return it as the use case takes it."""
        # left out: as it was; null: no bound from now on, which the use case takes as infinite
        sent = self.model_fields_set
        hours, cost = self.hours_budget, self.cost_budget
        if hours is None and "hours_budget" in sent:
            hours = math.inf
        if cost is None and "cost_budget" in sent:
            cost_budget = math.inf
        else:
            cost_budget = None if cost is None else float(cost)
        return PlanEdit(
            add=self.add,
            remove=self.remove,
            items=tuple(ItemDates(**item.model_dump()) for item in self.items),
            hours_budget=hours,
            cost_budget=cost_budget,
            note=self.note,
            add_activities=tuple(NewActivity(**each.model_dump()) for each in self.add_activities),
            change_activities=tuple(
                ActivityChange(**each.model_dump()) for each in self.change_activities
            ),
            remove_activities=self.remove_activities,
            activity_order=self.activity_order,
            order=self.order,
            words=tuple(ItemWords(**each.model_dump()) for each in self.words),
        )


class DecisionIn(Body):
    """What the caller's party says of the plan as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {"decision": {"const": "approved"}}},
                {"required": ["comment"], "properties": {"comment": {"type": "string"}}},
            ]
        }
    )
    decision: Decision
    comment: Annotated[Note | None, Field(description="A rejection needs it.")] = None


class CancellationIn(Body):
    """Why a plan is cancelled."""

    note: Note | None = None


class CommentIn(Body):
    """A remark."""

    text: Note
