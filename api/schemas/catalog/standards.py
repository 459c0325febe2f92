"""Shapes of standards: versions of target levels, and proposals of new ones."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from api.responses import Page, Part, Resource
from api.schemas.common import Body, Day, Id, Money, Note
from recommender.service.standards.proposing import Method
from recommender.service.standards.reading import Proposal
from recommender.service.standards.simulating import Simulation

LevelIn = Annotated[float, Field(ge=0, le=4, allow_inf_nan=False)]
Status = Literal["draft", "submitted", "approved", "rejected", "withdrawn"]
Label = Annotated[
    str,
    Field(
        min_length=1,
        max_length=40,
        pattern=r"^[A-Za-z0-9-]+$",
        description="Tells experts apart, in both rounds alike; no name.",
    ),
]
_COUNT = "People; in steps of five for who may see no single person, null below five."


class LevelChangeOut(BaseModel):
    """A competency with another target level than in the version before."""

    competency_id: str
    old_level: float
    new_level: float


class StandardVersionOut(Resource):
    """A version of a grade's standard."""

    grade: str
    effective_on: dt.date
    proposal_id: Annotated[
        str | None, Field(description="Where it comes from; null: the catalogue folder.")
    ]
    in_force: Annotated[bool, Field(description="Whether people are judged by it today.")]
    changes: list[LevelChangeOut]


class StandardVersionPage(Page):
    """Versions of standards by grade, the oldest first."""

    items: list[StandardVersionOut]


class HandTargetIn(Body):
    """A target set by hand."""

    level: Annotated[LevelIn, Field(description="Target level.")]
    weight: Annotated[
        float | None,
        Field(gt=0, le=100, description="Importance; null: as it is. The mean of all has to be 1."),
    ] = None
    note: Annotated[
        str, Field(max_length=400, pattern=r"^[^\x00-\x1f\x7f]*$", description="Why.")
    ] = ""


class StandardProposalIn(Body):
    """What a standard is to be."""

    grade: Id
    effective_on: Annotated[Day, Field(description="From this day on; after today.")]
    method: Method
    rationale: Annotated[Note, Field(description="Why it is proposed.")]
    targets: Annotated[
        dict[Id, HandTargetIn],
        Field(
            default_factory=dict,
            max_length=200,
            description="By hand: the competencies that change.",
        ),
    ]
    performers: Annotated[
        tuple[Id, ...],
        Field(
            max_length=2000,
            description="By the median: staff numbers of people of the grade who have proven "
            "themselves. They are counted, and not kept.",
        ),
    ] = ()


class RoundIn(Body):
    """What the experts of a panel judged in a round."""

    answers: Annotated[
        dict[Label, dict[Id, LevelIn]],
        Field(
            min_length=1,
            max_length=100,
            description="By expert and competency: the level of somebody just good enough.",
        ),
    ]


class StandardTargetOut(Part):
    """A target of a proposal."""

    competency_id: str
    old_level: float
    new_level: float
    weight: float
    note: str
    found_of: Annotated[int | None, Field(description="How many performers or experts counted.")]
    found: Annotated[float | None, Field(description="What the method found, before rounding.")]
    lower: Annotated[float | None, Field(description="Its 95 % interval.")]
    upper: float | None


class JudgementOut(Part):
    """What an expert judged."""

    round: int
    expert: str
    competency_id: str
    level: float


class StandardDecisionOut(Part):
    """An approval or a rejection."""

    decision: Literal["approved", "rejected"]
    actor: str
    comment: str | None
    decided_at: dt.datetime


class StandardProposalHeadOut(Resource):
    """A proposal in a list."""

    proposal_id: str
    grade: str
    effective_on: dt.date
    method: Method
    status: Status
    rationale: str
    author: str
    created_at: dt.datetime
    version: int


class StandardProposalOut(StandardProposalHeadOut):
    """A proposed standard; with the second approval it counts from its day on."""

    targets: Annotated[
        list[StandardTargetOut], Field(description="All of the grade, changed or not.")
    ]
    judgements: Annotated[list[JudgementOut], Field(description="Of a panel, round by round.")]
    decisions: list[StandardDecisionOut]

    @classmethod
    def of(cls, proposal: Proposal) -> StandardProposalOut:
        """Return the shape of a proposal."""
        parts = {
            "targets": proposal.targets,
            "judgements": proposal.judgements,
            "decisions": proposal.decisions,
        }
        return cls.model_validate({**vars(proposal.stored), **parts}, from_attributes=True)


class StandardProposalPage(Page):
    """Proposals, the newest first."""

    items: list[StandardProposalHeadOut]


class StandardDecisionIn(Body):
    """What somebody who decides says of it."""

    comment: Annotated[Note | None, Field(description="For the record; it should name nobody.")] = (
        None
    )


class CompetencyChangeOut(LevelChangeOut):
    """What another target level would change."""

    assessed: Annotated[int | None, Field(description=_COUNT)]
    below_before: Annotated[int | None, Field(description="With a gap under the old level.")]
    below_after: Annotated[int | None, Field(description="With a gap under the new level.")]
    opened: Annotated[int | None, Field(description="Who would get a gap.")]
    closed: Annotated[int | None, Field(description="Who would have none any more.")]


class MoverOut(BaseModel):
    """Somebody who would get a gap or lose one, by competency."""

    person_id: str
    name: str
    org_unit: str
    opened: list[str]
    closed: list[str]


class PlanEstimateOut(BaseModel):
    """What the plans of all whose gaps change would take."""

    affected: Annotated[int, Field(description="People whose gaps change.")]
    tried: Annotated[int, Field(description="For how many of them plans were tried.")]
    is_estimate: Annotated[bool, Field(description="Whether the figures are scaled up.")]
    hours_before: float
    hours_after: float
    cost_before: Money
    cost_after: Money


class StandardSimulationOut(Resource):
    """What a proposal would change for the people of its grade, as they stand on a day."""

    as_of: dt.date
    people: Annotated[int | None, Field(description=_COUNT)]
    moved: Annotated[int | None, Field(description="With a gap opened or closed.")]
    competencies: list[CompetencyChangeOut]
    movers: Annotated[list[MoverOut] | None, Field(description="Null: you may see no people.")]
    plans: Annotated[
        PlanEstimateOut | None, Field(description="Null: not asked for, or not to be seen.")
    ]

    @classmethod
    def of(cls, told: Simulation) -> StandardSimulationOut:
        """Return the shape of a simulation."""
        estimate = told.estimate
        return cls.model_validate(
            {
                "as_of": told.as_of,
                "people": told.people,
                "moved": told.moved,
                "competencies": [vars(row) for row in told.rows],
                "movers": None if told.movers is None else [vars(each) for each in told.movers],
                "plans": estimate and {**vars(estimate), "is_estimate": estimate.is_estimate},
            }
        )
