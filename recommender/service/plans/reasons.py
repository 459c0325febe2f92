"""Why modules are in a plan, where they are, or are not: in either language, at any time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from recommender.plan import PlanChoice, PlanProblem, gap_closed
from recommender.results import ExcludedModule, Plan, PlanItem
from recommender.service.framework import Framework
from recommender.service.plans.learning_path import Frame
from recommender.service.recommend.wording import explain_served
from recommender.texts import all_texts, placeholders, say
from training_catalog import LearningPath


def reword(framework: Framework, plan: Plan, lang: str) -> Plan:
    """Say again, in a language, why modules are in a plan, where they are, or are not.

    Parameters
    ----------
    framework : Framework
        The catalogue, maybe not the one that the plan was made with.
    plan : Plan
        The plan.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    Plan
        The same in other words. What speaks of things that have left the catalogue keeps its
        words; a module that has left it is called by its id.
    """
    path = next((path for path in framework.catalog.paths if path.id == plan.path_id), None)
    return replace(
        plan,
        items=tuple(
            replace(
                item,
                stage=_name_stage(path, item.stage, lang),
                reasons=_reasons(framework, item, lang),
                order_reasons=_order_reasons(
                    framework, item, lang, framed=plan.path_id is not None
                ),
            )
            for item in plan.items
        ),
        left_out=tuple(
            replace(item, explanation=_explanation(item, lang)) for item in plan.left_out
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
    amount = "" if adds is None else f"{adds:.2f}"
    return say(_key(reason), lang, adds=amount)


def describe_not_chosen(
    problem: PlanProblem, choice: PlanChoice, *, lang: str, by_hand: bool = False
) -> list[ExcludedModule]:
    """Say of every module that could have been chosen why it was not.

    Parameters
    ----------
    problem : PlanProblem
        What the plan was chosen from.
    choice : PlanChoice
        The plan.
    lang : str
        Language of the reasons.
    by_hand : bool
        Whether a person chose, so that nothing is said of better uses of hours and money.

    Returns
    -------
    list of ExcludedModule
        Those that came nearest first.
    """
    chosen = set(choice.order)
    hours_left = problem.hours_budget - sum(problem.hours[i] for i in chosen)
    cost_left = problem.cost_budget - sum(problem.cost[i] for i in chosen)
    near: list[tuple[float, ExcludedModule]] = []
    for i, name in enumerate(problem.module_ids):
        if i in chosen:
            continue
        adds = gap_closed(problem, [*choice.order, i]) - choice.expected_gap_closed
        if adds <= problem.hour_price * problem.hours[i]:
            reason = "adds-nothing"
        elif problem.hours[i] > hours_left:
            reason = "past-hours" if by_hand else "over-hours"
        elif problem.cost[i] > cost_left:
            reason = "past-budget" if by_hand else "over-budget"
        else:
            reason = "not-taken" if by_hand else "prerequisite-too-long"
        text = say_left_out(reason, lang, adds=adds)
        near.append((-adds, ExcludedModule(name, reason, text, adds)))
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
    """Say of every module that could not be chosen why: it is unwanted, no candidate, off the path.

    Parameters
    ----------
    pool : sequence of int
        The modules that could be chosen.
    frame : Frame or None
        The learning path, if there is one. Of a module that it does not let in nothing else is
        said, unless it was asked to be left out.
    excluded : sequence of ExcludedModule
        Those that are no candidates.
    without : collection of str
        Those that were asked to be left out.
    lang : str
        Language of the reasons.

    Returns
    -------
    list of ExcludedModule
        The unwanted, then those that are no candidates, then those off the path; by id.
    """
    open_ = {framework.modules.ids[m] for m in pool}
    no_candidate = {item.module_id: item for item in excluded}
    unwanted: list[ExcludedModule] = []
    own_reason: list[ExcludedModule] = []
    off_path: list[ExcludedModule] = []
    for name in sorted(framework.module_of.keys() - open_):
        if frame and name not in frame.path.module_ids and name not in without:
            text = say_left_out("outside-path", lang)
            off_path.append(ExcludedModule(name, "outside-path", text))
        elif name in no_candidate:
            own_reason.append(no_candidate[name])
        else:
            reason = "not-wanted" if name in without else "needs-unwanted"
            unwanted.append(ExcludedModule(name, reason, say_left_out(reason, lang)))
    return [*unwanted, *own_reason, *off_path]


def _key(reason: str) -> str:
    key = f"left-out.{reason}"
    return key if key in all_texts() else f"exclusion.{reason}"


def _explanation(item: ExcludedModule, lang: str) -> str:
    text = all_texts().get(_key(item.reason))
    if text is None or (item.adds is None and placeholders(text[lang])):
        return item.explanation
    return say_left_out(item.reason, lang, adds=item.adds)


def _name_stage(path: LearningPath | None, name: str | None, lang: str) -> str | None:
    for stage in path.stages if path else ():
        if name in (stage.name.zh_cn, stage.name.en):
            return stage.name.in_language(lang)
    return name


def _reasons(framework: Framework, item: PlanItem, lang: str) -> tuple[str, ...]:
    if any(part.competency_id not in framework.competencies for part in item.competencies):
        return item.reasons
    return tuple(
        text for part in item.competencies for text in explain_served(framework, part, lang)
    )


def _order_reasons(
    framework: Framework, item: PlanItem, lang: str, *, framed: bool
) -> tuple[str, ...]:
    reasons: list[str] = []
    if item.needed_by:
        titles = [name_module(framework, name, lang) for name in item.needed_by]
        names = say("document.list_separator", lang).join(titles)
        reasons.append(say("reason.prerequisite", lang, modules=names))
    key = "reason.first" if item.order == 1 else "reason.next"
    if framed:
        key = "reason.in-stage"
    per_hour = f"{item.adds / item.hours:.3f}"
    reasons.append(say(key, lang, adds=f"{item.adds:.2f}", per_hour=per_hour))
    return tuple(reasons)
