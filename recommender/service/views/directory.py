"""The list of people: who is where, with which gaps and which plan; and suggestions for a search.

All of it is of the people within the principal's scope: nobody else is found, counted or waited
for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from recommender.arrays import IntArray
from recommender.gaps import STANDINGS, judge_standing
from recommender.service.catalog.browsing import find_titles
from recommender.service.framework import Framework, require_grade
from recommender.service.groups.levels import find_grades
from recommender.service.groups.table import work_out_gaps
from recommender.service.levels.distance import name_grade
from recommender.service.permissions import Permission
from recommender.service.plans.reasons import name_competency
from recommender.service.session import Session
from recommender.store import Connection, PersonHead, org_path
from recommender.store.people.staff import (
    PeopleFilter,
    count_people,
    read_people_page,
    search_people,
)
from recommender.store.plans.newest import read_newest
from recommender.store.plans.versions import PlanHead

PlanWanted = Literal["none", "draft", "approved", "active", "done"]
StandingWanted = Literal["gap", "assess-first", "met"]
Order = Literal["id", "name", "unit", "grade", "gaps", "assess-first", "plan"]

PER_PAGE = 50
_PEOPLE_SUGGESTED = 6
_COURSES_SUGGESTED = 4
_PLAN_ORDER = ("none", "draft", "approved", "active", "done")


@dataclass(frozen=True)
class DirectoryRequest:
    """Whom to list, in which order; what is None or empty does not matter.

    Parameters
    ----------
    text : str
        In the name or the staff number.
    org_unit, grade : str or None
        Of this unit and those below it; of this grade.
    standing : str or None
        With a gap, with a competency to assess first, or with every competency met or near.
    plan : str or None
        Whose newest plan has this status, or who have none.
    leavers : bool
        Only people who have left; else only those who have not.
    order : str
        What they are sorted by.
    descending : bool
        The other way round.
    page : int
        From 1.
    """

    text: str = ""
    org_unit: str | None = None
    grade: str | None = None
    standing: StandingWanted | None = None
    plan: PlanWanted | None = None
    leavers: bool = False
    order: Order = "id"
    descending: bool = False
    page: int = 1


@dataclass(frozen=True)
class Places:
    """How many competencies of a person stand where, and the gap to look at first.

    `first` names it, empty where there is none; `first_gap` in levels, `first_priority` by weight.
    """

    gap: int
    near: int
    met: int
    assess_first: int
    first: str = ""
    first_gap: float = 0.0
    first_priority: float = 0.0


@dataclass(frozen=True)
class DirectoryRow:
    """A person of the list; `places` is None for who has left."""

    head: PersonHead
    grade: str
    places: Places | None
    plan: PlanHead | None


@dataclass(frozen=True)
class Directory:
    """One page of the list; `total` counts all that match, within the scope."""

    rows: tuple[DirectoryRow, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class Suggestions:
    """What a search box offers: people as (id, name, unit), courses as (id, title)."""

    people: tuple[tuple[str, str, str], ...]
    courses: tuple[tuple[str, str], ...]


def read_directory(session: Session, wanted: DirectoryRequest) -> Directory:
    """List people within the principal's scope, one page.

    Raises
    ------
    NotFoundError
        If there is no such grade.
    """
    for permission in (
        Permission.READ_PEOPLE,
        Permission.READ_ASSESSMENTS,
        Permission.READ_PLANS,
    ):
        session.need(permission)
    framework = session.service.framework
    if wanted.grade is not None:
        require_grade(framework, wanted.grade)
    with session.reading() as connection:
        if wanted.order == "id" and wanted.plan is None and wanted.standing is None:
            shown, plans, total = _find_by_id(session, connection, wanted)
        else:
            people, plans = _sort_all(session, connection, wanted)
            shown, total = people[_slice(wanted, len(people))], len(people)
        places: Mapping[str, Places] = {}
        if not wanted.leavers:
            places = find_places(session, connection, shown)
    session.saw(head.ref for head in shown)
    rows = tuple(
        DirectoryRow(
            head,
            name_grade(framework, head.grade, session.lang),
            None if wanted.leavers else places[head.ref],
            plans.get(head.person_id),
        )
        for head in shown
    )
    return Directory(rows, total, _page(wanted, total), _count_pages(total))


def _find_by_id(
    session: Session, connection: Connection, wanted: DirectoryRequest
) -> tuple[Sequence[PersonHead], dict[str, PlanHead], int]:
    """Return one page, the plans of its people, and how many match; the database sorts by id."""
    scope, found = session.who.scope, _filter(session, wanted)
    total = count_people(connection, scope, found)
    shown = read_people_page(
        connection,
        scope,
        found,
        offset=_slice(wanted, total).start,
        limit=PER_PAGE,
        descending=wanted.descending,
    )
    plans = read_newest(connection, scope, person_ids=[head.person_id for head in shown])
    return shown, plans, total


def _sort_all(
    session: Session, connection: Connection, wanted: DirectoryRequest
) -> tuple[list[PersonHead], dict[str, PlanHead]]:
    """Return all who match, in order, and all plans."""
    people = search_people(connection, session.who.scope, _filter(session, wanted), limit=None)
    plans = read_newest(connection, session.who.scope)
    if wanted.plan is not None:
        people = [head for head in people if _status(plans, head) == wanted.plan]
    places: Mapping[str, Places] = {}
    # where everybody stands is computed only for a question that needs it
    if wanted.standing is not None or wanted.order in ("gaps", "assess-first"):
        places = find_places(session, connection, people)
        people = [head for head in people if _stands(places[head.ref], wanted.standing)]
    # first by id, which the database has done: what is equal stays in that order
    people.sort(key=_sort_key(session.service.framework, wanted.order, places, plans))
    if wanted.descending:
        people.reverse()
    return people, plans


def _count_pages(total: int) -> int:
    return max(1, -(-total // PER_PAGE))


def _page(wanted: DirectoryRequest, total: int) -> int:
    return min(max(1, wanted.page), _count_pages(total))


def _slice(wanted: DirectoryRequest, total: int) -> slice:
    first = (_page(wanted, total) - 1) * PER_PAGE
    return slice(first, first + PER_PAGE)


def suggest(session: Session, text: str) -> Suggestions:
    """Offer people and courses for what was typed into a search box; nothing for an empty text."""
    text = unicodedata.normalize("NFKC", text).strip()
    if not text:
        return Suggestions((), ())
    permissions = session.who.permissions
    heads: Sequence[PersonHead] = ()
    if Permission.READ_PEOPLE in permissions:
        wanted = PeopleFilter(text=text, present_on=session.today)
        with session.reading() as connection:
            heads = search_people(connection, session.who.scope, wanted, limit=_PEOPLE_SUGGESTED)
        session.saw(head.ref for head in heads)
    courses = (
        find_titles(session, text, limit=_COURSES_SUGGESTED)
        if Permission.READ_CATALOG in permissions
        else []
    )
    return Suggestions(
        tuple((head.person_id, head.name, head.org_unit.split("/")[-1]) for head in heads),
        tuple((module.id, module.title.in_language(session.lang)) for module in courses),
    )


def find_places(
    session: Session, connection: Connection, people: Sequence[PersonHead]
) -> dict[str, Places]:
    """Find where people stand today, by their `ref`; they were read with the same connection."""
    if not people:
        return {}
    framework = session.service.framework
    _, gaps = work_out_gaps(
        connection,
        session.service,
        people,
        find_grades(framework, people),
        as_of=session.today,
        scope=session.who.scope,
    )
    codes = judge_standing(gaps.gap, near_gap=framework.catalog.settings.near_gap)
    assessed = ~np.isnan(gaps.gap)
    counts = {name: (assessed & (codes == code)).sum(axis=1) for code, name in enumerate(STANDINGS)}
    # only what is told as a gap is named as the first one
    priority = np.where(assessed & (codes == STANDINGS.index("gap")), gaps.priority, -1.0)
    first: IntArray = priority.argmax(axis=1)
    names = [name_competency(framework, name, session.lang) for name in framework.competency_ids]
    return {
        head.ref: Places(
            gap=int(counts["gap"][i]),
            near=int(counts["near"][i]),
            met=int(counts["met"][i]),
            assess_first=int((~assessed[i]).sum()),
            first=names[first[i]] if counts["gap"][i] else "",
            first_gap=float(gaps.gap[i, first[i]]) if counts["gap"][i] else 0.0,
            first_priority=max(0.0, float(priority[i, first[i]])),
        )
        for i, head in enumerate(people)
    }


def _filter(session: Session, wanted: DirectoryRequest) -> PeopleFilter:
    query = PeopleFilter(
        text=unicodedata.normalize("NFKC", wanted.text).strip() or None,
        org_unit=org_path(wanted.org_unit) if wanted.org_unit else None,
        grade=wanted.grade,
    )
    if wanted.leavers:
        return replace(query, gone_by=session.today)
    return replace(query, present_on=session.today)


def _status(plans: Mapping[str, PlanHead], head: PersonHead) -> str:
    plan = plans.get(head.person_id)
    return plan.status if plan else "none"


def _stands(places: Places, wanted: StandingWanted | None) -> bool:
    if wanted == "gap":
        return places.gap > 0
    if wanted == "assess-first":
        return places.assess_first > 0
    return wanted is None or not (places.gap or places.assess_first)


def _sort_key(
    framework: Framework,
    order: Order,
    places: Mapping[str, Places],
    plans: Mapping[str, PlanHead],
) -> Callable[[PersonHead], Any]:
    keys: dict[Order, Callable[[PersonHead], Any]] = {
        "id": lambda head: head.person_id,
        "name": lambda head: head.name,
        "unit": lambda head: head.org_unit,
        "grade": lambda head: framework.grade_ids.index(head.grade),
        "gaps": lambda head: places[head.ref].gap,
        "assess-first": lambda head: places[head.ref].assess_first,
        "plan": lambda head: _PLAN_ORDER.index(_status(plans, head)),
    }
    return keys[order]
