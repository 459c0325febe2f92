"""The plans of a unit or a team: whom they wait for, and when they are looked at again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import org_path
from recommender.store.plans.overview import (
    PlanFilter,
    PlanSummary,
    count_plans,
    list_summaries,
)

__all__ = ["PlanFilter", "PlanOverview", "PlanSummary", "overview_plans"]


@dataclass(frozen=True)
class PlanOverview:
    """One page of the plans that are wanted, and how many there are in all."""

    plans: list[PlanSummary]
    count: int


def overview_plans(session: Session, wanted: PlanFilter, *, skip: int, limit: int) -> PlanOverview:
    """Return one page of the plans within the principal's scope.

    Parameters
    ----------
    session : Session
        Who asks; needs `Permission.READ_PLANS`.
    wanted : PlanFilter
        Which plans; the unit as a person would write it.
    skip, limit : int
        How many to leave out before the page, and how many it has at most.

    Returns
    -------
    PlanOverview
        The newest plans first; with a day by which they are due, what is due first.
    """
    session.need(Permission.READ_PLANS)
    if wanted.org_unit is not None:
        wanted = replace(wanted, org_unit=org_path(wanted.org_unit))
    with session.reading() as connection:
        count = count_plans(connection, session.who.scope, wanted)
        plans = list_summaries(connection, session.who.scope, wanted, skip=skip, limit=limit)
    session.saw(plan.head.ref for plan in plans)
    return PlanOverview(plans, count)
