"""Plans: what to take, in which order, when, and why."""

from __future__ import annotations

import datetime as dt
import math
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from recommender.candidates import CandidateArrays
from recommender.errors import ConflictError, NotFoundError
from recommender.gaps import GapArrays
from recommender.plan import PlanChoice, PlanProblem, choose_plan, gap_closed
from recommender.ranking import predict_improvement
from recommender.results import ExcludedModule, Plan, PlanItem
from recommender.service.answers import (
    compare_with_targets,
    describe_exclusions,
    describe_served,
    explain_served,
    match_modules,
)
from recommender.service.estimates import Estimates
from recommender.service.framework import Framework
from recommender.service.standing import Standing
from recommender.texts import say


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
    """

    hours_budget: float | None = None
    cost_budget: float | None = None
    must: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    modalities: Collection[str] | None = field(default=None)


def make_plan(
    framework: Framework,
    standing: Standing,
    estimates: Estimates,
    offerings: pd.DataFrame,
    row: int,
    request: PlanRequest,
    *,
    lang: str,
) -> Plan:
    """Make one person's plan.

    Parameters
    ----------
    framework : Framework
        The catalogue.
    standing : Standing
        Where people stand.
    estimates : Estimates
        What each module is expected to add.
    offerings : DataFrame
        Coming offerings with seats, as `recommender.store.read_offerings` returns them.
    row : int
        Whose plan; a row of `standing.people`.
    request : PlanRequest
        Budgets and wishes.
    lang : str
        Language of the reasons.

    Returns
    -------
    Plan
        A draft.

    Raises
    ------
    NotFoundError
        If a named module is not in the catalogue.
    ConflictError
        If a module that must be in is no candidate or left out too, or the budgets are too
        small for what must be in.
    """
    gaps = compare_with_targets(standing)
    candidates = match_modules(framework, standing, modalities=request.modalities)
    excluded = describe_exclusions(
        framework, standing, candidates, row, modalities=request.modalities, lang=lang
    )
    _check_wishes(framework, request, excluded)
    hours = request.hours_budget
    if hours is None:
        hours = framework.catalog.settings.plan_hours_budget
    pool = _plannable(framework, standing, candidates, row, request)
    problem = _pose(framework, standing, gaps, candidates, estimates, row, pool, request, hours)
    choice = choose_plan(problem)
    items = _describe_items(
        framework, standing, gaps, candidates, estimates, offerings, row, pool, choice, lang
    )
    levels = standing.levels.level[row]
    return Plan(
        plan_id=f"plan-{secrets.token_hex(6)}",
        person_id=standing.people["person_id"].iloc[row],
        as_of=standing.as_of,
        status="draft",
        objective="gap",
        hours_budget=None if math.isinf(hours) else hours,
        cost_budget=None if request.cost_budget == math.inf else request.cost_budget,
        hour_price=framework.catalog.settings.hour_price,
        items=items,
        left_out=_describe_left_out(framework, problem, choice, pool, request, excluded, lang),
        assess_first=tuple(
            name
            for name, level in zip(framework.competency_ids, levels, strict=True)
            if np.isnan(level)
        ),
        total_hours=float(sum(item.hours for item in items)),
        total_cost=float(sum(item.cost for item in items)),
        expected_gap_closed=choice.expected_gap_closed,
        model_id=estimates.model_id,
        catalog_digest=framework.catalog.digest,
    )


def _check_wishes(
    framework: Framework, request: PlanRequest, excluded: Sequence[ExcludedModule]
) -> None:
    why = {item.module_id: item.explanation for item in excluded}
    for name in (*request.must, *request.without):
        if name not in framework.module_of:
            raise NotFoundError("module.unknown", module_id=name)
    for name in request.must:
        if name in request.without:
            raise ConflictError("plan.must-and-without", module_id=name)
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
    )


def _describe_items(
    framework: Framework,
    standing: Standing,
    gaps: GapArrays,
    candidates: CandidateArrays,
    estimates: Estimates,
    offerings: pd.DataFrame,
    row: int,
    pool: list[int],
    choice: PlanChoice,
    lang: str,
) -> tuple[PlanItem, ...]:
    modules = framework.modules
    in_order = [pool[i] for i in choice.order]
    dates = _schedule(framework, in_order, offerings, standing.as_of)
    items: list[PlanItem] = []
    for place, (module, adds, when) in enumerate(
        zip(in_order, choice.added, dates, strict=True), start=1
    ):
        served = describe_served(framework, standing, gaps, candidates, estimates, row, module)
        needed_by = [m for m in in_order if module in modules.prerequisites[m]]
        order_reasons: list[str] = []
        if needed_by:
            titles = [framework.module_of[modules.ids[m]].title for m in needed_by]
            names = "、".join(t.zh_cn for t in titles)
            if lang == "en":
                names = ", ".join(t.en for t in titles)
            order_reasons.append(say("reason.prerequisite", lang, modules=names))
        key = "reason.first" if place == 1 else "reason.next"
        per_hour = adds / float(modules.hours[module])
        order_reasons.append(say(key, lang, adds=f"{adds:.2f}", per_hour=f"{per_hour:.3f}"))
        items.append(
            PlanItem(
                order=place,
                module_id=modules.ids[module],
                hours=float(modules.hours[module]),
                cost=float(modules.cost[module]),
                adds=adds,
                starts_on=when[0],
                ends_on=when[1],
                offering_id=when[2],
                competencies=served,
                reasons=tuple(
                    text for item in served for text in explain_served(framework, item, lang)
                ),
                order_reasons=tuple(order_reasons),
            )
        )
    return tuple(items)


def _schedule(
    framework: Framework, in_order: Sequence[int], offerings: pd.DataFrame, as_of: dt.date
) -> list[tuple[dt.date, dt.date, str | None]]:
    """Date the items one after the other: the next offering, or else the catalogue's pace."""
    pace = framework.catalog.settings.study_hours_per_week
    dates: list[tuple[dt.date, dt.date, str | None]] = []
    free_from = as_of + dt.timedelta(days=1)
    for module in in_order:
        name = framework.modules.ids[module]
        later = offerings[(offerings["module_id"] == name) & (offerings["starts_on"] >= free_from)]
        if len(later):
            run = later.iloc[0]
            dates.append((run["starts_on"], run["ends_on"], run["offering_id"]))
        else:
            weeks = math.ceil(float(framework.modules.hours[module]) / pace)
            dates.append((free_from, free_from + dt.timedelta(days=7 * weeks - 1), None))
        free_from = dates[-1][1] + dt.timedelta(days=1)
    return dates


def _describe_left_out(
    framework: Framework,
    problem: PlanProblem,
    choice: PlanChoice,
    pool: list[int],
    request: PlanRequest,
    excluded: Sequence[ExcludedModule],
    lang: str,
) -> tuple[ExcludedModule, ...]:
    """Say of every module that is not in the plan why; those that came nearest first."""
    modules = framework.modules
    chosen = set(choice.order)
    hours_left = problem.hours_budget - sum(problem.hours[i] for i in chosen)
    cost_left = problem.cost_budget - sum(problem.cost[i] for i in chosen)
    near: list[tuple[float, ExcludedModule]] = []
    for i, module in enumerate(pool):
        if i in chosen:
            continue
        adds = gap_closed(problem, [*choice.order, i]) - choice.expected_gap_closed
        if adds <= problem.hour_price * problem.hours[i]:
            reason = "adds-nothing"
        elif problem.hours[i] > hours_left:
            reason = "over-hours"
        elif problem.cost[i] > cost_left:
            reason = "over-budget"
        else:
            reason = "prerequisite-too-long"
        text = say(f"left-out.{reason}", lang, adds=f"{adds:.2f}")
        near.append((-adds, ExcludedModule(modules.ids[module], reason, text)))
    listed = {item.module_id for item in excluded} | {modules.ids[m] for m in pool}
    unwanted = [
        ExcludedModule(
            name,
            "not-wanted" if name in request.without else "needs-unwanted",
            say(
                "left-out.not-wanted" if name in request.without else "left-out.needs-unwanted",
                lang,
            ),
        )
        for name in sorted(modules.ids)
        if name not in listed
    ]
    near.sort(key=lambda pair: (pair[0], pair[1].module_id))
    return (*(item for _, item in near), *unwanted, *excluded)
