"""Sheets to be filled in by whoever holds an exam or a course: scores, and attendance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xlsxwriter.worksheet import Worksheet

from recommender.exchange.forms.layout import Looks, make_looks, safe_name
from recommender.exchange.forms.marks import DAY_ROW, SheetMark, protect
from recommender.exchange.tables.writing import new_workbook
from recommender.texts import LANGUAGES, say

PRESENT = "√"
_DAY_AT, _HEAD_ROW = 2, 4
_ANSWERS_AT = 3


@dataclass(frozen=True)
class Participant:
    """Somebody on a sheet; `enrolled_on` where the person is enrolled already."""

    person_id: str
    name: str
    enrolled_on: dt.date | None = None


@dataclass(frozen=True)
class ExamSheet:
    """The score sheet of an exam; subjects are ids with their names."""

    title: str
    competency_id: str
    exam_level: int
    subjects: Sequence[tuple[str, str]]
    people: Sequence[Participant]


@dataclass(frozen=True)
class AttendanceSheet:
    """The attendance sheet of a module, or of a scheduled run of it that ends on `on`."""

    title: str
    module_id: str
    offering_id: str | None
    on: dt.date | None
    people: Sequence[Participant]


def absent_words() -> set[str]:
    """Return the words for somebody who was not there, in all languages."""
    return {say("form.absent", lang) for lang in LANGUAGES}


def write_exam_sheet(exam: ExamSheet, path: Path, *, lang: str) -> None:
    """Write a score sheet: a row a person, a column a subject."""
    values = {"competency_id": exam.competency_id, "exam_level": exam.exam_level}
    mark = SheetMark("exams", values, _ANSWERS_AT, [subject for subject, _ in exam.subjects])
    heads = [name for _, name in exam.subjects]
    score = {
        "validate": "decimal",
        "criteria": "between",
        "minimum": 0,
        "maximum": 100,
        # a warning: who was absent may be noted in words
        "error_type": "warning",
        "error_message": say("form.score", lang),
    }
    _write(path, exam.title, mark, heads, exam.people, score, None, "exam", lang)


def write_attendance_sheet(attendance: AttendanceSheet, path: Path, *, lang: str) -> None:
    """Write an attendance sheet: a row a person, with a tick to choose."""
    values = {"module_id": attendance.module_id, "offering_id": attendance.offering_id}
    mark = SheetMark("enrolments", values, _ANSWERS_AT)
    tick = {
        "validate": "list",
        "source": [PRESENT, say("form.absent", lang)],
        "error_message": say("form.tick", lang),
    }
    heads = [say("form.attended", lang)]
    people = attendance.people
    _write(path, attendance.title, mark, heads, people, tick, attendance.on, "attendance", lang)


def _write(
    path: Path,
    title: str,
    mark: SheetMark,
    heads: Sequence[str],
    people: Sequence[Participant],
    rule: dict[str, object],
    on: dt.date | None,
    what: str,
    lang: str,
) -> None:
    with new_workbook(path) as workbook:
        looks = make_looks(workbook)
        sheet = workbook.add_worksheet(safe_name(say(f"form.{what}-sheet", lang)))
        mark.write(sheet)
        sheet.set_column(1, 2, 16)
        sheet.set_column(_ANSWERS_AT, _ANSWERS_AT + len(heads) - 1, 18)
        sheet.write_string(1, 1, title, looks.title)
        _write_day(sheet, on, say(f"form.{what}-day", lang), looks)
        names = [say("form.person-id", lang), say("form.name", lang), *heads]
        for column, head in enumerate(names, start=1):
            sheet.write_string(_HEAD_ROW, column, head, looks.header)
        sheet.freeze_panes(_HEAD_ROW + 1, 0)
        for row, person in enumerate(people, start=_HEAD_ROW + 1):
            enrolled = person.enrolled_on.isoformat() if person.enrolled_on else ""
            sheet.write_string(row, 0, f"{person.person_id} {enrolled}".strip())
            sheet.write_string(row, 1, person.person_id, looks.text)
            sheet.write_string(row, 2, person.name, looks.text)
            for column in range(_ANSWERS_AT, _ANSWERS_AT + len(heads)):
                sheet.write_blank(row, column, None, looks.answer)
        last = _HEAD_ROW + len(people), _ANSWERS_AT + len(heads) - 1
        sheet.data_validation(_HEAD_ROW + 1, _ANSWERS_AT, *last, rule)
        protect(sheet)


def _write_day(sheet: Worksheet, on: dt.date | None, name: str, looks: Looks) -> None:
    sheet.write_string(_DAY_AT, 0, DAY_ROW)
    sheet.write_string(_DAY_AT, 1, name, looks.header)
    if on is None:
        sheet.write_blank(_DAY_AT, _ANSWERS_AT, None, looks.day)
    else:
        sheet.write_datetime(_DAY_AT, _ANSWERS_AT, dt.datetime.combine(on, dt.time()), looks.day)
