"""Privacy requests: reviews, a person's data exported or erased, and what is past its time."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import Form, Path, Query, Response

from api.admission import Call
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from api.problems import describe_problem
from api.responses import send
from api.schemas.common import PersonId
from recommender.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from recommender.service.access.two_person import WAITING, needs_second
from recommender.service.people.people import read_person
from recommender.service.permissions import Permission
from recommender.service.privacy.objections import answer_objection
from recommender.service.privacy.personal_data import SECTIONS, erase_person, export_person
from recommender.service.privacy.retention import clear_traces, report_retention, retire_facts
from recommender.service.views.privacy import read_reviews, read_waiting_erasures
from recommender.texts import say

PAGES = Pages()
# no control characters, which PostgreSQL partly refuses
Typed = Annotated[str, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
ReviewId = Annotated[int, Path(ge=1, lt=2**31)]
# by which permission a tab is opened; the first is the page that the menu leads to
_TABS = (
    ("reviews", "/privacy", Permission.ANSWER_OBJECTIONS),
    ("people", "/privacy/people", Permission.EXPORT_PERSON),
    ("retention", "/privacy/retention", Permission.RUN_RETENTION),
)


@PAGES.page("GET", "/privacy", Permission.ANSWER_OBJECTIONS)
def show_reviews(
    call: Visited,
    answered: Annotated[Literal["", "yes"], Query()] = "",
    after: Annotated[int, Query(ge=0, lt=2**31)] = 0,
) -> Response:
    """Show the human reviews that wait for an answer, or those that have one."""
    return render(
        call,
        "administration/reviews.html.j2",
        tabs=_tabs(call, "reviews"),
        page=read_reviews(call.session, answered=answered == "yes", after=after),
        answered=answered == "yes",
    )


@PAGES.page("POST", "/privacy/reviews/{review_id}", Permission.ANSWER_OBJECTIONS)
def answer_waiting_review(
    call: Visited,
    review_id: ReviewId,
    answer: Annotated[str, Form(min_length=1, max_length=2000)],
) -> Response:
    """Answer a human review."""
    answer_objection(call.session, review_id, answer)
    return see_other(call, "/privacy", said="person.review.answer_done")


@PAGES.page("GET", "/privacy/people", Permission.EXPORT_PERSON)
def show_data_of_people(call: Visited, person: Typed = "") -> Response:
    """Ask for a person; show whose data can be exported or erased, and which erasures wait."""
    return _show_person(call, person.strip())


@PAGES.page("GET", "/people/{person_id}/data.json", Permission.EXPORT_PERSON)
def download_data_of_person(call: Visited, person_id: PersonId) -> Response:
    """Get all that is held on a person as a file."""
    export = export_person(call.session, person_id)
    content = json.dumps(export, ensure_ascii=False, indent=2).encode()
    return send(call, content, filename="personal-data.json")


@PAGES.page("POST", "/privacy/people/{person_id}/erasure", Permission.ERASE_PERSON)
def erase_data_of_person(
    call: Visited, person_id: PersonId, confirm: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Erase a person, or ask for it where it takes two people."""
    try:
        # an erasure cannot be undone; typing the number keeps a slip of the mouse from doing one
        if confirm.strip() != person_id:
            raise InputError("privacy_page.confirm", person_id=person_id)
        erasure = erase_person(call.session, person_id)
    except (InputError, ConflictError, ForbiddenError) as error:
        return _show_person(call, person_id, problem=describe_problem(error, call.lang))
    said = "privacy_page.erased" if erasure.waits_until is None else "privacy_page.asked"
    return see_other(call, "/privacy/people", said=said, rows=sum(erasure.rows.values()))


@PAGES.page("GET", "/privacy/retention", Permission.RUN_RETENTION)
def show_retention(call: Visited) -> Response:
    """Show how long what is kept, and what is past its time."""
    report = report_retention(call.session, call.state.settings)
    return render(
        call,
        "administration/retention.html.j2",
        tabs=_tabs(call, "retention"),
        report=report,
        due=sum(report.due.values()),
    )


@PAGES.page("POST", "/privacy/retention", Permission.RUN_RETENTION)
def delete_what_is_due(call: Visited) -> Response:
    """Delete what is past its time."""
    settings = call.state.settings
    counts = retire_facts(call.session, settings) | clear_traces(call.session, settings)
    return see_other(
        call, "/privacy/retention", said="privacy_page.retired", rows=sum(counts.values())
    )


def _tabs(call: Call, current: str) -> list[tuple[str, str, bool]]:
    permissions = call.session.who.permissions
    return [
        (say(f"privacy_page.tab.{name}", call.lang), href, name == current)
        for name, href, needed in _TABS
        if needed in permissions
    ]


def _show_person(call: Call, person_id: str, *, problem: tuple[str, str] | None = None) -> Response:
    status, head = (422 if problem else 200), None
    if person_id:
        try:
            head = read_person(call.session, person_id)
        except NotFoundError as error:
            status, problem = 404, describe_problem(error, call.lang)
    may_erase = Permission.ERASE_PERSON in call.session.who.permissions
    return render(
        call,
        "administration/data_of_people.html.j2",
        status=status,
        tabs=_tabs(call, "people"),
        person_id=person_id,
        head=head,
        sections=len(SECTIONS),
        waiting=read_waiting_erasures(call.session) if may_erase else [],
        takes_two=needs_second(call.session),
        hours=int(WAITING.total_seconds() // 3600),
        problem=problem,
    )
