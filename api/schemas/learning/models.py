"""Shapes of effect models."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.responses import Page, Resource
from api.schemas.common import Body, Note
from recommender.service.learning.promotion import ModelStatus
from training_catalog import Text


class ModelHeadOut(Resource):
    """A model, in short; of a broken one only what can still be read."""

    model_id: str
    status: ModelStatus
    problem: Annotated[str | None, Field(description="What is wrong with a broken one.")]
    promotable: Annotated[bool | None, Field(description="Null where it could not be judged.")]
    created_at: dt.datetime | None
    created_by: str | None
    catalog_digest: str | None
    data_digest: str | None
    first_day: Annotated[dt.date | None, Field(description="Of the assessments learned from.")]
    last_day: dt.date | None
    counts: Annotated[dict[str, int] | None, Field(description="Records, people and modules.")]
    size_known: Annotated[
        bool | None,
        Field(
            description="False where it was fitted without control rows: it tells the order of "
            "modules only. Null where the card cannot be read."
        ),
    ]


class ModelPage(Page):
    """Models, the last id first."""

    active: Annotated[str | None, Field(description="In force; null: the experts' estimates.")]
    items: list[ModelHeadOut]


class ScoreOut(BaseModel):
    """How well one way of predicting tells the measured gain."""

    name: Annotated[str, Field(description="An estimator, such as `effect-model`, or a baseline.")]
    rmse: Annotated[float | None, Field(description="In levels.")]
    r_squared: float | None
    slope: Annotated[float | None, Field(description="Of measured on predicted; 1 is calibrated.")]
    n_records: int | None
    difference: Annotated[
        float | None,
        Field(
            description="By how much the RMSE is larger than that of the model itself, as a mean "
            "over folds of people or of modules. Null for the model itself."
        ),
    ] = None
    difference_error: Annotated[
        float | None, Field(description="Standard error of the difference.")
    ] = None


class VerdictOut(BaseModel):
    """Whether the model may be put in force, and why, one line a condition."""

    promotable: bool | None
    compared_with: Annotated[str | None, Field(description="The model in force when judged.")]
    words: Annotated[dict[str, tuple[str, ...]], Field(description="By language.")]


class ModelOut(ModelHeadOut):
    """The card of a model: what it was fitted on, how good it is, and its limits."""

    estimator: Annotated[
        str, Field(description="Its name, or `package.models:factory` of an analyst.")
    ]
    parameters: Annotated[dict[str, Any], Field(description="Of the estimator.")]
    asked_since: Annotated[
        float | None,
        Field(description="Months after a module that its effect is told for, where it may fade."),
    ]
    effect_coverage: Annotated[
        float | None,
        Field(
            description="Share of nominal 90 % ranges of the true effect that held on simulated "
            "histories, over all modules. Null where the model gives no range."
        ),
    ]
    top_coverage: Annotated[
        float | None, Field(description="The same for the module ranked first.")
    ]
    table_error: Annotated[
        float, Field(description="How far the table served lies from the estimator at most.")
    ]
    known: Annotated[
        list[ScoreOut], Field(description="On later records of other people; itself first.")
    ]
    cold: Annotated[list[ScoreOut], Field(description="On modules it had not seen.")]
    verdict: VerdictOut
    limits: tuple[Text, ...]
    warnings: tuple[str, ...]
    seed: int | None
    parent: Annotated[str | None, Field(description="The model in force when it was trained.")]
    versions: dict[str, str]
    metrics: Annotated[dict[str, Any], Field(description="All figures of the evaluation.")]


class PromotionIn(Body):
    """How a model is put in force."""

    override_reason: Annotated[
        Note | None, Field(description="Why, against the verdict; it is recorded.")
    ] = None
    order_only: Annotated[
        bool,
        Field(
            description="Use the order of modules alone, as has to be said of a model whose "
            "`size_known` is false, and of no other; it is recorded."
        ),
    ] = False


class RollbackIn(Body):
    """Why the model before is put back in force."""

    reason: Annotated[Note, Field(description="It is recorded.")]


class ActiveModelOut(BaseModel):
    """The model in force."""

    model_id: Annotated[str | None, Field(description="Null: the experts' estimates.")]
