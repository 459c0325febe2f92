"""A person's own page: what to do next and why, what is behind it, and who has looked."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass

from recommender.errors import NotFoundError
from recommender.results import PlanActivity
from recommender.service.levels.standing import Standing, read_standing
from recommender.service.permissions import Permission
from recommender.service.plans.desk.sheet import PlanSheet, SheetItem, read_plan_sheet
from recommender.service.plans.development.indicators import IndicatorPicker
from recommender.service.plans.development.words import text_of
from recommender.service.plans.reading import read_plan, search_plans
from recommender.service.plans.reasons import name_competency, name_module
from recommender.service.privacy.accesses import read_accesses
from recommender.service.session import Session
from recommender.service.views.person import GapLine, PersonOverview, read_overview

_GAPS_SHOWN, _COURSES_SHOWN = 3, 3
# the days over which it is told how often others looked
_LOOKED_DAYS = 30
# a plan is followed from the one that is running, or waits for it
_ENDED = ("done", "cancelled")


@dataclass(frozen=True)
class GapStep:
    """A gap in plain words.

    Parameters
    ----------
    line : GapLine
        The gap.
    shown : str
        What the level reached looks like at work; empty below the first level.
    ahead : str
        The behaviour to work on next, or the headline of the next level.
    helps : tuple of str
        What of the present plan is for it, by title.
    """

    line: GapLine
    shown: str
    ahead: str
    helps: tuple[str, ...]


@dataclass(frozen=True)
class PlanBefore:
    """The plan that was done last, and where levels rose with it: by how much, the most first."""

    plan_id: str
    items: int
    items_done: int
    gained: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class OwnPage:
    """What a person's own page shows.

    Parameters
    ----------
    overview : PersonOverview
        Where the person stands, with the first courses of the ranking.
    steps : tuple of GapStep
        The first gaps by priority.
    sheet : PlanSheet or None
        The present plan; None where there is none, or the last one is done or cancelled.
    next_course, next_activity : SheetItem or PlanActivity, or None
        What of it comes first that is not done; one of them at most.
    before : PlanBefore or None
        The plan before it.
    looked : int
        How often others looked at the person in the last 30 days.
    """

    overview: PersonOverview
    steps: tuple[GapStep, ...]
    sheet: PlanSheet | None
    next_course: SheetItem | None
    next_activity: PlanActivity | None
    before: PlanBefore | None
    looked: int


def own_id(session: Session) -> str:
    """Return who the principal is as a person.

    Raises
    ------
    NotFoundError
        If it is nobody whose levels are kept.
    """
    if session.who.person_id is None:
        raise NotFoundError("me.nobody")
    return session.who.person_id


def read_own_page(session: Session) -> OwnPage:
    """Read the principal's own page.

    Raises
    ------
    NotFoundError
        If the principal is nobody whose levels are kept.
    """
    person_id = own_id(session)
    session.need(Permission.READ_PLANS)
    framework = session.service.framework
    with session.reading() as connection:
        overview = read_overview(session, person_id, top=_COURSES_SHOWN)
        head = overview.card.plan
        is_open = head is not None and head.status not in _ENDED
        sheet = read_plan_sheet(session, head.plan_id) if head and is_open else None
        standing = read_standing(connection, framework, as_of=session.today, person_ids=[person_id])
        before = _find_before(session, person_id)
        accesses = read_accesses(session, person_id)
    course = activity = None
    if sheet is not None:
        course = next((each for each in sheet.items if each.completed_on is None), None)
        if course is None:
            activity = next((each for each in sheet.activities if each.done_on is None), None)
    since = session.today - dt.timedelta(days=_LOOKED_DAYS)
    return OwnPage(
        overview=overview,
        steps=tuple(_word_steps(session, standing, overview, sheet)),
        sheet=sheet,
        next_course=course,
        next_activity=activity,
        before=before,
        looked=sum(each.times for each in accesses if not each.is_self and each.day >= since),
    )


def _word_steps(
    session: Session, standing: Standing, overview: PersonOverview, sheet: PlanSheet | None
) -> Iterator[GapStep]:
    framework, lang = session.service.framework, session.lang
    picker = IndicatorPicker(framework, standing, 0)
    gaps = [line for line in overview.lines if line.row.standing == "gap"]
    for line in gaps[:_GAPS_SHOWN]:
        reached = math.floor(line.row.level or 0.0)
        yield GapStep(
            line,
            text_of(framework, f"{line.competency_id}.{reached}", lang) if reached else "",
            text_of(framework, picker.pick(line.competency_id), lang),
            tuple(_find_help(session, line.competency_id, sheet)),
        )


def _find_help(session: Session, competency_id: str, sheet: PlanSheet | None) -> Iterator[str]:
    if sheet is None:
        return
    for each in sheet.items:
        if competency_id in [part.competency_id for part in each.item.competencies]:
            yield name_module(session.service.framework, each.item.module_id, session.lang)
    for activity in sheet.activities:
        if activity.competency_id == competency_id:
            yield activity.title


def _find_before(session: Session, person_id: str) -> PlanBefore | None:
    done = search_plans(session, person_id=person_id, status="done", limit=1)
    if not done:
        return None
    stored = read_plan(session, done[0].plan_id)
    framework, lang = session.service.framework, session.lang
    gained = (
        (name_competency(framework, each.competency_id, lang), each.level_after - each.level_before)
        for each in stored.outcome or ()
        if each.level_before is not None and each.level_after is not None
    )
    return PlanBefore(
        stored.head.plan_id,
        stored.progress.items,
        stored.progress.items_done,
        # what rose the most first: what fell is in the plan's own page
        tuple(sorted((each for each in gained if each[1] > 0), key=lambda each: -each[1])),
    )
