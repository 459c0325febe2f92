"""How far a person is from a grade, and how far a plan leads there, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from recommender.results import CompetencyGap, Gaps, Plan
from recommender.service.framework import Framework
from recommender.texts import say

_FURTHEST = 3
# what is less would be told as 0.00 levels
_LEAST_TOLD = 0.005


def word_gaps(framework: Framework, gaps: Gaps, lang: str) -> Gaps:
    """Return gaps with their headline in a language, where they are against a target grade."""
    headline = None if gaps.target_grade is None else say_distance(framework, gaps, lang)
    return replace(gaps, headline=headline)


def say_distance(framework: Framework, gaps: Gaps, lang: str) -> str:
    """Say how many of the assessed competencies meet their targets, and which are furthest off."""
    grade = name_grade(framework, gaps.target_grade or gaps.grade, lang)
    assessed = [item for item in gaps.competencies if item.gap is not None]
    if not assessed:
        sentences = [say("distance.unassessed", lang, grade=grade)]
    else:
        short = list_short(gaps)
        sentences = [
            say(
                "distance.met",
                lang,
                assessed=len(assessed),
                met=len(assessed) - len(short),
                grade=grade,
            )
        ]
        if short:
            listed = _list_gaps(
                framework, [(item.competency_id, item.gap or 0) for item in short[:_FURTHEST]], lang
            )
            sentences.append(say("distance.furthest", lang, competencies=listed))
    to_assess = len(gaps.competencies) - len(assessed)
    if assessed and to_assess:
        sentences.append(say("distance.to-assess", lang, count=to_assess))
    return say("document.separator", lang).join(sentences)


def say_outlook(framework: Framework, plan: Plan, lang: str) -> str | None:
    """Say how far a plan leads to its targets; only of one with a target grade or the shortest."""
    is_shortest = plan.objective == "shortest"
    if plan.target_grade is None and not is_shortest:
        return None
    grade = (
        say("distance.own-grade", lang)
        if plan.target_grade is None
        else name_grade(framework, plan.target_grade, lang)
    )
    sentences: list[str] = []
    if is_shortest:
        sentences.append(say("outlook.shortest", lang, hours=f"{plan.total_hours:g}"))
    left = [
        (item.competency_id, item.remaining)
        for item in plan.remaining
        if item.remaining >= _LEAST_TOLD
    ]
    if left:
        # the shortest plan tells all that even it cannot do; of others only the most is news
        named = left if is_shortest else left[:_FURTHEST]
        key = "outlook.not-reached" if len(named) == len(left) else "outlook.not-reached-among"
        names = _list_gaps(framework, named, lang)
        sentences.append(say(key, lang, grade=grade, competencies=names, count=len(left)))
    elif len(plan.assess_first) < len(framework.competency_ids):
        sentences.append(say("outlook.reached", lang, grade=grade))
    return say("document.separator", lang).join(sentences) or None


def name_grade(framework: Framework, grade: str, lang: str) -> str:
    """Return the name of a grade; its id where it has left the catalogue."""
    names = {each.id: each.name.in_language(lang) for each in framework.catalog.grades}
    return names.get(grade, grade)


def _list_gaps(framework: Framework, gaps: Sequence[tuple[str, float]], lang: str) -> str:
    known = {each.id: each.name.in_language(lang) for each in framework.catalog.competencies}
    return say("document.list_separator", lang).join(
        say("distance.competency", lang, competency=known.get(name, name), gap=f"{gap:.2f}")
        for name, gap in gaps
    )


def list_short(gaps: Gaps) -> list[CompetencyGap]:
    """Return the competencies that are below their targets, the furthest first."""
    short = (item for item in gaps.competencies if item.standing == "gap")
    return sorted(short, key=_by_distance)


def _by_distance(item: CompetencyGap) -> tuple[float, float]:
    # sorted is stable: what ties in both stays in framework order
    return -(item.gap or 0), -item.weight
