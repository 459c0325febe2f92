"""Shapes of the effect of modules: Kirkpatrick's four levels, the return, and what to do."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.responses import Page, Part, Resource
from recommender.results import Basis
from recommender.service.effectiveness.results import Decision, PartKind, Reason
from recommender.service.effectiveness.wording import say_reason
from recommender.texts import LANGUAGES
from training_catalog import Text


def _drop_infinite(value: Any) -> Any:
    # JSON knows no infinity
    return None if isinstance(value, float) and not math.isfinite(value) else value


End = Annotated[
    float | None,
    BeforeValidator(_drop_infinite),
    Field(description="End of the range; null where there is no end."),
]


class EstimateOut(Part):
    """A figure with its range."""

    value: float
    lower: End
    upper: End


class ReasonOut(BaseModel):
    """Why something is as it is."""

    code: str
    values: Annotated[dict[str, Any], Field(description="Figures that the sentence names.")]
    words: Text


def _say(reason: Any) -> Any:
    if not isinstance(reason, Reason):
        return reason
    return {
        "code": reason.code,
        "values": {name: _drop_infinite(value) for name, value in reason.values.items()},
        "words": {lang: say_reason(reason, lang) for lang in LANGUAGES},
    }


Told = Annotated[ReasonOut, BeforeValidator(_say)]


class ReactionOut(Part):
    """Level 1, reaction: what participants said, without names."""

    score: Annotated[EstimateOut | None, Field(description="Mean, 1 to 5; 95 % range.")]
    answers: int | None
    participants: int | None
    response_rate: float | None
    missing: Told | None


class LearningOut(Part):
    """Level 2, learning: exams of the same people before and after, not adjusted."""

    competency_id: str
    gain: Annotated[EstimateOut | None, Field(description="In points of 100; 95 % range.")]
    before: float | None
    after: float | None
    people: int | None
    cautions: tuple[Told, ...]
    missing: Told | None


class GainPartOut(Part):
    """The adjusted gain of some of the participants; null for fewer than 5."""

    kind: PartKind
    id: str
    people: int | None
    gain: EstimateOut | None


class BehaviourOut(Part):
    """Level 3, behaviour: reassessed levels over what no training would have added."""

    competency_id: str
    gain: Annotated[EstimateOut | None, Field(description="In levels, adjusted; 90 % range.")]
    raw_gain: Annotated[float | None, Field(description="In levels, not adjusted.")]
    at_level: Annotated[float | None, Field(description="Mean level before.")]
    people: Annotated[int | None, Field(description="Measured before and after.")]
    evidence_count: Annotated[int, Field(description="Records the model has learned from.")]
    basis: Annotated[Basis, Field(description="Only `measured` is evidence of this module itself.")]
    parts: tuple[GainPartOut, ...]
    cautions: tuple[Told, ...]
    missing: Told | None


class ReturnOut(Part):
    """Return on investment after Phillips; amounts in CNY."""

    benefit: EstimateOut
    cost: float
    net: EstimateOut
    roi: Annotated[EstimateOut, Field(description="Net benefit by cost: 0.25 for 125 of 100.")]
    benefit_cost_ratio: EstimateOut


class ResultOut(Part):
    """Level 4, results: a business figure, by difference in differences."""

    # `return` is a word of Python
    model_config = ConfigDict(serialize_by_alias=True)

    figure_id: str
    effect: Annotated[
        EstimateOut | None,
        Field(description="For a participant and month, in units of the figure; 95 % range."),
    ]
    placebo: Annotated[
        EstimateOut | None, Field(description="The same before the training, where it is 0.")
    ]
    is_trusted: Annotated[bool, Field(description="Whether the placebo agrees with 0.")]
    treated: int | None
    controls: int | None
    treated_months: int | None
    return_: Annotated[ReturnOut | None, Field(serialization_alias="return")]
    cautions: tuple[Told, ...]
    missing: Told | None


class CostPerLevelOut(Part):
    """What a level gained costs for a person, in CNY."""

    value: End
    lower: float
    upper: End
    is_settled: Annotated[bool, Field(description="Whether the gain is above 0 for sure.")]


class EffectVerdictOut(Part):
    """What to do with a module."""

    decision: Decision
    reasons: tuple[Told, ...]
    needs: Annotated[
        tuple[Told, ...], Field(description="Of an open case: what data would settle it.")
    ]


class EffectivenessOut(Resource):
    """All that is known of the effect of one module."""

    module_id: str
    verdict: EffectVerdictOut
    reaction: ReactionOut
    learning: tuple[LearningOut, ...]
    behaviour: Annotated[tuple[BehaviourOut, ...], Field(description="The main competency first.")]
    results: tuple[ResultOut, ...]
    cost_per_level: CostPerLevelOut | None


class EffectivenessPage(Page):
    """Modules in use, by id."""

    items: list[EffectivenessOut]
