"""Ratings and exams of people, read some at a time, into the arrays of item statistics.

Of a large organisation a sample is read: the interval of a share is then at most .03 either way,
and ratings of everybody would take minutes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray, FloatArray, IntArray, months_before, to_day
from recommender.improvement.history import build_records, pairs_of_modules, read_records
from recommender.scoring import (
    DISAGREEMENT_LEVELS,
    RATER_TYPE_CODES,
    ExamArrays,
    RatingArrays,
    RatingDetails,
    detail_ratings,
)
from recommender.scoring.ratings import sum_levels
from recommender.service.framework import Framework
from recommender.service.levels.standing import to_exam_arrays, to_rating_arrays
from recommender.standards import ScoredItems, score_items
from recommender.store import (
    Connection,
    FirstDays,
    Scope,
    Snapshot,
    read_improvement_records,
    read_snapshot,
)

MOST_PEOPLE = 1_000
"""Of more people than these a sample of so many is read."""
# people whose ratings are in memory together
_AT_ONCE = 250
# how levels have shifted is seen over years
_BEGINNING = dt.date(1900, 1, 1)
_SELF = RATER_TYPE_CODES["self"]


@dataclass(frozen=True)
class Items:
    """The indicators of a framework, and the subjects of its exams, in its order.

    Parameters
    ----------
    indicator_ids : tuple of str
        Ids of the indicators.
    competency, level : ndarray of int, shape (n_indicators,)
        What each belongs to.
    exams : tuple of (int, int, int)
        Competency, level and number of subjects of each exam.
    subject_ids : tuple of str
        ``<competency>.<level>.<subject>``, exam by exam.
    """

    indicator_ids: tuple[str, ...]
    competency: IntArray
    level: IntArray
    exams: tuple[tuple[int, int, int], ...]
    subject_ids: tuple[str, ...]


@dataclass(frozen=True)
class RatedPeople:
    """What people were rated and scored, of their assessments that count on a day.

    Parameters
    ----------
    indicators : ScoredItems
        Of shape (n_people, n_indicators).
    subjects : ndarray of shape (n_people, n_subjects)
        Share of the points in each subject, of everybody's latest sitting of the exam.
    rater_person, rater_competency, rater_level : ndarray of shape (n_raters,)
        Whom each rater has rated in what, and where the rater sees them; without self-ratings.
    type_competency, types_differ : ndarray of shape (n,)
        Of assessments by two rater types or more, without self-ratings: of what, and whether two
        of them differ by more than a level.
    changes : DataFrame
        person_id, competency_id, before_on, after_on and change, in levels, between ratings of one
        person that follow each other without training in between.
    """

    indicators: ScoredItems
    subjects: FloatArray
    rater_person: IntArray
    rater_competency: IntArray
    rater_level: FloatArray
    type_competency: IntArray
    types_differ: BoolArray
    changes: pd.DataFrame


def list_items(framework: Framework) -> Items:
    """List the indicators and subjects of a framework."""
    indicators = [
        (indicator.id, k, level.level)
        for k, competency in enumerate(framework.catalog.competencies)
        for level in competency.levels
        for indicator in level.indicators
    ]
    exams = [
        (k, exam)
        for k, competency in enumerate(framework.catalog.competencies)
        for exam in competency.exams
    ]
    return Items(
        indicator_ids=tuple(name for name, _, _ in indicators),
        competency=np.array([k for _, k, _ in indicators], dtype=np.int64),
        level=np.array([level for _, _, level in indicators], dtype=np.int64),
        exams=tuple((k, exam.level, len(exam.subjects)) for k, exam in exams),
        subject_ids=tuple(
            f"{framework.competency_ids[k]}.{exam.level}.{subject.id}"
            for k, exam in exams
            for subject in exam.subjects
        ),
    )


def choose_sample(person_ids: Sequence[str]) -> list[str]:
    """Choose whose ratings are read: the same people each time, until somebody comes or goes."""
    if len(person_ids) <= MOST_PEOPLE:
        return list(person_ids)
    rows = np.random.default_rng(0).choice(len(person_ids), MOST_PEOPLE, replace=False)
    return [person_ids[int(row)] for row in np.sort(rows)]


def read_rated(
    connection: Connection,
    framework: Framework,
    items: Items,
    person_ids: Sequence[str],
    *,
    as_of: dt.date,
    scope: Scope,
    with_imported: bool,
) -> RatedPeople:
    """Read what people were rated and scored.

    `with_imported` says whether imported improvement records count of everybody in them, who need
    not be stored as people; else those of these people do.
    """
    parts: list[RatedPeople] = []
    n_before = 0
    for start in range(0, max(len(person_ids), 1), _AT_ONCE):
        some = person_ids[start : start + _AT_ONCE]
        snapshot = read_snapshot(
            connection,
            as_of=as_of,
            first_days=FirstDays(
                _BEGINNING,
                months_before(as_of, framework.catalog.settings.exam_validity_months),
                as_of,  # imported assessments say nothing of items
            ),
            person_ids=some,
            scope=scope,
        )
        part = _arrange(snapshot, framework, items, as_of)
        parts.append(replace(part, rater_person=part.rater_person + n_before))
        n_before += len(snapshot.people)
    stored = read_improvement_records(
        connection, as_of=as_of, person_ids=None if with_imported else person_ids
    )
    imported = _list_changes(read_records(stored).frame, framework)

    def join(name: str) -> np.ndarray:
        return np.concatenate([getattr(part, name) for part in parts])

    return RatedPeople(
        indicators=ScoredItems(
            np.concatenate([part.indicators.score for part in parts]),
            np.concatenate([part.indicators.rest for part in parts]),
        ),
        subjects=join("subjects"),
        rater_person=join("rater_person"),
        rater_competency=join("rater_competency"),
        rater_level=join("rater_level"),
        type_competency=join("type_competency"),
        types_differ=join("types_differ"),
        changes=pd.concat([*(part.changes for part in parts), imported], ignore_index=True),
    )


def _arrange(snapshot: Snapshot, framework: Framework, items: Items, as_of: dt.date) -> RatedPeople:
    settings = framework.catalog.settings
    ids = snapshot.people["person_id"]
    code = {name: position for position, name in enumerate(items.indicator_ids)}
    rows = snapshot.ratings
    # before the arrays are made, which leave out the same rows: both have to stay in step
    rows = rows[
        rows["indicator_id"].isin(code) & rows["competency_id"].isin(framework.competencies)
    ]
    ratings = to_rating_arrays(rows, framework, ids)
    indicator = np.asarray(rows["indicator_id"].map(code), dtype=np.int64)
    details = detail_ratings(
        ratings,
        rater_weights=framework.rater_weights,
        rating_standard_error=settings.rating_standard_error,
        window_days=settings.rating_window_days,
        as_of_day=to_day(as_of),
    )
    valid_from = to_day(months_before(as_of, settings.assessment_validity_months))
    current = _find_current(details, valid_from)
    in_current = _belong(ratings, details, current, settings.rating_window_days)
    counted = RatingArrays(*(getattr(ratings, name)[in_current] for name in _RATING_FIELDS))
    rater = current[details.rater_assessment] & (details.rater_type != _SELF)
    of = details.rater_assessment[rater]
    others = np.delete(details.type_level[current], _SELF, axis=1)
    several = (~np.isnan(others)).sum(axis=1) > 1
    spread = np.nanmax(others[several], axis=1) - np.nanmin(others[several], axis=1)
    return RatedPeople(
        indicators=score_items(
            counted,
            indicator[in_current],
            item_competency=items.competency,
            item_level=items.level,
            rater_weights=framework.rater_weights,
            n_people=len(ids),
        ),
        subjects=_arrange_exams(to_exam_arrays(snapshot.exams, framework, ids), items, len(ids)),
        rater_person=details.person[of],
        rater_competency=details.competency[of],
        rater_level=details.rater_level[rater],
        type_competency=details.competency[current][several],
        types_differ=spread > DISAGREEMENT_LEVELS,
        changes=_find_changes(snapshot, framework, details),
    )


_RATING_FIELDS = ("person", "competency", "level", "rater_type", "rater", "rating", "day")


def _find_current(details: RatingDetails, valid_from: int) -> BoolArray:
    """Say which assessments are the latest of their person and competency that count."""
    counts = (np.delete(details.n_raters, _SELF, axis=1).sum(axis=1) > 0) & (
        details.day >= valid_from
    )
    rows = np.flatnonzero(counts)
    # they are in the order of their days, so the last one of each stays
    pair = details.person[rows] * (int(details.competency.max(initial=0)) + 1)
    pair += details.competency[rows]
    last = np.append(pair[1:] != pair[:-1], True)[: len(pair)]
    current = np.zeros(len(details.day), dtype=bool)
    current[rows[last]] = True
    return current


def _belong(
    ratings: RatingArrays, details: RatingDetails, current: BoolArray, window_days: int
) -> BoolArray:
    """Say which ratings the current assessments are made of."""
    shape = (int(ratings.person.max(initial=0)) + 1, int(ratings.competency.max(initial=0)) + 1)
    day = np.full(shape, np.iinfo(np.int64).min // 2)
    day[details.person[current], details.competency[current]] = details.day[current]
    of = day[ratings.person, ratings.competency]
    # windows do not overlap: what lies within this one and not after it is of no other
    return (ratings.day <= of) & (ratings.day >= of - window_days)


def _arrange_exams(exams: ExamArrays, items: Items, n_people: int) -> FloatArray:
    first = {}
    width = 0
    for k, level, n_subjects in items.exams:
        first[k, level] = width
        width += n_subjects
    scores = np.full((n_people, width), np.nan)
    if not len(exams.person):
        return scores
    exam = exams.competency * 5 + exams.level
    sitting, of = np.unique(exams.person * (int(exam.max()) + 1) + exam, return_inverse=True)
    latest = np.full(len(sitting), np.iinfo(np.int64).min)
    np.maximum.at(latest, of, exams.day)
    rows = exams.day == latest[of]
    start = np.array(
        [
            first[pair]
            for pair in zip(
                exams.competency[rows].tolist(), exams.level[rows].tolist(), strict=True
            )
        ],
        dtype=np.int64,
    )
    scores[exams.person[rows], start + exams.subject[rows]] = exams.score[rows] / 100
    return scores


def _find_changes(snapshot: Snapshot, framework: Framework, details: RatingDetails) -> pd.DataFrame:
    ids = snapshot.people["person_id"].to_numpy(dtype=object)
    rows = np.delete(details.n_raters, _SELF, axis=1).sum(axis=1) > 0
    assessments = pd.DataFrame(
        {
            "person_id": ids[details.person[rows]],
            "competency_id": np.array(framework.competency_ids, dtype=object)[
                details.competency[rows]
            ],
            "level": sum_levels(details.combined[rows]),
            "assessed_on": details.day[rows].astype("datetime64[D]").astype(object),
        }
    )
    pairs = pairs_of_modules(framework.catalog.modules)
    return _list_changes(build_records(assessments, snapshot.completions, pairs).frame, framework)


def _list_changes(records: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    """Pick the records without training, of what is rated."""
    rated = [name for name, c in framework.competencies.items() if c.kind == "behavioural"]
    chosen = records["competency_id"].isin(rated) & (records["module_id"].fillna("") == "")
    rows = records[chosen]
    return pd.DataFrame(
        {
            "person_id": rows["person_id"].astype(object),
            "competency_id": rows["competency_id"].astype(object),
            "before_on": rows["before_on"].astype(object),
            "after_on": rows["after_on"].astype(object),
            "change": rows["level_after"].astype(float) - rows["level_before"].astype(float),
        }
    )
