"""Shapes of ratings, exam results and assessments."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from api.responses import Page, Part, Resource
from api.schemas.common import Body, Day, Line, Name

RaterType = Literal["self", "manager", "peer", "customer"]

# Bounds are checked as the import checks them, together with everything else in the rows, so that
# one answer names all faults. Refused here is only what those checks could not compute with. The
# description still shows the real bounds.
_FAR = 10**9
_Whole = Field(ge=-_FAR, le=_FAR)
_Number = Field(ge=-_FAR, le=_FAR, allow_inf_nan=False)
Rating = Annotated[int, _Whole, WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 3})]
ExamLevel = Annotated[int, _Whole, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 4})]
Score = Annotated[float, _Number, WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100})]
Level = Annotated[float, _Number, WithJsonSchema({"type": "number", "minimum": 0, "maximum": 4})]
StandardError = Annotated[
    float, _Number, WithJsonSchema({"type": "number", "minimum": 1e-6, "maximum": 4})
]


class RatingIn(Body):
    """What a rater saw of one indicator; one that was not observed is left out."""

    competency_id: Name
    indicator_id: Name
    rater_type: RaterType
    rater_id: Annotated[Name, Field(description="Staff number, or a name for a customer.")]
    rating: Annotated[Rating, Field(description="0 never, 1 sometimes, 2 mostly, 3 always.")]
    rated_on: Day


class RatingsIn(Body):
    """Ratings of one person."""

    items: Annotated[list[RatingIn], Field(min_length=1, max_length=1000)]


class RatingOut(Resource):
    """A rating."""

    person_id: str
    competency_id: str
    indicator_id: str
    rater_type: RaterType
    rater_id: Annotated[
        str | None, Field(description="Null where the caller may not know who it was.")
    ]
    rating: int
    rated_on: dt.date


class RatingPage(Page):
    """Ratings, newest first."""

    items: list[RatingOut]


class ExamResultIn(Body):
    """A subject's score in an exam."""

    competency_id: Name
    exam_level: ExamLevel
    subject: Name
    score: Score
    sat_on: Day


class ExamResultsIn(Body):
    """Exam results of one person."""

    items: Annotated[list[ExamResultIn], Field(min_length=1, max_length=1000)]


class ExamResultOut(Resource):
    """A subject's score in an exam."""

    person_id: str
    competency_id: str
    exam_level: int
    subject: str
    score: float
    sat_on: dt.date


class ExamResultPage(Page):
    """Exam results, newest first."""

    items: list[ExamResultOut]


class AssessmentIn(Body):
    """A level that was assessed elsewhere."""

    competency_id: Name
    level: Level
    standard_error: Annotated[
        StandardError | None,
        Field(
            description="In levels; null: the catalogue's. Left out: what is stored for that "
            "competency and day stays."
        ),
    ] = None
    method: Line
    assessed_on: Day


class AssessmentsIn(Body):
    """Assessments of one person."""

    items: Annotated[list[AssessmentIn], Field(min_length=1, max_length=1000)]


class AssessmentOut(Resource):
    """A level that was assessed elsewhere."""

    person_id: str
    competency_id: str
    level: float
    standard_error: float | None
    method: str
    assessed_on: dt.date


class AssessmentPage(Page):
    """Assessments, newest first."""

    items: list[AssessmentOut]


class WrittenOut(Part):
    """What became of the rows."""

    inserted: int
    updated: Annotated[int, Field(description="Rows that replaced one of the same key.")]
    unchanged: Annotated[int, Field(description="Rows that were there already.")]
