"""A catalogue as the arrays and look-ups that the core works on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

import numpy as np

from recommender.arrays import FloatArray
from recommender.candidates import ModuleArrays, build_module_arrays
from recommender.errors import InputError, NotFoundError
from recommender.scoring import RATER_TYPE_CODES, ExamRules
from recommender.texts import say
from training_catalog import (
    Catalog,
    Competency,
    LearningPath,
    Target,
    TargetProfile,
    TrainingModule,
)


@dataclass(frozen=True)
class Framework:
    """A catalogue, ready for computing.

    Parameters
    ----------
    catalog : Catalog
        Folder and imported modules together.
    competency_ids, grade_ids : tuple of str
        In the order of the catalogue; positions are the codes of the arrays.
    competencies, module_of, path_of : mapping
        By id.
    indicator_levels : mapping of str to int
        Level of each indicator, by the indicator's id.
    subject_positions : mapping
        Position of a subject in its exam, by ``(competency, exam level, subject)``.
    rater_weights : ndarray of shape (4,)
        In the order of `RATER_TYPE_CODES`.
    exam_rules : ExamRules
        Weights and pass marks.
    modules : ModuleArrays
        All modules.
    """

    catalog: Catalog
    competency_ids: tuple[str, ...]
    grade_ids: tuple[str, ...]
    competencies: Mapping[str, Competency]
    module_of: Mapping[str, TrainingModule]
    path_of: Mapping[str, LearningPath]
    indicator_levels: Mapping[str, int]
    subject_positions: Mapping[tuple[str, int, str], int]
    rater_weights: FloatArray
    exam_rules: ExamRules
    modules: ModuleArrays


def build_framework(catalog: Catalog) -> Framework:
    """Turn a catalogue into a `Framework`."""
    competency_ids = tuple(c.id for c in catalog.competencies)
    grade_ids = tuple(grade.id for grade in catalog.grades)
    # the widest exam sets the width for all; a catalogue may have no exams
    n_subjects = max(
        (len(exam.subjects) for c in catalog.competencies for exam in c.exams), default=0
    )
    # a weight of 0 pads exams with fewer subjects; a NaN pass mark is a level without an exam
    weights = np.zeros((len(competency_ids), 4, n_subjects))
    pass_marks = np.full((len(competency_ids), 4), np.nan)
    positions: dict[tuple[str, int, str], int] = {}
    for k, competency in enumerate(catalog.competencies):
        for exam in competency.exams:
            pass_marks[k, exam.level - 1] = exam.pass_mark
            for i, subject in enumerate(exam.subjects):
                weights[k, exam.level - 1, i] = subject.weight
                positions[competency.id, exam.level, subject.id] = i
    return Framework(
        catalog=catalog,
        competency_ids=competency_ids,
        grade_ids=grade_ids,
        competencies={c.id: c for c in catalog.competencies},
        module_of={module.id: module for module in catalog.modules},
        path_of={path.id: path for path in catalog.paths},
        indicator_levels={
            indicator.id: level.level
            for c in catalog.competencies
            for level in c.levels
            for indicator in level.indicators
        },
        subject_positions=positions,
        rater_weights=np.array([catalog.settings.weight_of_rater(t) for t in RATER_TYPE_CODES]),
        exam_rules=ExamRules(subject_weights=weights, pass_marks=pass_marks),
        modules=build_module_arrays(
            catalog.modules, competency_ids=competency_ids, grade_ids=grade_ids
        ),
    )


@cache
def release() -> str:
    """Return the release of the program: by its rules figures are worked out."""
    return version("training-recommender")


def profiles_in_force(framework: Framework, as_of: dt.date) -> dict[str, TargetProfile]:
    """Return, by grade, the target profiles that are in force on a day.

    Raises
    ------
    InputError
        If a grade has no profile in force yet on that day.
    """
    profiles = latest_profiles(framework.catalog, as_of)
    missing = [grade for grade in framework.grade_ids if grade not in profiles]
    if missing:
        raise InputError("profile.not-in-force", grades=", ".join(missing), as_of=as_of)
    return profiles


def latest_profiles(catalog: Catalog, as_of: dt.date) -> dict[str, TargetProfile]:
    """Return, by grade, the profiles in force on a day; a grade without one is missing."""
    in_time_order = sorted(catalog.profiles, key=lambda profile: profile.effective_on)
    # of the profiles of a grade the last one stays
    return {p.grade: p for p in in_time_order if p.effective_on <= as_of}


@dataclass(frozen=True)
class ChangedStandard:
    """A version of a target profile that came into force, and the competencies it changed."""

    grade: str
    effective_on: dt.date
    competency_ids: tuple[str, ...]


def find_changed_standards(
    catalog: Catalog, earlier: dt.date, later: dt.date, *, grade: str | None = None
) -> tuple[ChangedStandard, ...]:
    """Return which standards changed after one day and up to another, of one grade or of all.

    People are judged by the standard of the day, so a comparison of the two days compares two
    standards where this is not empty. The first version of a grade changes nothing, and neither
    does one with the levels and weights of the version before.
    """
    changed: list[ChangedStandard] = []
    before: dict[str, TargetProfile] = {}
    for profile in sorted(catalog.profiles, key=lambda each: each.effective_on):
        old = before.get(profile.grade)
        before[profile.grade] = profile
        if old is None or not earlier < profile.effective_on <= later:
            continue
        names = tuple(
            name
            for name, target in profile.targets.items()
            if _demands(old.targets.get(name)) != _demands(target)
        )
        if names and grade in (None, profile.grade):
            changed.append(ChangedStandard(profile.grade, profile.effective_on, names))
    return tuple(changed)


def word_changed_standards(
    framework: Framework, changed: Sequence[ChangedStandard], lang: str
) -> str:
    """Say which standards changed between two days that are compared; empty where none did."""
    if not changed:
        return ""
    grades = {grade.id: grade.name.in_language(lang) for grade in framework.catalog.grades}
    what = say("standards.and", lang).join(
        say(
            "standards.changed_one",
            lang,
            grade=grades.get(each.grade, each.grade),
            day=each.effective_on,
            count=len(each.competency_ids),
        )
        for each in changed
    )
    return say("standards.changed", lang, what=what)


def _demands(target: Target | None) -> tuple[float, float] | None:
    return None if target is None else (target.level, target.weight)


def require_grade(framework: Framework, grade: str) -> None:
    """Raise a `NotFoundError` unless the catalogue has a grade."""
    if grade not in framework.grade_ids:
        raise NotFoundError("catalogue.no-grade", grade=grade)


def require_target_grade(framework: Framework, grade: str | None, *, field: str) -> None:
    """Raise an `InputError` unless a target grade, where one is asked for, is in the catalogue.

    `field` is where the request names it.
    """
    if grade is None or grade in framework.grade_ids:
        return
    grades = framework.catalog.grades
    raise InputError(
        "target-grade.unknown",
        grade=grade,
        grades_zh="、".join(f"{each.id}（{each.name.zh_cn}）" for each in grades),
        grades_en=", ".join(f"{each.id} ({each.name.en})" for each in grades),
        field=field,
    )


def find_path(framework: Framework, path_id: str) -> LearningPath:
    """Return a learning path.

    Raises
    ------
    NotFoundError
        If the catalogue has no such path; the hint names those there are.
    """
    if path_id not in framework.path_of:
        known = ", ".join(framework.path_of) or "–"
        raise NotFoundError("path.unknown", path_id=path_id, paths=known)
    return framework.path_of[path_id]
