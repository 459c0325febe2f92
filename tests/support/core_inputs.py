"""The oracle's plain values as the arrays that the core works on."""

import os

import numpy as np
import oracle
from hypothesis import HealthCheck, settings

from recommender.arrays import to_day
from recommender.candidates import build_module_arrays
from recommender.scoring import (
    RATER_TYPE_CODES,
    AssessmentArrays,
    ExamArrays,
    ExamRules,
    RatingArrays,
    assess_exams,
    assess_ratings,
    pick_current,
    score_sittings,
)
from training_catalog import ModuleCompetency, Text, TrainingModule

TOLERANCE = 1e-9
GRADES = ("g1", "g2")

# ORACLE_EXAMPLES=20 looks twenty times as long, and elsewhere each time.
_TIMES = int(os.environ.get("ORACLE_EXAMPLES", "0"))


def examples(count):
    """Settings of a property: so many examples, the same ones in every run."""
    return settings(
        max_examples=count * max(1, _TIMES),
        derandomize=not _TIMES,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def integers(values):
    return np.array(list(values), dtype=np.int64)


def floats(values):
    return np.array([np.nan if v is None else v for v in values], dtype=float)


# --- scoring: rows are (person, competency, value of the oracle) ---


def rating_arrays(rows):
    """Ratings as the store hands them over: what was not observed is no row there."""
    rows = [(p, k, r) for p, k, r in rows if r.rating is not None]
    raters = sorted({r.rater_id for _, _, r in rows})
    return RatingArrays(
        person=integers(p for p, _, _ in rows),
        competency=integers(k for _, k, _ in rows),
        level=integers(r.level for _, _, r in rows),
        rater_type=integers(RATER_TYPE_CODES[r.rater_type] for _, _, r in rows),
        rater=integers(raters.index(r.rater_id) for _, _, r in rows),
        rating=floats(r.rating for _, _, r in rows),
        day=integers(to_day(r.rated_on) for _, _, r in rows),
    )


def exam_arrays(rows, exams_of):
    """`exams_of` is {competency: {level: (pass_mark, {subject: weight})}}."""
    rows = [(p, k, s) for p, k, s in rows if s.exam_level in exams_of.get(k, {})]
    return ExamArrays(
        person=integers(p for p, _, _ in rows),
        competency=integers(k for _, k, _ in rows),
        level=integers(s.exam_level for _, _, s in rows),
        subject=integers(list(exams_of[k][s.exam_level][1]).index(s.subject) for _, k, s in rows),
        score=floats(s.score for _, _, s in rows),
        day=integers(to_day(s.sat_on) for _, _, s in rows),
    )


def exam_rules(exams_of, *, n_competencies):
    exams = [(k, level, exam) for k, of in exams_of.items() for level, exam in of.items()]
    n_subjects = max((len(subjects) for _, _, (_, subjects) in exams), default=0)
    weights = np.zeros((n_competencies, 4, n_subjects))
    marks = np.full((n_competencies, 4), np.nan)
    for k, level, (mark, subjects) in exams:
        marks[k, level - 1] = mark
        weights[k, level - 1, : len(subjects)] = list(subjects.values())
    return ExamRules(subject_weights=weights, pass_marks=marks)


def imported_arrays(rows):
    return AssessmentArrays(
        person=integers(p for p, _, _ in rows),
        competency=integers(k for _, k, _ in rows),
        level=floats(i.level for _, _, i in rows),
        standard_error=floats(i.standard_error for _, _, i in rows),
        day=integers(to_day(i.assessed_on) for _, _, i in rows),
        disagreement=np.zeros(len(rows), dtype=bool),
    )


def assessed_by_ratings(rows, as_of, rules):
    return assess_ratings(
        rating_arrays(rows),
        rater_weights=np.array([rules.rater_weights[t] for t in RATER_TYPE_CODES]),
        rating_standard_error=rules.rating_standard_error,
        window_days=rules.rating_window_days,
        as_of_day=to_day(as_of),
    )


def assessed_by_exams(rows, as_of, rules, *, exams_of, n_competencies):
    asked = exam_rules(exams_of, n_competencies=n_competencies)
    return assess_exams(
        score_sittings(exam_arrays(rows, exams_of), asked),
        asked,
        exam_standard_error=rules.exam_standard_error,
        as_of_day=to_day(as_of),
        valid_from_day=to_day(oracle.months_before(as_of, rules.exam_validity_months)),
    )


def current_levels(
    as_of, rules, *, ratings=(), scores=(), imported=(), exams_of=None, n_people, n_competencies
):
    """The core's current levels and the three kinds of assessment they were picked from."""
    valid = to_day(oracle.months_before(as_of, rules.assessment_validity_months))
    valid_exams = to_day(oracle.months_before(as_of, rules.exam_validity_months))
    found = (
        assessed_by_ratings(ratings, as_of, rules),
        assessed_by_exams(
            scores, as_of, rules, exams_of=exams_of or {}, n_competencies=n_competencies
        ),
        imported_arrays(list(imported)),
    )
    levels = pick_current(
        found,
        valid_from_days=(valid, valid_exams, valid),
        as_of_day=to_day(as_of),
        n_people=n_people,
        n_competencies=n_competencies,
    )
    return levels, found


# --- modules: competencies of the oracle are positions 0, 1, 2 ... ---


def catalogue_module(module, *, expert=None):
    """A module of the oracle as one of the catalogue; `expert` is {competency: levels}."""
    return TrainingModule(
        id=module.id,
        title=Text(zh_cn=module.id, en=module.id),
        competencies=tuple(
            ModuleCompetency(
                id=f"c{k}",
                from_level=begin,
                to_level=end,
                **({} if expert is None else {"expert_improvement": expert[k]}),
            )
            for k, (begin, end) in module.steps.items()
        ),
        modality=module.modality,
        hours=module.hours,
        cost=module.cost,
        prerequisites=module.prerequisites,
        repeat_months=module.repeat_months,
        grades=module.grades,
        retired=module.retired,
    )


def module_arrays(modules, *, n_competencies, expert=None):
    expert = expert or {}
    return build_module_arrays(
        [catalogue_module(m, expert=expert.get(m.id)) for m in modules],
        competency_ids=[f"c{k}" for k in range(n_competencies)],
        grade_ids=GRADES,
    )


def completion_arrays(people, modules, arrays, as_of):
    """Whether completed ever, and within the repeat interval; a row a person."""
    by_id = {m.id: m for m in modules}
    ever = np.zeros((len(people), len(arrays.ids)), dtype=bool)
    recently = np.zeros_like(ever)
    for row, person in enumerate(people):
        for column, name in enumerate(arrays.ids):
            days = person.completions.get(name, ())
            ever[row, column] = any(day <= as_of for day in days)
            recently[row, column] = oracle.completed_too_recently(by_id[name], days, as_of)
    return ever, recently
