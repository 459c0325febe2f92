"""What a plan says of practice, companions and success: in either language, at any time.

Plans are stored without the name of the line manager, which is put in for those who read them: the
name is not theirs to keep when the manager changes or is erased.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from recommender.results import ActivityKind, PlanActivity, PlanItem
from recommender.service.framework import Framework
from recommender.texts import say

# who sees the work every day accompanies a project and talks about what was read; what is to be
# watched or coached wants somebody who can do it
_BY_MANAGER: tuple[ActivityKind, ...] = ("project", "reading")


def describe_item(
    framework: Framework, item: PlanItem, lang: str, *, manager: str | None
) -> PlanItem:
    """Say what a planned module is for, what to practise, with whom, and how success is judged.

    `manager` is the name of the line manager: empty where it is not to be said, None where there is
    no manager. What has left the catalogue keeps its words, and so does an item of an earlier
    release, which has none.
    """
    module = framework.module_of.get(item.module_id)
    gaps = [part.competency_id for part in item.competencies]
    if item.review_on is None or module is None or not framework.competencies.keys() >= set(gaps):
        return item
    measure = module.assessment.in_language(lang) if module.assessment else ""
    if not measure and gaps:
        measure = say("practice.measure", lang, competency=_name(framework, gaps, lang))
    worded = {
        "on_the_job": _say_practice(framework, item.focus, lang) or item.on_the_job,
        "companion": _say_manager(manager, lang),
        "measure": measure,
    }
    return replace(
        item,
        goal=tuple(
            outcome.text.in_language(lang)
            for outcome in module.outcomes
            # one that only others need serves no gap: then all that it teaches
            if not gaps or any(_competency_of(target) in gaps for target in outcome.serves)
        ),
        # what a person has written stays as it was written, in the language it was written in
        **{name: text for name, text in worded.items() if name not in item.by_hand},
    )


def describe_activity(
    framework: Framework, activity: PlanActivity, lang: str, *, manager: str | None
) -> PlanActivity:
    """Say what a development activity is, unless a person has said it; see `describe_item`."""
    if activity.by_hand or activity.competency_id not in framework.competencies:
        return activity
    kind = activity.kind
    name = _name(framework, [activity.competency_id], lang)
    text = text_of(framework, activity.focus, lang)
    return replace(
        activity,
        title=say(f"activity.title.{kind}", lang, competency=name),
        goal=say(f"activity.goal.{kind}", lang, text=text) if text else activity.goal,
        companion=_say_manager(manager if kind in _BY_MANAGER else None, lang),
        measure=say(f"activity.measure.{kind}", lang),
    )


def find_taught(framework: Framework, module_id: str) -> frozenset[str]:
    """Return the indicators that the outcomes of a module serve."""
    outcomes = framework.module_of[module_id].outcomes
    return frozenset(target for outcome in outcomes for target in outcome.serves)


def _competency_of(target: str) -> str:
    # ``<competency>.<level>.<n>`` or ``<competency>.<subject>``
    return target.split(".", 1)[0]


def _name(framework: Framework, competency_ids: Collection[str], lang: str) -> str:
    names = [framework.competencies[name].name.in_language(lang) for name in competency_ids]
    return say("document.list_separator", lang).join(names)


def _say_manager(manager: str | None, lang: str) -> str:
    if manager is None:
        return say("companion.colleague", lang)
    if manager:
        return say("companion.manager-named", lang, name=manager)
    return say("companion.manager", lang)


def text_of(framework: Framework, focus: str, lang: str) -> str:
    """Return the indicator or the headline of a level; empty where it has left the catalogue."""
    competency_id, _, rest = focus.partition(".")
    competency = framework.competencies.get(competency_id)
    if competency is None or not rest:
        return ""
    level = competency.levels[int(rest[0]) - 1]
    texts = {each.id: each.text for each in level.indicators} | {
        f"{competency_id}.{level.level}": level.headline
    }
    # it stands in quotation marks within a sentence, which has a full stop of its own
    return texts[focus].in_language(lang).rstrip("。.") if focus in texts else ""


def _say_practice(framework: Framework, focus: str, lang: str) -> str:
    text = text_of(framework, focus, lang)
    if not text:
        return ""
    is_level = focus.count(".") == 1
    return say("practice.level" if is_level else "practice.indicator", lang, text=text)
