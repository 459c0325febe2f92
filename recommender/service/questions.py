"""Questions about one person, asked on somebody's behalf."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from recommender.ranking import Objective
from recommender.results import Gaps, Recommendations
from recommender.service.access import Permission
from recommender.service.explanation import Explanation
from recommender.service.session import Session
from recommender.store import PersonHead


@dataclass(frozen=True)
class RecommendationRequest:
    """What a ranking is asked to keep to.

    Parameters
    ----------
    top : int
        How many modules at most.
    objective : Objective
        What the ranking goes by.
    hours, budget : float or None
        No module that takes more hours, or costs more CNY.
    modalities : tuple of str or None
        The allowed modalities; all where None.
    """

    top: int = 10
    objective: Objective = Objective.GAP
    hours: float | None = None
    budget: float | None = None
    modalities: tuple[str, ...] | None = None


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
    return session.service.explain(
        person_id, competency_id, as_of=as_of, scope=session.who.scope
    )


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
    return session.service.recommend(
        person_id,
        as_of=as_of,
        top=request.top,
        objective=request.objective,
        modalities=request.modalities,
        hours=request.hours,
        budget=request.budget,
        lang=session.lang,
        scope=session.who.scope,
    )


def find_subject(session: Session, person_id: str, permission: Permission) -> PersonHead:
    """Find whom a question is about, and note it.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope.
    """
    session.need(permission)
    return session.read(lambda connection: session.person(connection, person_id))
