"""What one person's plan can be chosen from, and within which limits."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from recommender.arrays import IntArray
from recommender.candidates import require_prerequisites
from recommender.errors import ConflictError, NotFoundError
from recommender.plan import PlanChoice, PlanProblem, seek_shortest
from recommender.ranking import order_modules, predict_improvement
from recommender.results import ExcludedModule, Plan
from recommender.service.framework import Framework, find_path, require_target_grade
from recommender.service.plans.learning_path import Frame, frame_plan, refuse_other_grade
from recommender.service.plans.reasons import describe_ruled_out
from recommender.service.recommend.prospects import Prospects, describe_exclusions


@dataclass(frozen=True)
class PlanRequest:
    """The limits and wishes that a plan has to respect.

    Parameters
    ----------
    hours_budget : float or None
        Hours; no bound where infinite. Where None, the catalogue's default, but no bound for the
        shortest plan, or on a learning path, whose stages tell how long it takes.
    cost_budget : float or None
        CNY; no bound where None.
    must, without : tuple of str
        Modules that have to be in the plan, and modules that must not be.
    modalities : collection of str or None
        The allowed modalities; all where None.
    path : str or None
        Id of the learning path that frames the plan: it is chosen from the path's modules and
        what they need, and its stages come in their order.
    target_grade : str or None
        The grade whose targets the plan leads to; where None that of the path, if it names one,
        else the person's own.
    shortest : bool
        Whether to close as much as the candidates can, in the fewest hours; those that are not
        worth their hours even alone are left aside. Else every hour must be worth its price.
    """

    hours_budget: float | None = None
    cost_budget: float | None = None
    must: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    modalities: Collection[str] | None = None
    path: str | None = None
    target_grade: str | None = None
    shortest: bool = False


@dataclass(frozen=True)
class Choices:
    """What one person's plan is chosen from.

    Parameters
    ----------
    prospects, row : Prospects, int
        The candidates, and the row of the standing that the plan is for.
    pool : list of int
        Positions of the modules that may be planned, in the order of the problem: by id.
    frame : Frame or None
        The learning path, if there is one.
    ruled_out : list of ExcludedModule
        All other modules, each with its reason.
    problem : PlanProblem
        The problem to solve.
    """

    prospects: Prospects
    row: int
    pool: list[int]
    frame: Frame | None
    ruled_out: list[ExcludedModule]
    problem: PlanProblem

    def name(self, i: int) -> str:
        """Return the id of the module at a position of the problem."""
        return self.problem.module_ids[i]

    def stages_of(self, choice: PlanChoice) -> list[int]:
        """Return the stage of each chosen module, in order; empty where no path frames the plan."""
        return [self.problem.stages[i] for i in choice.order] if self.problem.stages else []


@dataclass
class Purse:
    """What is left of the money for many plans, in CNY; None where there is no bound."""

    left: float | None

    def limit(self, request: PlanRequest) -> PlanRequest:
        """Return a request that spends no more than what is left."""
        if self.left is None:
            return request
        own = request.cost_budget
        return replace(request, cost_budget=self.left if own is None else min(own, self.left))

    def refuse_nothing(self, request: PlanRequest, plan: Plan) -> None:
        """Refuse a plan that has no course for want of money.

        Raises
        ------
        ConflictError
            If it has none, and what is left was its limit.
        """
        limit = self.limit(request).cost_budget
        if not plan.items and self.left is not None and limit == self.left:
            raise ConflictError(
                "plan.money-gone", person_id=plan.person_id, left=f"{self.left:,.0f}"
            )

    def pay(self, plan: Plan) -> None:
        """Take out what a plan costs."""
        if self.left is not None:
            self.left = max(0.0, self.left - plan.total_cost)


def find_choices(prospects: Prospects, row: int, request: PlanRequest, *, lang: str) -> Choices:
    """Find what one person's plan can be chosen from.

    Raises
    ------
    NotFoundError
        If a named module or learning path is not in the catalogue.
    ConflictError
        If a module that must be in is no candidate, not on the path or left out too, or the
        path is for other grades.
    """
    framework, standing = prospects.framework, prospects.standing
    path = None if request.path is None else find_path(framework, request.path)
    if path:
        person = standing.people.iloc[row]
        refuse_other_grade(framework, path, person["person_id"], person["grade"])
    check_names(framework, request)
    pool = _plannable(prospects, row, request)
    # the frame is cut out of what can be planned anyway: a path makes no module a candidate
    frame = None
    if path:
        frame = frame_plan(
            framework.modules, path, plannable=pool, completed=standing.completed[row]
        )
        pool = [module for module in pool if module in frame.stages]
    ruled_out = describe_ruled_out(
        framework,
        pool,
        frame,
        describe_exclusions(prospects, row, lang=lang),
        without=request.without,
        lang=lang,
    )
    why = {item.module_id: item.explanation for item in ruled_out}
    for name in request.must:
        if name in why:
            raise ConflictError("plan.must-excluded", module_id=name, reason=why[name])
    problem = _pose(prospects, row, pool, request, frame)
    return Choices(prospects, row, pool, frame, ruled_out, problem)


def find_target_grade(framework: Framework, request: PlanRequest) -> str | None:
    """Return the target grade of a request, or else of the learning path that it names.

    Raises
    ------
    InputError
        If there is no such grade.
    NotFoundError
        If there is no such path.
    """
    require_target_grade(framework, request.target_grade, field="#/target_grade")
    if request.target_grade is None and request.path is not None:
        return find_path(framework, request.path).target_grade
    return request.target_grade


def check_names(framework: Framework, request: PlanRequest) -> None:
    """Check the modules and the grade that a request names; that does not depend on the person.

    Raises
    ------
    InputError
        If the target grade is not in the catalogue.
    NotFoundError
        If a named module is not in the catalogue.
    ConflictError
        If a module is both to be in and to be left out.
    """
    require_target_grade(framework, request.target_grade, field="#/target_grade")
    for name in (*request.must, *request.without):
        if name not in framework.module_of:
            raise NotFoundError("module.unknown", module_id=name)
    for name in request.must:
        if name in request.without:
            raise ConflictError("plan.must-and-without", module_id=name)


def _plannable(prospects: Prospects, row: int, request: PlanRequest) -> list[int]:
    """Return the candidates without the unwanted and those that need them, by module id."""
    modules = prospects.framework.modules
    person = slice(row, row + 1)
    # a copy: the candidates are those of everybody, and of the next request
    plannable = prospects.candidates.candidate[person].copy()
    plannable[:, [modules.ids.index(name) for name in request.without]] = False
    require_prerequisites(plannable, modules, prospects.standing.completed[person])
    # by id, because ties between plans are broken by it (DESIGN, section 4, "Plan")
    return sorted(np.flatnonzero(plannable[0]).tolist(), key=lambda m: modules.ids[m])


def _pose(
    prospects: Prospects, row: int, pool: list[int], request: PlanRequest, frame: Frame | None
) -> PlanProblem:
    """Put the choice into the terms of the core; positions are those in the pool."""
    framework, standing = prospects.framework, prospects.standing
    modules, settings = framework.modules, framework.catalog.settings
    position = {module: i for i, module in enumerate(pool)}
    improvement = np.zeros((len(pool), len(framework.competency_ids)))
    from_level = np.full_like(improvement, np.nan)
    pairs = np.flatnonzero(prospects.candidates.serves[row] & np.isin(modules.pair_module, pool))
    competency = modules.pair_competency[pairs]
    at = [position[module] for module in modules.pair_module[pairs]]
    improvement[at, competency] = predict_improvement(
        standing.levels.level[row, competency][None, :], prospects.estimates.table[pairs]
    )[0]
    from_level[at, competency] = modules.pair_from[pairs]
    hours = request.hours_budget
    if hours is None:
        unbounded = request.shortest or request.path is not None
        hours = math.inf if unbounded else settings.plan_hours_budget
    problem = PlanProblem(
        module_ids=tuple(modules.ids[m] for m in pool),
        hours=modules.hours[pool],
        cost=modules.cost[pool],
        improvement=improvement,
        # nothing is planned for a competency that has to be assessed first
        gap=np.nan_to_num(standing.gaps.gap[row], nan=0.0),
        weight=standing.weights[row],
        prerequisites=tuple(
            tuple(
                # one that is not completed is in the pool, or `m` would not be
                position[before]
                for before in modules.prerequisites[m]
                if not standing.completed[row, before]
            )
            for m in pool
        ),
        hour_price=settings.hour_price,
        hours_budget=hours,
        cost_budget=math.inf if request.cost_budget is None else request.cost_budget,
        must=frozenset(i for i, m in enumerate(pool) if modules.ids[m] in request.must),
        stages=tuple(frame.stages[m] for m in pool) if frame else (),
        places=_places(prospects, row, pool),
        from_level=from_level,
    )
    return seek_shortest(problem) if request.shortest else problem


def _places(prospects: Prospects, row: int, pool: list[int]) -> IntArray | None:
    """Return the place of each module in the model's order, where the model knows no more."""
    standing, order = prospects.standing, prospects.estimates.order
    if order is None:
        return None
    person = slice(row, row + 1)
    keys = order_modules(
        standing.levels.level[person],
        standing.targets[person],
        standing.weights[person],
        prospects.framework.modules,
        order,
    )[0, pool]
    # the pool is in the order of ids, which decides between equals
    places = np.empty(len(pool), dtype=np.int64)
    places[np.argsort(-keys, kind="stable")] = np.arange(len(pool))
    return places
