"""An attendance list: the title carries course and date, a tick says who was there."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from pathlib import PurePath

import numpy as np

from recommender.exchange.recognition.answers.mapping import IGNORE, Option, Question
from recommender.exchange.recognition.cells import Cells, factorize, objects
from recommender.exchange.recognition.days import find_days
from recommender.exchange.recognition.layout import as_text, is_blank
from recommender.exchange.recognition.levels import ask_date
from recommender.exchange.recognition.people import find_people
from recommender.exchange.recognition.reading import Reading, finish
from recommender.exchange.recognition.vocabulary import bare
from recommender.exchange.recognition.words import (
    COURSE_LABELS,
    EXCUSED,
    MISSED,
    PERSON,
    PRESENT,
    SIGNING,
)
from recommender.exchange.recognition.work import Work
from recommender.table_kinds import ENROLMENT_STATUSES

KIND, FORM = "enrolments", "attendance"
_LABELS = frozenset(map(bare, COURSE_LABELS))
_TIME = re.compile(r"(?:[上下]午)?\s*[0-2]?[0-9][:：][0-5][0-9](?:[:：][0-5][0-9])?")
_SAID = {"present": PRESENT, "excused": EXCUSED, "missed": MISSED}


def fits(work: Work) -> bool:
    """Say whether a file is of this kind: people, and a column to sign in."""
    roles = work.assign(PERSON)
    return bool(roles.keys() & {"person_id", "name"}) and bool(_signing(work, set(roles.values())))


def read(work: Work) -> Reading:
    """Read the list as enrolments that were completed, or not."""
    roles = work.assign(PERSON)
    work.layout = work.layout.with_rows([roles[r] for r in ("person_id", "name") if r in roles])
    people, wanted = find_people(work, roles)
    signing = _signing(work, set(roles.values()))
    for position in signing:
        work.use(position, "status")
    module = find_course(work)
    days = ask_date(work, "completed_on", by_file_name=True)
    statuses = _statuses(work, signing)
    unsigned = sum(status == "" for status in statuses)
    if unsigned:
        work.note("not_signed", count=unsigned)
    kept = np.flatnonzero(wanted & np.array([status != "" for status in statuses], dtype=bool))
    cells = Cells(*factorize(objects(statuses)), signing[0]).take(kept)
    # somebody who was not there has the day of the course as the day of the enrolment
    day = days.raw[0]
    completed = [day if status == "completed" else "" for status in statuses]
    enrolled = ["" if status == "completed" else day for status in statuses]
    return finish(
        work,
        KIND,
        FORM,
        {
            "person_id": people.take(kept),
            "module_id": module.take(kept),
            "status": cells,
            "enrolled_on": Cells(*factorize(objects(enrolled))).take(kept),
            "completed_on": Cells(*factorize(objects(completed))).take(kept),
        },
        kept,
    )


def _signing(work: Work, taken: set[int]) -> list[int]:
    """Return the columns in which people sign in."""
    columns: list[int] = []
    for position, texts in enumerate(work.layout.labels):
        answer = work.answered(position)
        if position in taken or answer == IGNORE:
            continue
        header = " ".join(texts)
        is_day = bool(find_days(header, 2000)) and len(header) < 20
        if answer == "status" or (
            not work.is_ignorable(position)
            and (is_day or any(w in header.casefold() for w in SIGNING))
        ):
            columns.append(position)
    return columns


def _meaning(cell: object) -> str:
    """Return what a cell of such a column says; empty where it says nothing known."""
    # the time at which somebody signed in
    if isinstance(cell, dt.time | dt.datetime) or _TIME.fullmatch(str(cell).strip()):
        return "present"
    if isinstance(cell, float):
        cell = str(int(cell)) if cell.is_integer() else str(cell)
    plain = unicodedata.normalize("NFKC", str(cell)).strip().casefold()
    for meaning, words in _SAID.items():
        if plain in words:
            return meaning
    if not plain or plain in ("/", "-", "—"):
        return "blank"
    # 请假半天, 病假(已批)
    if any(word in plain for word in EXCUSED):
        return "excused"
    return ""


def _statuses(work: Work, signing: list[int]) -> list[str]:
    """Return the status of each row; empty for a row in which nobody signed."""
    columns = [work.layout.column(position) for position in signing]
    names = work.layout.column(
        next(p for p, use in work.columns.items() if use.meaning == "person_id")
    )
    # people sign with their names, too
    meanings = [
        tuple(_meaning(cell) or ("present" if not is_blank(cell) else "") for cell in cells)
        for cells in zip(*columns, strict=True)
    ]
    unknown = _unknown_marks(work, columns, names)
    if unknown:
        meanings = [
            tuple(
                unknown.get(str(cell).strip(), meaning)
                for cell, meaning in zip(cells, row, strict=True)
            )
            for cells, row in zip(zip(*columns, strict=True), meanings, strict=True)
        ]
    partial = [row for row, said in enumerate(meanings) if _status(said) == "partial"]
    answer = _ask_partial(work, partial) if partial else ""
    return [
        (answer if answer != IGNORE else "") or ("completed" if not answer else "")
        if (status := _status(said)) == "partial"
        else status
        for said in meanings
    ]


def _status(said: tuple[str, ...]) -> str:
    kinds = set(said)
    if kinds == {"present"}:
        return "completed"
    if "present" in kinds:
        return "partial"
    if "excused" in kinds:
        return "cancelled"
    if "missed" in kinds:
        return "no-show"
    return ""


def _unknown_marks(work: Work, columns: list[np.ndarray], names: np.ndarray) -> dict[str, str]:
    """Ask what marks mean that are neither known nor the person's own name."""
    own = {bare(str(name)) for name in names}
    counts: dict[str, int] = {}
    for column in columns:
        for cell in column:
            text = str(cell).strip()
            if not is_blank(cell) and not _meaning(cell) and bare(text) not in own:
                counts[text] = counts.get(text, 0) + 1
    options = (Option("present"), Option("missed"), Option("blank"))
    meant: dict[str, str] = {}
    for text, places in list(counts.items())[:20]:
        meant[text] = work.ask(
            Question("values", text, "mark", column="attendance", options=options, places=places)
        )
    return {text: meaning for text, meaning in meant.items() if meaning}


def _ask_partial(work: Work, rows: list[int]) -> str:
    return work.ask(
        Question(
            "values",
            "partial",
            "partial",
            column="attendance",
            options=(
                Option("completed", ENROLMENT_STATUSES["completed"][0]),
                Option("no-show", ENROLMENT_STATUSES["no-show"][0]),
                Option(IGNORE),
            ),
            places=len(rows),
            row=work.row_number(rows[0]),
        )
    )


def find_course(work: Work) -> Cells:
    """Return the course that the title, the sheet or the file is named after, else ask."""
    if answer := work.answers.given.get("module_id"):
        work.questions.append(Question("given", "module_id", "module", column="module_id"))
        return work.given(answer)
    named = _labelled_course(work)
    names = work.words.modules
    if named and (known := names.find(named)):
        work.note("course", course=named)
        return work.given(known)
    texts = (
        (named,)
        if named
        else (*work.layout.title, work.layout.sheet.name, PurePath(work.file).stem)
    )
    # by its whole title only: a part of one may be another course
    known = [] if named else list(dict.fromkeys(i for text in texts for i in names.within(text)))
    if len(known) == 1:
        work.note("course", course=names.labels[known[0]])
        return work.given(known[0])
    answer = work.ask(
        Question(
            "given",
            "module_id",
            "module",
            column="module_id",
            options=names.options(),
            suggestion=names.likely(named) if named else (known[0] if known else ""),
            places=len(work.layout.rows),
            values={"name": named},
        )
    )
    return work.given(answer)


def _labelled_course(work: Work) -> str:
    """Return what the title block gives as the name of the course: beside a label, or in 《》."""
    for row in work.layout.sheet.rows[: work.layout.header_rows[0]]:
        for at, cell in enumerate(row):
            label, _, rest = as_text(cell).replace("：", ":").partition(":")
            if bare(label) in _LABELS:
                following = (text for other in row[at + 1 :] if (text := as_text(other)))
                return rest.strip() or next(following, "")
    for text in work.layout.title:
        if match := re.search("《(.+?)》", text):
            return match[1]
    return ""
