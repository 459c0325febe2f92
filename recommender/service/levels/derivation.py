"""How a level came about, down to the raw rows it came from."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from recommender.arrays import round_off, to_date, to_day
from recommender.errors import NotFoundError
from recommender.scoring import (
    DISAGREEMENT_LEVELS,
    RATER_TYPE_CODES,
    SOURCES,
    detail_ratings,
    score_sittings,
)
from recommender.service.framework import Framework
from recommender.service.levels.sittings import find_incomplete
from recommender.service.levels.standing import Standing, to_exam_arrays, to_rating_arrays
from recommender.store import to_rows


@dataclass(frozen=True)
class LevelDerivation:
    """How a person's level in a competency came about.

    Parameters
    ----------
    person_id, competency_id, as_of : str, str, date
        Whose level, in what, on which day.
    source : str or None
        ``ratings``, ``exams``, ``imported``; None where there is no valid assessment.
    level, standard_error : float or None
        In levels.
    assessed_on : date or None
        The day that dates the assessment.
    disagreement : bool
        Whether two rater types in `parts` differ by more than one level.
    fulfilment : tuple of float
        For ratings how far each of the four levels is fulfilled, over all rater types; a level
        nobody rated is fulfilled as the next higher rated one, and not above the highest. Empty
        where the reader is not told of all types.
    parts : list of dict
        For ratings an entry for each rater type, with its weight, its raters, what they rated of
        each level and their own level, for which a level they did not rate is as in `fulfilment`;
        all but the weight are None where the reader is not told. For exams an entry for each
        sitting, with its standard score, whether it was passed and the subjects that are missing.
    rows : list of dict
        The raw rows that counted.
    evidence : list of dict
        Results of work that are held beside the level, the newest first; the level does not rest
        on them.
    """

    person_id: str
    competency_id: str
    as_of: dt.date
    source: str | None = None
    level: float | None = None
    standard_error: float | None = None
    assessed_on: dt.date | None = None
    disagreement: bool = False
    fulfilment: tuple[float, ...] = ()
    parts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    evidence: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def derive_level(
    framework: Framework, standing: Standing, row: int, competency_id: str
) -> LevelDerivation:
    """Say how the level of one person of a standing came about.

    Raises
    ------
    NotFoundError
        If the catalogue has no such competency.
    """
    if competency_id not in framework.competencies:
        raise NotFoundError("competency.unknown", competency_id=competency_id)
    k = framework.competency_ids.index(competency_id)
    levels = standing.levels
    source = int(levels.source[row, k])
    person_id = str(standing.people["person_id"].iloc[row])
    if source < 0:
        return LevelDerivation(person_id, competency_id, standing.as_of)
    assessed_on = to_date(int(levels.day[row, k]))
    parts: list[dict[str, Any]] = []
    fulfilment: tuple[float, ...] = ()
    if SOURCES[source] == "ratings":
        raw = _raw(standing.snapshot.ratings, person_id, competency_id)
        # an indicator that the catalogue no longer has did not count
        raw = raw[raw["indicator_id"].isin(list(framework.indicator_levels))]
        first = assessed_on - dt.timedelta(days=framework.catalog.settings.rating_window_days)
        raw = raw[(raw["rated_on"] >= first) & (raw["rated_on"] <= assessed_on)]
        parts, fulfilment = _explain_raters(framework, raw, person_id, standing.as_of)
    elif SOURCES[source] == "exams":
        raw = _raw(standing.snapshot.exams, person_id, competency_id)
        parts = _explain_sittings(framework, raw, person_id)
    else:
        raw = _raw(standing.snapshot.assessments, person_id, competency_id)
        raw = raw[raw["assessed_on"] == assessed_on]
    return LevelDerivation(
        person_id=person_id,
        competency_id=competency_id,
        as_of=standing.as_of,
        source=SOURCES[source],
        level=float(levels.level[row, k]),
        standard_error=float(levels.standard_error[row, k]),
        assessed_on=assessed_on,
        disagreement=SOURCES[source] == "ratings" and do_parts_disagree(parts),
        fulfilment=fulfilment,
        parts=parts,
        rows=to_rows(raw),
    )


def do_parts_disagree(parts: Iterable[Mapping[str, Any]]) -> bool:
    """Say whether two rater types, as far as their levels are told, differ by more than one."""
    told = [part["level"] for part in parts if part["level"] is not None]
    return bool(told) and bool(round_off(np.ptp(told)) > DISAGREEMENT_LEVELS)


def _raw(rows: pd.DataFrame, person_id: str, competency_id: str) -> pd.DataFrame:
    return rows[(rows["person_id"] == person_id) & (rows["competency_id"] == competency_id)]


def _explain_raters(
    framework: Framework, raw: pd.DataFrame, person_id: str, as_of: dt.date
) -> tuple[list[dict[str, Any]], tuple[float, ...]]:
    """Return the parts of an assessment from ratings, and the combined fulfilment of the levels."""
    settings = framework.catalog.settings
    details = detail_ratings(
        to_rating_arrays(raw, framework, [person_id]),
        rater_weights=framework.rater_weights,
        rating_standard_error=settings.rating_standard_error,
        window_days=settings.rating_window_days,
        as_of_day=to_day(as_of),
    )
    present = [kind for kind in RATER_TYPE_CODES if (raw["rater_type"] == kind).any()]
    # weights count among the types that rated (DESIGN, section 4, "Behavioural competency")
    total = sum(settings.weight_of_rater(kind) for kind in present)
    parts: list[dict[str, Any]] = []
    for kind in present:
        code = RATER_TYPE_CODES[kind]
        # the rows are of one window, so there is one assessment
        rated = details.rated[-1, code].tolist()
        parts.append(
            {
                "rater_type": kind,
                "weight": settings.weight_of_rater(kind) / total,
                "raters": int(details.n_raters[-1, code]),
                "ratings": int((raw["rater_type"] == kind).sum()),
                "fulfilment": [None if math.isnan(value) else value for value in rated],
                "level": float(details.type_level[-1, code]),
            }
        )
    return parts, tuple(details.combined[-1].tolist())


def _explain_sittings(
    framework: Framework, raw: pd.DataFrame, person_id: str
) -> list[dict[str, Any]]:
    sittings = score_sittings(to_exam_arrays(raw, framework, [person_id]), framework.exam_rules)
    marks = framework.exam_rules.pass_marks[sittings.competency, sittings.level - 1]
    names = ("competency_id", "exam_level", "sat_on", "subject")
    results = zip(*(raw[name].tolist() for name in names), strict=True)
    missing = {
        (sitting.exam_level, sitting.sat_on): list(sitting.missing)
        for sitting in find_incomplete(framework, results)
    }
    return [
        {
            "exam_level": int(sittings.level[i]),
            "sat_on": to_date(int(sittings.day[i])),
            "missing": missing.get((int(sittings.level[i]), to_date(int(sittings.day[i]))), []),
            "complete": bool(sittings.complete[i]),
            "standard_score": float(sittings.score[i]) if sittings.complete[i] else None,
            "pass_mark": float(marks[i]),
            "passed": bool(sittings.passed[i]),
        }
        for i in np.lexsort((sittings.level, sittings.day))
    ]
