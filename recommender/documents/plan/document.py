"""What a development plan shows, as plain values in the reader's language."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

Basis = Literal["measured", "pooled", "expert"]
PlanStatus = Literal["draft", "approved", "active", "done", "cancelled"]
Party = Literal["employee", "manager", "hr"]
Standing = Literal["met", "near", "gap"]


@dataclass(frozen=True)
class CompetencyRow:
    """One competency of the person's target profile.

    Parameters
    ----------
    category, name : str
        Names in the reader's language. Rows of the same category stand together.
    target : float
        Target level of the grade, in [0, 4].
    weight : float
        Importance in the profile, mean 1.
    level : float or None
        Assessed level in [0, 4]; None (or NaN) where there is no valid assessment.
    standard_error : float or None
        Standard error of the level, in levels.
    gap : float or None
        Target minus level where positive, else 0, in levels; None if to be assessed first.
    confidence : float or None
        Probability that the true level is below the target.
    priority : float or None
        Weight times gap.
    method : str
        How the level was assessed, in words.
    assessed_on : date or None
        Date of the assessment.
    standing : str or None
        Whether the target is met, nearly met, or there is a gap to speak of; None if to be
        assessed first.
    """

    category: str
    name: str
    target: float
    weight: float
    level: float | None = None
    standard_error: float | None = None
    gap: float | None = None
    confidence: float | None = None
    priority: float | None = None
    method: str = ""
    assessed_on: dt.date | None = None
    standing: Standing | None = None


@dataclass(frozen=True)
class ServedGap:
    """What a planned module is expected to do for one competency.

    Parameters
    ----------
    name : str
        Name of the competency.
    gap : float or None
        The person's gap, in levels.
    expected_improvement : float
        What the module adds over no training, in levels.
    lower, upper : float or None
        Interval of the true effect, in levels; None where the basis is ``expert``.
    evidence_count : int
        Improvement records behind the estimate.
    basis : str
        Where the estimate comes from.
    """

    name: str
    gap: float | None
    expected_improvement: float
    lower: float | None
    upper: float | None
    evidence_count: int
    basis: Basis


@dataclass(frozen=True)
class PlanItemRow:
    """One module of the plan.

    Parameters
    ----------
    order : int
        Place in the plan, from 1.
    title, modality : str
        In the reader's language.
    hours : float
        Hours of the participant's time.
    cost : float
        CNY.
    starts_on, ends_on : date or None
        None where no date is set yet.
    place : str
        Place of the offering, or empty.
    serves : tuple of ServedGap
        The gaps it serves, the main one first.
    reasons : tuple of str
        Why the module is in the plan and why at this place; one sentence each.
    stage : str
        Stage of the learning path it belongs to, or empty. Items of a stage stand together.
    proposed_month : str
        The month to take it in where no date is set, as ``2027-03``, or empty.
    goal : tuple of str
        What the participant can do afterwards, as far as it is about the gaps it serves.
    on_the_job : str
        The task at work that goes with it, or empty.
    companion : str
        Who accompanies it, or empty.
    measure : str
        How success is judged, or empty.
    review_on : date or None
        When it is looked at again.
    """

    order: int
    title: str
    modality: str
    hours: float
    cost: float
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    place: str = ""
    serves: tuple[ServedGap, ...] = ()
    reasons: tuple[str, ...] = ()
    stage: str = ""
    proposed_month: str = ""
    goal: tuple[str, ...] = ()
    on_the_job: str = ""
    companion: str = ""
    measure: str = ""
    review_on: dt.date | None = None


@dataclass(frozen=True)
class ActivityRow:
    """An item of the plan that is no course.

    Parameters
    ----------
    title, kind, competency : str
        What it is, of which kind, and what it develops; in the reader's language.
    goal : tuple of str
        What the person can do afterwards.
    companion, measure : str
        Who accompanies it and how success is judged, or empty.
    review_on, done_on : date or None
        When it is looked at again, and since when it is done.
    """

    title: str
    kind: str
    competency: str
    goal: tuple[str, ...] = ()
    companion: str = ""
    measure: str = ""
    review_on: dt.date | None = None
    done_on: dt.date | None = None


@dataclass(frozen=True)
class LeftOutModule:
    """A module that was considered, and why it is not in the plan."""

    title: str
    reason: str


@dataclass(frozen=True)
class ApprovedBy:
    """Who approved the plan in the service, and when."""

    party: Party
    on: dt.date


@dataclass(frozen=True)
class PlanDocument:
    """Everything that the document of one person's plan shows.

    Parameters
    ----------
    plan_id, person_id, name : str
        As stored.
    org_unit : str
        Path of the organisational unit, from the top, as one text.
    grade : str
        Name of the grade.
    manager : str
        Name of the line manager, or empty.
    as_of : date
        The day the plan was made for; also the date of the file.
    synthetic : bool
        Whether the person is made up; every page then says so.
    status : str
        Status of the plan.
    competencies : tuple of CompetencyRow
        In framework order.
    items : tuple of PlanItemRow
        In the order of the plan.
    left_out : tuple of LeftOutModule
        Most relevant first; the document shows the first eight and counts the others.
    assess_first : tuple of str
        Names of the competencies to assess first.
    total_hours, total_cost : float
        Of all items: hours, CNY.
    hours_budget, cost_budget : float or None
        None where there is no limit.
    expected_gap_closed : float
        Weighted levels that the plan is expected to close.
    objective : str
        What the plan maximises, in words.
    model_id : str
        The effect model, or empty where the experts' estimates were used.
    catalog_digest : str
        Digest of the catalogue.
    level_names : tuple of str
        Names of levels 1 to 4.
    notes : tuple of str
        Flags of the assessment and other points to note; one sentence each.
    path : str
        Name of the learning path that frames the plan, or empty.
    approvals : tuple of ApprovedBy
        Approvals of this plan as it is; the other parties may sign on paper.
    activities : tuple of ActivityRow
        Items that are no course.
    unserved : tuple of str
        Why the largest gaps are not served, or hardly; one sentence each.
    target_grade : str
        Name of the grade whose targets the gaps are against, where that is not the person's own.
    review_on : date or None
        When the whole plan is looked at again.
    size_known : bool
        False where only the order of the modules was learned and sizes are the experts'.
    """

    plan_id: str
    person_id: str
    name: str
    org_unit: str
    grade: str
    manager: str
    as_of: dt.date
    synthetic: bool
    status: PlanStatus
    competencies: tuple[CompetencyRow, ...]
    items: tuple[PlanItemRow, ...]
    left_out: tuple[LeftOutModule, ...]
    assess_first: tuple[str, ...]
    total_hours: float
    total_cost: float
    hours_budget: float | None
    cost_budget: float | None
    expected_gap_closed: float
    objective: str
    model_id: str
    catalog_digest: str
    level_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    path: str = ""
    approvals: tuple[ApprovedBy, ...] = ()
    activities: tuple[ActivityRow, ...] = ()
    unserved: tuple[str, ...] = ()
    target_grade: str = ""
    review_on: dt.date | None = None
    size_known: bool = True
