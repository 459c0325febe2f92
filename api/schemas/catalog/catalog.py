"""Shapes of the catalogue; every text is there in Chinese and in English."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from api.responses import Page, Part, Resource
from api.schemas.common import Money
from training_catalog import (
    Category,
    CertificationExam,
    CompetencyLevel,
    Exam,
    Grade,
    LevelDefinition,
    Modality,
    ModuleCompetency,
    Outcome,
    PathStage,
    Qualification,
    Target,
    Text,
)

Kind = Literal["behavioural", "knowledge"]


class ArithmeticOut(Part):
    """The figures of the arithmetic that the organisation has set."""

    rater_weights: dict[str, float]
    rating_standard_error: Annotated[float, Field(description="Of one rater, in levels.")]
    exam_standard_error: float
    rating_window_days: int
    assessment_validity_months: int
    exam_validity_months: int
    min_raters_shown: Annotated[
        int, Field(description="Of a type, the manager excepted; for readers other than HR.")
    ]
    hour_price: Annotated[float, Field(description="Weighted levels an hour must add.")]
    plan_hours_budget: float
    near_gap: Annotated[
        float, Field(description="Levels below a target from which on it is told as a gap.")
    ]
    hours_per_month: Annotated[
        float, Field(description="A plan proposes modules for no more hours a month than these.")
    ]
    standard_review_months: Annotated[
        int, Field(description="After so many months targets without a review date are due.")
    ]
    country: Annotated[
        str, Field(description="ISO 3166; whose weekends and public holidays count.")
    ]


class CatalogOut(Resource):
    """What the catalogue is, and the frame of its competencies."""

    id: str
    name: Text
    digest: Annotated[str, Field(description="Changes with any content of the catalogue.")]
    settings: ArithmeticOut
    levels: tuple[LevelDefinition, ...]
    grades: tuple[Grade, ...]
    categories: tuple[Category, ...]


class CompetencyHeadOut(Resource):
    """A competency, in short."""

    id: str
    category: str
    kind: Kind
    name: Text
    definition: Text


class CompetencyOut(CompetencyHeadOut):
    """A competency with its levels, and the indicators or exams it is judged by."""

    provenance: str
    levels: tuple[CompetencyLevel, ...]
    exams: tuple[Exam, ...]


class CompetencyPage(Page):
    """Competencies, in framework order."""

    items: list[CompetencyHeadOut]


class ProfileOut(Resource):
    """What a grade asks, by competency; the weights have mean 1."""

    grade: str
    name: Text
    effective_on: dt.date
    review_on: Annotated[
        dt.date | None, Field(description="When they are to be reviewed, if a day was set.")
    ]
    targets: dict[str, Target]


class ProfilePage(Page):
    """Target profiles, lowest grade first."""

    items: list[ProfileOut]


class ModuleHeadOut(Resource):
    """A module, in short; the first of its competencies is the main one."""

    id: str
    title: Text
    competencies: tuple[ModuleCompetency, ...]
    modality: Modality
    hours: Annotated[float, Field(description="Of a participant's time.")]
    cost: Annotated[Money, Field(description="CNY for one participant.")]
    prerequisites: tuple[str, ...]
    repeat_months: int
    grades: Annotated[tuple[str, ...], Field(description="Empty: for every grade.")]
    retired: bool


class ModuleOut(ModuleHeadOut):
    """A module with all that is said of it."""

    purpose: Text | None
    audience: Text | None
    outcomes: tuple[Outcome, ...]
    syllabus: tuple[Text, ...]
    assessment: Text | None
    group_size: int | None
    owner: Text | None
    provenance: str


class ModulePage(Page):
    """Modules, in the order asked for."""

    items: list[ModuleHeadOut]


class LearningPathOut(Resource):
    """A named sequence of modules that a plan can take as a frame."""

    id: str
    name: Text
    purpose: Text
    audience: Text
    grades: Annotated[tuple[str, ...], Field(description="Empty: for every grade.")]
    target_grade: Annotated[
        str | None, Field(description="Whose targets it leads to; null: each person's own.")
    ]
    stages: tuple[PathStage, ...]


class LearningPathPage(Page):
    """Learning paths, in the order of the catalogue."""

    items: list[LearningPathOut]


class CertificationOut(Resource):
    """A level of the certification of the post, and the exams it asks for."""

    id: str
    level: int
    name: Text
    purpose: Text
    grade: str
    requires: str | None
    exams: tuple[CertificationExam, ...]
    practical: Text | None
    valid_months: int


class CertificationPage(Page):
    """Levels of the certification, lowest first."""

    items: list[CertificationOut]


class JobElementOut(Part):
    """A duty or result measure; importance by grade, relevance by competency and grade."""

    id: str
    name: Text
    description: Text
    importance: dict[str, float]
    relevance: dict[str, dict[str, int]]


class RemarkOut(Part):
    """A text of the job profile."""

    text: Text


class JobProfileOut(Resource):
    """The post: what it is for, its duties and results, who can enter it."""

    id: str
    name: Text
    purpose: Text
    weight_formula: Text
    duties: tuple[JobElementOut, ...]
    result_measures: tuple[JobElementOut, ...]
    qualifications: tuple[Qualification, ...]
    difficulties: tuple[RemarkOut, ...]
    taboos: tuple[RemarkOut, ...]
    career: tuple[RemarkOut, ...]


class TermOut(Resource):
    """A term, and the variants that no text of the catalogue may use in its place."""

    id: str
    term: Text
    definition: Text | None
    zh_forbidden: tuple[str, ...]
    en_forbidden: tuple[str, ...]


class TermPage(Page):
    """Terms of the glossary, in the order of the catalogue."""

    items: list[TermOut]
