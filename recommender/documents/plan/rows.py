"""The rows of a plan and what its appendix says of each: courses, and activities that are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recommender.documents.figures import (
    day,
    decimal,
    hours,
    known,
    money,
    say_month,
    sentences,
    signed,
)
from recommender.documents.plan.document import ActivityRow, PlanDocument, PlanItemRow, ServedGap
from recommender.documents.plan.lead import doubt
from recommender.texts import say

# characters in a row that surely fit on one page
_FITS = 600
_LABELS = {
    "place": "document.plan.place",
    "goal": "document.work.goal",
    "measure": "document.work.measure",
    "reason": "document.plan.reason",
    "adds": "document.plan.adds",
}


def plan_rows(document: PlanDocument, *, lang: str) -> list[dict[str, Any]]:
    """Return the rows of the plan: courses in their order, then what is no course.

    Parameters
    ----------
    document : PlanDocument
        The plan.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    list of dict
        Worded and formatted, for templates to arrange.
    """
    before = ["", *(item.stage for item in document.items)]
    courses = [
        # a stage is named where it begins
        _item(document, item, stage="" if item.stage == last else item.stage, lang=lang)
        for item, last in zip(document.items, before, strict=False)
    ]
    activities = [
        {
            "key": activity.key,
            "stage": "",
            "order": "",
            "title": activity.title,
            "about": say("document.dot", lang).join(_about(activity, lang)),
            "when": say("document.work.done", lang, on=day(activity.done_on))
            if activity.done_on
            else "",
            "serves": [
                {
                    "name": activity.competency,
                    "improvement": "",
                    "detail": say("document.plan.not_estimated", lang),
                }
            ],
            "on_the_job": activity.goal,
            "companion": activity.companion,
            "review_on": day(activity.review_on),
            "keep_whole": len(activity.title + activity.goal) <= _FITS,
        }
        for activity in document.activities
    ]
    return courses + activities


def _about(activity: ActivityRow, lang: str) -> list[str]:
    carried_over = say("document.work.carried_over", lang) if activity.carried_over else ""
    # a title in a person's own words may leave it open what kind of activity it is
    kind = "" if activity.kind in activity.title else activity.kind
    return [each for each in (kind, carried_over) if each]


def _item(document: PlanDocument, item: PlanItemRow, *, stage: str, lang: str) -> dict[str, Any]:
    about = [
        item.modality,
        say("document.plan.hours_of", lang, hours=hours(item.hours)),
        cost_text(item.cost, lang),
    ]
    return {
        "key": item.key,
        "stage": stage,
        "order": str(item.order),
        "title": item.title,
        "about": say("document.dot", lang).join(part for part in about if part),
        "when": _when(item, lang),
        "serves": [_served(document, served, lang=lang) for served in item.serves],
        "on_the_job": item.on_the_job,
        "companion": item.companion,
        "review_on": day(item.review_on),
        # far below what a page holds: a row that may not break but is too long runs off the page
        "keep_whole": len(item.serves) <= 10 and len(item.title + item.on_the_job) <= _FITS,
    }


def _when(item: PlanItemRow, lang: str) -> str:
    first, last = item.starts_on, item.ends_on or item.starts_on
    if first and last:
        if first == last:
            return day(first)
        # the year once, where it is the same
        ends = f"{last:%m-%d}" if first.year == last.year else day(last)
        return say("document.dates", lang, first=day(first), last=ends)
    proposed = say_month(item.proposed_month, item.proposed_until, lang)
    return proposed or say("document.plan.to_arrange", lang)


def plan_details(document: PlanDocument, *, lang: str) -> list[dict[str, Any]]:
    """Return what the appendix says of each row: what for, how it is judged, and why it is in.

    Parameters
    ----------
    document : PlanDocument
        The plan.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    list of dict
        Labelled sentences, in the order of `plan_rows`.
    """
    courses = [_details(item, lang=lang) for item in document.items]
    return courses + [_activity_details(activity, lang=lang) for activity in document.activities]


def cost_text(cost: float, lang: str) -> str:
    """Return an amount of money with its currency."""
    return say("document.money", lang, amount=money(cost))


def _details(item: PlanItemRow, *, lang: str) -> dict[str, Any]:
    facts = {
        "place": [item.place],
        "goal": item.goal,
        "measure": [item.measure],
        "reason": [sentences(item.reasons, lang=lang)],
        "adds": ["" if item.adds is None else decimal(item.adds, digits=2)],
    }
    return {"order": str(item.order), "title": item.title, "facts": _labelled(facts, lang)}


def _activity_details(activity: ActivityRow, *, lang: str) -> dict[str, Any]:
    facts = {"measure": [activity.measure]}
    return {"order": "", "title": activity.title, "facts": _labelled(facts, lang)}


def _labelled(facts: Mapping[str, Sequence[str]], lang: str) -> list[dict[str, Any]]:
    return [
        {"label": say(_LABELS[key], lang), "texts": [text for text in texts if text]}
        for key, texts in facts.items()
        if any(texts)
    ]


def _served(document: PlanDocument, served: ServedGap, *, lang: str) -> dict[str, str]:
    lower, upper = known(served.lower), known(served.upper)
    detail: list[str] = []
    if lower is not None and upper is not None and served.basis != "expert":
        detail.append(
            say(
                "document.interval",
                lang,
                lower=decimal(lower, digits=2),
                upper=decimal(upper, digits=2),
            )
        )
    detail += [_basis(document, served, lang), doubt(served, lang=lang)]
    return {
        "name": served.name,
        "improvement": signed(served.expected_improvement, digits=2),
        "detail": say("document.comma", lang).join(part for part in detail if part),
    }


def _basis(document: PlanDocument, served: ServedGap, lang: str) -> str:
    count = served.evidence_count
    if not document.size_known:
        return say("document.order_only.expert", lang, count=f"{count:,}")
    if served.basis == "measured":
        key = "measured_one" if count == 1 else "measured"
        return say(f"document.plan.{key}", lang, **({} if count == 1 else {"count": f"{count:,}"}))
    if served.basis == "pooled":
        if count > 0:
            return say("document.plan.pooled_count", lang, count=f"{count:,}")
        return say("document.plan.pooled", lang)
    return say("document.plan.expert", lang)
