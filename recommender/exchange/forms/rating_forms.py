"""Rating forms: one workbook a rater, with a sheet for each person to be rated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from xlsxwriter import Workbook

from recommender.exchange.forms.layout import Looks, make_looks, sheet_name
from recommender.exchange.forms.marks import SheetMark, protect
from recommender.exchange.tables.writing import new_workbook
from recommender.texts import LANGUAGES, say

# the answers in the order of the list to choose from; None: not observed, which is no answer
ANSWERS: Mapping[int | None, str] = {
    0: "never",
    1: "sometimes",
    2: "mostly",
    3: "always",
    None: "unobserved",
}
_HEAD_ROW = 3


@dataclass(frozen=True)
class Question:
    """A behavioural indicator, and the competency it is one of."""

    competency_id: str
    competency: str
    indicator_id: str
    text: str


@dataclass(frozen=True)
class RatedPerson:
    """Somebody to be rated, as which type of rater, on what."""

    person_id: str
    name: str
    rater_type: str
    questions: Sequence[Question]


@dataclass(frozen=True)
class RatingForm:
    """What one rater is asked in a round; `on` is the day of the round."""

    rater_id: str
    rater_name: str
    on: dt.date
    rated: Sequence[RatedPerson]


def name_answer(answer: int | None, lang: str) -> str:
    """Return the word for a rating; None is "not observed"."""
    return say(f"form.answer_{ANSWERS[answer]}", lang)


def read_answer(text: str) -> int | str | None:
    """Return the rating that a word stands for, None if not observed; else the text itself."""
    words = {name_answer(answer, lang): answer for lang in LANGUAGES for answer in ANSWERS}
    return words.get(text, text)


def write_rating_form(form: RatingForm, path: Path, *, lang: str) -> None:
    """Write the workbook of a rater.

    Raises
    ------
    InputError
        If it cannot be written there.
    """
    with new_workbook(path) as workbook:
        looks = make_looks(workbook)
        _write_cover(workbook, form, looks, lang)
        taken: list[str] = [say("form.cover", lang)]
        for rated in form.rated:
            name = sheet_name(rated.name, taken)
            taken.append(name)
            _write_sheet(workbook, name, form, rated, looks, lang)


def _write_cover(workbook: Workbook, form: RatingForm, looks: Looks, lang: str) -> None:
    sheet = workbook.add_worksheet(say("form.cover", lang))
    sheet.set_column(0, 0, 90)
    sheet.write_string(0, 0, say("form.rating-title", lang, name=form.rater_name), looks.title)
    sheet.write_string(1, 0, say("form.rating-how", lang), looks.note)
    sheet.set_row(1, 96)
    for row, rated in enumerate(form.rated, start=3):
        relation = say(f"form.relation_{rated.rater_type}", lang)
        line = say("form.rated-line", lang, name=rated.name, relation=relation)
        sheet.write_string(row, 0, line)
    sheet.protect()


def _write_sheet(
    workbook: Workbook, name: str, form: RatingForm, rated: RatedPerson, looks: Looks, lang: str
) -> None:
    sheet = workbook.add_worksheet(name)
    mark = SheetMark(
        "ratings",
        {
            "person_id": rated.person_id,
            "rater_type": rated.rater_type,
            "rater_id": form.rater_id,
            "rated_on": form.on.isoformat(),
        },
        at=3,
    )
    mark.write(sheet)
    for column, width in ((1, 18), (2, 72), (3, 14)):
        sheet.set_column(column, column, width)
    relation = say(f"form.relation_{rated.rater_type}", lang)
    title = say("form.rated-title", lang, name=rated.name, relation=relation)
    sheet.write_string(1, 1, title, looks.title)
    heads = ("competency", "behaviour", "answer")
    for column, head in enumerate(heads, start=1):
        sheet.write_string(_HEAD_ROW, column, say(f"form.{head}", lang), looks.header)
    sheet.freeze_panes(_HEAD_ROW + 1, 0)
    for row, question in enumerate(rated.questions, start=_HEAD_ROW + 1):
        sheet.write_string(row, 0, f"{question.competency_id} {question.indicator_id}")
        sheet.write_string(row, 1, question.competency, looks.text)
        sheet.write_string(row, 2, question.text, looks.text)
        sheet.write_blank(row, 3, None, looks.answer)
    last = _HEAD_ROW + len(rated.questions)
    words = [name_answer(answer, lang) for answer in ANSWERS]
    sheet.data_validation(
        *(_HEAD_ROW + 1, 3, last, 3),
        {
            "validate": "list",
            "source": words,
            "error_title": say("form.answer", lang),
            "error_message": say("form.choose", lang),
        },
    )
    protect(sheet)
