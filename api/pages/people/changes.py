"""What is changed on a person's page: facts corrected, leaving, human reviews."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Form, Path, Response

from api.admission import Call
from api.pages.people.listing import grade_choices, unit_choices
from api.pages.people.person import render_tab
from api.pages.routing import Pages, Visited, see_other
from api.schemas.common import PersonId
from recommender.errors import TableFaultsError
from recommender.service.jobs.problems import describe_faults
from recommender.service.people.people import change_person
from recommender.service.permissions import Permission
from recommender.service.privacy.objections import answer_objection, create_objection
from recommender.service.views.person import read_card
from recommender.texts import say

PAGES = Pages()

Line = Annotated[str, Form(max_length=400)]
Words = Annotated[str, Form(min_length=1, max_length=2000)]
Version = Annotated[int, Form(ge=1)]
_DAYS = ("hired_on", "left_on")


@PAGES.page("GET", "/people/{person_id}/facts", Permission.WRITE_PEOPLE)
def edit_facts(call: Visited, person_id: PersonId) -> Response:
    """Show the form in which facts about a person are corrected."""
    head = read_card(call.session, person_id).head
    values = {
        "name": head.name,
        "org_unit": head.org_unit,
        "grade": head.grade,
        "manager_id": head.manager_id or "",
        **{name: (getattr(head, name) or "") and f"{getattr(head, name)}" for name in _DAYS},
    }
    return _show_form(call, person_id, values, [])


@PAGES.page("POST", "/people/{person_id}/facts", Permission.WRITE_PEOPLE)
def correct_facts(
    call: Visited,
    person_id: PersonId,
    version: Version,
    name: Line = "",
    org_unit: Line = "",
    grade: Line = "",
    manager_id: Line = "",
    hired_on: Line = "",
    left_on: Line = "",
) -> Response:
    """Correct facts about a person; the form comes back with what is wrong beside its field."""
    values = {
        "name": name, "org_unit": org_unit, "grade": grade, "manager_id": manager_id,
        "hired_on": hired_on, "left_on": left_on,
    }  # fmt: skip
    changes, problems = _read(values, call.lang)
    before = read_card(call.session, person_id).head
    changes = {each: value for each, value in changes.items() if value != getattr(before, each)}
    if not problems:
        try:
            if changes:
                change_person(call.session, person_id, changes, seen=version)
        except TableFaultsError as error:
            problems = [
                (
                    str(fault["column"]),
                    f"{fault['message']} ({fault['found']} → {fault['expected']})",
                )
                for fault in describe_faults(error, call.lang)
            ]
        else:
            return see_other(call, _address(person_id), said="person.facts.saved", name=name)
    return _show_form(call, person_id, values, problems)


@PAGES.page("POST", "/people/{person_id}/left", Permission.WRITE_PEOPLE)
def mark_left(
    call: Visited, person_id: PersonId, version: Version, left_on: Annotated[dt.date, Form()]
) -> Response:
    """Note that a person has left."""
    changed = change_person(call.session, person_id, {"left_on": left_on}, seen=version)
    return see_other(call, _address(person_id), said="person.facts.left", name=changed.name)


@PAGES.page("POST", "/people/{person_id}/reviews", Permission.OBJECT)
def ask_for_review(call: Visited, person_id: PersonId, reason: Words) -> Response:
    """Ask for a human review of what was proposed to a person."""
    create_objection(call.session, person_id, reason=reason)
    return see_other(call, f"{_address(person_id)}/plans", said="person.review.asked")


@PAGES.page("POST", "/people/{person_id}/reviews/{review_id}", Permission.ANSWER_OBJECTIONS)
def answer_review(
    call: Visited, person_id: PersonId, review_id: Annotated[int, Path(ge=1)], answer: Words
) -> Response:
    """Answer a human review that was asked for."""
    answer_objection(call.session, review_id, answer)
    return see_other(call, f"{_address(person_id)}/plans", said="person.review.answer_done")


def _read(values: Mapping[str, str], lang: str) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return what was typed as values, and what cannot be read."""
    changes: dict[str, Any] = {
        "name": values["name"].strip(),
        "org_unit": values["org_unit"].strip(),
        "grade": values["grade"].strip(),
        "manager_id": values["manager_id"].strip() or None,
    }
    problems: list[tuple[str, str]] = []
    for name in _DAYS:
        try:
            changes[name] = dt.date.fromisoformat(values[name]) if values[name] else None
        except ValueError:
            problems.append((name, say("person.facts.day_wrong", lang)))
    return changes, problems


def _show_form(
    call: Call, person_id: str, values: Mapping[str, str], problems: list[tuple[str, str]]
) -> Response:
    return render_tab(
        call,
        read_card(call.session, person_id),
        "edit",
        "people/facts.html.j2",
        status=422 if problems else 200,
        values=values,
        problems=problems,
        units=[(path, path.replace("/", " / ")) for path, _ in unit_choices(call)],
        grades=grade_choices(call),
        today=call.session.today.isoformat(),
    )


def _address(person_id: str) -> str:
    return f"/people/{quote(person_id, safe='')}"
