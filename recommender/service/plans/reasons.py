"""The sentences of a plan, made out of its codes and figures: in either language, at any time."""

from __future__ import annotations

from dataclasses import replace

from recommender.results import ExcludedModule, Plan, PlanItem
from recommender.service.framework import Framework
from recommender.service.recommend.recommendations import explain_served
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
