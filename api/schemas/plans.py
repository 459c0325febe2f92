"""Shapes of plans, what is asked of them, and what becomes of them."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import asdict
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from api.responses import Page, Resource
from api.schemas.common import Body, Day, Hours, Id, Money, MoneyIn, Note
from api.schemas.levels import GapsOut, ServedOut
from api.schemas.unserved import UnservedOut
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts import PlanDraft
from recommender.service.plans.editing import ItemDates, PlanEdit
from recommender.service.plans.stored import StoredPlan
from training_catalog import Modality

Status = Literal["draft", "approved", "active", "done", "cancelled"]
Party = Literal["employee", "manager", "hr"]
Decision = Literal["approved", "rejected"]
Change = Literal[
    "created", "remade", "edited", "approved", "rejected", "activated", "done", "cancelled"
]

Modules = Annotated[tuple[Id, ...], Field(max_length=200)]
HoursBudget = Annotated[
    Hours | None, Field(description="Left out: the catalogue's own bound. Null: no bound.")
]
NewHours = Annotated[
    Hours | None, Field(description="Left out: as it was. Null: no bound from now on.")
]
NewMoney = Annotated[
    MoneyIn | None, Field(description="Left out: as it was. Null: no bound from now on.")
]


class PlanIn(Body):
    """What a plan is to keep to."""

    as_of: Annotated[Day | None, Field(description="The day it is made for; today.")] = None
    hours_budget: HoursBudget = None
    cost_budget: Annotated[MoneyIn | None, Field(description="CNY; no bound.")] = None
    must: Annotated[Modules, Field(description="Modules that have to be in.")] = ()
    without: Annotated[Modules, Field(description="Modules that must not be in.")] = ()
    modalities: Annotated[
        list[Modality] | None, Field(min_length=1, max_length=20, description="Only these; all.")
    ] = None
    path: Annotated[Id | None, Field(description="Learning path that frames the plan.")] = None

    def to_request(self) -> PlanRequest:
        """Return it as the use cases take it."""
        # left out and null both arrive as None; only null means no bound
        unbounded = self.hours_budget is None and "hours_budget" in self.model_fields_set
        return PlanRequest(
            hours_budget=math.inf if unbounded else self.hours_budget,
            cost_budget=None if self.cost_budget is None else float(self.cost_budget),
            must=self.must,
            without=self.without,
            modalities=None if self.modalities is None else [m.value for m in self.modalities],
            path=self.path,
        )


class SimulationIn(PlanIn):
    """What if: a plan under other assumptions."""

    person_id: Id
    grade: Annotated[Id | None, Field(description="Whose targets are taken; the own.")] = None


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
        Day | None, Field(description="By the catalogue's pace where it is left out.")
    ] = None


class PlanEditIn(Body):
    """What is to be changed, by itself a note changes nothing; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                *(
                    {"required": [name], "properties": {name: {"minItems": 1}}}
                    for name in ("add", "remove", "items")
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


class _Part(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PlanItemOut(_Part):
    """A planned module: when, why it is in the plan, and why at this place."""

    order: int
    module_id: str
    stage: Annotated[str | None, Field(description="Of the learning path, in words.")]
    hours: float
    cost: Money
    adds: Annotated[float, Field(description="Weighted levels, given the items before it.")]
    starts_on: dt.date
    ends_on: dt.date
    offering_id: str | None
    fixed: Annotated[bool, Field(description="Whether a person set the dates.")]
    needed_by: Annotated[list[str], Field(description="Items that it has to come before.")]
    competencies: list[ServedOut]
    reasons: list[str]
    order_reasons: list[str]
    lower_step_of: Annotated[
        list[str], Field(description="Later items that start higher in the same competency.")
    ]
    held_back: Annotated[
        list[str], Field(description="Later items that add more per hour, but wait for a step.")
    ]


class LeftOutOut(_Part):
    """A module that is not in the plan, and why."""

    module_id: str
    reason: str
    explanation: str
    adds: Annotated[float | None, Field(description="What it would add, in weighted levels.")]


class DecisionOut(_Part):
    """What a party said of a plan."""

    version: Annotated[int, Field(description="The version whose items were decided on.")]
    party: Party
    decision: Decision
    comment: str | None
    decided_at: dt.datetime


class OutcomeOut(_Part):
    """What a plan brought in one competency, beside what was expected of it."""

    competency_id: str
    level_before: float | None
    level_after: float | None
    expected_improvement: Annotated[
        float, Field(description="What its modules were to add over no training, in levels.")
    ]


class _Content(Resource):
    model_config = ConfigDict(from_attributes=True)

    person_id: str
    as_of: dt.date
    objective: str
    path_id: str | None
    hours_budget: float | None
    cost_budget: Money | None
    hour_price: Annotated[float, Field(description="Weighted levels that an hour must add.")]
    items: list[PlanItemOut]
    left_out: list[LeftOutOut]
    assess_first: Annotated[list[str], Field(description="Competencies to assess first.")]
    total_hours: float
    total_cost: Money
    expected_gap_closed: Annotated[float, Field(description="In weighted levels.")]
    model_id: Annotated[str | None, Field(description="Null: the catalogue's own estimates.")]
    catalog_digest: str
    optimality_gap: Annotated[
        float,
        Field(
            description="Weighted levels by which another plan may be better at most, where the "
            "time to choose this one did not suffice; 0 where it is the best."
        ),
    ]
    unserved: Annotated[
        list[UnservedOut],
        Field(description="Of the three largest priorities those closed by less than a third."),
    ]


class PlanOut(_Content):
    """A plan, as it is or as it was at a version."""

    plan_id: str
    version: int
    content_version: Annotated[
        int, Field(description="The version its items are from: what approvals are of.")
    ]
    change: Annotated[Change, Field(description="What led to this version.")]
    party: Annotated[Party | None, Field(description="Whose part that was.")]
    made_at: dt.datetime
    created_at: dt.datetime
    status: Status
    note: str | None
    decisions: Annotated[
        list[DecisionOut], Field(description="The last word of each party on these items.")
    ]
    awaiting: Annotated[list[Party], Field(description="Whose approval is missing.")]
    gaps: Annotated[GapsOut | None, Field(description="The gaps it answers; null where not kept.")]
    outcome: Annotated[list[OutcomeOut] | None, Field(description="Once it is done.")]

    @classmethod
    def of(cls, stored: StoredPlan) -> Self:
        """Make it of a stored plan."""
        return cls.model_validate(
            {
                **stored.plan.__dict__,
                **{name: getattr(stored, name) for name in _OF_THE_VERSION},
                "created_at": stored.head.created_at,
            }
        )


_OF_THE_VERSION = (
    "version",
    "content_version",
    "change",
    "party",
    "made_at",
    "note",
    "decisions",
    "awaiting",
    "gaps",
    "outcome",
)


class SimulatedPlanOut(_Content):
    """A plan that is not kept."""


class SimulationOut(Resource):
    """The plan under the assumptions, and the gaps it answers."""

    gaps: GapsOut
    plan: SimulatedPlanOut

    @classmethod
    def of(cls, draft: PlanDraft) -> Self:
        """Make it of a draft."""
        return cls.model_validate({"gaps": asdict(draft.gaps), "plan": asdict(draft.plan)})


class PlanHeadOut(Resource):
    """A plan in a list."""

    model_config = ConfigDict(from_attributes=True)

    plan_id: str
    person_id: str
    name: Annotated[str, Field(description="The person's.")]
    as_of: dt.date
    status: Status
    version: int
    model_id: str | None
    catalog_digest: str
    created_at: dt.datetime


class PlanPage(Page):
    """Plans, the newest first."""

    items: list[PlanHeadOut]


class VersionOut(Resource):
    """One state of a plan."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    change: Change
    party: Party | None
    status: Status
    made_at: dt.datetime
    note: str | None
    added: Annotated[list[str], Field(description="Modules that came in with it.")]
    removed: Annotated[list[str], Field(description="Modules that went out with it.")]


class VersionPage(Page):
    """What became of a plan, the oldest first."""

    items: list[VersionOut]


class DecisionPage(Page):
    """Approvals and rejections, the oldest first."""

    items: list[DecisionOut]


class CommentOut(Resource):
    """A remark on a plan."""

    model_config = ConfigDict(from_attributes=True)

    comment_id: int
    party: Party
    text: str
    made_at: dt.datetime


class CommentPage(Page):
    """Remarks, the oldest first."""

    items: list[CommentOut]
