"""The answers to questions, as plain values ready for JSON (DESIGN, section 5)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import to_jsonable_python

Basis = Literal["measured", "pooled", "expert"]
# fewer participants than these make an estimate that nobody should build on yet
_FEW_CASES = 5
Standing = Literal["met", "near", "gap"]
ActivityKind = Literal["mentoring", "shadowing", "project", "reading"]


@dataclass(frozen=True)
class CompetencyGap:
    """Where a person stands in one competency; levels are None where to be assessed first.

    `disagreement`: two types of raters differ by more than one level, as far as the person may
    know; of few raters nothing is told. `standing` is what headlines count and name; the arithmetic
    goes by the `gap` itself, however small.
    """

    competency_id: str
    status: Literal["assessed", "assess-first"]
    level: float | None
    standard_error: float | None
    target: float
    gap: float | None
    weight: float
    confidence: float | None
    priority: float | None
    method: str | None
    assessed_on: dt.date | None
    disagreement: bool = False
    standing: Standing | None = None
    probability_met: float | None = None


@dataclass(frozen=True)
class IncompleteSitting:
    """A sitting of an exam that counts for nothing, as subjects are `missing`."""

    competency_id: str
    exam_level: int
    sat_on: dt.date
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Gaps:
    """A person's gaps, in framework order; against `target_grade` where one was asked for.

    `headline` says in a sentence how far the person is from it.
    """

    person_id: str
    as_of: dt.date
    grade: str
    profile_effective_on: dt.date
    competencies: tuple[CompetencyGap, ...]
    incomplete_sittings: tuple[IncompleteSitting, ...] = ()
    target_grade: str | None = None
    headline: str | None = None


@dataclass(frozen=True)
class ServedCompetency:
    """What a module is expected to do for one gap; the interval is of the true effect."""

    competency_id: str
    gap: float
    expected_improvement: float
    lower: float | None
    upper: float | None
    evidence_count: int
    basis: Basis


@dataclass(frozen=True)
class Recommendation:
    """A ranked module, with what it serves and why.

    `value` is what the ranking went by: the expected gap closed, or that by the hour or by the CNY;
    None where a module that costs nothing closes something, which is worth more than any price.
    """

    rank: int
    module_id: str
    expected_gap_closed: float
    hours: float
    cost: float
    competencies: tuple[ServedCompetency, ...]
    reasons: tuple[str, ...]
    value: float | None = None


@dataclass(frozen=True)
class ExcludedModule:
    """A module that is left out: the code of the reason, and the reason in words.

    `adds` is what it would add to the plan, in weighted levels, where the reason goes by that.
    """

    module_id: str
    reason: str
    explanation: str
    adds: float | None = None


@dataclass(frozen=True)
class Recommendations:
    """The answer to «which modules are worth this person's time».

    `further` counts the candidates that are not told of: those that rank lower, or take more hours
    or money than was asked for. Recommended, excluded and further ones are the whole catalogue.

    Where not `size_known` the model tells the order of modules only, and improvements are the
    experts' estimates.
    """

    person_id: str
    as_of: dt.date
    objective: str
    model_id: str | None
    catalog_digest: str
    recommendations: tuple[Recommendation, ...]
    excluded: tuple[ExcludedModule, ...]
    further: int = 0
    size_known: bool = True
    target_grade: str | None = None


@dataclass(frozen=True)
class PlanItem:
    """A planned module: why it is in the plan, and why at this place.

    `adds` is in weighted levels, given the items before it. `stage` is that of the learning path
    which frames the plan, in words. `needed_by` are the items that it has to come before. An item
    has the dates of its offering, or those that a person set (`fixed`; the last day is None where
    only the first was set). Any other one has a `proposed_month` ("YYYY-MM") in which it begins;
    `proposed_until` is the month in which it ends, None where that is the same.
    `lower_step_of` are later items that start higher in a competency both serve; `held_back` are
    those that would add more per hour here, but wait for a lower step.

    `goal` is what the module teaches towards the gaps served, `on_the_job` what to practise at
    work, `companion` who accompanies that, `measure` how success is judged, and `review_on` when
    it is looked at again; in plans of earlier releases they are empty. `focus` is what the practice
    is tied to: an indicator, or ``<competency>.<level>``. `cautions` are codes of what the history
    of the model cannot tell of this module. `wanted` tells that a person asked for the module, and
    `by_hand` names those of `on_the_job`, `companion`, `measure` and `review_on` that a person set.
    """

    order: int
    module_id: str
    stage: str | None
    hours: float
    cost: float
    adds: float
    starts_on: dt.date | None
    ends_on: dt.date | None
    offering_id: str | None
    competencies: tuple[ServedCompetency, ...]
    reasons: tuple[str, ...]
    order_reasons: tuple[str, ...]
    needed_by: tuple[str, ...] = ()
    fixed: bool = False
    lower_step_of: tuple[str, ...] = ()
    held_back: tuple[str, ...] = ()
    proposed_month: str | None = None
    proposed_until: str | None = None
    goal: tuple[str, ...] = ()
    on_the_job: str = ""
    companion: str = ""
    measure: str = ""
    review_on: dt.date | None = None
    focus: str = ""
    cautions: tuple[str, ...] = ()
    wanted: bool = False
    by_hand: tuple[str, ...] = ()


@dataclass(frozen=True)
class Obstacle:
    """Why some modules for a competency cannot be planned for a person: an exclusion's code.

    `from_level` is the lowest that modules for which the person is not ready start from, `needed`
    the modules that have to be completed first.
    """

    reason: str
    module_ids: tuple[str, ...]
    from_level: float | None = None
    needed: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnservedPriority:
    """One of the largest priorities that a plan closes by less than a third, and why.

    `closes` is what the items do for it, in levels. `module_id` is the best module for it that is
    not in the plan: it `adds` so many levels, and with what it `needs` first takes `hours`, of
    which `hours_over` and `cost_over` are past the budgets. `obstacles` are those of all others.
    """

    competency_id: str
    reason: str
    explanation: str
    level: float
    gap: float
    closes: float
    module_id: str | None = None
    adds: float | None = None
    needs: tuple[str, ...] = ()
    hours: float | None = None
    hours_over: float = 0.0
    cost_over: float = 0.0
    obstacles: tuple[Obstacle, ...] = ()


@dataclass(frozen=True)
class RemainingGap:
    """What a plan is not expected to close of a gap, in levels."""

    competency_id: str
    remaining: float


@dataclass(frozen=True)
class PlanActivity:
    """A development activity: an item of a plan that is no course, and takes none of its hours.

    `focus` is what a proposed one is tied to: an indicator, or ``<competency>.<level>``. One whose
    words a person set (`by_hand`) keeps them in the language they were written in.
    `carried_over_from` is the plan in which it was not done.
    """

    activity_id: str
    kind: ActivityKind
    competency_id: str
    title: str
    goal: str
    companion: str
    measure: str
    review_on: dt.date
    done_on: dt.date | None = None
    focus: str = ""
    by_hand: bool = False
    carried_over_from: str | None = None


@dataclass(frozen=True)
class Plan:
    """A person's development plan; `path_id` is the learning path that frames it.

    `target_grade` is the grade whose targets it leads to, None where it is the person's own.
    `remaining` are the gaps that it is not expected to close, the largest first; `outlook` says so
    in a sentence where it has a target grade or is the shortest.

    `optimality_gap` is by how many weighted levels another plan may be better at most: 0 where this
    one is proven to be the best, and for plans chosen by hand. `size_known` as in
    `Recommendations`. `unserved` are those of the three largest priorities that the items close by
    less than a third. `review_on` is when the whole plan is looked at again; None where there is
    nothing in it. `in_turn` tells that a person has set the order of the items: none begins before
    the one above it.
    """

    plan_id: str
    person_id: str
    as_of: dt.date
    status: str
    objective: str
    path_id: str | None
    hours_budget: float | None
    cost_budget: float | None
    hour_price: float
    items: tuple[PlanItem, ...]
    left_out: tuple[ExcludedModule, ...]
    assess_first: tuple[str, ...]
    total_hours: float
    total_cost: float
    expected_gap_closed: float
    model_id: str | None
    catalog_digest: str
    optimality_gap: float = 0.0
    size_known: bool = True
    unserved: tuple[UnservedPriority, ...] = ()
    target_grade: str | None = None
    remaining: tuple[RemainingGap, ...] = ()
    outlook: str | None = None
    activities: tuple[PlanActivity, ...] = ()
    review_on: dt.date | None = None
    in_turn: bool = False


def find_doubt(
    basis: Basis, lower: float | None, evidence_count: int
) -> Literal["not-certain", "few"] | None:
    """Say what speaks against building on an estimate of a model, if anything does."""
    if lower is not None and lower <= 0:
        return "not-certain"
    return "few" if basis == "measured" and evidence_count < _FEW_CASES else None


def to_json(result: Any) -> dict[str, Any]:
    """Turn a result into values that JSON knows: dates as ISO text, tuples as lists.

    Parameters
    ----------
    result : dataclass
        Any of this module's results.

    Returns
    -------
    dict
        Keys in the order of the fields.
    """
    # Here and not in the API: the command line, jobs and notebooks print the same JSON.
    return to_jsonable_python(result)
