"""What makes a plan one to work with: goals, practice, companions, measures, reviews."""

from __future__ import annotations

from typing import Any

from recommender.documents.figures import day, sentences
from recommender.documents.plan.document import ActivityRow, PlanDocument, PlanItemRow
from recommender.texts import say


def work_parts(item: PlanItemRow | ActivityRow, lang: str) -> list[dict[str, str]]:
    """Return what makes a plan one to work with: each with what it is called."""
    goal = item.goal if isinstance(item, ActivityRow) else sentences(item.goal, lang=lang)
    said = {
        "goal": goal,
        "on_the_job": item.on_the_job if isinstance(item, PlanItemRow) else "",
        "companion": item.companion,
        "measure": item.measure,
        "review_on": day(item.review_on),
    }
    return [
        {"label": say(f"document.work.{name}", lang), "text": text}
        for name, text in said.items()
        if text
    ]


def activity_view(activity: ActivityRow, *, lang: str) -> dict[str, Any]:
    """Return what a development activity shows."""
    notes = [
        say("document.work.done", lang, on=day(activity.done_on)) if activity.done_on else "",
        say("document.work.carried_over", lang) if activity.carried_over else "",
    ]
    return {
        "title": activity.title,
        # a title in a person's own words may leave it open what kind of activity it is
        "notes": [
            note
            for note in ("" if activity.kind in activity.title else activity.kind, *notes)
            if note
        ],
        "work": work_parts(activity, lang),
    }


def review_line(document: PlanDocument, lang: str) -> str:
    """Say when the whole plan is looked at again, and how far it has come."""
    said = [
        say("document.work.whole", lang, on=day(document.review_on)) if document.review_on else "",
        document.progress,
    ]
    return sentences([text for text in said if text], lang=lang)
