"""One's own page: what to do next and why, and what one may ask for."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import Form, Response

from api.admission import Call
from api.pages.plans.forms import plain
from api.pages.plans.view import Names, when
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from recommender.documents.figures import day
from recommender.service.permissions import Permission
from recommender.service.privacy.objections import (
    create_objection,
    read_notice,
    search_objections,
)
from recommender.service.views.own.page import OwnPage, own_id, read_own_page
from recommender.service.views.person import read_card
from recommender.texts import say

PAGES = Pages()

# what is known of a person and can be wrong; "other" is what is not on the page
Fact = Literal["name", "grade", "org_unit", "manager", "hired_on", "other"]
FACTS: tuple[Fact, ...] = ("name", "grade", "org_unit", "manager", "hired_on", "other")
Words = Annotated[str, Form(max_length=1500)]
_ASKED_SHOWN = 50
# in the order of the sentence
_STANDINGS = ("gap", "near", "met", "assess")


@PAGES.page("GET", "/me", Permission.READ_RECOMMENDATIONS)
def show_me(call: Visited) -> Response:
    """Show one's own gaps in plain words, one's plan and why, and how far the next grade is."""
    own = read_own_page(call.session)
    ahead = next((each for each in own.overview.prospects if each.is_next), None)
    return render(
        call,
        "me/me.html.j2",
        own=own,
        opening=_open(call, own),
        ahead=ahead,
        address=f"/people/{quote(own.overview.card.head.person_id, safe='')}",
        names=Names(call),
        # what was done on the day of the plan was known when it was made
        day_after=dt.timedelta(days=1),
        when=lambda item: when(item, call.lang, day),
    )


@PAGES.page("GET", "/me/requests", Permission.OBJECT)
def show_my_requests(call: Visited) -> Response:
    """Show how to ask for a human review or a correction, and what one has asked for."""
    return _show_requests(call)


@PAGES.page("POST", "/me/requests", Permission.OBJECT)
def ask_for_my_review(call: Visited, reason: Words = "") -> Response:
    """Ask for a human review."""
    if not plain(reason):
        return _show_requests(call, problem=("reason", say("me.ask.missing", call.lang)))
    create_objection(call.session, own_id(call.session), reason=plain(reason))
    return see_other(call, "/me/requests#asked", said="me.ask.said")


@PAGES.page("POST", "/me/corrections", Permission.OBJECT)
def ask_for_my_correction(
    call: Visited, fact: Annotated[Fact, Form()], right: Words = ""
) -> Response:
    """Ask HR to correct what is known of oneself; it is answered like a review."""
    if not plain(right):
        problem = ("right", say("me.correct.missing", call.lang))
        return _show_requests(call, problem=problem, fact=fact)
    what = say(f"me.fact.{fact}", call.lang)
    reason = say("me.correct.reason", call.lang, fact=what, right=plain(right))
    create_objection(call.session, own_id(call.session), reason=reason)
    return see_other(call, "/me/requests#asked", said="me.correct.asked")


def _show_requests(
    call: Call, *, problem: tuple[str, str] | None = None, fact: Fact = "grade"
) -> Response:
    person_id = own_id(call.session)
    asked = search_objections(call.session, person_id=person_id, limit=_ASKED_SHOWN)
    return render(
        call,
        "me/requests.html.j2",
        status=422 if problem else 200,
        card=read_card(call.session, person_id),
        notice=read_notice(call.session),
        # the newest first
        asked=asked[::-1],
        facts=[(name, say(f"me.fact.{name}", call.lang)) for name in FACTS],
        fact=fact,
        wrong=dict([problem] if problem else []),
    )


def _open(call: Call, own: OwnPage) -> list[str]:
    """Return the opening sentences: how many competencies stand where, and what comes next."""
    lang = call.lang
    rows = [line.row.standing or "assess" for line in own.overview.lines]
    parts = [
        say(f"me.open.{name}", lang, count=rows.count(name))
        for name in _STANDINGS
        if rows.count(name)
    ]
    opening = [
        say(
            "me.open.standing",
            lang,
            grade=own.overview.card.grade,
            parts=say("document.comma", lang).join(parts),
        )
    ]
    if own.next_course:
        item, names = own.next_course.item, Names(call)
        opening.append(
            say(
                "me.open.next_course",
                lang,
                course=names.course(item.module_id),
                when=when(item, lang, day),
                hours=f"{item.hours:g}",
            )
        )
    elif own.next_activity:
        opening.append(say("me.open.next_activity", lang, title=own.next_activity.title))
    return opening
