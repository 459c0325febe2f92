"""A person's page and its tabs."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Query, Response
from markupsafe import Markup

from api.admission import Call
from api.pages.people.listing import grade_choices
from api.pages.rendering import render
from api.pages.routing import Pages, Visited
from api.schemas.common import PersonId
from recommender.documents import figures
from recommender.documents.plan.lead import say_first, say_standing
from recommender.documents.plan.radar import draw_named_radar
from recommender.documents.plan.view import competency_views
from recommender.service.levels.raters import knows_raters
from recommender.service.permissions import Permission, Role
from recommender.service.plans.reading import search_plans
from recommender.service.privacy.accesses import read_accesses
from recommender.service.privacy.objections import search_objections
from recommender.service.views.courses import list_left_out
from recommender.service.views.evidence import pick_line, read_evidence_lines
from recommender.service.views.growth import read_learning_record
from recommender.service.views.person import (
    PersonCard,
    PersonOverview,
    RatersApart,
    read_card,
    read_overview,
)
from recommender.texts import say

PAGES = Pages()

Grade = Annotated[str, Query(max_length=80)]
Top = Annotated[int, Query(ge=1, le=50)]
TOP = 5
_MORE = 20
_PLANS_SHOWN, _REVIEWS_SHOWN = 50, 100
# how a standing is set off in the opening sentence
_MARKS = {"gap": "is-gap", "assess_first": "is-assess"}


@PAGES.page("GET", "/people/{person_id}", Permission.READ_ASSESSMENTS)
def show_person(
    call: Visited, person_id: PersonId, target_grade: Grade = "", top: Top = TOP
) -> Response:
    """Show where a person stands, what to take and why, and how far the next grade is."""
    overview = read_overview(call.session, person_id, target_grade=target_grade or None, top=top)
    lang = call.lang
    own = say("person.own_grade", lang, grade=overview.card.grade)
    others = [pair for pair in grade_choices(call) if pair[0] != overview.card.head.grade]
    kept = {"target_grade": target_grade} if target_grade else {}

    def left_out_address(reason: str) -> str:
        query = urlencode({"reason": reason, **kept, **({"top": top} if top != TOP else {})})
        return f"{_address(person_id)}/not-recommended?{query}"

    ranked = overview.ranked
    shown = len(ranked.recommendations)
    more = min(_MORE, ranked.further)
    return render_tab(
        call,
        overview.card,
        "overview",
        "people/overview.html.j2",
        overview=overview,
        opening=_open(overview, lang),
        notes=overview.notes,
        radar=Markup(
            draw_named_radar(
                competency_views(overview.competencies, lang=lang),
                finding=say(
                    "person.radar.finding",
                    lang,
                    standing=say_standing(overview.competencies, lang),
                ),
                lang=lang,
            )
        ),
        levels=overview.levels,
        rater_kinds=[
            (kind, say(f"person.rater.{kind}", lang))
            for kind in ("manager", "peer", "customer", "self")
        ],
        said_raters=lambda item: _say_raters(item, lang),
        grades=[("", own), *others],
        counts={"all": shown + len(ranked.excluded) + ranked.further, "shown": shown},
        more={
            "count": more,
            "href": f"{_address(person_id)}?{urlencode({**kept, 'top': min(50, shown + more)})}",
        }
        if more and shown < 50
        else None,
        left_out_address=left_out_address,
    )


@PAGES.page("GET", "/people/{person_id}/not-recommended", Permission.READ_RECOMMENDATIONS)
def show_left_out(
    call: Visited,
    person_id: PersonId,
    reason: Annotated[str, Query(max_length=80)],
    target_grade: Grade = "",
    top: Top = TOP,
) -> Response:
    """List the courses that are not recommended to a person for one reason."""
    card = read_card(call.session, person_id)
    group, courses = list_left_out(
        call.session, person_id, reason, target_grade=target_grade or None, top=top
    )
    query = f"?{urlencode({'target_grade': target_grade})}" if target_grade else ""
    return render_tab(
        call,
        card,
        "overview",
        "people/left_out.html.j2",
        group=group,
        courses=courses,
        back=f"{_address(person_id)}{query}#left-out",
    )


@PAGES.page("GET", "/people/{person_id}/plans", Permission.READ_PLANS)
def show_plans_of_person(call: Visited, person_id: PersonId) -> Response:
    """Show a person's plans, and the human reviews that were asked for."""
    card = read_card(call.session, person_id)
    reviews = None
    if card.open_reviews is not None:
        reviews = search_objections(call.session, person_id=person_id, limit=_REVIEWS_SHOWN)
        # the newest first
        reviews.reverse()
    plans = search_plans(call.session, person_id=person_id, limit=_PLANS_SHOWN)
    return render_tab(call, card, "plans", "people/plans.html.j2", plans=plans, reviews=reviews)


@PAGES.page("GET", "/people/{person_id}/history", Permission.READ_ENROLMENTS)
def show_history_of_person(call: Visited, person_id: PersonId) -> Response:
    """Show which courses a person took, and how levels changed around them."""
    card = read_card(call.session, person_id)
    record = read_learning_record(call.session, person_id)
    return render_tab(call, card, "history", "people/history.html.j2", record=record)


@PAGES.page("GET", "/people/{person_id}/evidence", Permission.READ_ASSESSMENTS)
def show_evidence(
    call: Visited, person_id: PersonId, competency: Annotated[str, Query(max_length=80)] = ""
) -> Response:
    """Show what each level of a person rests on, and the raw rows of one."""
    card = read_card(call.session, person_id)
    lines = read_evidence_lines(call.session, person_id)
    return render_tab(
        call,
        card,
        "evidence",
        "people/evidence.html.j2",
        lines=lines,
        picked=pick_line(lines, competency) if competency else None,
        tells_few=knows_raters(call.session.who, person_id),
        figure=figures.evidence,
    )


@PAGES.page("GET", "/people/{person_id}/accesses", Permission.READ_PEOPLE)
def show_accesses(call: Visited, person_id: PersonId) -> Response:
    """Show who looked at a person, to the person and to whoever reads the audit trail."""
    card = read_card(call.session, person_id)
    accesses = read_accesses(call.session, person_id)
    return render_tab(
        call,
        card,
        "accesses",
        "people/accesses.html.j2",
        accesses=accesses,
        named=Permission.READ_AUDIT in call.session.who.permissions,
    )


def render_tab(
    call: Call, card: PersonCard, tab: str, template: str, *, status: int = 200, **values: Any
) -> Response:
    """Render a tab of a person, with the head and the tabs that the visitor may open."""
    here = _address(card.head.person_id)
    keys = {
        "overview": ("person.overview", here, Permission.READ_ASSESSMENTS),
        "plans": ("person.plans", f"{here}/plans", Permission.READ_PLANS),
        "history": ("person.history", f"{here}/history", Permission.READ_ENROLMENTS),
        "evidence": ("person.evidence", f"{here}/evidence", Permission.READ_ASSESSMENTS),
    }
    tabs = [
        (say(key, call.lang), href, name == tab)
        for name, (key, href, needed) in keys.items()
        if needed in call.session.who.permissions
    ]
    if card.tells_accesses:
        tabs.append((say("person.accesses", call.lang), f"{here}/accesses", tab == "accesses"))
    return render(
        call,
        template,
        status=status,
        card=card,
        tab=tab,
        tabs=tabs,
        home=_home(call),
        **values,
    )


def _home(call: Call) -> tuple[str, str]:
    """Return the list that a person's page belongs to, as its reader knows it."""
    role = call.session.who.role
    if role is Role.EMPLOYEE:
        return say("menu.me", call.lang), "/me"
    if role is Role.MANAGER:
        return say("menu.team", call.lang), "/team"
    return say("menu.people", call.lang), "/people"


def _open(overview: PersonOverview, lang: str) -> list[str]:
    """Return the opening sentences: on the levels, and on what to begin with."""
    stop = say("document.full_stop", lang)
    opening: list[str]
    if overview.gaps.headline:
        opening = [overview.gaps.headline + stop]
    else:
        said = say_standing(overview.competencies, lang, mark=_mark)
        # `said` is our sentence with counts in it, and the marks escape what they hold
        opening = [Markup(said) + stop]
    if overview.courses:
        first = overview.courses[0]
        size_known = overview.ranked.size_known
        opening.append(
            say_first(first.title, first.serves, size_known=size_known, lang=lang) + stop
        )
    return opening


def _mark(standing: str, said: str) -> str:
    if standing not in _MARKS:
        return Markup.escape(said)
    return Markup('<strong class="{}">{}</strong>').format(_MARKS[standing], said)


def _say_raters(item: RatersApart, lang: str) -> str:
    return say("document.comma", lang).join(
        say(
            "person.apart.of",
            lang,
            rater=say(f"person.rater.{kind}", lang),
            level=figures.decimal(level, digits=1),
        )
        for kind, level in item.levels.items()
    )


def _address(person_id: str) -> str:
    return f"/people/{quote(person_id, safe='')}"
