"""Plans: what to take, in which order, when, and why."""

from __future__ import annotations

import datetime as dt
import math
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from recommender.arrays import round_off
from recommender.plan import PlanChoice, PlanProblem, choose_plan
from recommender.results import ExcludedModule, Plan, PlanActivity, PlanItem, RemainingGap
from recommender.service.framework import Framework
from recommender.service.plans.choices import Choices, PlanRequest, find_choices
from recommender.service.plans.dates import Dates, schedule
from recommender.service.plans.development.activities import propose_activities, unnamed_manager
from recommender.service.plans.development.indicators import IndicatorPicker
from recommender.service.plans.development.review import last_review, review_day
from recommender.service.plans.development.words import find_taught
from recommender.service.plans.reasons import describe_not_chosen, reword
from recommender.service.plans.unserved import find_unserved
from recommender.service.recommend.prospects import Prospects, describe_served


def make_plan(
    prospects: Prospects,
    row: int,
    request: PlanRequest,
    *,
    runs: Mapping[str, Sequence[Dates]],
    lang: str,
    undone: Sequence[PlanActivity] = (),
) -> Plan:
    """Draft the plan of one person of a standing, and say why every other module is left out.

    `runs` are the coming offerings of each module; `undone` are the activities to carry over from
    the person's previous plan.

    Raises
    ------
    NotFoundError
        If a named module or learning path is not in the catalogue.
    ConflictError
        If a module that must be in is no candidate, not on the path or left out too, the path
        is for other grades, or the budgets are too small for what must be in.
    """
    choices = find_choices(prospects, row, request, lang=lang)
    choice = choose_plan(choices.problem)
    dates = schedule(
        prospects.framework,
        [choices.name(i) for i in choice.order],
        runs,
        first_day=prospects.standing.as_of + dt.timedelta(days=1),
        stages=choices.stages_of(choice),
    )
    return compose_plan(
        choices,
        choice,
        # random and not counted: two processes never draw the same, and nobody guesses another's
        plan_id=f"plan-{secrets.token_hex(6)}",
        request=request,
        dates=dates,
        left_out=[*describe_not_chosen(choices.problem, choice, lang=lang), *choices.ruled_out],
        lang=lang,
        undone=undone,
        wanted=request.must,
    )


def compose_plan(
    choices: Choices,
    choice: PlanChoice,
    *,
    plan_id: str,
    request: PlanRequest,
    dates: Sequence[Dates],
    left_out: Sequence[ExcludedModule],
    lang: str,
    by_hand: bool = False,
    undone: Sequence[PlanActivity] = (),
    activities: Sequence[PlanActivity] | None = None,
    wanted: Collection[str] = (),
    in_turn: bool = False,
) -> Plan:
    """Put a draft together from the modules that were chosen, by the solver or `by_hand`.

    `dates` are those of the chosen modules in their order; `left_out` are all other modules.
    Development activities are proposed, with those `undone` so far, unless `activities` are given.
    `wanted` are the modules that a person asked for; `in_turn` tells that a person set the order.
    """
    framework, standing = choices.prospects.framework, choices.prospects.standing
    problem = choices.problem
    picker = IndicatorPicker(framework, standing, choices.row)
    items = tuple(
        replace(item, wanted=item.module_id in wanted)
        for item in _describe_items(choices, choice, dates, picker, lang)
    )
    if activities is None:
        activities = propose_activities(framework, standing, choices.row, picker, items, undone)
    levels = standing.levels.level[choices.row]
    hours, cost = problem.hours_budget, problem.cost_budget
    # no bound is None in a plan: JSON knows no infinity
    plan = Plan(
        plan_id=plan_id,
        person_id=standing.people["person_id"].iloc[choices.row],
        as_of=standing.as_of,
        status="draft",
        objective=_name_objective(request, by_hand=by_hand),
        path_id=request.path,
        hours_budget=None if math.isinf(hours) else hours,
        cost_budget=None if math.isinf(cost) else cost,
        hour_price=problem.hour_price,
        items=items,
        left_out=tuple(left_out),
        assess_first=tuple(
            name
            for name, level in zip(framework.competency_ids, levels, strict=True)
            if np.isnan(level)
        ),
        total_hours=float(sum(item.hours for item in items)),
        total_cost=float(sum(item.cost for item in items)),
        expected_gap_closed=choice.expected_gap_closed,
        model_id=choices.prospects.estimates.model_id,
        catalog_digest=framework.catalog.digest,
        optimality_gap=choice.optimality_gap,
        size_known=choices.prospects.estimates.size_known,
        unserved=find_unserved(choices, choice, left_out),
        target_grade=None
        if standing.target_grade is None
        else framework.grade_ids[standing.target_grade],
        remaining=_find_remaining(framework, problem, choice),
        activities=tuple(activities),
        review_on=last_review(items, activities),
        in_turn=in_turn,
    )
    # said in the one place that can also say it later, in the other language
    return reword(framework, plan, lang, manager=unnamed_manager(standing, choices.row))


def _name_objective(request: PlanRequest, *, by_hand: bool) -> str:
    if by_hand:
        return "by-hand"
    return "shortest" if request.shortest else "gap"


def _find_remaining(
    framework: Framework, problem: PlanProblem, choice: PlanChoice
) -> tuple[RemainingGap, ...]:
    """Return what the chosen modules leave of each gap, the largest first."""
    gained = problem.improvement[sorted(choice.order)].sum(axis=0)
    # rounded, for what closes a gap exactly may miss it by a hair
    left = round_off(np.maximum(0.0, problem.gap - gained))
    largest = np.argsort(-left, kind="stable")
    return tuple(
        RemainingGap(framework.competency_ids[k], float(left[k])) for k in largest if left[k] > 0
    )


def _describe_items(
    choices: Choices,
    choice: PlanChoice,
    dates: Sequence[Dates],
    picker: IndicatorPicker,
    lang: str,
) -> tuple[PlanItem, ...]:
    """Return the items of a plan; `reword` gives them their reasons."""
    framework, problem = choices.prospects.framework, choices.problem
    modules, start = framework.modules, problem.from_level
    in_order = [choices.pool[i] for i in choice.order]
    served = describe_served(choices.prospects, choices.row, in_order)
    return tuple(
        PlanItem(
            order=place,
            module_id=modules.ids[module],
            stage=choices.frame.name_stage(module, lang) if choices.frame else None,
            hours=float(modules.hours[module]),
            cost=float(modules.cost[module]),
            adds=adds,
            starts_on=when.starts_on,
            ends_on=when.ends_on,
            offering_id=when.offering_id,
            competencies=parts,
            reasons=(),
            order_reasons=(),
            needed_by=tuple(modules.ids[m] for m in in_order if module in modules.prerequisites[m]),
            fixed=when.fixed,
            lower_step_of=tuple(
                choices.name(later)
                for later in choice.order[place:]
                if start is not None and (start[i] < start[later]).any()
            ),
            held_back=tuple(choices.name(later) for later in held_back),
            proposed_month=when.proposed_month,
            proposed_until=when.proposed_until,
            review_on=review_day(when.last_day, framework.catalog.settings.country),
            # the main competency comes first
            focus=picker.pick(
                parts[0].competency_id, taught=find_taught(framework, modules.ids[module])
            )
            if parts
            else "",
            cautions=choices.prospects.estimates.cautions(modules.ids[module]),
        )
        for place, (i, module, parts, adds, held_back, when) in enumerate(
            zip(
                choice.order,
                in_order,
                served,
                choice.added,
                choice.held_back,
                dates,
                strict=True,
            ),
            start=1,
        )
    )
