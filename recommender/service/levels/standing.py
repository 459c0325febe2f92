"""Where people stand on a day: rows of the database into the arrays of the core."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd

from recommender.arrays import BoolArray, FloatArray, IntArray, months_before, to_day
from recommender.errors import InputError, NotFoundError
from recommender.gaps import GapArrays, find_gaps
from recommender.scoring import (
    RATER_TYPE_CODES,
    AssessmentArrays,
    ExamArrays,
    LevelArrays,
    RatingArrays,
    Sittings,
    assess_exams,
    assess_ratings,
    pick_current,
    score_sittings,
)
from recommender.service.framework import Framework, profiles_in_force
from recommender.store import EVERYONE, Connection, FirstDays, Scope, Snapshot, read_snapshot


@dataclass(frozen=True)
class Standing:
    """People as the core sees them; arrays have a row for each person, in the order of `people`.

    Parameters
    ----------
    as_of : date
        The day.
    people : DataFrame
        The people of the snapshot; with another grade where one is assumed.
    snapshot : Snapshot
        The raw rows, to explain levels.
    grade : ndarray of shape (n_people,)
        Positions of the grades.
    targets, weights : ndarray of shape (n_people, n_competencies)
        From the profile in force of the target grade, or of each person's own.
    levels : LevelArrays
        Current levels.
    gaps : GapArrays
        Levels against targets.
    facts : FactArrays
        What is known of them up to the day.
    assessments : tuple of AssessmentArrays
        From ratings, exams and imports; `levels.row` points into them.
    imported_methods : ndarray of str
        How each imported assessment was made, as HR named it.
    completed, recently_completed : ndarray of shape (n_people, n_modules)
        Whether the person ever completed the module, and within its repeat interval.
    target_grade : int or None
        Position of the grade that everybody is compared with; None: each with their own.
    """

    as_of: dt.date
    people: pd.DataFrame
    snapshot: Snapshot
    grade: IntArray
    targets: FloatArray
    weights: FloatArray
    levels: LevelArrays
    gaps: GapArrays
    facts: FactArrays
    assessments: tuple[AssessmentArrays, AssessmentArrays, AssessmentArrays]
    imported_methods: np.ndarray
    completed: BoolArray
    recently_completed: BoolArray
    target_grade: int | None = None


def read_standing(
    connection: Connection,
    framework: Framework,
    *,
    as_of: dt.date,
    person_ids: Sequence[str] | None = None,
    scope: Scope = EVERYONE,
) -> Standing:
    """Read where people stand on a day, in the order of their ids; everybody without `person_ids`.

    Raises
    ------
    NotFoundError
        If a person does not exist, or not within the scope.
    InputError
        If a person's grade is not one of the catalogue, or has no profile in force.
    """
    snapshot = read_facts(
        connection,
        framework,
        first_day=as_of,
        last_day=as_of,
        person_ids=person_ids,
        scope=scope,
    )
    known_ids = set(snapshot.people["person_id"])
    for person_id in person_ids or ():
        if person_id not in known_ids:
            raise NotFoundError("person.unknown", person_id=person_id)
    return find_standing(snapshot, framework, as_of=as_of)


def find_first_days(framework: Framework, as_of: dt.date) -> FirstDays:
    """Return from which day on facts can still matter on a day."""
    settings = framework.catalog.settings
    valid_from = months_before(as_of, settings.assessment_validity_months)
    return FirstDays(
        # an assessment that is just valid rests on ratings of the window before it
        ratings=valid_from - dt.timedelta(days=settings.rating_window_days),
        exams=months_before(as_of, settings.exam_validity_months),
        assessments=valid_from,
    )


def find_standing(snapshot: Snapshot, framework: Framework, *, as_of: dt.date) -> Standing:
    """Work out where people stand from what is known of them.

    Raises
    ------
    InputError
        If a person's grade is not one of the catalogue, or has no profile in force.
    """
    people = snapshot.people
    grade = _codes(people["grade"], framework.grade_ids)
    if (grade < 0).any():
        row = people[grade < 0].iloc[0]
        raise InputError("person.grade", person_id=row["person_id"], grade=row["grade"])
    targets, weights = targets_of_grades(framework, as_of)
    facts = to_fact_arrays(snapshot, framework)
    assessments, levels = assess(facts, framework, as_of, n_people=len(people))
    completed, recently = mark_completions(
        snapshot.completions, snapshot.people["person_id"], framework, as_of
    )
    return Standing(
        as_of=as_of,
        people=people,
        snapshot=snapshot,
        grade=grade,
        targets=targets[grade],
        weights=weights[grade],
        levels=levels,
        gaps=_compare(levels, targets[grade], weights[grade]),
        facts=facts,
        assessments=assessments,
        imported_methods=_imported_methods(snapshot, framework),
        completed=completed,
        recently_completed=recently,
    )


def read_facts(
    connection: Connection,
    framework: Framework,
    *,
    first_day: dt.date,
    last_day: dt.date,
    person_ids: Sequence[str] | None = None,
    scope: Scope = EVERYONE,
) -> Snapshot:
    """Read what the levels of people rest on, on any day from one to another."""
    return read_snapshot(
        connection,
        as_of=last_day,
        first_days=find_first_days(framework, first_day),
        person_ids=person_ids,
        scope=scope,
    )


def assume_grade(standing: Standing, framework: Framework, grade: str) -> Standing:
    """Return a standing as if everybody in it had a grade: other targets, the same levels."""
    aimed = aim_at(standing, framework, grade)
    # the frame too: profile and learning path are looked up by the grade that stands there
    return replace(
        aimed,
        people=standing.people.assign(grade=grade),
        grade=np.full_like(standing.grade, aimed.target_grade),
        target_grade=None,
    )


def aim_at(standing: Standing, framework: Framework, target_grade: str | None) -> Standing:
    """Compare everybody in a standing with the targets of one grade; as it is where None."""
    if target_grade is None:
        return standing
    position = framework.grade_ids.index(target_grade)
    targets, weights = targets_of_grades(framework, standing.as_of)
    everybody = np.full_like(standing.grade, position)
    return replace(
        standing,
        targets=targets[everybody],
        weights=weights[everybody],
        gaps=_compare(standing.levels, targets[everybody], weights[everybody]),
        target_grade=position,
    )


def targets_of_grades(framework: Framework, as_of: dt.date) -> tuple[FloatArray, FloatArray]:
    """Return the targets and weights in force on a day, of shape (n_grades, n_competencies).

    Raises
    ------
    InputError
        If a grade has no profile in force yet on that day.
    """
    profiles = profiles_in_force(framework, as_of)
    of_grade = [
        [profiles[grade].targets[name] for name in framework.competency_ids]
        for grade in framework.grade_ids
    ]
    # a row for each grade: everybody's are picked from it by position, however many people
    return (
        np.array([[target.level for target in row] for row in of_grade], dtype=float),
        np.array([[target.weight for target in row] for row in of_grade], dtype=float),
    )


def _compare(levels: LevelArrays, targets: FloatArray, weights: FloatArray) -> GapArrays:
    return find_gaps(levels.level, targets, levels.standard_error, weights=weights)


def _imported_methods(snapshot: Snapshot, framework: Framework) -> np.ndarray:
    # in step with `to_imported_arrays`, which leaves out what the catalogue does not know
    rows = snapshot.assessments
    known = rows["competency_id"].isin(framework.competency_ids)
    return rows["method"][known].to_numpy(dtype=object)


@dataclass(frozen=True)
class FactArrays:
    """What is known of people, as the core takes it, of any day."""

    ratings: RatingArrays
    sittings: Sittings
    imported: AssessmentArrays


def to_fact_arrays(snapshot: Snapshot, framework: Framework) -> FactArrays:
    """Turn the rows of a snapshot into arrays; rows the catalogue does not know are left out."""
    ids = snapshot.people["person_id"]
    exams = to_exam_arrays(snapshot.exams, framework, ids)
    return FactArrays(
        to_rating_arrays(snapshot.ratings, framework, ids),
        score_sittings(exams, framework.exam_rules),
        to_imported_arrays(snapshot.assessments, framework, ids),
    )


def assess(
    facts: FactArrays, framework: Framework, as_of: dt.date, *, n_people: int
) -> tuple[tuple[AssessmentArrays, AssessmentArrays, AssessmentArrays], LevelArrays]:
    """Return the assessments of people on a day, and of them the levels that count."""
    settings = framework.catalog.settings
    valid_from = to_day(months_before(as_of, settings.assessment_validity_months))
    exams_from = to_day(months_before(as_of, settings.exam_validity_months))
    assessments = (
        assess_ratings(
            facts.ratings,
            rater_weights=framework.rater_weights,
            rating_standard_error=settings.rating_standard_error,
            window_days=settings.rating_window_days,
            as_of_day=to_day(as_of),
            min_raters_shown=settings.min_raters_shown,
        ),
        assess_exams(
            facts.sittings,
            framework.exam_rules,
            exam_standard_error=settings.exam_standard_error,
            as_of_day=to_day(as_of),
            valid_from_day=exams_from,
        ),
        facts.imported,
    )
    levels = pick_current(
        assessments,
        valid_from_days=(valid_from, exams_from, valid_from),
        as_of_day=to_day(as_of),
        n_people=n_people,
        n_competencies=len(framework.competency_ids),
    )
    return assessments, levels


def to_rating_arrays(
    ratings: pd.DataFrame, framework: Framework, person_ids: Sequence[str] | pd.Series
) -> RatingArrays:
    """Turn rows of ratings into arrays; rows the catalogue does not know are left out."""
    level = _look_up(ratings["indicator_id"], framework.indicator_levels)
    competency = _codes(ratings["competency_id"], framework.competency_ids)
    known = (level >= 0) & (competency >= 0)
    return RatingArrays(
        person=_codes(ratings["person_id"], person_ids)[known],
        competency=competency[known],
        level=level[known],
        rater_type=_look_up(ratings["rater_type"], RATER_TYPE_CODES)[known],
        # any codes will do: raters need not be people that are stored
        rater=pd.factorize(ratings["rater_id"].to_numpy())[0].astype(np.int64)[known],
        rating=ratings["rating"].to_numpy(dtype=float)[known],
        day=to_days(ratings["rated_on"])[known],
    )


def to_exam_arrays(
    exams: pd.DataFrame, framework: Framework, person_ids: Sequence[str] | pd.Series
) -> ExamArrays:
    """Turn rows of exam results into arrays; rows the catalogue does not know are left out."""
    level = exams["exam_level"].to_numpy(dtype=np.int64)
    keys = zip(exams["competency_id"], level.tolist(), exams["subject"], strict=True)
    subject = _look_up(keys, framework.subject_positions)
    known = subject >= 0
    return ExamArrays(
        person=_codes(exams["person_id"], person_ids)[known],
        competency=_codes(exams["competency_id"], framework.competency_ids)[known],
        level=level[known],
        subject=subject[known],
        score=exams["score"].to_numpy(dtype=float)[known],
        day=to_days(exams["sat_on"])[known],
    )


def to_imported_arrays(
    assessments: pd.DataFrame, framework: Framework, person_ids: Sequence[str] | pd.Series
) -> AssessmentArrays:
    """Turn imported assessments into arrays.

    Where no standard error was given, the catalogue's own for that kind of competency counts.
    """
    competency = _codes(assessments["competency_id"], framework.competency_ids)
    known = competency >= 0
    settings = framework.catalog.settings
    default_error = np.array(
        [
            settings.exam_standard_error
            if framework.competencies[name].kind == "knowledge"
            else settings.rating_standard_error
            for name in framework.competency_ids
        ]
    )
    given = assessments["standard_error"].to_numpy(dtype=float)[known]
    return AssessmentArrays(
        person=_codes(assessments["person_id"], person_ids)[known],
        competency=competency[known],
        level=assessments["level"].to_numpy(dtype=float)[known],
        standard_error=np.where(np.isnan(given), default_error[competency[known]], given),
        day=to_days(assessments["assessed_on"])[known],
        disagreement=np.zeros(int(known.sum()), dtype=bool),
    )


def mark_completions(
    done: pd.DataFrame, person_ids: Sequence[str] | pd.Series, framework: Framework, as_of: dt.date
) -> tuple[BoolArray, BoolArray]:
    """Mark the modules that people ever completed, and those within their repeat interval.

    `done` has person_id, module_id and completed_on, and nothing later than `as_of`. Both results
    are of shape (n_people, n_modules).
    """
    modules = framework.modules
    person = _codes(done["person_id"], person_ids)
    module = _codes(done["module_id"], modules.ids)
    known = module >= 0
    shape = (len(person_ids), len(modules.ids))
    completed, recently = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    completed[person[known], module[known]] = True
    # months have no fixed number of days; a catalogue has few different intervals
    intervals, interval = np.unique(modules.repeat_months, return_inverse=True)
    repeat_from = np.array(
        [to_day(months_before(as_of, months)) for months in intervals.tolist()], dtype=np.int64
    )[interval]
    # an unknown module, -1, is compared with the last one's day, and taken out by `known`
    within = known & (to_days(done["completed_on"]) >= repeat_from[module])
    recently[person[within], module[within]] = True
    return completed, recently


def to_days(dates: pd.Series) -> IntArray:
    """Turn a column of dates into days since 1970-01-01."""
    return dates.to_numpy(dtype="datetime64[D]").astype(np.int64)


def _codes(values: pd.Series, ids: Iterable[str]) -> IntArray:
    return _look_up(values, {name: position for position, name in enumerate(ids)})


def _look_up(values: Iterable[Any], codes: Mapping[Any, int]) -> IntArray:
    """Return the code of each value, -1 where there is none."""
    # a dict, not an Index of pandas, which takes three times as long for one person's few rows
    if isinstance(values, pd.Series):
        values = values.to_numpy(dtype=object)
    return np.fromiter(map(codes.get, values, repeat(-1)), dtype=np.int64)
