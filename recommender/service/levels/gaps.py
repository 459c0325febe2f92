"""A person's gaps: assessed levels against the targets of the grade."""

from __future__ import annotations

from recommender.arrays import to_date
from recommender.results import CompetencyGap, Gaps
from recommender.scoring import SOURCES
from recommender.service.framework import Framework, profiles_in_force
from recommender.service.levels.standing import Standing

_RATINGS = SOURCES.index("ratings")


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
