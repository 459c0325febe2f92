"""Exam sittings that lack a subject: they are reported, not scored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from recommender.results import IncompleteSitting
from recommender.service.framework import Framework
from recommender.texts import say
from training_catalog import Subject


def say_incomplete(framework: Framework, sitting: IncompleteSitting, lang: str) -> str:
    """Return a sentence that names a sitting and what it lacks."""
    subjects = _subjects(framework, sitting.competency_id, sitting.exam_level)
    names = {subject.id: subject.name.in_language(lang) for subject in subjects}
    return say(
        "note.incomplete-sitting",
        lang,
        competency=framework.competencies[sitting.competency_id].name.in_language(lang),
        level=sitting.exam_level,
        on=sitting.sat_on.isoformat(),
        # a subject that has left the catalogue since has only its id
        subjects=say("document.list_separator", lang).join(
            names.get(s, s) for s in sitting.missing
        ),
    )


def find_incomplete(
    framework: Framework, results: Iterable[tuple[str, int, dt.date, str]]
) -> list[IncompleteSitting]:
    """Return the sittings of one person that lack a subject, by competency, level and day.

    `results` are competency, level, day and subject of each exam result. Exams and subjects that
    the catalogue does not know are left out.
    """
    sat: dict[tuple[str, int, dt.date], set[str]] = {}
    for competency_id, level, sat_on, subject in results:
        sat.setdefault((competency_id, int(level), sat_on), set()).add(subject)
    sittings: list[IncompleteSitting] = []
    for (competency_id, level, sat_on), known in sorted(sat.items()):
        needed = [subject.id for subject in _subjects(framework, competency_id, level)]
        missing = tuple(subject for subject in needed if subject not in known)
        if missing and len(missing) < len(needed):
            sittings.append(IncompleteSitting(competency_id, level, sat_on, missing))
    return sittings


def _subjects(framework: Framework, competency_id: str, level: int) -> tuple[Subject, ...]:
    """Return the subjects of an exam; none of one that the catalogue does not know."""
    competency = framework.competencies.get(competency_id)
    exams = competency.exams if competency else ()
    return next((exam.subjects for exam in exams if exam.level == level), ())
