"""Looking at a file: which sheet holds a table, of which kind, and what its columns mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from recommender.errors import InputError
from recommender.exchange.recognition.answers.mapping import Mapping
from recommender.exchange.recognition.days import find_month
from recommender.exchange.recognition.kinds import (
    attendance,
    figures,
    long,
    matrix,
    questionnaire,
    roster,
    satisfaction,
    scores,
)
from recommender.exchange.recognition.layout import Layout, find_layout
from recommender.exchange.recognition.own import find_own
from recommender.exchange.recognition.reading import Reading
from recommender.exchange.recognition.vocabulary import Vocabulary, bare, forms
from recommender.exchange.recognition.words import (
    ASSESSMENTS,
    ENROLMENTS,
    FIGURES,
    IGNORED,
    MATRIX,
    PEOPLE,
    PERSON,
    RATING_QUESTIONS,
    RATINGS,
    SATISFACTION,
    SATISFACTION_QUESTION,
    SCORES,
    SIGNING,
)
from recommender.exchange.recognition.work import Work, spellings_of
from recommender.exchange.tables.sheets.sheet import Sheet


class Form(NamedTuple):
    """A shape of files: the kind of table it becomes, how to tell it, and how to read it."""

    kind: str
    fits: Callable[[Work], bool]
    read: Callable[[Work], Reading]


# the first that fits: a wide table also has the columns of a list of people
FORMS = (
    # before other questionnaires: none of them asks how satisfied somebody is
    Form(satisfaction.KIND, satisfaction.fits, satisfaction.read),
    Form(questionnaire.KIND, questionnaire.fits, questionnaire.read),
    Form(matrix.KIND, matrix.fits, matrix.read),
    Form(scores.KIND, scores.fits, scores.read),
    Form(figures.KIND, figures.fits_list, figures.read_list),
    Form(figures.KIND, figures.fits_months, figures.read_months),
    Form("assessments", long.fits_assessments, long.read_assessments),
    Form("exams", long.fits_exams, long.read_exams),
    Form("ratings", long.fits_ratings, long.read_rating_list),
    Form(roster.KIND, roster.fits, roster.read),
    Form("enrolments", long.fits_enrolments, long.read_enrolments),
    Form(attendance.KIND, attendance.fits, attendance.read),
)
# tables with our own headers whose words are asked about all the same
_ALSO_BY_FORM = frozenset({"people", "assessments", "exams", "enrolments"})
_ROLES = (PEOPLE, MATRIX, ASSESSMENTS, RATINGS, SCORES, ENROLMENTS, SATISFACTION, FIGURES, IGNORED)
_PEOPLE = ("person_id", "name")
_QUESTIONS = (*RATING_QUESTIONS, *SATISFACTION_QUESTION)


def recognise(
    file: str, sheets: Sequence[Sheet], words: Vocabulary, answers: Mapping, *, kind: str = ""
) -> Reading:
    """Say what a file is, and read it as that as far as it can be told.

    Parameters
    ----------
    file : str
        Name of the file.
    sheets : sequence of Sheet
        Its sheets.
    words : Vocabulary
        What names may stand for.
    answers : Mapping
        What was answered so far.
    kind : str
        The kind of table it is to be read as; empty to find out.

    Raises
    ------
    InputError
        If it is none of the kinds, or two of its sheets hold a table.
    """
    wanted = kind or answers.kind
    own = find_own(file, sheets, answers, wanted)
    if own is not None and (kind or own.kind not in _ALSO_BY_FORM):
        return own
    if own is not None:
        wanted = own.kind
    readings = [
        reading
        for sheet in sheets
        if (reading := _read_sheet(file, sheet, words, answers, wanted)) is not None
    ]
    if not readings and own is not None:
        return own
    if not readings:
        raise InputError("recognition.unknown", file=file, headers=_some_headers(sheets))
    filled = [r for r in readings if r.table is not None and len(r.table.rows)] or readings[:1]
    if len(filled) > 1:
        first, second = (r.layout.sheet.name if r.layout else "" for r in filled[:2])
        raise InputError("file.two_sheets", file=file, first=first, second=second)
    return filled[0]


def _read_sheet(
    file: str, sheet: Sheet, words: Vocabulary, answers: Mapping, kind: str
) -> Reading | None:
    if not sheet.rows:
        return None
    understands = _header_reader(words, answers)
    layout = find_layout(_even(sheet), understands, _heads_people(answers))
    if layout is None:
        return None
    form = choose_form(layout, words, answers, file, kind)
    if form is None:
        return None
    return form.read(Work(layout, words, answers, file))


def choose_form(
    layout: Layout, words: Vocabulary, answers: Mapping, file: str, kind: str = ""
) -> Form | None:
    """Return the form that a table has, or None."""
    for form in FORMS:
        if kind and form.kind != kind:
            continue
        # of a copy: what one form notes is nothing to the next
        answered = replace(answers, kind=kind) if kind else answers
        if form.fits(Work(layout, words, answered, file)):
            return form
    return None


def _even(sheet: Sheet) -> Sheet:
    width = max(map(len, sheet.rows))
    if all(len(row) == width for row in sheet.rows):
        return sheet
    return replace(sheet, rows=[[*row, *[""] * (width - len(row))] for row in sheet.rows])


def _header_reader(words: Vocabulary, answers: Mapping) -> Callable[[str], int]:
    """Return a function that says whether a text is a header of any kind of file."""
    tables = [spellings_of(roles) for roles in _ROLES]
    answered = {bare(part) for header in answers.columns for part in (header, *header.split(" / "))}

    @cache
    def understands(text: str) -> int:
        for form in forms(text):
            if form and (form in answered or any(form in table for table in tables)):
                return 1
        if words.competencies.find(text) or words.subject(text):
            return 1
        lower = text.casefold()
        if len(text) < 20 and any(word in lower for word in SIGNING):
            return 1
        if len(text) < 40 and any(re.search(pattern, lower) for _, pattern in _QUESTIONS):
            return 1
        if len(text) < 12 and find_month(text, year=2000):
            return 1
        return int(len(text) > 3 and words.indicator(text) is not None)

    return understands


def _heads_people(answers: Mapping) -> Callable[[str], int]:
    table = spellings_of({role: (*PERSON[role], *RATINGS.get(role, ())) for role in _PEOPLE})
    answered = {bare(header) for header, role in answers.columns.items() if role in _PEOPLE}
    return lambda text: int(any(form in table or form in answered for form in forms(text)))


def _some_headers(sheets: Sequence[Sheet]) -> str:
    """Return the cells of the row that looks most like a header."""
    rows = [row for sheet in sheets for row in sheet.rows[:20]]
    best = max(
        rows, key=lambda row: sum(isinstance(c, str) and bool(c.strip()) for c in row), default=[]
    )
    return "、".join(str(cell).strip()[:20] for cell in best[:12] if str(cell).strip())
