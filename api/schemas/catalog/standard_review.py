"""Shapes of the review of a standard: the evidence, and what it calls for."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.responses import Resource
from recommender.service.framework import Framework
from recommender.service.standards.evidence import (
    AgreementEvidence,
    ExamEvidence,
    GradeEvidence,
    ItemEvidence,
    StandardReview,
)
from recommender.service.standards.wording import say_finding, say_unchecked


class StandardFindingOut(BaseModel):
    """One reason to look at a standard again."""

    trigger: str
    grade: str | None
    competency_id: str | None
    item_id: str | None
    figure: Annotated[float | None, Field(description="What was measured.")]
    lower: Annotated[float | None, Field(description="Its 95 % interval.")]
    upper: float | None
    limit: Annotated[float | None, Field(description="What it is surely beyond.")]
    n: Annotated[int | None, Field(description="People it rests on.")]
    p_value: Annotated[float | None, Field(description="Adjusted for how many were looked at.")]
    on: dt.date | None
    names: list[str]
    text: Annotated[str, Field(description="The same in words.")]


class UncheckedOut(BaseModel):
    """What could not be checked, and why."""

    trigger: str
    grade: str | None
    reason: str
    text: str


class StandardReviewOut(Resource):
    """The evidence on the standard of some grades, and what calls for a change.

    Counts are in steps of five for who may see no single person.
    """

    as_of: dt.date
    org_unit: str | None
    n_people: Annotated[int | None, Field(description="Null: too few to tell.")]
    n_sampled: Annotated[
        int | None, Field(description="Of how many items and raters are told; null: not told.")
    ]
    grades: list[GradeEvidence]
    items: list[ItemEvidence]
    exams: list[ExamEvidence]
    agreement: list[AgreementEvidence]
    findings: list[StandardFindingOut]
    unchecked: list[UncheckedOut]

    @classmethod
    def of(cls, review: StandardReview, framework: Framework, lang: str) -> StandardReviewOut:
        """Return the shape of a review, its findings in words as well."""
        whole: dict[str, Any] = {
            **vars(review),
            "findings": [
                {**vars(each), "text": say_finding(framework, each, lang)}
                for each in review.findings
            ],
            "unchecked": [
                {**vars(each), "text": say_unchecked(framework, each, lang)}
                for each in review.unchecked
            ],
        }
        return cls.model_validate(whole)
