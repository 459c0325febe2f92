"""A plan tried out under other limits, beside the plan as it is."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.results import Plan
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts.one import simulate_plan
from recommender.service.plans.editing import PlanEdit
from recommender.service.plans.life import edit_plan
from recommender.service.plans.reading import read_plan
from recommender.service.plans.stored import StoredPlan
from recommender.service.session import Session

# reasons of modules that people did not want; what they did want is noted with each item
_UNWANTED = ("not-wanted", "modality-not-allowed")


@dataclass(frozen=True)
class TriedLimits:
    """What a plan would be under other limits.

    Parameters
    ----------
    present : StoredPlan
        The plan as it is.
    plan : Plan
        The plan as it would be; it is not kept.
    added, removed : tuple of str
        Modules that would come in and go out.
    """

    present: StoredPlan
    plan: Plan
    added: tuple[str, ...]
    removed: tuple[str, ...]


def try_limits(
    session: Session, plan_id: str, *, hours_budget: float, cost_budget: float | None
) -> TriedLimits:
    """Choose a plan anew under other limits; what people asked for or did not want stays so.

    Parameters
    ----------
    session : Session
        Who asks.
    plan_id : str
        Which plan.
    hours_budget : float
        Hours; infinite for no bound.
    cost_budget : float or None
        CNY; no bound where None.

    Returns
    -------
    TriedLimits
        Nothing of it is kept.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    ConflictError
        If nothing can be planned as asked; see `simulate_plan`.
    """
    present = read_plan(session, plan_id)
    before = present.plan
    request = PlanRequest(
        hours_budget=hours_budget,
        cost_budget=cost_budget,
        must=tuple(item.module_id for item in before.items if item.wanted),
        without=tuple(each.module_id for each in before.left_out if each.reason in _UNWANTED),
        path=before.path_id,
        target_grade=before.target_grade,
        shortest=before.objective == "shortest",
    )
    plan = simulate_plan(session, before.person_id, request, as_of=before.as_of).plan
    old, new = ([item.module_id for item in each.items] for each in (before, plan))
    return TriedLimits(
        present,
        plan,
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
    )


def apply_limits(
    session: Session,
    plan_id: str,
    *,
    hours_budget: float,
    cost_budget: float | None,
    seen: int | None,
) -> StoredPlan:
    """Change a plan to what `try_limits` answers; see `edit_plan` for what stands in the way."""
    tried = try_limits(session, plan_id, hours_budget=hours_budget, cost_budget=cost_budget)
    edit = PlanEdit(
        add=tried.added,
        remove=tried.removed,
        hours_budget=hours_budget,
        cost_budget=float("inf") if cost_budget is None else cost_budget,
    )
    return edit_plan(session, plan_id, edit, seen=seen)
