"""The types of a catalogue: frozen, validated, free of any computation.

An organisation writes a catalogue as a folder of YAML (see `training_catalog.files.reading`), and
the recommender reads it. Levels are proficiency levels in [0, 4]; hours are hours of a
participant's time; costs are CNY per participant.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from training_catalog.base import (
    Frozen,
    IndicatorId,
    Level,
    Line,
    OutcomeTarget,
    Provenance,
    Slug,
    Text,
)
from training_catalog.post import (
    BusinessFigure,
    Certification,
    JobProfile,
    LearningPath,
    Standards,
    Term,
)

__all__ = [
    "EXPERT_IMPROVEMENT",
    "Catalog",
    "CatalogSettings",
    "Category",
    "Competency",
    "CompetencyLevel",
    "Exam",
    "Frozen",
    "Grade",
    "Indicator",
    "IndicatorId",
    "Level",
    "LevelDefinition",
    "Line",
    "Modality",
    "ModuleCompetency",
    "Outcome",
    "OutcomeTarget",
    "Provenance",
    "Slug",
    "Subject",
    "Target",
    "TargetProfile",
    "Text",
    "TrainingModule",
]


class Modality(StrEnum):
    """How a module is taught."""

    CLASSROOM = "classroom"
    ONLINE = "online"
    COACHING = "coaching"
    ACTION_LEARNING = "action-learning"
    BLENDED = "blended"
    SIMULATION = "simulation"
    CERTIFICATION = "certification"


class Indicator(Frozen):
    """One observable behaviour of a competency at a level; id ``<competency>.<level>.<n>``."""

    id: IndicatorId
    text: Text
    provenance: Provenance


class CompetencyLevel(Frozen):
    """What one proficiency level of one competency looks like."""

    level: Annotated[int, Field(ge=1, le=4)]
    headline: Text
    provenance: Provenance
    indicators: tuple[Indicator, ...] = ()


class Subject(Frozen):
    """A subject of an exam; weights are relative within the exam."""

    id: Slug
    name: Text
    weight: Annotated[float, Field(gt=0)]


class Exam(Frozen):
    """The exam of a knowledge competency at one level; pass mark in points of 100."""

    level: Annotated[int, Field(ge=1, le=4)]
    pass_mark: Annotated[float, Field(gt=0, le=100)] = 80.0
    subjects: Annotated[tuple[Subject, ...], Field(min_length=1)]


class Competency(Frozen):
    """A competency of the framework, judged by behaviour or by examination."""

    id: Slug
    category: Slug
    kind: Literal["behavioural", "knowledge"]
    name: Text
    definition: Text
    provenance: Provenance
    levels: Annotated[tuple[CompetencyLevel, ...], Field(min_length=4, max_length=4)]
    exams: tuple[Exam, ...] = ()


class Category(Frozen):
    """A group of competencies; the order of its ids is the order of the framework."""

    id: Slug
    name: Text
    competencies: Annotated[tuple[Slug, ...], Field(min_length=1)]


class LevelDefinition(Frozen):
    """What a proficiency level means across all competencies."""

    level: Annotated[int, Field(ge=1, le=4)]
    name: Text
    definition: Text


class Grade(Frozen):
    """A grade of the post, lowest first in the catalogue."""

    id: Slug
    name: Text


class Target(Frozen):
    """The level a grade asks of a competency, and how much that competency weighs."""

    level: Level
    weight: Annotated[float, Field(gt=0)]
    rationale: Text


class TargetProfile(Frozen):
    """Targets of one grade from a date on; the weights have mean 1.

    `review_on` is when they are to be looked at again, if a day was set for it.
    """

    grade: Slug
    name: Text
    effective_on: dt.date
    review_on: dt.date | None = None
    targets: dict[Slug, Target]


EXPERT_IMPROVEMENT = 0.4
"""What a module is taken to add, in levels, where its experts give no estimate."""


class ModuleCompetency(Frozen):
    """A competency that a module serves, the step it covers, and the expert's estimate.

    `expert_improvement` is in levels. It counts for modules that no effect model knows, and for
    all while the model in force tells their order only.
    """

    id: Slug
    from_level: Level
    to_level: Level
    expert_improvement: Annotated[float, Field(ge=0, le=4)] = EXPERT_IMPROVEMENT

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.to_level <= self.from_level:
            raise ValueError("to_level must be above from_level")
        return self


class Outcome(Frozen):
    """What a participant can do afterwards, tied to indicators or exam subjects.

    An entry of `serves` is an indicator id or ``<competency>.<subject>``.
    """

    serves: Annotated[tuple[OutcomeTarget, ...], Field(min_length=1)]
    text: Text


class TrainingModule(Frozen):
    """A unit of training. The first of `competencies` is the main one."""

    id: Slug
    title: Text
    purpose: Text | None = None
    competencies: Annotated[tuple[ModuleCompetency, ...], Field(min_length=1)]
    modality: Modality
    hours: Annotated[float, Field(gt=0, le=1000)]
    cost: Annotated[float, Field(ge=0, le=1_000_000)]
    prerequisites: tuple[Slug, ...] = ()
    repeat_months: Annotated[int, Field(ge=0, le=600)] = 24
    grades: tuple[Slug, ...] = ()
    retired: bool = False
    audience: Text | None = None
    outcomes: tuple[Outcome, ...] = ()
    syllabus: tuple[Text, ...] = ()
    assessment: Text | None = None
    group_size: Annotated[int, Field(ge=1)] | None = None
    owner: Text | None = None
    provenance: Provenance | Literal["imported"] = "authored"


class CatalogSettings(Frozen):
    """The figures of the arithmetic that an organisation may set.

    Parameters
    ----------
    rater_weights : dict of str to float
        Relative weight of each rater type.
    rating_standard_error : float
        Floor of one rater's standard error, in levels.
    exam_standard_error : float
        Standard error of an exam-based level, in levels.
    rating_window_days : int
        Ratings this many days before the latest one belong to the same assessment.
    assessment_validity_months, exam_validity_months : int
        Age up to which an assessment, or an exam sitting, counts.
    min_raters_shown : int
        Figures of a rater type with fewer raters are told to HR alone; the manager's and one's own
        are excepted.
    hour_price : float
        Weighted levels that an hour must add to be worth planning.
    plan_hours_budget : float
        Hours of a plan when nobody says otherwise.
    near_gap : float
        Levels below a target that are not yet told as a gap: whoever lacks less is near it.
    hours_per_month : float
        Hours a month that a plan proposes modules for.
    standard_review_months : int
        After how many months targets are to be reviewed for which no day is set.
    country : str
        Whose weekends and public holidays count, as two letters of ISO 3166.
    """

    rater_weights: dict[
        Literal["self", "manager", "peer", "customer"], Annotated[float, Field(gt=0)]
    ] = Field(default={"manager": 0.5, "peer": 0.2, "customer": 0.2, "self": 0.1})
    rating_standard_error: Annotated[float, Field(gt=0)] = 0.35
    exam_standard_error: Annotated[float, Field(gt=0)] = 0.15
    rating_window_days: Annotated[int, Field(ge=0)] = 90
    assessment_validity_months: Annotated[int, Field(ge=1)] = 18
    exam_validity_months: Annotated[int, Field(ge=1)] = 24
    min_raters_shown: Annotated[int, Field(ge=1)] = 3
    hour_price: Annotated[float, Field(ge=0)] = 0.002
    plan_hours_budget: Annotated[float, Field(gt=0)] = 40.0
    near_gap: Annotated[float, Field(ge=0, le=4)] = 0.1
    hours_per_month: Annotated[float, Field(ge=1)] = 16.0
    standard_review_months: Annotated[int, Field(ge=1, le=600)] = 24
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "CN"

    def weight_of_rater(self, rater_type: str) -> float:
        """Return the relative weight of a rater type."""
        return {str(name): weight for name, weight in self.rater_weights.items()}[rater_type]

    @field_validator("country")
    @classmethod
    def _has_known_holidays(cls, country: str) -> str:
        # the library is slow to import, and the country nearly always this one
        if country != "CN":
            from holidays import list_supported_countries

            if country not in list_supported_countries():
                raise ValueError(f"the holidays of {country} are not known")
        return country

    @model_validator(mode="after")
    def _weighs_every_rater(self) -> Self:
        # Ratings of any type may come in, so each needs a weight. Weights are renormalised over the
        # types that rated (DESIGN, section 4), so their sum is free.
        missing = {"self", "manager", "peer", "customer"} - set(self.rater_weights)
        if missing:
            raise ValueError(f"rater_weights lacks {', '.join(sorted(missing))}")
        return self


class Catalog(Frozen):
    """A whole catalogue; `digest` identifies its content (see `training_catalog.files.assembly`).

    What stands after `modules` is optional: a small catalogue does without it.
    """

    id: Slug
    name: Text
    digest: str
    settings: CatalogSettings
    levels: tuple[LevelDefinition, ...]
    grades: Annotated[tuple[Grade, ...], Field(min_length=1)]
    categories: tuple[Category, ...]
    competencies: tuple[Competency, ...]
    profiles: tuple[TargetProfile, ...]
    modules: tuple[TrainingModule, ...]
    standards: Standards = Standards()
    job_profile: JobProfile | None = None
    certifications: tuple[Certification, ...] = ()
    paths: tuple[LearningPath, ...] = ()
    glossary: tuple[Term, ...] = ()
    business_figures: tuple[BusinessFigure, ...] = ()
