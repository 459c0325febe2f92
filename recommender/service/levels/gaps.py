"""A person's gaps: assessed levels against the targets of the grade."""

from __future__ import annotations

import datetime as dt

from recommender.arrays import to_date
from recommender.results import CompetencyGap, Gaps
from recommender.scoring import SOURCES
from recommender.service.framework import Framework, profiles_in_force
from recommender.service.levels.standing import Standing, read_standing
from recommender.service.permissions import Permission
from recommender.service.session import Session

_RATINGS = SOURCES.index("ratings")


def read_gaps(session: Session, person_id: str, *, as_of: dt.date) -> Gaps:
    """Compare a person's levels with the targets of the grade.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope.
    """
    session.need(Permission.READ_ASSESSMENTS)
    framework = session.service.framework
    with session.reading() as connection:
        session.person(connection, person_id)
        standing = read_standing(connection, framework, as_of=as_of, person_ids=[person_id])
    return describe_gaps(framework, standing, 0)


def describe_gaps(framework: Framework, standing: Standing, row: int) -> Gaps:
    """Return the gaps of one person of a standing, in framework order."""
    person = standing.people.iloc[row]
    profile = profiles_in_force(framework, standing.as_of)[person["grade"]]
    levels, gaps = standing.levels, standing.gaps
    competencies: list[CompetencyGap] = []
    for k, name in enumerate(framework.competency_ids):
        source = int(levels.source[row, k])
        assessed = source >= 0
        competencies.append(
            CompetencyGap(
                competency_id=name,
                status="assessed" if assessed else "assess-first",
                level=float(levels.level[row, k]) if assessed else None,
                standard_error=float(levels.standard_error[row, k]) if assessed else None,
                target=float(standing.targets[row, k]),
                gap=float(gaps.gap[row, k]) if assessed else None,
                weight=float(standing.weights[row, k]),
                confidence=float(gaps.confidence[row, k]) if assessed else None,
                priority=float(gaps.priority[row, k]) if assessed else None,
                method=_method(standing, row, k) if assessed else None,
                assessed_on=to_date(int(levels.day[row, k])) if assessed else None,
                disagreement=source == _RATINGS
                and bool(standing.assessments[_RATINGS].disagreement[levels.row[row, k]]),
            )
        )
    return Gaps(
        person_id=person["person_id"],
        as_of=standing.as_of,
        grade=person["grade"],
        profile_effective_on=profile.effective_on,
        competencies=tuple(competencies),
    )


def _method(standing: Standing, row: int, k: int) -> str:
    source = SOURCES[standing.levels.source[row, k]]
    if source != "imported":
        return source
    return str(standing.imported_methods[standing.levels.row[row, k]])
