"""Shapes of gaps, derivations and recommendations."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field

from api.responses import Part, Resource
from api.schemas.common import Money
from recommender.results import Standing
from recommender.service.recommend.recommendations import Objective

Status = Literal["assessed", "assess-first"]
Basis = Literal["measured", "pooled", "expert"]
StandingOut = Annotated[
    Standing | None,
    Field(
        description="`met`: there is no gap; `near`: the gap is below the catalogue's `near_gap`; "
        "`gap`: it is not. Null where to be assessed first."
    ),
]


class GapOut(Part):
    """Where a person stands in one competency; levels are null where to be assessed first."""

    competency_id: str
    status: Status
    level: Annotated[float | None, Field(description="In [0, 4].")]
    standard_error: float | None
    target: float
    gap: Annotated[float | None, Field(description="Target less level, where above 0.")]
    weight: float
    confidence: Annotated[
        float | None, Field(description="Probability that the true level is below the target.")
    ]
    priority: Annotated[float | None, Field(description="Weight times gap.")]
    method: str | None
    assessed_on: dt.date | None
    standing: StandingOut
    probability_met: Annotated[
        float | None, Field(description="Probability that the true level meets the target.")
    ]


class IncompleteSittingOut(Part):
    """A sitting of an exam that is not scored, as subjects are missing."""

    competency_id: str
    exam_level: int
    sat_on: dt.date
    missing: Annotated[list[str], Field(description="Subjects without a score.")]


class GapsOut(Resource):
    """A person's gaps, in the order of the framework."""

    person_id: str
    as_of: dt.date
    grade: str
    profile_effective_on: dt.date
    competencies: list[GapOut]
    incomplete_sittings: list[IncompleteSittingOut]
    target_grade: Annotated[
        str | None, Field(description="Whose targets these are; null: those of their grade.")
    ]
    headline: Annotated[
        str | None, Field(description="How far it is to the target grade, in a sentence.")
    ]


class EvidenceOut(Part):
    """A result of work that is held beside a level."""

    achieved_on: dt.date
    result: str
    figure: float
    unit: Annotated[str, Field(description="What the figure is of.")]


class DerivationOut(Resource):
    """How a level came about, down to the raw rows."""

    person_id: str
    competency_id: str
    as_of: dt.date
    source: Literal["ratings", "exams", "imported"] | None
    level: float | None
    standard_error: float | None
    assessed_on: dt.date | None
    disagreement: Annotated[
        bool, Field(description="Two rater types in `parts` differ by more than one level.")
    ]
    fulfilment: Annotated[
        list[float],
        Field(
            description="Of levels 1 to 4 over all rater types, where the source is ratings; empty "
            "where a rater type in `parts` is null."
        ),
    ]
    parts: Annotated[
        list[dict[str, Any]],
        Field(
            description="Rater types, or sittings. Of a type with fewer raters than the "
            "catalogue's `min_raters_shown` all but the weight is null, except for HR; where no "
            "other would be, of the manager too."
        ),
    ]
    rows: Annotated[
        list[dict[str, Any]],
        Field(description="Without those of rater types that are null in `parts`, but one's own."),
    ]
    evidence: Annotated[
        list[EvidenceOut],
        Field(description="Results of work, the newest first; the level does not rest on them."),
    ]


class ServedOut(Part):
    """What a module is expected to do for one gap; the interval is of the true effect."""

    competency_id: str
    gap: float
    expected_improvement: Annotated[
        float,
        Field(
            description="What the module adds over no training, in levels; the experts' estimate "
            "where the answer's `size_known` is false."
        ),
    ]
    lower: Annotated[float | None, Field(description="Null for an experts' estimate.")]
    upper: float | None
    evidence_count: Annotated[int, Field(description="Records of this module and competency.")]
    basis: Basis


class RecommendationOut(Part):
    """A ranked module."""

    rank: int
    module_id: str
    expected_gap_closed: Annotated[float, Field(description="In weighted levels.")]
    value: Annotated[
        float | None,
        Field(
            description="What the ranking goes by, the highest first: `expected_gap_closed`, or "
            "that by the hour or by the CNY. Null, and before all others, where a module that "
            "costs nothing closes something."
        ),
    ]
    hours: float
    cost: Annotated[Money, Field(description="CNY for one participant.")]
    competencies: list[ServedOut]
    reasons: list[str]


class ExcludedOut(Part):
    """A module that is no candidate, and why."""

    module_id: str
    reason: str
    explanation: str


class RecommendationsOut(Resource):
    """The modules that are worth a person's time, best first."""

    person_id: str
    as_of: dt.date
    objective: Objective
    model_id: Annotated[str | None, Field(description="Null: the catalogue's own estimates.")]
    catalog_digest: str
    recommendations: list[RecommendationOut]
    excluded: list[ExcludedOut]
    further: Annotated[
        int,
        Field(
            description="Candidates that are not told of, as they rank below `top` or go past "
            "`hours` or `budget`. Recommended, excluded and further modules are the whole "
            "catalogue."
        ),
    ]
    size_known: Annotated[
        bool,
        Field(
            description="False where the effect model in use was fitted without control rows: the "
            "order of modules is the model's, and every size the experts'. By "
            "`expected_gap_closed` the modules are in another order then."
        ),
    ]
    target_grade: Annotated[
        str | None, Field(description="Whose targets count; null: those of their grade.")
    ]
