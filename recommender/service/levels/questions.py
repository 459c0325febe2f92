"""Questions about one person, asked on somebody's behalf."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from recommender.results import Gaps, Recommendations
from recommender.service.levels.explanation import Explanation
from recommender.service.levels.standing import Standing, read_standing
from recommender.service.permissions import Permission
from recommender.service.raters import hide_raters
from recommender.service.recommend.keeping import keep_shown
from recommender.service.recommend.recommendations import RecommendationRequest
from recommender.service.session import Session
from recommender.store import Connection, PersonHead


def read_gaps(session: Session, person_id: str, *, as_of: dt.date) -> Gaps:
    """Compare a person's levels with the targets of the grade.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope.
    """
    find_subject(session, person_id, Permission.READ_ASSESSMENTS)
    return session.service.gaps(person_id, as_of=as_of, scope=session.who.scope)


def read_derivation(
    session: Session, person_id: str, competency_id: str, *, as_of: dt.date
) -> Explanation:
    """Explain a level down to the raw rows it came from.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope, or no such competency.
    """
    find_subject(session, person_id, Permission.READ_ASSESSMENTS)
    found = session.service.explain(person_id, competency_id, as_of=as_of, scope=session.who.scope)
    if found.source != "ratings":
        return found
    return replace(found, rows=hide_raters(session.who, found.rows))


def read_recommendations(
    session: Session, person_id: str, request: RecommendationRequest, *, as_of: dt.date
) -> Recommendations:
    """Rank the modules that are worth a person's time, and note what was shown.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope.
    """
    session.need(Permission.READ_RECOMMENDATIONS)
    service = session.service

    def read(connection: Connection) -> Standing:
        session.person(connection, person_id)
        return read_standing(connection, service.framework, as_of=as_of, person_ids=[person_id])

    found = service.rank(session.read(read), request, lang=session.lang)
    session.write(lambda connection: keep_shown(connection, found))
    return found[0]


def find_subject(session: Session, person_id: str, permission: Permission) -> PersonHead:
    """Find whom a question is about, and note it.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope.
    """
    session.need(permission)
    return session.read(lambda connection: session.person(connection, person_id))
