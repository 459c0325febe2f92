"""What one person's plan can be chosen from, and what it is asked to keep to."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from recommender.candidates import CandidateArrays
from recommender.errors import ConflictError, NotFoundError
from recommender.gaps import GapArrays
from recommender.plan import PlanProblem
from recommender.ranking import predict_improvement
from recommender.results import ExcludedModule
from recommender.service.estimates import Estimates
from recommender.service.framework import Framework
from recommender.service.levels.standing import Standing
from recommender.service.plans.learning_path import Frame, find_path, frame_plan, refuse_other_grade
from recommender.service.plans.left_out import describe_ruled_out
from recommender.service.recommend.recommendations import (
    compare_with_targets,
    describe_exclusions,
    match_modules,
)


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
    framework : Framework
        The catalogue.
    standing : Standing
        Where people stand.
    estimates : Estimates
        What each module is expected to add.
    row : int
        Whose plan; a row of `standing.people`.
    gaps : GapArrays
        The gaps of the people in the standing.
    candidates : CandidateArrays
        Which modules are candidates for them.
    pool : list of int
        The modules that may be planned, by id; those of the problem, in its order.
    frame : Frame or None
        The learning path, if there is one.
    ruled_out : list of ExcludedModule
        All other modules, each with its reason.
    problem : PlanProblem
        What is to be solved.
    """

    framework: Framework
    standing: Standing
    estimates: Estimates
    row: int
    gaps: GapArrays
    candidates: CandidateArrays
    pool: list[int]
    frame: Frame | None
    ruled_out: list[ExcludedModule]
    problem: PlanProblem

    def name(self, i: int) -> str:
        """Return the id of the module at a position of the problem."""
        return self.problem.module_ids[i]


def find_choices(
    framework: Framework,
    standing: Standing,
    estimates: Estimates,
    row: int,
    request: PlanRequest,
    *,
    lang: str,
) -> Choices:
    """Find what one person's plan can be chosen from.

    Parameters
    ----------
    framework : Framework
        The catalogue.
    standing : Standing
        Where people stand.
    estimates : Estimates
        What each module is expected to add.
    row : int
        Whose plan; a row of `standing.people`.
    request : PlanRequest
        Budgets and wishes.
    lang : str
        Language of the reasons.

    Returns
    -------
    Choices
        The problem to solve, and what stays outside of it.

    Raises
    ------
    NotFoundError
        If a named module or learning path is not in the catalogue.
    ConflictError
        If a module that must be in is no candidate, not on the path or left out too, or the
        path is for other grades.
    """
    path = None if request.path is None else find_path(framework, request.path)
    person = standing.people.iloc[row]
    if path:
        refuse_other_grade(framework, path, person["person_id"], person["grade"])
    check_names(framework, request)
    gaps = compare_with_targets(standing)
    candidates = match_modules(framework, standing, modalities=request.modalities)
    excluded = describe_exclusions(
        framework, standing, candidates, row, modalities=request.modalities, lang=lang
    )
    hours = request.hours_budget
    if hours is None:
        hours = framework.catalog.settings.plan_hours_budget
    pool = _plannable(framework, standing, candidates, row, request)
    frame = None
    if path:
        frame = frame_plan(
            framework.modules, path, plannable=pool, completed=standing.completed[row]
        )
        pool = [module for module in pool if module in frame.stages]
    ruled_out = describe_ruled_out(
        framework, pool, frame, excluded, without=request.without, lang=lang
    )
    _check_wanted(request, ruled_out)
    problem = _pose(
        framework, standing, gaps, candidates, estimates, row, pool, request, hours, frame
    )
    return Choices(
        framework, standing, estimates, row, gaps, candidates, pool, frame, ruled_out, problem
    )


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


def _plannable(
    framework: Framework,
    standing: Standing,
    candidates: CandidateArrays,
    row: int,
    request: PlanRequest,
) -> list[int]:
    """Return the candidates without the unwanted and those that need them, by module id."""
    modules = framework.modules
    open_ = candidates.candidate[row].copy()
    for name in request.without:
        open_[modules.ids.index(name)] = False
    for module in modules.prerequisite_order:
        for before in modules.prerequisites[module]:
            open_[module] &= open_[before] or standing.completed[row, before]
    return sorted(np.flatnonzero(open_).tolist(), key=lambda m: modules.ids[m])


def _pose(
    framework: Framework,
    standing: Standing,
    gaps: GapArrays,
    candidates: CandidateArrays,
    estimates: Estimates,
    row: int,
    pool: list[int],
    request: PlanRequest,
    hours_budget: float,
    frame: Frame | None,
) -> PlanProblem:
    modules = framework.modules
    position = {module: i for i, module in enumerate(pool)}
    improvement = np.zeros((len(pool), len(framework.competency_ids)))
    pairs = np.flatnonzero(candidates.serves[row] & np.isin(modules.pair_module, pool))
    competency = modules.pair_competency[pairs]
    at = [position[module] for module in modules.pair_module[pairs]]
    improvement[at, competency] = predict_improvement(
        standing.levels.level[row, competency][None, :], estimates.coefficients[pairs]
    )[0]
    return PlanProblem(
        module_ids=tuple(modules.ids[m] for m in pool),
        hours=modules.hours[pool],
        cost=modules.cost[pool],
        improvement=improvement,
        gap=np.nan_to_num(gaps.gap[row], nan=0.0),
        weight=standing.weights[row],
        prerequisites=tuple(
            tuple(
                position[before]
                for before in modules.prerequisites[m]
                if not standing.completed[row, before]
            )
            for m in pool
        ),
        hour_price=framework.catalog.settings.hour_price,
        hours_budget=hours_budget,
        cost_budget=math.inf if request.cost_budget is None else request.cost_budget,
        must=frozenset(i for i, m in enumerate(pool) if modules.ids[m] in request.must),
        stages=tuple(frame.stages[m] for m in pool) if frame else (),
    )
