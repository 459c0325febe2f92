"""A plan that somebody else has changed meanwhile: both versions, and what was typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Response

from api.admission import Call
from api.pages.plans.view import Names, when
from api.pages.rendering import render
from recommender.documents.figures import day
from recommender.results import Plan
from recommender.service.plans.reading import read_plan, read_plan_versions

# more changes than these have not been made while somebody typed
_CHANGES = 50


@dataclass(frozen=True)
class Typed:
    """A field of a form, to be shown again where the form could not be handled.

    Parameters
    ----------
    name, value : str
        As they were sent.
    label : str
        Key of what it is called; empty for what is not typed, such as a button.
    kind : str
        As `components.html.j2` names the kinds of fields.
    """

    name: str
    value: str
    label: str = ""
    kind: str = "text"


def show_stale(
    call: Call, plan_id: str, *, seen: int, present: int, typed: Sequence[Typed]
) -> Response:
    """Show the plan as it was seen beside the plan as it is, and the form to be sent again.

    Parameters
    ----------
    call : Call
        The request that came too late.
    plan_id : str
        Which plan.
    seen, present : int
        The version that the visitor saw, and the one that there is.
    typed : sequence of Typed
        What the form had; nothing of it is lost.
    """
    before = read_plan(call.session, plan_id, version=seen)
    after = read_plan(call.session, plan_id, version=present)
    meanwhile = read_plan_versions(call.session, plan_id, after=seen, limit=_CHANGES)
    return render(
        call,
        "plans/stale.html.j2",
        status=412,
        plan_id=plan_id,
        action=call.request.url.path,
        before=before,
        after=after,
        rows=_compare(call, before.plan, after.plan),
        meanwhile=meanwhile,
        names=Names(call),
        typed=typed,
    )


def _compare(call: Call, before: Plan, after: Plan) -> list[dict[str, Any]]:
    """Return what stands in either version, with its time in both; what differs is marked."""
    names = Names(call)
    old = {item.module_id: when(item, call.lang, day) for item in before.items}
    new = {item.module_id: when(item, call.lang, day) for item in after.items}
    rows = [(names.course(name), old.get(name), new.get(name)) for name in {**new, **old}]
    old = {each.activity_id: each for each in before.activities}
    new = {each.activity_id: each for each in after.activities}
    for name, each in {**old, **new}.items():
        was, is_now = old.get(name), new.get(name)
        rows.append(
            (
                each.title,
                None if was is None else day(was.review_on),
                None if is_now is None else day(is_now.review_on),
            )
        )
    return [
        {"title": title, "before": was, "after": is_now, "differs": was != is_now}
        for title, was, is_now in rows
    ]
