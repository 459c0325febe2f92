"""What a review of the standard answers: figures that may be told, and what they call for.

Every figure here is one that the reader may see. Who may see no single person gets counts in steps
of five, shares in hundredths, levels in tenths and no probabilities.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from recommender.standards import Finding, Trigger


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class LevelSpread:
    """How levels of a group are spread, in tenths of a level: 10 to 90 % of people are below."""

    p10: float
    p25: float
    p50: float
    p75: float
    p90: float


@dataclass(frozen=True)
class NextGrade:
    """What the people of the next higher grade show in a competency.

    `share_met` is of those of *them* who meet the target of the grade *below*; None, as `level`,
    where there are too few to be told.
    """

    grade: str
    target: float
    n_assessed: int | None
    level: LevelSpread | None
    share_met: Estimate | None


@dataclass(frozen=True)
class TargetEvidence:
    """A target of a grade, and where the people of the grade stand.

    `derived_weight` is the weight that follows from the job profile of today; None without one.
    Figures are None where `suppressed`, or where nobody is assessed. `share_met` counts who
    reaches the target, not who is near it.
    """

    competency_id: str
    target: float
    weight: float
    derived_weight: float | None
    suppressed: bool
    n_assessed: int | None
    n_assess_first: int | None
    mean_level: float | None
    level: LevelSpread | None
    share_met: Estimate | None
    next_grade: NextGrade | None


@dataclass(frozen=True)
class GradeEvidence:
    """The standard of a grade that is in force, and what is known of it; competencies in order."""

    grade: str
    effective_on: dt.date
    review_due_on: dt.date
    n_people: int | None
    targets: tuple[TargetEvidence, ...]


@dataclass(frozen=True)
class ItemEvidence:
    """An indicator or a subject of an exam, over all grades of the people within the scope.

    `difficulty` is the mean share of the maximum: the higher, the easier. `discrimination` is the
    correlation with everything else in the competency, or exam. `separation` is the probability
    that somebody nearer to the indicator's level than to the one below, by all other indicators,
    scores higher in it than somebody who is not; None for subjects. `is_flat` says that it surely
    does not tell levels apart; None where that cannot be judged.
    """

    item_id: str
    competency_id: str
    kind: Literal["indicator", "subject"]
    level: int
    suppressed: bool
    n: int | None
    n_below: int | None
    n_reached: int | None
    difficulty: Estimate | None
    discrimination: Estimate | None
    separation: Estimate | None
    is_flat: bool | None


@dataclass(frozen=True)
class ExamEvidence:
    """How far the subjects of an exam measure the same: Cronbach's alpha with Feldt's interval."""

    competency_id: str
    level: int
    suppressed: bool
    n: int | None
    alpha: Estimate | None


@dataclass(frozen=True)
class AgreementEvidence:
    """How far the raters of a person agree, without what people say of themselves.

    `icc` is ICC(1); `flagged` the share of people with two rater types whose types differ by more
    than one level. `disagree` says that agreement is surely poor; None where it cannot be judged.
    """

    competency_id: str
    suppressed: bool
    n_people: int | None
    raters_per_person: float | None
    icc: Estimate | None
    flagged: float | None
    disagree: bool | None


@dataclass(frozen=True)
class Unchecked:
    """A trigger that was not checked, and why.

    ``few-people`` and ``few-changes``: too few to be sure of anything; ``no-basis``: nobody
    recorded what the standard was set for; ``no-job-profile``: the catalogue has none;
    ``not-told``: such figures are not for this reader, or for an analyst not of a unit.
    """

    trigger: Trigger
    reason: Literal["few-people", "few-changes", "no-basis", "no-job-profile", "not-told"]
    grade: str | None = None


@dataclass(frozen=True)
class StandardReview:
    """The evidence on the standard of some grades, and what calls for a change.

    `as_of` is the day asked for, or the end of the quarter before it. Items and raters are told of
    over all grades, from ratings and exams of `n_sampled` of `n_people` people; None where nobody's
    are told of.
    """

    as_of: dt.date
    org_unit: str | None
    n_people: int | None
    n_sampled: int | None
    grades: tuple[GradeEvidence, ...]
    items: tuple[ItemEvidence, ...]
    exams: tuple[ExamEvidence, ...]
    agreement: tuple[AgreementEvidence, ...]
    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]
