"""The use cases of levels: a person's gaps, and how each level came about."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, replace
from typing import Any

from recommender.results import Gaps
from recommender.service.framework import require_target_grade
from recommender.service.levels.derivation import LevelDerivation, derive_level
from recommender.service.levels.distance import word_gaps
from recommender.service.levels.gaps import describe_gaps
from recommender.service.levels.raters import tell_derivation
from recommender.service.levels.standing import Standing, aim_at, read_standing
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store.people.facts import Evidence, read_evidence


def read_gaps(
    session: Session, person_id: str, *, as_of: dt.date, target_grade: str | None = None
) -> Gaps:
    """Compare a person's levels with the targets of their grade, or of a target grade.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope.
    InputError
        If there is no such target grade.
    """
    framework = session.service.framework
    require_target_grade(framework, target_grade, field="query:target_grade")
    standing = aim_at(_find(session, person_id, as_of), framework, target_grade)
    return word_gaps(framework, describe_gaps(framework, standing, 0), session.lang)


def read_derivation(
    session: Session, person_id: str, competency_id: str, *, as_of: dt.date
) -> LevelDerivation:
    """Explain a person's level down to the raw rows it came from, as far as the reader is told.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope, or no such competency.
    """
    framework = session.service.framework
    with session.reading() as connection:
        standing = _find(session, person_id, as_of)
        evidence = read_evidence(connection, person_id, as_of=as_of, competency_id=competency_id)
    derivation = derive_level(framework, standing, 0, competency_id)
    told = tell_derivation(session.who, derivation, framework.catalog.settings)
    return replace(told, evidence=[_describe(each) for each in evidence])


def read_derivations(session: Session, person_id: str, *, as_of: dt.date) -> list[LevelDerivation]:
    """Explain all levels of a person, in framework order, as far as the reader is told.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope.
    """
    framework = session.service.framework
    with session.reading() as connection:
        standing = _find(session, person_id, as_of)
        evidence = read_evidence(connection, person_id, as_of=as_of)
    settings = framework.catalog.settings
    return [
        replace(
            tell_derivation(
                session.who, derive_level(framework, standing, 0, competency_id), settings
            ),
            evidence=[_describe(each) for each in evidence if each.competency_id == competency_id],
        )
        for competency_id in framework.competency_ids
    ]


def _describe(evidence: Evidence) -> dict[str, Any]:
    said = asdict(evidence)
    del said["competency_id"]
    return said


def _find(session: Session, person_id: str, as_of: dt.date) -> Standing:
    session.need(Permission.READ_ASSESSMENTS)
    framework = session.service.framework
    with session.reading() as connection:
        session.person(connection, person_id)
        return read_standing(connection, framework, as_of=as_of, person_ids=[person_id])
