"""A plan that a person edits: people choose the modules, and all figures are computed anew."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from recommender.errors import ConflictError, InputError
from recommender.plan import PlanChoice, arrange, follow
from recommender.results import ExcludedModule, Plan
from recommender.service.framework import Framework
from recommender.service.plans.choices import Choices, PlanRequest, find_choices
from recommender.service.plans.dates import Dates, dates_of, schedule
from recommender.service.plans.desk.turns import check_turns, take_in_turn
from recommender.service.plans.desk.words import ItemWords, check_words, put_words
from recommender.service.plans.development.activities import (
    ActivityChange,
    NewActivity,
    change_activities,
)
from recommender.service.plans.making import compose_plan
from recommender.service.plans.reasons import describe_not_chosen, say_left_out
from recommender.service.recommend.prospects import Prospects
from recommender.store.people.seats import Offering

# money and hours are floats here: a sum that meets the budget exactly may be past it by rounding
_ROUNDING = 1e-9
# wishes that the plan was made with hold on, unless the edit says otherwise
_ASKED = ("not-wanted", "modality-not-allowed")


@dataclass(frozen=True)
class ItemDates:
    """When an item is to be taken: on the dates of an offering, or from a day on.

    Without a last day nothing is said of how long it takes.
    """

    module_id: str
    offering_id: str | None = None
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None


@dataclass(frozen=True)
class PlanEdit:
    """What is to be changed in a plan.

    Parameters
    ----------
    add, remove : tuple of str
        Ids of modules.
    items : tuple of ItemDates
        New dates of items.
    hours_budget, cost_budget : float or None
        Unchanged where None, no bound where infinite.
    note : str or None
        A note for the new version.
    add_activities, change_activities, remove_activities : tuple
        Development activities to add, to change, and ids of those to remove.
    activity_order : tuple of str
        All activities that stay, in the order to show them; empty where it stays as it is.
    order : tuple of str
        All modules that the plan then has, in the order to take them; empty for no wish.
    words : tuple of ItemWords
        What is to be said of practice, companion, measure and day of review.
    """

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    items: tuple[ItemDates, ...] = ()
    hours_budget: float | None = None
    cost_budget: float | None = None
    note: str | None = None
    add_activities: tuple[NewActivity, ...] = ()
    change_activities: tuple[ActivityChange, ...] = ()
    remove_activities: tuple[str, ...] = ()
    activity_order: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    words: tuple[ItemWords, ...] = ()

    @property
    def of_modules(self) -> PlanEdit:
        """The edit without activities, words and note: what changes the modules or their dates."""
        return replace(
            self,
            note=None,
            add_activities=(),
            change_activities=(),
            remove_activities=(),
            activity_order=(),
            words=(),
        )


def edit_words(
    prospects: Prospects, plan: Plan, before: Plan, edit: PlanEdit, *, lang: str
) -> Plan:
    """Return the plan with its words and activities edited; see `change_activities`."""
    return change_activities(
        prospects.framework,
        prospects.standing,
        put_words(plan, before, edit.words),
        add=edit.add_activities,
        change=edit.change_activities,
        remove=edit.remove_activities,
        order=edit.activity_order,
        lang=lang,
    )


def replan(
    prospects: Prospects,
    before: Plan,
    edit: PlanEdit,
    *,
    coming: Mapping[str, Sequence[Dates]],
    named: Mapping[str, Offering],
    today: dt.date,
    keep_dates: bool,
    lang: str,
) -> Plan:
    """Make the edited plan: a draft under the same id, valued for exactly its modules.

    Parameters
    ----------
    prospects : Prospects
        The candidates of this one person on the day of the plan.
    before : Plan
        The plan as it was.
    edit : PlanEdit
        What to change.
    coming : mapping of str to sequence of Dates
        Coming offerings of each module, with seats.
    named : mapping of str to Offering
        The offerings that the edit names, as far as they exist.
    today : date
        Nothing new is scheduled before the day after.
    keep_dates : bool
        Whether all items that stay keep their dates and months, not only those whose dates a person
        set. A new order gives them new ones.
    lang : str
        Language of the reasons.

    Raises
    ------
    InputError
        If the edit names something that does not exist, or names something twice.
    ConflictError
        If a module cannot be planned, needs one that is missing, comes before one that it
        needs, an offering is full, the dates do not follow the order, or the budgets are too small.
    """
    framework = prospects.framework
    _check_edit(framework, before, edit)
    # a plan that only changes activities keeps its modules, and with them all its figures
    if edit.of_modules == PlanEdit():
        return edit_words(prospects, before, before, edit, lang=lang)
    if before.path_id is not None and before.path_id not in framework.path_of:
        raise ConflictError("plan.path-gone", path_id=before.path_id)
    by_hand = not _as_chosen(prospects, before, edit)
    # without wishes: the edit decides what is in, and the rest only wants a reason
    request = PlanRequest(
        hours_budget=_budget(edit.hours_budget, before.hours_budget),
        cost_budget=_budget(edit.cost_budget, before.cost_budget),
        path=before.path_id,
        shortest=before.objective == "shortest" and not by_hand,
    )
    choices = find_choices(prospects, 0, request, lang=lang)
    staying = [item.module_id for item in before.items if item.module_id not in edit.remove]
    chosen = _find_chosen(choices, [*staying, *edit.add], lang)
    in_turn = before.in_turn or bool(edit.order)
    choice = (
        take_in_turn(choices, chosen, asked=edit.order, before=staying)
        if in_turn
        else arrange(choices.problem, chosen)
    )
    in_order = [choices.name(i) for i in choice.order]
    fixed = {
        # a month is a proposal and nobody's decision, also where it is kept
        item.module_id: replace(dates_of(item), fixed=item.starts_on is not None)
        for item in before.items
        if item.module_id in in_order and ((keep_dates and not edit.order) or item.fixed)
    } | _set_dates(before, edit, named)
    # from tomorrow at the earliest: the plan of an earlier day is not scheduled into the past
    dates = schedule(
        framework,
        in_order,
        coming,
        first_day=max(before.as_of, today) + dt.timedelta(days=1),
        fixed=fixed,
        stages=choices.stages_of(choice),
        in_turn=in_turn,
    )
    if edit.order:
        check_turns(in_order, dates)
    elif in_turn:
        # dates that were set since are the newer wish: the order is that of the calendar
        turns = sorted(range(len(dates)), key=lambda place: dates[place].begins)
        choice = follow(choices.problem, [choice.order[place] for place in turns])
        in_order, dates = [in_order[p] for p in turns], [dates[p] for p in turns]
    _check_dates(framework, dict(zip(in_order, dates, strict=True)))
    plan = compose_plan(
        choices,
        choice,
        plan_id=before.plan_id,
        request=request,
        dates=dates,
        left_out=_describe_left_out(choices, choice, before, edit, lang, by_hand=by_hand),
        lang=lang,
        by_hand=by_hand,
        activities=before.activities,
        wanted={*edit.add, *(item.module_id for item in before.items if item.wanted)},
        in_turn=in_turn,
    )
    # by the totals of the finished plan: the solver, which knows the budgets, was not asked
    _check_budgets(plan)
    return edit_words(prospects, plan, before, edit, lang=lang)


def _as_chosen(prospects: Prospects, before: Plan, edit: PlanEdit) -> bool:
    """Tell whether a plan that the solver chose is still its choice: only the time has changed."""
    return (
        before.objective in ("gap", "shortest")
        # all other fields have their defaults, so a field added later counts as a change
        and edit.of_modules == PlanEdit(items=edit.items, order=edit.order)
        and before.catalog_digest == prospects.framework.catalog.digest
        and before.model_id == prospects.estimates.model_id
    )


def _budget(wanted: float | None, before: float | None) -> float:
    if wanted is not None:
        return wanted
    return math.inf if before is None else before


def _check_edit(framework: Framework, before: Plan, edit: PlanEdit) -> None:
    if edit == PlanEdit(note=edit.note):
        raise InputError("plan.nothing-to-change")
    present = {item.module_id for item in before.items}
    after = (present - set(edit.remove)) | set(edit.add)
    named = [item.module_id for item in edit.items]
    for field, names in (("add", edit.add), ("remove", edit.remove), ("items", named)):
        for place, name in enumerate(names):
            at = {"module_id": name, "field": f"#/{field}/{place}"}
            if name not in framework.module_of and name not in present:
                raise InputError("module.unknown", **at)
            if name in names[:place]:
                raise InputError("plan.named-twice", **at)
            if field == "add" and name in present:
                raise InputError("plan.already-in", **at)
            if (field == "remove" and name not in present) or (
                field == "items" and name not in after
            ):
                raise InputError("plan.not-in", **at)
    check_words(edit.words, after, before.as_of)
    if edit.order and sorted(edit.order) != sorted(after):
        raise InputError("plan.order-incomplete", field="#/order")


def _find_chosen(choices: Choices, wanted: Iterable[str], lang: str) -> list[int]:
    problem = choices.problem
    position = {name: i for i, name in enumerate(problem.module_ids)}
    why = {item.module_id: item.explanation for item in choices.ruled_out}
    chosen: list[int] = []
    for name in wanted:
        if name not in position:
            reason = why.get(name) or say_left_out("gone", lang)
            raise ConflictError("plan.cannot-take", module_id=name, reason=reason)
        chosen.append(position[name])
    for i in chosen:
        missing = [choices.name(b) for b in problem.prerequisites[i] if b not in chosen]
        if missing:
            raise ConflictError(
                "plan.prerequisite-missing",
                module_id=choices.name(i),
                missing=", ".join(missing),
            )
    return chosen


def _set_dates(
    before: Plan,
    edit: PlanEdit,
    named: Mapping[str, Offering],
) -> dict[str, Dates]:
    # a full offering is no obstacle where the full one counts this very person
    held = {item.offering_id for item in before.items}
    dates: dict[str, Dates] = {}
    for place, item in enumerate(edit.items):
        at = {"module_id": item.module_id, "field": f"#/items/{place}"}
        if item.offering_id is not None:
            if item.starts_on or item.ends_on:
                raise InputError("plan.offering-has-dates", **at)
            run = named.get(item.offering_id)
            if run is None or run.module_id != item.module_id:
                raise InputError("plan.no-such-offering", offering_id=item.offering_id, **at)
            if run.free is not None and run.free <= 0 and item.offering_id not in held:
                raise ConflictError("plan.no-seat", offering_id=item.offering_id, **at)
            starts_on, ends_on = run.starts_on, run.ends_on
        elif item.starts_on is None:
            raise InputError("plan.dates-missing", **at)
        else:
            starts_on, ends_on = item.starts_on, item.ends_on
        if not before.as_of <= starts_on <= (ends_on or starts_on):
            raise InputError("plan.dates-impossible", as_of=before.as_of.isoformat(), **at)
        dates[item.module_id] = Dates(starts_on, ends_on, item.offering_id, fixed=True)
    return dates


def _check_dates(framework: Framework, dates: Mapping[str, Dates]) -> None:
    for name, when in dates.items():
        for needed in framework.module_of[name].prerequisites:
            if needed in dates and not dates[needed].can_come_before(when):
                raise ConflictError(
                    "plan.dates-before-prerequisite",
                    module_id=name,
                    needed=needed,
                    starts_on=when.begins,
                    ends_on=dates[needed].ends,
                )


def _check_budgets(plan: Plan) -> None:
    over_hours = plan.hours_budget is not None and plan.total_hours > plan.hours_budget + _ROUNDING
    over_cost = plan.cost_budget is not None and plan.total_cost > plan.cost_budget + _ROUNDING
    if over_hours or over_cost:
        raise ConflictError(
            "plan.past-budgets",
            hours=f"{plan.total_hours:g}",
            hours_budget="–" if plan.hours_budget is None else f"{plan.hours_budget:g}",
            cost=f"{plan.total_cost:.2f}",
            cost_budget="–" if plan.cost_budget is None else f"{plan.cost_budget:.2f}",
        )


def _describe_left_out(
    choices: Choices,
    choice: PlanChoice,
    before: Plan,
    edit: PlanEdit,
    lang: str,
    *,
    by_hand: bool,
) -> list[ExcludedModule]:
    asked = {item.module_id: item.reason for item in before.left_out if item.reason in _ASKED}
    asked |= dict.fromkeys(edit.remove, "not-wanted")
    not_chosen = describe_not_chosen(choices.problem, choice, lang=lang, by_hand=by_hand)
    # `compose_plan` puts the words to the codes
    not_chosen = [
        ExcludedModule(item.module_id, asked[item.module_id], "")
        if item.module_id in asked
        else item
        for item in not_chosen
    ]
    return [*not_chosen, *choices.ruled_out]
