"""Shapes of plans, what is asked of them, and what becomes of them."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import asdict
from typing import Annotated, Literal, Self

from pydantic import Field

from api.responses import Part, Resource
from api.schemas.common import Body, Day, Hours, Id, Money, MoneyIn
from api.schemas.levels import GapsOut, ServedOut
from api.schemas.unserved import UnservedOut
from recommender.results import ActivityKind
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts.keeping import PlanDraft
from recommender.service.plans.stored import StoredPlan
from training_catalog import Modality

Status = Literal["draft", "approved", "active", "done", "cancelled"]
Party = Literal["employee", "manager", "hr"]
Decision = Literal["approved", "rejected"]
Change = Literal[
    "created",
    "remade",
    "edited",
    "approved",
    "rejected",
    "activated",
    "done",
    "cancelled",
    "activity-done",
    "activity-reopened",
]

Modules = Annotated[tuple[Id, ...], Field(max_length=200)]
HoursBudget = Annotated[
    Hours | None,
    Field(
        description="Left out: the catalogue's own bound; none on a path or for the shortest plan. "
        "Null: no bound."
    ),
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
    target_grade: Annotated[
        Id | None,
        Field(description="Grade whose targets count; null: that of the path, or the person's."),
    ] = None
    shortest: Annotated[
        bool,
        Field(
            description="Close as much as can be closed, in the fewest hours; a module that is not "
            "worth its hours even alone is left aside."
        ),
    ] = False

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
            target_grade=self.target_grade,
            shortest=self.shortest,
        )


class SimulationIn(PlanIn):
    """What if: a plan under other assumptions."""

    person_id: Id


Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]


class PlanItemOut(Part):
    """A planned module: when, why it is in the plan, and why at this place."""

    order: int
    module_id: str
    stage: Annotated[str | None, Field(description="Of the learning path, in words.")]
    hours: float
    cost: Money
    adds: Annotated[float, Field(description="Weighted levels, given the items before it.")]
    starts_on: Annotated[dt.date | None, Field(description="Null: no day is arranged yet.")]
    ends_on: Annotated[dt.date | None, Field(description="Null: no last day is arranged yet.")]
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
    proposed_month: Annotated[
        Month | None, Field(description="To begin in, as 2027-03; null where a day is arranged.")
    ]
    proposed_until: Annotated[
        Month | None, Field(description="To end in, where one month has too few hours; else null.")
    ]
    goal: Annotated[list[str], Field(description="What it teaches towards the gaps it serves.")]
    on_the_job: Annotated[str, Field(description="What to practise at work.")]
    companion: Annotated[
        str,
        Field(description="Who accompanies that: the line manager, by name once it is kept."),
    ]
    measure: Annotated[str, Field(description="How success is judged.")]
    review_on: Annotated[
        dt.date | None,
        Field(description="When it is looked at again; null in plans of earlier releases."),
    ]
    focus: Annotated[
        str,
        Field(description="What the practice is tied to: an indicator, or competency and level."),
    ]
    cautions: Annotated[
        list[str],
        Field(description="Codes of what the model's history cannot tell of this module."),
    ]
    wanted: Annotated[bool, Field(description="Whether a person asked for the module.")]
    by_hand: Annotated[
        list[Literal["on_the_job", "companion", "measure", "review_on"]],
        Field(description="What of it a person set; its words keep their language."),
    ]


class PlanActivityOut(Part):
    """A development activity: an item that is no course, and takes none of the plan's hours."""

    activity_id: str
    kind: ActivityKind
    competency_id: str
    title: str
    goal: str
    companion: str
    measure: str
    review_on: dt.date
    done_on: dt.date | None
    focus: Annotated[str, Field(description="An indicator, or competency and level.")]
    by_hand: Annotated[
        bool, Field(description="Whether a person worded it; then it keeps its language.")
    ]
    carried_over_from: Annotated[
        str | None, Field(description="The plan in which it was not done.")
    ]


class ProgressOut(Part):
    """How far a plan has come, on the day it is read."""

    items: Annotated[int, Field(description="Courses and development activities.")]
    items_done: int
    percent_of_items: Annotated[float | None, Field(description="Null: there are none.")]
    percent_of_gap: Annotated[
        float | None,
        Field(
            description="The gap that completed courses were expected to close, of what all were; "
            "null where nothing is expected. Activities do not count here."
        ),
    ]


class LeftOutOut(Part):
    """A module that is not in the plan, and why."""

    module_id: str
    reason: str
    explanation: str
    adds: Annotated[float | None, Field(description="What it would add, in weighted levels.")]


class DecisionOut(Part):
    """What a party said of a plan."""

    version: Annotated[int, Field(description="The version whose items were decided on.")]
    party: Party
    decision: Decision
    comment: str | None
    decided_at: dt.datetime


class OutcomeOut(Part):
    """What a plan brought in one competency, beside what was expected of it."""

    competency_id: str
    level_before: float | None
    level_after: float | None
    expected_improvement: Annotated[
        float, Field(description="What its modules were to add over no training, in levels.")
    ]


class RemainingGapOut(Part):
    """What a plan is not expected to close of a gap."""

    competency_id: str
    remaining: Annotated[float, Field(description="In levels.")]


class _Content(Resource):
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
    size_known: Annotated[
        bool,
        Field(
            description="False where the effect model in use was fitted without control rows: "
            "improvements are the experts' then, and of equal plans the model's order decides."
        ),
    ]
    unserved: Annotated[
        list[UnservedOut],
        Field(description="Of the three largest priorities those closed by less than a third."),
    ]
    target_grade: Annotated[
        str | None, Field(description="Whose targets it leads to; null: those of their grade.")
    ]
    remaining: Annotated[
        list[RemainingGapOut],
        Field(description="What it is not expected to close, the largest first."),
    ]
    outlook: Annotated[
        str | None,
        Field(description="In a sentence, with a target grade or where it is the shortest plan."),
    ]
    activities: Annotated[list[PlanActivityOut], Field(description="What is no course.")]
    review_on: Annotated[
        dt.date | None, Field(description="When the whole plan is looked at again.")
    ]
    in_turn: Annotated[
        bool,
        Field(description="Whether a person set the order: no item begins before the one above."),
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
    progress: ProgressOut

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
    "progress",
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
