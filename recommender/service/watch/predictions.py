"""Predictions beside what was measured since, in groups and as a whole, and the tests of it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import numpy as np

from recommender.arrays import BoolArray, FloatArray, to_date
from recommender.documents.watch.document import Estimate, Finding, FindingCode, Predicted
from recommender.service.watch.groups import Grouping, find_shown_groups
from recommender.service.watch.model import (
    INDEX_TOLERANCE,
    NewRecords,
    WatchedModel,
    find_first_day,
)
from recommender.service.watch.people import WatchedPeople
from recommender.service.watch.telling import Check, Telling, find_range
from recommender.watch.alarms import FEWEST_TESTED, p_value_below, p_value_beyond
from recommender.watch.calibration import (
    NOMINAL_COVERAGE,
    CalibrationFigures,
    measure_calibration,
)

OFFSET_TOLERANCE = 0.1
"""Levels by which predictions may be off: what counts as near a target."""
SLOPE_TOLERANCE = 0.5
"""How far from 1 a slope may lie, as for a model that is put in force."""
COVERAGE_TOLERANCE = 0.05


def compare_predictions(
    watched: WatchedPeople, grouping: Grouping, records: NewRecords, telling: Telling
) -> tuple[tuple[Predicted | None, ...], list[Check]]:
    """Compare predictions with what was measured, group by group of one dimension."""
    row_of = {head.person_id: row for row, head in enumerate(watched.people)}
    rows = np.array([row_of.get(who, -1) for who in records.person_id], dtype=np.int64)
    # who has left, or is outside of the scope, is among the others
    group = np.where(rows >= 0, grouping.code[rows], -1)
    n = len(grouping.labels)
    figures = measure_calibration(
        records.predicted, records.observed, records.held, records.person, group, n_groups=n
    )
    others = int(np.unique(records.person[group < 0]).size)
    shown = find_shown_groups(figures.people, others, exact=telling.exact)
    tested = figures.people >= FEWEST_TESTED
    told = tuple(_tell(figures, at, telling) if shown[at] else None for at in range(n))
    beyond_rest = figures.offset - figures.rest_offset
    error = np.hypot(figures.offset_error, figures.rest_error)
    since = find_first_day(records)
    offsets = _check("offset", beyond_rest, error, tested, grouping, since)
    return told, [*offsets, *_check_shape(figures, tested, grouping, since)]


def tell_all_predictions(records: NewRecords, telling: Telling) -> Predicted:
    """Compare all predictions since the training with what was measured."""
    return _tell(_measure_all(records), 0, telling)


def check_model(watched: WatchedModel) -> list[Check]:
    """Ask whether the model as a whole still holds."""
    records, gains = watched.records, watched.gains
    if records is None or gains is None:
        return []
    first, whole = find_first_day(records), np.ones(1, dtype=bool)
    checks = list(_check_shape(_measure_all(records), whole, None, first))
    offset, error = np.array([gains.offset]), np.array([gains.error])
    checks += _check("gain", offset, error, whole, None, first)
    # a change that leaves the gains within what is tolerated is no matter
    if gains.changed_at is not None and abs(gains.after) > OFFSET_TOLERANCE:
        finding = Finding(
            "change",
            is_alarm=True,
            dimension=None,
            group=None,
            found=Estimate(gains.after, math.nan, math.nan),
            usual=gains.before,
            threshold=OFFSET_TOLERANCE,
            since=to_date(gains.changed_at),
        )
        checks.append(Check(gains.p_value, finding))
    checks += [
        Check(
            drift.p_value,
            Finding(
                "input",
                is_alarm=True,
                dimension=None,
                group=drift.name,
                found=Estimate(drift.index, math.nan, math.nan),
                usual=None,
                threshold=INDEX_TOLERANCE,
                since=first,
            ),
        )
        for drift in watched.inputs
    ]
    return [check for check in checks if math.isfinite(check.p_value)]


def _measure_all(records: NewRecords) -> CalibrationFigures:
    group = np.zeros(len(records.person), dtype=np.int64)
    return measure_calibration(
        records.predicted, records.observed, records.held, records.person, group, n_groups=1
    )


def _check_shape(
    figures: CalibrationFigures, tested: BoolArray, grouping: Grouping | None, since: dt.date
) -> Iterator[Check]:
    yield from _check("slope", figures.slope, figures.slope_error, tested, grouping, since)
    yield from _check("coverage", figures.coverage, figures.coverage_error, tested, grouping, since)


# what a figure should be, and how far from it is tolerated
_MEANT: dict[FindingCode, tuple[float, float]] = {
    "offset": (0.0, OFFSET_TOLERANCE),
    "gain": (0.0, OFFSET_TOLERANCE),
    "slope": (1.0, SLOPE_TOLERANCE),
    "coverage": (NOMINAL_COVERAGE, COVERAGE_TOLERANCE),
}


def _check(
    code: FindingCode,
    estimate: FloatArray,
    error: FloatArray,
    tested: BoolArray,
    grouping: Grouping | None,
    since: dt.date,
) -> Iterator[Check]:
    meant, tolerance = _MEANT[code]
    bounds = np.full(estimate.shape, tolerance)
    if code == "coverage":  # ranges that hold too often do no harm
        p_values = p_value_below(estimate, error, meant - bounds)
    else:
        p_values = p_value_beyond(estimate - meant, error, bounds)
    for at, p in enumerate(np.where(tested, p_values, np.nan).tolist()):
        if math.isfinite(p):
            finding = Finding(
                code,
                is_alarm=True,
                dimension=grouping and grouping.dimension,
                group=grouping and grouping.labels[at],
                found=find_range(float(estimate[at]), float(error[at])),
                usual=meant,
                threshold=tolerance,
                since=since,
            )
            yield Check(p, finding)


def _tell(figures: CalibrationFigures, at: int, telling: Telling) -> Predicted:
    offset = telling.estimate(float(figures.offset[at]), float(figures.offset_error[at]))
    coverage = telling.estimate(float(figures.coverage[at]), float(figures.coverage_error[at]))
    # of five people at least, whose errors are known
    assert offset
    assert coverage
    return Predicted(
        records=telling.group(int(figures.records[at])),
        people=telling.group(int(figures.people[at])),
        predicted=telling.figure(float(figures.predicted[at])),
        observed=telling.figure(float(figures.observed[at])),
        offset=offset,
        slope=telling.estimate(float(figures.slope[at]), float(figures.slope_error[at])),
        coverage=Estimate(coverage.figure, max(coverage.lower, 0.0), min(coverage.upper, 1.0)),
    )
