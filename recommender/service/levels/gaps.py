"""A person's gaps: assessed levels against the targets of the grade."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.arrays import FloatArray, to_date
from recommender.gaps import STANDINGS, judge_standing
from recommender.results import CompetencyGap, Gaps
from recommender.results import Standing as Judged
from recommender.scoring import SOURCES
from recommender.service.framework import Framework, profiles_in_force
from recommender.service.levels.sittings import find_incomplete
from recommender.service.levels.standing import Standing

_RATINGS = SOURCES.index("ratings")


def describe_gaps(framework: Framework, standing: Standing, row: int) -> Gaps:
    """Return the gaps of one person of a standing, in framework order."""
    person_id, grade = (standing.people[name].iloc[row] for name in ("person_id", "grade"))
    target_grade = (
        None if standing.target_grade is None else framework.grade_ids[standing.target_grade]
    )
    profile = profiles_in_force(framework, standing.as_of)[target_grade or grade]
    levels, gaps, snapshot = standing.levels, standing.gaps, standing.snapshot
    exams = snapshot.exam_results.get(person_id, [])
    standings = _judge(framework, gaps.gap[row])

    def number(values: FloatArray, k: int) -> float | None:
        return float(values[row, k]) if levels.source[row, k] >= 0 else None

    competencies: list[CompetencyGap] = []
    for k, name in enumerate(framework.competency_ids):
        source = int(levels.source[row, k])
        assessed = source >= 0
        confidence = number(gaps.confidence, k)
        competencies.append(
            CompetencyGap(
                competency_id=name,
                status="assessed" if assessed else "assess-first",
                level=number(levels.level, k),
                standard_error=number(levels.standard_error, k),
                target=float(standing.targets[row, k]),
                gap=number(gaps.gap, k),
                weight=float(standing.weights[row, k]),
                confidence=confidence,
                priority=number(gaps.priority, k),
                method=_method(standing, row, k) if assessed else None,
                assessed_on=to_date(int(levels.day[row, k])) if assessed else None,
                disagreement=source == _RATINGS
                and bool(standing.assessments[_RATINGS].disagreement[levels.row[row, k]]),
                standing=standings[k] if assessed else None,
                probability_met=None if confidence is None else 1.0 - confidence,
            )
        )
    return Gaps(
        person_id=person_id,
        as_of=standing.as_of,
        grade=grade,
        profile_effective_on=profile.effective_on,
        competencies=tuple(competencies),
        incomplete_sittings=tuple(find_incomplete(framework, exams)),
        target_grade=target_grade,
    )


def tell_standing(framework: Framework, gaps: Gaps) -> Gaps:
    """Say of each assessed competency whether the target is met, nearly met or not met.

    What has been said before is kept: a plan of an earlier day was made by the limit of that day.
    """
    numbers = np.array([item.gap for item in gaps.competencies], dtype=float)
    return replace(
        gaps,
        competencies=tuple(
            item if item.gap is None or item.standing else replace(item, standing=judged)
            for item, judged in zip(gaps.competencies, _judge(framework, numbers), strict=True)
        ),
    )


def _judge(framework: Framework, gaps: FloatArray) -> list[Judged]:
    codes = judge_standing(gaps, near_gap=framework.catalog.settings.near_gap)
    return [STANDINGS[code] for code in codes.tolist()]


def _method(standing: Standing, row: int, k: int) -> str:
    source = SOURCES[standing.levels.source[row, k]]
    # an imported level says itself how it was assessed, in the words of the file
    if source != "imported":
        return source
    return str(standing.imported_methods[standing.levels.row[row, k]])
