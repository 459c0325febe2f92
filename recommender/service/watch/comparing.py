"""Groups of people beside the others, and the tests that are made of it."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np

from recommender.arrays import IntArray
from recommender.documents.watch.document import (
    MEANT_BY_GRADE,
    MEASURES,
    Compared,
    Finding,
    Measure,
)
from recommender.service.watch.groups import Grouping, find_shown_groups
from recommender.service.watch.people import WatchedPeople
from recommender.service.watch.telling import Check, Telling, find_range
from recommender.watch.alarms import FEWEST_TESTED, p_value_beyond
from recommender.watch.fairness import GroupComparison, compare_groups, find_since, make_strata

TOLERANCES: dict[Measure, float] = {
    "gap": 0.1,
    "recommended": 0.05,
    "closed": 0.05,
    "shown": 0.05,
    "plan_hours": 1.0,
    "hours": 1.0,
    "seats": 0.1,
}
"""In the unit of each measure; of what everybody gets, a tenth is tolerated where that is more."""
RELATIVE_TOLERANCE = 0.1
# where less than others have is something to look into; more, or another gap, is to be known
_AMOUNTS = frozenset({"closed", "plan_hours", "hours", "seats"})
_GIVEN = _AMOUNTS | {"recommended"}


@dataclass(frozen=True)
class ComparedGroups:
    """The groups of one dimension, in the order of its labels; None where it is not told."""

    people: tuple[int | None, ...]
    measures: dict[Measure, tuple[Compared | None, ...]]
    checks: tuple[Check, ...]


def compare_people(watched: WatchedPeople, grouping: Grouping, telling: Telling) -> ComparedGroups:
    """Compare the groups of one dimension by every measure."""
    checks: list[Check] = []
    measures: dict[Measure, tuple[Compared | None, ...]] = {}
    for measure in MEASURES:
        measures[measure], findings = _compare(watched, grouping, measure, telling)
        checks += findings
    counts = np.bincount(grouping.code[grouping.code >= 0], minlength=len(grouping.labels))
    others = int((grouping.code < 0).sum())
    shown = find_shown_groups(counts, others, exact=telling.exact)
    people = tuple(
        telling.group(count) if is_shown else None
        for count, is_shown in zip(counts.tolist(), shown.tolist(), strict=True)
    )
    return ComparedGroups(people, measures, tuple(checks))


def _compare(
    watched: WatchedPeople, grouping: Grouping, measure: Measure, telling: Telling
) -> tuple[tuple[Compared | None, ...], list[Check]]:
    values, n = watched.values[measure], len(grouping.labels)
    strata = _find_strata(watched, grouping, measure)
    figures = compare_groups(values, grouping.code, strata, n_groups=n)
    others = int((np.isfinite(values) & (grouping.code < 0)).sum())
    shown = find_shown_groups(figures.count, others, exact=telling.exact)
    # that targets and weights of grades differ, and what these make of gaps, is meant
    is_compared = grouping.dimension != "grade" or measure not in MEANT_BY_GRADE
    told = tuple(
        _tell(figures, at, telling, is_compared=is_compared) if shown[at] else None
        for at in range(n)
    )
    if not is_compared or not np.isfinite(values).any():
        return told, []
    usual = float(np.nanmean(values))
    tolerance = TOLERANCES[measure]
    if measure in _AMOUNTS:
        tolerance = max(tolerance, RELATIVE_TOLERANCE * usual)
    p_values = p_value_beyond(figures.difference, figures.error, np.full(n, tolerance))
    # also where its mean is not shown: a small unit is not to hide what a large one lacks
    p_values[figures.count < FEWEST_TESTED] = np.nan
    since = _find_since(watched, grouping, measure, strata)
    return told, [
        Check(
            p,
            Finding(
                measure,
                is_alarm=measure in _GIVEN and bool(figures.difference[at] < 0),
                dimension=grouping.dimension,
                group=grouping.labels[at],
                found=find_range(float(figures.difference[at]), float(figures.error[at])),
                usual=usual,
                threshold=tolerance,
                since=since[at],
            ),
        )
        for at, p in enumerate(p_values.tolist())
        if math.isfinite(p)
    ]


def _find_strata(watched: WatchedPeople, grouping: Grouping, measure: Measure) -> IntArray:
    # grades are compared at gaps of the same size, gaps within a grade, all else within both
    nobody = np.zeros(len(watched.people), dtype=np.int64)
    grade = nobody if grouping.dimension == "grade" else watched.grade
    return grade if measure == "gap" else make_strata(grade, watched.values["gap"])


def _find_since(
    watched: WatchedPeople, grouping: Grouping, measure: Measure, strata: IntArray
) -> list[dt.date]:
    n = len(grouping.labels)
    periods = watched.by_period.get(measure)
    if periods is None:  # only how it is today is known
        return [watched.as_of] * n
    counted = np.where(np.isfinite(watched.values[measure]), periods, np.nan)
    differences = np.stack(
        [compare_groups(part, grouping.code, strata, n_groups=n).difference for part in counted]
    )
    tolerances = RELATIVE_TOLERANCE * np.nanmean(counted, axis=1)
    return [watched.period_starts[find_since(differences[:, at], tolerances)] for at in range(n)]


def _tell(figures: GroupComparison, at: int, telling: Telling, *, is_compared: bool) -> Compared:
    mean = telling.estimate(float(figures.mean[at]), float(figures.mean_error[at]))
    assert mean  # of five people at least
    difference = None
    if is_compared:
        difference = telling.estimate(float(figures.difference[at]), float(figures.error[at]))
    return Compared(telling.group(int(figures.count[at])), mean, difference)
