"""What waits about people's own data: reviews that were asked for, erasures that take a second."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from recommender.service.access.two_person import WAITING
from recommender.service.permissions import Permission
from recommender.service.privacy.objections import search_objections
from recommender.service.session import Session
from recommender.store import find_person
from recommender.store.access.keys import read_actor_names
from recommender.store.privacy.erasure import list_erasure_requests
from recommender.store.privacy.objections import Objection

PER_PAGE = 50


@dataclass(frozen=True)
class ReviewLine:
    """A human review that somebody asked for.

    Parameters
    ----------
    review : Objection
        What was asked and answered.
    name : str
        Who asked.
    course : str
        Name of the course that it is about; empty where it is about all of them.
    is_own : bool
        Whether it is the principal's, who then cannot answer it.
    """

    review: Objection
    name: str
    course: str
    is_own: bool


@dataclass(frozen=True)
class ReviewPage:
    """Reviews, the oldest first.

    Parameters
    ----------
    lines : list of ReviewLine
        The reviews.
    following : int or None
        With which `after` the next page is asked for; None where this is the last.
    """

    lines: Sequence[ReviewLine]
    following: int | None


@dataclass(frozen=True)
class WaitingErasure:
    """An erasure that a second person has to ask for as well.

    Parameters
    ----------
    person_id, name : str
        Who is to be erased.
    asked_by : str
        The label of the key or the login of the account that asked first; else the actor.
    is_own : bool
        Whether that was the principal.
    until : datetime
        Until when it waits, in UTC.
    """

    person_id: str
    name: str
    asked_by: str
    is_own: bool
    until: dt.datetime


def read_reviews(session: Session, *, answered: bool, after: int = 0) -> ReviewPage:
    """Read one page of the reviews that wait for an answer, or of those that have one."""
    session.need(Permission.ANSWER_OBJECTIONS)
    who, framework = session.who, session.service.framework
    with session.reading() as connection:
        reviews = search_objections(session, answered=answered, after=after, limit=PER_PAGE + 1)
        shown = reviews[:PER_PAGE]
        heads = {
            person_id: find_person(connection, who.scope, person_id)
            for person_id in {review.person_id for review in shown}
        }
    lines: list[ReviewLine] = []
    for review in shown:
        head, module = heads[review.person_id], framework.module_of.get(review.module_id or "")
        lines.append(
            ReviewLine(
                review,
                head.name if head else review.person_id,
                # a course may have left the catalogue since
                module.title.in_language(session.lang) if module else review.module_id or "",
                review.person_id == who.person_id,
            )
        )
    following = shown[-1].objection_id if len(reviews) > PER_PAGE else None
    return ReviewPage(lines, following)


def read_waiting_erasures(session: Session) -> list[WaitingErasure]:
    """Read whose erasure waits for a second person, within the principal's scope."""
    session.need(Permission.ERASE_PERSON)
    with session.reading() as connection:
        since = dt.datetime.now(dt.UTC) - WAITING
        asked = list_erasure_requests(connection, session.who.scope, since=since)
        names = read_actor_names(connection, {each.asked_by for each in asked})
    session.saw(each.ref for each in asked)
    return [
        WaitingErasure(
            each.person_id,
            each.name,
            names.get(each.asked_by, each.asked_by),
            each.asked_by == session.who.actor,
            each.asked_at + WAITING,
        )
        for each in asked
    ]
