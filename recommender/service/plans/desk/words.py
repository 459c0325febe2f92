"""What a person writes into a course of a plan: practice, companion, measure, day of review."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from recommender.errors import InputError
from recommender.results import Plan, PlanItem
from recommender.service.plans.dates import dates_of
from recommender.service.plans.development.review import last_review

_WORDED = ("on_the_job", "companion", "measure", "review_on")


@dataclass(frozen=True)
class ItemWords:
    """What is to be said in a course of a plan; what is None stays as it is."""

    module_id: str
    on_the_job: str | None = None
    companion: str | None = None
    measure: str | None = None
    review_on: dt.date | None = None


def check_words(words: Sequence[ItemWords], modules: Collection[str], as_of: dt.date) -> None:
    """Check that the courses are in the plan, and that each entry changes something.

    Raises
    ------
    InputError
        If a course is not in the plan or named twice, an entry changes nothing, or something is
        looked at again before the day of the plan.
    """
    for place, entry in enumerate(words):
        at = {"module_id": entry.module_id, "field": f"#/words/{place}"}
        if entry.module_id not in modules:
            raise InputError("plan.not-in", **at)
        if entry.module_id in [other.module_id for other in words[:place]]:
            raise InputError("plan.named-twice", **at)
        if entry == ItemWords(entry.module_id):
            raise InputError("plan.words-same", **at)
        if entry.review_on is not None and entry.review_on < as_of:
            raise InputError(
                "plan.review-too-early",
                review_on=entry.review_on.isoformat(),
                as_of=as_of.isoformat(),
                field=f"#/words/{place}/review_on",
            )


def put_words(plan: Plan, before: Plan, words: Sequence[ItemWords]) -> Plan:
    """Put into a plan what people said of its items earlier, and what they say now."""
    said = {item.module_id: item for item in before.items}
    new = {entry.module_id: entry for entry in words}
    items = tuple(
        _put(_keep(item, said.get(item.module_id)), new.get(item.module_id)) for item in plan.items
    )
    return replace(plan, items=items, review_on=last_review(items, plan.activities))


def _keep(item: PlanItem, before: PlanItem | None) -> PlanItem:
    if before is None:
        return item
    kept = {name: getattr(before, name) for name in before.by_hand}
    # a day of review in the middle of the course would be none
    if before.review_on is not None and before.review_on < dates_of(item).last_day:
        kept.pop("review_on", None)
    return replace(item, **kept, by_hand=tuple(kept))


def _put(item: PlanItem, entry: ItemWords | None) -> PlanItem:
    if entry is None:
        return item
    given = {name: value for name in _WORDED if (value := getattr(entry, name)) is not None}
    by_hand = tuple(name for name in _WORDED if name in given or name in item.by_hand)
    return replace(item, **given, by_hand=by_hand)
