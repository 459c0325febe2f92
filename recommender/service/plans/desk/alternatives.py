"""What else a plan could have: courses beside it, or in place of one of its own."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from recommender.plan import gap_closed
from recommender.results import Plan, ServedCompetency
from recommender.service.permissions import Permission
from recommender.service.plans.choices import Choices, PlanRequest, find_choices
from recommender.service.plans.stored import find_head, load_plan, read_standing_of
from recommender.service.recommend.prospects import describe_served, find_prospects
from recommender.service.session import Session
from recommender.store import read_offerings
from recommender.store.people.seats import Offering, find_offerings


@dataclass(frozen=True)
class Alternative:
    """A course that is not in a plan.

    Parameters
    ----------
    module_id : str
        Which course.
    hours, cost : float
        Of it alone: hours and CNY.
    adds : float
        Weighted levels that it would close beside the rest of the plan.
    competencies : tuple of ServedCompetency
        The gaps that it serves, the main one first.
    needs : tuple of str
        Modules that it needs and the plan does not have.
    hours_over, cost_over : float
        By how much the plan would be past its limits with it, and without the course it stands in
        for.
    next_run : Offering or None
        Its next run with a free seat.
    """

    module_id: str
    hours: float
    cost: float
    adds: float
    competencies: tuple[ServedCompetency, ...]
    needs: tuple[str, ...]
    hours_over: float
    cost_over: float
    next_run: Offering | None


@dataclass(frozen=True)
class ItemChoices:
    """What one course of a plan could be instead, and when it is held.

    Parameters
    ----------
    swaps : list of Alternative
        Courses for one of the gaps that it serves, those that add most to the plan first.
    runs : list of Offering
        Coming runs of the course, the next first: those with a free seat, and the one planned.
    """

    swaps: list[Alternative]
    runs: list[Offering]


def list_additions(session: Session, plan_id: str) -> list[Alternative]:
    """List the courses that could be added to a plan, those that add most first.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    """
    _, candidates, _ = _look_around(session, plan_id, leave=None)
    return candidates


def list_item_choices(session: Session, plan_id: str, module_id: str) -> ItemChoices:
    """List what could stand in for a course of a plan, and its coming runs.

    Raises
    ------
    NotFoundError
        If there is no such plan within the principal's scope.
    """
    plan, candidates, runs = _look_around(session, plan_id, leave=module_id)
    served = {
        part.competency_id
        for item in plan.items
        if item.module_id == module_id
        for part in item.competencies
    }
    swaps = [
        each for each in candidates if served & {part.competency_id for part in each.competencies}
    ]
    return ItemChoices(swaps, runs)


def _look_around(
    session: Session, plan_id: str, *, leave: str | None
) -> tuple[Plan, list[Alternative], list[Offering]]:
    """Return a plan, what could be beside it without the course to `leave`, and runs of that."""
    service = session.service
    with session.reading() as connection:
        head = find_head(session, connection, plan_id, Permission.READ_PLANS)
        stored = load_plan(session, connection, head)
        standing = read_standing_of(session, connection, stored)
        day = max(stored.plan.as_of, session.today)
        coming = read_offerings(connection, as_of=day)
        first = coming.drop_duplicates("module_id")
        mine = set(coming["offering_id"][coming["module_id"] == leave])
        mine |= {
            item.offering_id
            for item in stored.plan.items
            if item.module_id == leave and item.offering_id
        }
        runs = find_offerings(connection, {*first["offering_id"], *mine})
    plan = stored.plan
    # a path that has left the catalogue frames nothing any more
    path = plan.path_id if plan.path_id in service.framework.path_of else None
    request = PlanRequest(hours_budget=math.inf, path=path)
    prospects = find_prospects(service.framework, standing, service.estimates)
    choices = find_choices(prospects, 0, request, lang=session.lang)
    next_runs = {run.module_id: run for name in first["offering_id"] if (run := runs.get(name))}
    chosen = [item.module_id for item in plan.items if item.module_id != leave]
    ordered = sorted((runs[name] for name in mine if name in runs), key=lambda run: run.starts_on)
    return plan, _weigh(choices, plan, chosen, leave, next_runs), ordered


def _weigh(
    choices: Choices,
    plan: Plan,
    chosen: Sequence[str],
    leave: str | None,
    next_runs: dict[str, Offering],
) -> list[Alternative]:
    problem, pool = choices.problem, choices.pool
    place = {name: i for i, name in enumerate(problem.module_ids)}
    kept = [place[name] for name in chosen if name in place]
    rest = [item for item in plan.items if item.module_id in chosen]
    spent = sum(item.hours for item in rest), sum(item.cost for item in rest)
    closed = gap_closed(problem, kept)
    others = [i for i, name in enumerate(problem.module_ids) if name not in (*chosen, leave)]
    served = describe_served(choices.prospects, choices.row, [pool[i] for i in others])
    alternatives: list[Alternative] = []
    for i, parts in zip(others, served, strict=True):
        needs = _needs(problem.prerequisites, i, kept)
        adds = gap_closed(problem, [*kept, i, *needs]) - closed
        hours, cost = (float(amount[[i, *needs]].sum()) for amount in (problem.hours, problem.cost))
        # what closes nothing beside the plan is no choice
        if parts and round(adds, 2) > 0:
            alternatives.append(
                Alternative(
                    module_id=choices.name(i),
                    hours=float(problem.hours[i]),
                    cost=float(problem.cost[i]),
                    adds=adds,
                    competencies=parts,
                    needs=tuple(choices.name(b) for b in needs),
                    hours_over=_past(spent[0] + hours, plan.hours_budget),
                    cost_over=_past(spent[1] + cost, plan.cost_budget),
                    next_run=next_runs.get(choices.name(i)),
                )
            )
    return sorted(alternatives, key=lambda each: (-each.adds, each.module_id))


def _needs(prerequisites: Sequence[Sequence[int]], module: int, kept: Collection[int]) -> list[int]:
    """Return what a module needs, directly or through others, that the plan does not have."""
    needed: dict[int, None] = {}
    waiting: list[Iterable[int]] = [prerequisites[module]]
    while waiting:
        for before in waiting.pop():
            if before not in kept and before not in needed:
                needed[before] = None
                waiting.append(prerequisites[before])
    return list(needed)


def _past(amount: float, limit: float | None) -> float:
    over = 0.0 if limit is None else amount - limit
    return over if round(over, 2) > 0 else 0.0
