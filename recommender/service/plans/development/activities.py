"""Development activities that a plan proposes, carries over from the plan before, or is given.

The rule of the proposals: of the person's five largest priorities those that no course of the plan
serves come first, then the others, each by priority; three at most, with those carried over. What
is examined is read up on. A behaviour of level 1 is watched (shadowing), one of level 2 is coached
(mentoring), and those of levels 3 and 4 are shown in a project.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recommender.errors import InputError
from recommender.results import ActivityKind, Plan, PlanActivity, PlanItem
from recommender.service.framework import Framework
from recommender.service.levels.standing import Standing
from recommender.service.plans.development.indicators import IndicatorPicker, next_level
from recommender.service.plans.development.review import last_review, review_day
from recommender.service.plans.development.words import describe_activity

_LARGEST_PRIORITIES = 5
_MOST_PROPOSED = 3
_KIND_FOR_LEVEL: tuple[ActivityKind, ...] = ("shadowing", "mentoring", "project", "project")


@dataclass(frozen=True)
class NewActivity:
    """A development activity to add; what is left out is worded from the catalogue."""

    kind: ActivityKind
    competency_id: str
    title: str | None = None
    goal: str | None = None
    companion: str | None = None
    measure: str | None = None
    review_on: dt.date | None = None


@dataclass(frozen=True)
class ActivityChange:
    """What is to be changed in a development activity; what is left out stays."""

    activity_id: str
    title: str | None = None
    goal: str | None = None
    companion: str | None = None
    measure: str | None = None
    review_on: dt.date | None = None


def propose_activities(
    framework: Framework,
    standing: Standing,
    row: int,
    picker: IndicatorPicker,
    items: Sequence[PlanItem],
    undone: Sequence[PlanActivity],
) -> tuple[PlanActivity, ...]:
    """Propose activities for one person of a standing; their words are put in by `reword`.

    `undone` are those of the person's previous plan: they come in again unless the gap is closed.
    """
    gap, weight = standing.gaps.gap[row], standing.weights[row]
    # a competency to be assessed first has no gap yet: nothing is proposed for it, nothing dropped
    priority = np.nan_to_num(weight * gap)
    # whoever is near a target is left in peace
    priority[gap < framework.catalog.settings.near_gap] = 0.0
    review_on = review_day(standing.as_of, framework.catalog.settings.country)
    position = {name: k for k, name in enumerate(framework.competency_ids)}
    activities = [
        replace(each, review_on=review_on)
        for each in undone
        if each.competency_id in position and not gap[position[each.competency_id]] <= 0
    ]
    largest = [
        framework.competency_ids[k]
        for k in np.lexsort((-weight, -priority))[:_LARGEST_PRIORITIES].tolist()
        if priority[k] > 0
    ]
    served = {part.competency_id for item in items for part in item.competencies}
    carried = {each.competency_id for each in activities}
    # sorted is stable: within the two groups the order stays that of the priorities
    for name in sorted(largest, key=lambda name: name in served):
        if len(activities) >= _MOST_PROPOSED:
            break
        if name not in carried:
            level = next_level(float(standing.levels.level[row, position[name]]))
            activities.append(
                _blank(_suited_kind(framework, name, level), name, picker.pick(name), review_on)
            )
    return tuple(
        replace(each, activity_id=f"a{number}") for number, each in enumerate(activities, start=1)
    )


def change_activities(
    framework: Framework,
    standing: Standing,
    plan: Plan,
    *,
    add: Sequence[NewActivity],
    change: Sequence[ActivityChange],
    remove: Sequence[str],
    order: Sequence[str],
    lang: str,
) -> Plan:
    """Return a plan with other activities; those that come in are the last.

    Raises
    ------
    InputError
        If the edit names an activity or a competency that does not exist, names an activity twice,
        has it looked at again before the day of the plan, or orders other activities than stay.
    """
    _check_named(plan, [c.activity_id for c in change], remove)
    changes = {each.activity_id: _given(each) for each in change}
    for place, each in enumerate(change):
        at = f"#/change_activities/{place}"
        if not changes[each.activity_id]:
            raise InputError("plan.activity-same", activity_id=each.activity_id, field=at)
        _check_review(plan, each.review_on, at)
    activities = [
        _put(each, changes.get(each.activity_id, {}))
        for each in plan.activities
        if each.activity_id not in remove
    ]
    if order:
        staying = {each.activity_id: each for each in activities}
        if sorted(order) != sorted(staying):
            raise InputError("plan.activity-order", field="#/activity_order")
        activities = [staying[name] for name in order]
    number = max((int(each.activity_id[1:]) for each in plan.activities), default=0)
    for place, each in enumerate(add):
        at = f"#/add_activities/{place}"
        if each.competency_id not in framework.competencies:
            raise InputError(
                "competency.unknown", competency_id=each.competency_id, field=f"{at}/competency_id"
            )
        _check_review(plan, each.review_on, at)
        blank = _blank(
            each.kind,
            each.competency_id,
            _focus(framework, standing, each),
            review_day(plan.as_of, framework.catalog.settings.country),
        )
        # worded first: what the edit says stands beside what the catalogue says
        worded = describe_activity(framework, blank, lang, manager=unnamed_manager(standing, 0))
        added = _put(worded, _given(each))
        activities.append(replace(added, activity_id=f"a{number + place + 1}"))
    return replace(
        plan, activities=tuple(activities), review_on=last_review(plan.items, activities)
    )


def carry_over(plan_id: str, activities: Sequence[PlanActivity]) -> tuple[PlanActivity, ...]:
    """Return the activities of a plan that were not done, as the next plan takes them over."""
    return tuple(
        replace(each, carried_over_from=plan_id) for each in activities if each.done_on is None
    )


def unnamed_manager(standing: Standing, row: int) -> str | None:
    """Return how a manager stands in a plan that is kept: without a name; None where none is."""
    return "" if isinstance(standing.people["manager_id"].iloc[row], str) else None


def _suited_kind(framework: Framework, competency_id: str, level: int) -> ActivityKind:
    if framework.competencies[competency_id].kind == "knowledge":
        return "reading"
    return _KIND_FOR_LEVEL[level - 1]


def _blank(kind: ActivityKind, competency_id: str, focus: str, review_on: dt.date) -> PlanActivity:
    return PlanActivity("", kind, competency_id, "", "", "", "", review_on, focus=focus)


def _focus(framework: Framework, standing: Standing, new: NewActivity) -> str:
    level = standing.levels.level[0, framework.competency_ids.index(new.competency_id)]
    # who was never assessed begins at the first level
    if np.isnan(level):
        return f"{new.competency_id}.1"
    return IndicatorPicker(framework, standing, 0).pick(new.competency_id)


def _given(entry: NewActivity | ActivityChange) -> dict[str, Any]:
    names = ("title", "goal", "companion", "measure", "review_on")
    return {name: value for name in names if (value := getattr(entry, name)) is not None}


def _put(activity: PlanActivity, given: Mapping[str, Any]) -> PlanActivity:
    by_hand = activity.by_hand or bool(given.keys() - {"review_on"})
    return replace(activity, **given, by_hand=by_hand)


def _check_named(plan: Plan, change: Sequence[str], remove: Sequence[str]) -> None:
    present = {each.activity_id for each in plan.activities}
    seen: set[str] = set()
    for field, names in (("change_activities", change), ("remove_activities", remove)):
        for place, name in enumerate(names):
            at = {"activity_id": name, "field": f"#/{field}/{place}"}
            if name not in present:
                raise InputError("plan.no-activity", **at)
            if name in seen:
                raise InputError("plan.activity-named-twice", **at)
            seen.add(name)


def _check_review(plan: Plan, review_on: dt.date | None, at: str) -> None:
    if review_on is not None and review_on < plan.as_of:
        raise InputError(
            "plan.review-too-early",
            review_on=review_on.isoformat(),
            as_of=plan.as_of.isoformat(),
            field=f"{at}/review_on",
        )
