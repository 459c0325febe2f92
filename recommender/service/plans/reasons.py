"""Why modules are in a plan, at their place, or left out: in either language, at any time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache

from recommender.candidates import READINESS_LEVELS
from recommender.plan import PlanChoice, PlanProblem, gap_closed_with
from recommender.results import ExcludedModule, Obstacle, Plan, PlanItem, UnservedPriority
from recommender.service.framework import Framework
from recommender.service.levels.distance import say_outlook
from recommender.service.plans.development.words import describe_activity, describe_item
from recommender.service.plans.learning_path import Frame
from recommender.service.recommend.wording import explain_served, say_cautions
from recommender.texts import all_texts, placeholders, say
from recommender.working_days import is_settled, is_working_day
from training_catalog import LearningPath

# what was spent elsewhere, by the reason why a priority is left
_ELSEWHERE = {
    "hours-elsewhere": "hours",
    "budget-elsewhere": "budget",
    "hours-and-budget-elsewhere": "both",
}
_NAMED = 2  # modules named in a sentence; the others are counted


def reword(framework: Framework, plan: Plan, lang: str, *, manager: str | None = None) -> Plan:
    """Say again, in a language, why modules are in a plan, at their place, or left out.

    Also what they and the development activities are for and who accompanies them; `manager` is
    the line manager's name, see `describe_item`.

    The catalogue may have changed since the plan was made. Sentences about competencies that have
    left it keep their words; a module that has left it is called by its id.
    """
    path = framework.path_of.get(plan.path_id or "")
    return replace(
        plan,
        items=tuple(
            replace(
                describe_item(framework, item, lang, manager=manager),
                stage=_name_stage(path, item.stage, lang),
                reasons=_reasons(framework, item, lang),
                order_reasons=_order_reasons(framework, plan, item, lang),
            )
            for item in plan.items
        ),
        left_out=tuple(_explain(item, lang) for item in plan.left_out),
        unserved=tuple(
            replace(
                item,
                explanation=_say_unserved(
                    framework, item, lang, by_hand=plan.objective == "by-hand"
                ),
            )
            for item in plan.unserved
        ),
        outlook=say_outlook(framework, plan, lang),
        activities=tuple(
            describe_activity(framework, each, lang, manager=manager) for each in plan.activities
        ),
    )


def name_module(framework: Framework, module_id: str, lang: str) -> str:
    """Return the title of a module; its id where it has left the catalogue."""
    module = framework.module_of.get(module_id)
    return module_id if module is None else module.title.in_language(lang)


def name_competency(framework: Framework, competency_id: str, lang: str) -> str:
    """Return the name of a competency; its id where it has left the catalogue."""
    competency = framework.competencies.get(competency_id)
    return competency_id if competency is None else competency.name.in_language(lang)


def say_left_out(reason: str, lang: str, *, adds: float | None = None) -> str:
    """Say why a module is not in a plan; `adds` is in weighted levels."""
    return _say_left_out(reason, lang, "" if adds is None else f"{adds:.2f}")


# kept: a plan leaves out nearly the whole catalogue, for a handful of reasons
@cache
def _say_left_out(reason: str, lang: str, adds: str) -> str:
    return say(_key(reason), lang, adds=adds)


def describe_not_chosen(
    problem: PlanProblem, choice: PlanChoice, *, lang: str, by_hand: bool = False
) -> list[ExcludedModule]:
    """Say of every module that could have been chosen why it was not, the most useful first.

    Where a person chose `by_hand`, nothing is said of better uses of hours and money.
    """
    chosen = set(choice.order)
    others = [i for i in range(len(problem.module_ids)) if i not in chosen]
    hours_left = problem.hours_budget - sum(problem.hours[i] for i in chosen)
    cost_left = problem.cost_budget - sum(problem.cost[i] for i in chosen)
    near: list[tuple[float, ExcludedModule]] = []
    # beside the whole plan: what one would add alone says nothing about leaving it out
    with_each = gap_closed_with(problem, choice.order, others)
    for i, closed in zip(others, with_each, strict=True):
        adds = closed - choice.expected_gap_closed
        if adds <= problem.hour_price * problem.hours[i]:
            reason = "adds-nothing"
        elif problem.hours[i] > hours_left:
            reason = "past-hours" if by_hand else "over-hours"
        elif problem.cost[i] > cost_left:
            reason = "past-budget" if by_hand else "over-budget"
        else:
            # it is worth its hours and would fit, so the best plan can only lack it because of
            # the modules that it needs first
            reason = "not-taken" if by_hand else "prerequisite-too-long"
        text = say_left_out(reason, lang, adds=adds)
        near.append((-adds, ExcludedModule(problem.module_ids[i], reason, text, adds)))
    near.sort(key=lambda pair: (pair[0], pair[1].module_id))
    return [item for _, item in near]


def describe_ruled_out(
    framework: Framework,
    pool: Sequence[int],
    frame: Frame | None,
    excluded: Sequence[ExcludedModule],
    *,
    without: Collection[str],
    lang: str,
) -> list[ExcludedModule]:
    """Say of every module outside of `pool` why it could not be chosen.

    First come those that are unwanted (asked to be left `without`, or in need of such a module),
    then those that are no candidates (`excluded`), then those off the learning path; each by id.
    """
    in_pool = {framework.modules.ids[m] for m in pool}
    no_candidate = {item.module_id: item for item in excluded}
    unwanted: list[ExcludedModule] = []
    excluded_here: list[ExcludedModule] = []
    off_path: list[ExcludedModule] = []
    for name in sorted(framework.module_of.keys() - in_pool):
        # off the path is reason enough, but a wish of the reader's is answered as such
        if frame and name not in frame.path.module_ids and name not in without:
            text = say_left_out("outside-path", lang)
            off_path.append(ExcludedModule(name, "outside-path", text))
        elif name in no_candidate:
            excluded_here.append(no_candidate[name])
        else:
            reason = "not-wanted" if name in without else "needs-unwanted"
            unwanted.append(ExcludedModule(name, reason, say_left_out(reason, lang)))
    return [*unwanted, *excluded_here, *off_path]


def _key(reason: str) -> str:
    key = f"left-out.{reason}"
    return key if key in all_texts() else f"exclusion.{reason}"


@cache
def _can_say(reason: str, lang: str, *, has_figure: bool) -> bool:
    # plans of earlier releases may have a reason without a text now, or lack its figure
    text = all_texts().get(_key(reason))
    return text is not None and (has_figure or not placeholders(text[lang]))


def _explain(item: ExcludedModule, lang: str) -> ExcludedModule:
    if not _can_say(item.reason, lang, has_figure=item.adds is not None):
        return item
    explanation = say_left_out(item.reason, lang, adds=item.adds)
    # most are in the language asked for already, and there are hundreds of them
    return item if explanation == item.explanation else replace(item, explanation=explanation)


def _name_stage(path: LearningPath | None, name: str | None, lang: str) -> str | None:
    # a plan keeps the name of a stage in one language, so that is what the stage is found by
    for stage in path.stages if path else ():
        if name in (stage.name.zh_cn, stage.name.en):
            return stage.name.in_language(lang)
    return name


def _reasons(framework: Framework, item: PlanItem, lang: str) -> tuple[str, ...]:
    # the sentences need the names of all competencies, so they stay as they were
    if any(part.competency_id not in framework.competencies for part in item.competencies):
        return item.reasons
    served = (text for part in item.competencies for text in explain_served(framework, part, lang))
    return (*served, *say_cautions(item.cautions, lang))


def _order_reasons(framework: Framework, plan: Plan, item: PlanItem, lang: str) -> tuple[str, ...]:
    key = "reason.first" if item.order == 1 else "reason.next"
    # on a path the stages decide the places before the gain does
    if plan.path_id is not None:
        key = "reason.in-stage"
    if plan.in_turn:
        key = "reason.in-turn"
    if item.held_back:
        key = "reason.held-back"
    per_hour = f"{item.adds / item.hours:.3f}"
    waiting = _list(framework, item.held_back, lang)
    rate = say(key, lang, adds=f"{item.adds:.2f}", per_hour=per_hour, waiting=waiting)
    return (*say_place(framework, item, lang), rate)


def say_place(framework: Framework, item: PlanItem, lang: str) -> tuple[str, ...]:
    """Say what an item has to come before, and where it falls on a day off."""
    reasons: list[str] = []
    if item.needed_by:
        reasons.append(
            say("reason.prerequisite", lang, modules=_list(framework, item.needed_by, lang))
        )
    if item.lower_step_of:
        reasons.append(
            say("reason.lower-step", lang, modules=_list(framework, item.lower_step_of, lang))
        )
    return (*reasons, *_days_off(framework, item, lang))


def _list(framework: Framework, module_ids: Sequence[str], lang: str) -> str:
    titles = [name_module(framework, name, lang) for name in module_ids]
    return say("document.list_separator", lang).join(titles)


def _say_unserved(framework: Framework, item: UnservedPriority, lang: str, *, by_hand: bool) -> str:
    """Say in one sentence what a plan leaves of a gap, and why."""
    opening = say(
        "unserved.part" if round(item.closes, 2) > 0 else "unserved.nothing",
        lang,
        competency=name_competency(framework, item.competency_id, lang),
        gap=f"{item.gap:.2f}",
        closes=f"{item.closes:.2f}",
    )
    because = say_because(framework, item, lang, by_hand=by_hand)
    return say("unserved.sentence", lang, opening=opening, because=because)


def say_because(framework: Framework, item: UnservedPriority, lang: str, *, by_hand: bool) -> str:
    """Say why a gap is left, without naming the gap; without a full stop."""
    if item.module_id is None:
        reasons = [_say_obstacle(framework, item, each, lang) for each in item.obstacles]
        if item.reason == "all-taken":
            reasons.insert(0, say("unserved.all-taken", lang))
        elif not reasons:
            levels = {"level": f"{item.level:.2f}", "target": f"{item.level + item.gap:.2f}"}
            reasons.append(say("unserved.no-candidate", lang, **levels))
    else:
        reasons = [_say_addition(framework, item, lang, by_hand=by_hand)]
    return say("document.separator", lang).join(reasons)


def _say_addition(framework: Framework, item: UnservedPriority, lang: str, *, by_hand: bool) -> str:
    course = say("unserved.course", lang, title=name_module(framework, item.module_id or "", lang))
    key = f"unserved.{item.reason}"
    if item.reason == "effect-too-small" and f"{item.adds:.2f}" == "0.00":
        key = "unserved.no-effect"
    elif item.needs:
        needs = _name_some(framework, item.needs, lang)
        course = say("unserved.course-with", lang, course=course, needs=needs)
    text = say(
        key,
        lang,
        course=course,
        adds=f"{item.adds or 0.0:.2f}",
        hours=f"{item.hours or 0.0:g}",
        hours_over=f"{item.hours_over:g}",
        cost_over=f"{item.cost_over:,.0f}",
    )
    if item.reason not in _ELSEWHERE:
        return text
    # nobody weighed effects where a person chose
    spent = say(
        f"unserved.spent-{'by-hand' if by_hand else 'better'}-{_ELSEWHERE[item.reason]}", lang
    )
    return say("document.separator", lang).join([spent, text])


def _say_obstacle(
    framework: Framework, item: UnservedPriority, obstacle: Obstacle, lang: str
) -> str:
    start = obstacle.from_level or 0.0
    return say(
        f"unserved.obstacle.{obstacle.reason}",
        lang,
        courses=_name_some(framework, obstacle.module_ids, lang),
        needed=_name_some(framework, obstacle.needed, lang),
        level=f"{item.level:.2f}",
        start=f"{start:g}",
        ready=f"{start - READINESS_LEVELS:g}",
    )


def _name_some(framework: Framework, module_ids: Sequence[str], lang: str) -> str:
    """Name the first modules of a list and count the others."""
    named = [
        say("unserved.course", lang, title=name_module(framework, name, lang))
        for name in module_ids[:_NAMED]
    ]
    text = say("document.list_separator", lang).join(named)
    more = len(module_ids) - len(named)
    if not more:
        return text
    key = "unserved.and-one-more" if more == 1 else "unserved.and-more"
    return say(key, lang, courses=text, more=more)


def _days_off(framework: Framework, item: PlanItem, lang: str) -> list[str]:
    """Say where a run or a person has put the first or last day on a day off."""
    country = framework.catalog.settings.country
    days = dict.fromkeys(day for day in (item.starts_on, item.ends_on) if day)
    return [
        say("reason.day-off", lang, day=day.isoformat())
        if is_settled(day.year, country)
        else say("reason.day-off-unsettled", lang, day=day.isoformat(), year=day.year)
        for day in days
        if not is_working_day(day, country)
    ]
