"""What each level of a person rests on, in words: raters, sittings, results of work, raw rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recommender.errors import NotFoundError
from recommender.service.framework import Framework
from recommender.service.levels.derivation import LevelDerivation
from recommender.service.levels.questions import read_derivations
from recommender.service.plans.document import name_method
from recommender.service.plans.reasons import name_competency
from recommender.service.session import Session


@dataclass(frozen=True)
class RaterLevel:
    """The level that one type of raters gives, and how many they are; None where not told."""

    rater_type: str
    weight: float
    raters: int | None
    level: float | None


@dataclass(frozen=True)
class SittingLine:
    """A sitting of an exam; `missing` names the subjects without which it counts for nothing."""

    exam_level: int
    sat_on: dt.date
    passed: bool
    missing: tuple[str, ...]


@dataclass(frozen=True)
class RawRow:
    """A row that a level came from.

    `rater` is an id, for a rating of somebody whom the reader may know; `source` is the type of
    rater, and empty for what was not rated.
    """

    on: dt.date
    what: str
    value: float
    source: str = ""
    rater: str = ""


@dataclass(frozen=True)
class EvidenceLine:
    """What the level of one competency rests on.

    Parameters
    ----------
    competency_id, name : str
        The competency.
    is_knowledge : bool
        Whether it is examined; else it is rated.
    method : str
        How it was assessed, in words; empty where it is to be assessed first.
    level, standard_error : float or None
        In levels.
    assessed_on : date or None
        The day of the assessment.
    disagreement : bool
        Whether types of raters differ by more than a level, as far as the reader is told.
    raters : tuple of RaterLevel
        For ratings.
    sittings : tuple of SittingLine
        For exams.
    results : tuple of dict
        Results of work beside the level, the newest first.
    rows : tuple of RawRow
        The rows, the newest first.
    """

    competency_id: str
    name: str
    is_knowledge: bool
    method: str
    level: float | None
    standard_error: float | None
    assessed_on: dt.date | None
    disagreement: bool
    raters: tuple[RaterLevel, ...]
    sittings: tuple[SittingLine, ...]
    results: tuple[Mapping[str, Any], ...]
    rows: tuple[RawRow, ...]


def read_evidence_lines(session: Session, person_id: str) -> list[EvidenceLine]:
    """Say of each competency of a person what its level rests on, as far as the reader is told.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope.
    """
    framework, lang = session.service.framework, session.lang
    return [
        _describe(framework, each, lang)
        for each in read_derivations(session, person_id, as_of=session.today)
    ]


def pick_line(lines: Iterable[EvidenceLine], competency_id: str) -> EvidenceLine:
    """Return the line of a competency; raise a `NotFoundError` if there is none."""
    for line in lines:
        if line.competency_id == competency_id:
            return line
    raise NotFoundError("competency.unknown", competency_id=competency_id)


def _describe(framework: Framework, derivation: LevelDerivation, lang: str) -> EvidenceLine:
    rated = derivation.source == "ratings"
    return EvidenceLine(
        competency_id=derivation.competency_id,
        name=name_competency(framework, derivation.competency_id, lang),
        is_knowledge=framework.competencies[derivation.competency_id].kind == "knowledge",
        method=_name_source(derivation, lang),
        level=derivation.level,
        standard_error=derivation.standard_error,
        assessed_on=derivation.assessed_on,
        disagreement=derivation.disagreement,
        raters=tuple(
            RaterLevel(part["rater_type"], part["weight"], part["raters"], part["level"])
            for part in (derivation.parts if rated else ())
        ),
        sittings=tuple(
            SittingLine(
                part["exam_level"],
                part["sat_on"],
                part["passed"],
                tuple(_name_subjects(framework, derivation.competency_id, part, lang)),
            )
            for part in (derivation.parts if derivation.source == "exams" else ())
        ),
        results=tuple(derivation.evidence),
        rows=tuple(
            sorted(
                _word_rows(framework, derivation, lang),
                key=lambda row: (-row.on.toordinal(), row.what, row.source),
            )
        ),
    )


def _name_source(derivation: LevelDerivation, lang: str) -> str:
    # an imported level says itself how it was assessed
    if derivation.source == "imported" and derivation.rows:
        return name_method(str(derivation.rows[0]["method"]), lang)
    return name_method(derivation.source, lang)


def _name_subjects(
    framework: Framework, competency_id: str, part: Mapping[str, Any], lang: str
) -> Iterator[str]:
    names = {
        subject.id: subject.name.in_language(lang)
        for exam in framework.competencies[competency_id].exams
        if exam.level == part["exam_level"]
        for subject in exam.subjects
    }
    yield from (str(names.get(subject, subject)) for subject in part["missing"])


def _word_rows(framework: Framework, derivation: LevelDerivation, lang: str) -> Iterator[RawRow]:
    competency = framework.competencies[derivation.competency_id]
    if derivation.source == "ratings":
        indicators = {
            indicator.id: indicator.text.in_language(lang)
            for level in competency.levels
            for indicator in level.indicators
        }
        for row in derivation.rows:
            yield RawRow(
                row["rated_on"],
                str(indicators.get(row["indicator_id"], row["indicator_id"])),
                float(row["rating"]),
                row["rater_type"],
                row["rater_id"] or "",
            )
    elif derivation.source == "exams":
        subjects = {
            (exam.level, subject.id): subject.name.in_language(lang)
            for exam in competency.exams
            for subject in exam.subjects
        }
        for row in derivation.rows:
            key = (int(row["exam_level"]), row["subject"])
            name = str(subjects.get(key, row["subject"]))
            yield RawRow(row["sat_on"], name, float(row["score"]))
    else:
        for row in derivation.rows:
            yield RawRow(row["assessed_on"], str(row["method"]), float(row["level"]))
