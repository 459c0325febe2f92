"""What one person's plan can be chosen from, and what it is asked to keep to."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from recommender.candidates import require_prerequisites
from recommender.errors import ConflictError, NotFoundError
from recommender.plan import PlanProblem
from recommender.ranking import predict_improvement
from recommender.results import ExcludedModule
from recommender.service.framework import Framework
from recommender.service.plans.learning_path import (
    Frame,
    find_path,
    frame_plan,
    refuse_other_grade,
)
from recommender.service.plans.reasons import describe_ruled_out
from recommender.service.recommend.prospects import Prospects, describe_exclusions


@dataclass(frozen=True)
class PlanRequest:
    """What a plan is asked to keep to.

    Parameters
    ----------
    hours_budget : float or None
        Hours; the catalogue's default where None, no bound where infinite.
    cost_budget : float or None
        CNY; no bound where None.
    must, without : tuple of str
        Modules that have to be in, and that must not.
    modalities : collection of str or None
        The allowed modalities; all where None.
    path : str or None
        Id of the learning path that frames the plan: only its modules and what they need are
        chosen from, and its stages come in their order.
    """

    hours_budget: float | None = None
    cost_budget: float | None = None
    must: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    modalities: Collection[str] | None = field(default=None)
    path: str | None = None


@dataclass(frozen=True)
class Choices:
    """What one person's plan is chosen from.

    Parameters
    ----------
    prospects : Prospects
        The candidates of the people that plans are made for.
    row : int
        Whose plan; a row of the standing.
    pool : list of int
        The modules that may be planned, by id; those of the problem, in its order.
    frame : Frame or None
        The learning path, if there is one.
    ruled_out : list of ExcludedModule
        All other modules, each with its reason.
    problem : PlanProblem
        What is to be solved.
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
    person = standing.people.iloc[row]
    if path:
        refuse_other_grade(framework, path, person["person_id"], person["grade"])
    check_names(framework, request)
    pool = _plannable(prospects, row, request)
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
    _check_wanted(request, ruled_out)
    problem = _pose(prospects, row, pool, request, frame)
    return Choices(prospects, row, pool, frame, ruled_out, problem)


def check_names(framework: Framework, request: PlanRequest) -> None:
    """Check what a request names, whoever the plan is for.

    Raises
    ------
    NotFoundError
        If a named module is not in the catalogue.
    ConflictError
        If a module is both to be in and to be left out.
    """
    for name in (*request.must, *request.without):
        if name not in framework.module_of:
            raise NotFoundError("module.unknown", module_id=name)
    for name in request.must:
        if name in request.without:
            raise ConflictError("plan.must-and-without", module_id=name)


def _check_wanted(request: PlanRequest, ruled_out: Sequence[ExcludedModule]) -> None:
    why = {item.module_id: item.explanation for item in ruled_out}
    for name in request.must:
        if name in why:
            raise ConflictError("plan.must-excluded", module_id=name, reason=why[name])


def _plannable(prospects: Prospects, row: int, request: PlanRequest) -> list[int]:
    """Return the candidates without the unwanted and those that need them, by module id."""
    modules = prospects.framework.modules
    person = slice(row, row + 1)
    open_ = prospects.candidates.candidate[person].copy()
    open_[:, [modules.ids.index(name) for name in request.without]] = False
    require_prerequisites(open_, modules, prospects.standing.completed[person])
    return sorted(np.flatnonzero(open_[0]).tolist(), key=lambda m: modules.ids[m])


def _pose(
    prospects: Prospects, row: int, pool: list[int], request: PlanRequest, frame: Frame | None
) -> PlanProblem:
    framework, standing = prospects.framework, prospects.standing
    modules, settings = framework.modules, framework.catalog.settings
    position = {module: i for i, module in enumerate(pool)}
    improvement = np.zeros((len(pool), len(framework.competency_ids)))
    pairs = np.flatnonzero(prospects.candidates.serves[row] & np.isin(modules.pair_module, pool))
    competency = modules.pair_competency[pairs]
    at = [position[module] for module in modules.pair_module[pairs]]
    improvement[at, competency] = predict_improvement(
        standing.levels.level[row, competency][None, :], prospects.estimates.coefficients[pairs]
    )[0]
    hours = request.hours_budget
    return PlanProblem(
        module_ids=tuple(modules.ids[m] for m in pool),
        hours=modules.hours[pool],
        cost=modules.cost[pool],
        improvement=improvement,
        gap=np.nan_to_num(standing.gaps.gap[row], nan=0.0),
        weight=standing.weights[row],
        prerequisites=tuple(
            tuple(
                position[before]
                for before in modules.prerequisites[m]
                if not standing.completed[row, before]
            )
            for m in pool
        ),
        hour_price=settings.hour_price,
        hours_budget=settings.plan_hours_budget if hours is None else hours,
        cost_budget=math.inf if request.cost_budget is None else request.cost_budget,
        must=frozenset(i for i, m in enumerate(pool) if modules.ids[m] in request.must),
        stages=tuple(frame.stages[m] for m in pool) if frame else (),
    )
