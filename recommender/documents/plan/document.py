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
        Where the person stands against the target; None if to be assessed first. Only ``gap`` is
        counted and set in bold.
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
        None where no date is set yet; the last day alone where only the first is.
    place : str
        Place of the offering, or empty.
    serves : tuple of ServedGap
        The gaps it serves, the main one first.
    reasons : tuple of str
        Why the module is in the plan and why at this place; one sentence each.
    stage : str
        Stage of the learning path it belongs to, or empty. Items of a stage stand together.
    adds : float or None
        Weighted levels that it closes beyond the items before it.
    proposed_month, proposed_until : str or None
        Months "YYYY-MM" in which to begin and, where one is too short, to end, without dates.
    goal : tuple of str
        What it teaches towards the gaps served.
    on_the_job, companion, measure : str
        What to practise at work, who accompanies that, how success is judged; may be empty.
    review_on : date or None
        When it is looked at again.
    key : str
        What it is called in a Word document, so that it is known when that comes back.
    done_on : date or None
        When it was completed.
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
    adds: float | None = None
    proposed_month: str | None = None
    proposed_until: str | None = None
    goal: tuple[str, ...] = ()
    on_the_job: str = ""
    companion: str = ""
    measure: str = ""
    review_on: dt.date | None = None
    key: str = ""
    done_on: dt.date | None = None


@dataclass(frozen=True)
class ActivityRow:
    """A development activity: an item of the plan that is no course; texts as in `PlanItemRow`."""

    kind: str
    title: str
    goal: str
    companion: str
    measure: str
    review_on: dt.date
    done_on: dt.date | None = None
    carried_over: bool = False
    competency: str = ""
    key: str = ""


@dataclass(frozen=True)
class EvidenceRow:
    """A result of work beside a level: the competency's name, when, what, how much of what."""

    competency: str
    on: dt.date
    result: str
    figure: float
    unit: str


@dataclass(frozen=True)
class LeftOutModule:
    """A module that was considered, and why it is not in the plan; `on_path` if the path has it."""

    title: str
    reason: str
    on_path: bool = False


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
        Those worth a sentence, the most relevant first, those on the path before others; the
        document shows all of these, or the first eight.
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
    left_out_count : int or None
        All modules of the catalogue that are not in the plan; None where that is not known.
    size_known : bool
        False where the effect model tells the order of modules only, so that every improvement is
        the experts' estimate.
    unserved : tuple of str
        Why the plan does little for some of the largest gaps; one sentence each.
    target_grade : str
        Name of the grade whose targets count, or empty where that is the person's own.
    outlook : tuple of str
        How far the person is from the target grade, and how far the plan leads; a sentence each.
    activities : tuple of ActivityRow
        What is no course.
    review_on : date or None
        When the whole plan is looked at again.
    progress : str
        How far it has come, in a sentence; empty before it is in force.
    evidence : tuple of EvidenceRow
        Results of work, by competency; no level rests on them.
    code : str
        By which a Word document that comes back is known: plan, version and digest.
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
    left_out_count: int | None = None
    size_known: bool = True
    unserved: tuple[str, ...] = ()
    target_grade: str = ""
    outlook: tuple[str, ...] = ()
    activities: tuple[ActivityRow, ...] = ()
    review_on: dt.date | None = None
    progress: str = ""
    evidence: tuple[EvidenceRow, ...] = ()
    code: str = ""
