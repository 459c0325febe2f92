"""The answers to questions, as plain values ready for JSON (DESIGN, section 5)."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any, Literal

Basis = Literal["measured", "pooled", "expert"]
ActivityKind = Literal["mentoring", "shadowing", "project", "reading"]


@dataclass(frozen=True)
class CompetencyGap:
    """Where a person stands in one competency; levels are None where to be assessed first.

    `disagreement`: two types of raters differ by more than one level, as far as the person may
    know; of few raters nothing is told.
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


@dataclass(frozen=True)
class IncompleteSitting:
    """A sitting of an exam that counts for nothing, as subjects are `missing`."""

    competency_id: str
    exam_level: int
    sat_on: dt.date
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Gaps:
    """A person's gaps, in framework order."""

    person_id: str
    as_of: dt.date
    grade: str
    profile_effective_on: dt.date
    competencies: tuple[CompetencyGap, ...]
    incomplete_sittings: tuple[IncompleteSitting, ...] = ()


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
    """A ranked module, with what it serves and why."""

    rank: int
    module_id: str
    expected_gap_closed: float
    hours: float
    cost: float
    competencies: tuple[ServedCompetency, ...]
    reasons: tuple[str, ...]


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
    """The answer to «which modules are worth this person's time»."""

    person_id: str
    as_of: dt.date
    objective: str
    model_id: str | None
    catalog_digest: str
    recommendations: tuple[Recommendation, ...]
    excluded: tuple[ExcludedModule, ...]


@dataclass(frozen=True)
class PlanItem:
    """A planned module: why it is in the plan, and why at this place.

    `adds` is in weighted levels, given the items before it. `stage` is that of the learning path
    which frames the plan, in words. `needed_by` are the items that it has to come before. Dates
    that are `fixed` were set by a person.

    `goal` is what the module teaches towards the gaps served, `on_the_job` what to practise at
    work, `companion` who accompanies that, `measure` how success is judged, and `review_on` when
    it is looked at again; in plans of earlier releases they are empty. `focus` is what the practice
    is tied to: an indicator, or ``<competency>.<level>``.
    """

    order: int
    module_id: str
    stage: str | None
    hours: float
    cost: float
    adds: float
    starts_on: dt.date
    ends_on: dt.date
    offering_id: str | None
    competencies: tuple[ServedCompetency, ...]
    reasons: tuple[str, ...]
    order_reasons: tuple[str, ...]
    needed_by: tuple[str, ...] = ()
    fixed: bool = False
    goal: tuple[str, ...] = ()
    on_the_job: str = ""
    companion: str = ""
    measure: str = ""
    review_on: dt.date | None = None
    focus: str = ""


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

    `optimality_gap` is by how many weighted levels another plan may be better at most: 0 where this
    one is proven to be the best, and for plans chosen by hand. `review_on` is when the whole plan
    is looked at again; None where there is nothing in it.
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
    activities: tuple[PlanActivity, ...] = ()
    review_on: dt.date | None = None


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
    plain: dict[str, Any] = _plain(asdict(result))
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value
