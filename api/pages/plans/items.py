"""One course of a plan: its words, its dates, and what could stand in for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Form, Response

from api.admission import Call
from api.pages.plans import view
from api.pages.plans.forms import (
    ModuleId,
    PlanId,
    Seen,
    Words,
    changed,
    checked,
    status_of_problem,
)
from api.pages.plans.stale import Typed
from api.pages.plans.view import Names, when
from api.pages.rendering import render
from api.pages.routing import Pages, Visited
from api.schemas.common import Day, Id
from recommender.documents.figures import day
from recommender.errors import InputError, NotFoundError, RecommenderError
from recommender.results import PlanItem
from recommender.service.permissions import Permission
from recommender.service.plans.desk.alternatives import list_item_choices
from recommender.service.plans.desk.words import ItemWords
from recommender.service.plans.editing import ItemDates, PlanEdit
from recommender.service.plans.life import edit_plan
from recommender.service.plans.reading import read_plan

PAGES = Pages()

_FIELDS = {
    "on_the_job": "textarea",
    "companion": "text",
    "measure": "textarea",
    "review_on": "date",
}
# beside the ids of offerings, which begin with a letter or a digit
_AS_IT_IS, _OWN_DAYS = "-keep", "-days"


@PAGES.page("GET", "/plans/{plan_id}/items/{module_id}", Permission.WRITE_PLANS)
def show_plan_item(call: Visited, plan_id: PlanId, module_id: ModuleId) -> Response:
    """Show the form of a course of a plan."""
    return _item_form(call, plan_id, module_id, {})


@PAGES.page("POST", "/plans/{plan_id}/items/{module_id}", Permission.WRITE_PLANS)
def change_plan_item(
    call: Visited,
    plan_id: PlanId,
    module_id: ModuleId,
    version: Seen,
    on_the_job: Words = "",
    companion: Words = "",
    measure: Words = "",
    review_on: Annotated[Day | None, Form()] = None,
    run: Annotated[Id | str, Form(max_length=80)] = _AS_IT_IS,
    starts_on: Annotated[Day | None, Form()] = None,
    ends_on: Annotated[Day | None, Form()] = None,
) -> Response:
    """Change the words and the dates of a course; what is left empty stays."""
    words = {"on_the_job": on_the_job, "companion": companion, "measure": measure}

    def act() -> None:
        item = _find(call, plan_id, module_id)
        texts = {name: checked(name, text) for name, text in words.items()}
        new = {
            name: value
            for name, value in {**texts, "review_on": review_on}.items()
            # only what differs, or all of it would count as worded by hand
            if value is not None and value != getattr(item, name)
        }
        said = ItemWords(module_id, **new)  # pyright: ignore[reportArgumentType]
        dates = _dates(item, run, starts_on, ends_on)
        if not new and dates is None:
            raise InputError("plan.words-same", module_id=module_id)
        edit = PlanEdit(words=(said,) if new else (), items=(dates,) if dates else ())
        edit_plan(call.session, plan_id, edit, seen=version)

    sent = {
        **words,
        "review_on": review_on or "",
        "run": run,
        "starts_on": starts_on or "",
        "ends_on": ends_on or "",
    }
    return changed(
        call,
        plan_id,
        act,
        typed=[
            Typed(
                name,
                str(value),
                f"console.plan.field.{name}" if name in _FIELDS else "",
                _FIELDS.get(name, "hidden"),
            )
            for name, value in sent.items()
        ],
        again=lambda problem, error: _item_form(
            call, plan_id, module_id, sent, problem=problem, error=error
        ),
        seen=version,
        said="console.plan.said.changed",
        at=f"#item-{module_id}",
    )


def _find(call: Call, plan_id: str, module_id: str) -> PlanItem:
    for item in read_plan(call.session, plan_id).plan.items:
        if item.module_id == module_id:
            return item
    raise NotFoundError("plan.no-course", module_id=module_id)


def _dates(
    item: PlanItem, run: str, starts_on: dt.date | None, ends_on: dt.date | None
) -> ItemDates | None:
    """Return the dates that were asked for; None where they stay."""
    if run == _AS_IT_IS or run == item.offering_id:
        return None
    if run != _OWN_DAYS:
        return ItemDates(item.module_id, offering_id=run)
    return ItemDates(item.module_id, starts_on=starts_on, ends_on=ends_on)


def _item_form(
    call: Call,
    plan_id: str,
    module_id: str,
    sent: Mapping[str, Any],
    *,
    problem: tuple[str, str] | None = None,
    error: RecommenderError | None = None,
) -> Response:
    """Return the form of a course, with what was sent and what is wrong with it."""
    stored = read_plan(call.session, plan_id)
    item = _find(call, plan_id, module_id)
    choices = list_item_choices(call.session, plan_id, module_id)
    values = {name: getattr(item, name) or "" for name in _FIELDS}
    values |= {"run": item.offering_id or _AS_IT_IS, "starts_on": "", "ends_on": ""}
    return render(
        call,
        "plans/item.html.j2",
        status=status_of_problem(error),
        stored=stored,
        item=item,
        when=when(item, call.lang, day),
        runs=choices.runs,
        swaps=choices.swaps,
        keep=_AS_IT_IS,
        own=_OWN_DAYS,
        values=values | dict(sent),
        names=Names(call),
        view=view,
        problem=problem,
        wrong="" if error is None else str(error.values.get("field", "")).rsplit("/", 1)[-1],
    )
