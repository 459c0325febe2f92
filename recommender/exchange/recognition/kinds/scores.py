"""A score sheet: one row a person, a column a subject."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import numpy as np
from rapidfuzz import fuzz, process

from recommender.exchange.recognition.answers.mapping import Option, Question
from recommender.exchange.recognition.cells import Cells
from recommender.exchange.recognition.levels import ask_date, read_level
from recommender.exchange.recognition.people import find_people
from recommender.exchange.recognition.reading import Reading, finish
from recommender.exchange.recognition.vocabulary import LIKELY, bare
from recommender.exchange.recognition.wide import (
    find_wide,
    looks_wide,
    repeat,
    says_nothing,
    unfold,
)
from recommender.exchange.recognition.words import ABSENT, SCORES
from recommender.exchange.recognition.work import Work, common
from recommender.table_kinds import KINDS

KIND, FORM = "exams", "scores"
_ROLES = {role: words for role, words in SCORES.items() if role not in ("subject", "score")}


def fits(work: Work) -> bool:
    """Say whether a file is of this kind: people, and at least two subjects in the header."""
    roles = work.assign(SCORES)
    if not roles.keys() & {"person_id", "name"} or {"subject", "score"} <= roles.keys():
        return False
    if work.answers.kind == KIND and work.answers.columns:
        return True
    taken, near = set(roles.values()), _near_subject(_options(work))
    return looks_wide(work, taken, work.words.subject, near, _is_score)


def read(work: Work) -> Reading:
    """Read the sheet as exam results."""
    roles = work.assign(_ROLES)
    work.layout = work.layout.with_rows([roles[r] for r in ("person_id", "name") if r in roles])
    people, wanted = find_people(work, roles)
    options = _options(work)
    across = find_wide(
        work,
        set(roles.values()),
        lambda text: _subject(work, text),
        _near_subject(options),
        options,
        _is_score,
        KINDS[KIND].column("score"),
    )
    positions = list(across)
    competencies = _competencies(work, across)
    for position, subject in across.items():
        work.use(position, "score", subject)
    rows, columns, cells = unfold(work, positions, ABSENT, wanted)
    rows_ = np.arange(len(rows))
    if "exam_level" in roles:
        work.use(roles["exam_level"], "exam_level")
        levels = read_exam_levels(work, work.cells(roles["exam_level"]))
    else:
        levels = work.given(ask_exam_level(work, competencies))
    if "sat_on" in roles:
        work.use(roles["sat_on"], "sat_on")
        days = work.days(work.cells(roles["sat_on"]))
    else:
        days = ask_date(work, "sat_on")
    if "competency_id" in roles:
        work.use(roles["competency_id"], "competency_id")
        names = work.lookup(
            work.cells(roles["competency_id"]), work.words.competencies, "competency_id"
        ).take(rows)
    else:
        names = repeat(competencies, columns, positions)
    return finish(
        work,
        KIND,
        FORM,
        {
            "person_id": people.take(rows),
            "competency_id": names,
            "exam_level": levels.take(rows),
            "subject": repeat(list(across.values()), columns, positions),
            "score": _points(cells.take(rows_)),
            "sat_on": days.take(rows),
        },
        rows,
    )


def _subject(work: Work, text: str) -> str | None:
    subjects = {subject for _, _, subject in work.words.subject(text)}
    return subjects.pop() if len(subjects) == 1 else None


def _near_subject(options: tuple[Option, ...]) -> Callable[[str], str]:
    """Return a function that finds the subject that a header probably means."""
    labels = {bare(option.label): option.value for option in options}

    def near(text: str) -> str:
        best = process.extractOne(bare(text), labels.keys(), scorer=fuzz.ratio, score_cutoff=LIKELY)
        return "" if best is None else labels[best[0]]

    return near


def _options(work: Work) -> tuple[Option, ...]:
    labels: dict[str, str] = {}
    for name, meanings in work.words.subjects.items():
        for _, _, subject in meanings:
            # the Chinese name is the first spelling of each subject
            labels.setdefault(subject, name)
    return tuple(Option(subject, label) for subject, label in labels.items())


def _is_score(cell: object) -> bool:
    if isinstance(cell, str):
        # 86% is for the checks, which know that a score may be one
        plain = cell.strip().removesuffix("%")
        return says_nothing(cell, ABSENT) or _number(plain) is not None
    return isinstance(cell, float | int) and 0 <= float(cell) <= 100


def _number(text: str) -> float | None:
    match = re.fullmatch(
        r"([0-9]+(?:\.[0-9]+)?)\s*分?", unicodedata.normalize("NFKC", text).strip()
    )
    return float(match[1]) if match else None


def _points(cells: Cells) -> Cells:
    """Read ``86分`` as 86."""
    raw = cells.raw.copy()
    for at, cell in enumerate(raw):
        if isinstance(cell, str) and (number := _number(cell)) is not None:
            raw[at] = number
    return Cells(cells.codes, raw, cells.positions)


def _competencies(work: Work, across: dict[int, str]) -> list[str]:
    """Return the competency whose exam has each subject; the one that most of them share."""
    owners = [
        {c for meanings in work.words.subjects.values() for c, _, s in meanings if s == subject}
        for subject in across.values()
    ]
    sole = [next(iter(sorted(names))) for names in owners if len(names) == 1]
    shared = common(sole) or common(name for names in owners for name in sorted(names))
    return [
        next(iter(names))
        if len(names) == 1
        else (shared if shared in names else min(names, default=""))
        for names in owners
    ]


def read_exam_levels(work: Work, cells: Cells) -> Cells:
    """Read the level of an exam as a number: 2, 二级, 中级."""

    def read(text: str) -> object:
        return read_level(work, text.strip().removesuffix("考试"))

    return work.translate(cells, "exam_level", read, _level_options(work))


def _level_options(work: Work) -> tuple[Option, ...]:
    named: dict[int, str] = {}
    for word, level in work.words.level_words.items():
        named.setdefault(int(level), word)
    return tuple(Option(str(level), named[level]) for level in sorted(named) if level >= 1)


def ask_exam_level(work: Work, competencies: list[str]) -> object:
    """Ask which level's exam it was, unless only one level has an exam of these subjects."""
    possible = {
        level
        for meanings in work.words.subjects.values()
        for competency, level, _ in meanings
        if competency in competencies
    }
    if len(possible) == 1:
        return float(possible.pop())
    title = " ".join((*work.layout.title, work.layout.sheet.name, work.file))
    named = {
        int(level)
        for word, level in work.words.level_words.items()
        if len(word) > 1 and not word.isascii() and word in title
    }
    answer = work.ask(
        Question(
            "given",
            "exam_level",
            "exam_level",
            column="exam_level",
            options=_level_options(work),
            suggestion=str(named.pop()) if len(named) == 1 else "",
            places=len(work.layout.rows),
        )
    )
    return float(answer) if answer.isdigit() else answer
