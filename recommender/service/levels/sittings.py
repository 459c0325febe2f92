"""Exam sittings that lack a subject: they are reported, not scored."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from recommender.results import IncompleteSitting
from recommender.service.framework import Framework
from recommender.texts import say


def say_incomplete(framework: Framework, sitting: IncompleteSitting, lang: str) -> str:
    """Return a sentence that names a sitting and what it lacks."""
    competency = framework.competencies[sitting.competency_id]
    names = {
        subject.id: subject.name.in_language(lang)
        for exam in competency.exams
        if exam.level == sitting.exam_level
        for subject in exam.subjects
    }
    return say(
        "note.incomplete-sitting",
        lang,
        competency=competency.name.in_language(lang),
        level=sitting.exam_level,
        on=sitting.sat_on.isoformat(),
        # a subject that has left the catalogue since has only its id
        subjects=", ".join(names.get(s, s) for s in sitting.missing),
    )


def find_incomplete(framework: Framework, exams: pd.DataFrame) -> list[IncompleteSitting]:
    """Return the sittings of one person that lack a subject, by competency, level and day.

    `exams` are rows of exam results as `recommender.store.read_snapshot` returns them. Exams and
    subjects that the catalogue does not know are left out.
    """
    subjects = {
        (competency.id, exam.level): [subject.id for subject in exam.subjects]
        for competency in framework.catalog.competencies
        for exam in competency.exams
    }
    sat: dict[tuple[str, int, dt.date], set[str]] = {}
    columns = (exams[name] for name in ("competency_id", "exam_level", "sat_on", "subject"))
    for competency_id, level, sat_on, subject in zip(*columns, strict=True):
        sat.setdefault((competency_id, int(level), sat_on), set()).add(subject)
    sittings: list[IncompleteSitting] = []
    for (competency_id, level, sat_on), known in sorted(sat.items()):
        needed = subjects.get((competency_id, level), [])
        missing = tuple(subject for subject in needed if subject not in known)
        if missing and len(missing) < len(needed):
            sittings.append(IncompleteSitting(competency_id, level, sat_on, missing))
    return sittings
