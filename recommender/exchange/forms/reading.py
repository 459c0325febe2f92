"""Forms that come back: told by their marks, and read as rows of the kind they stand for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile
from zlib import error

import numpy as np

from recommender.errors import InputError, TableFault, TableFaultsError
from recommender.exchange.forms.marks import DAY_ROW, MARK, SheetMark, find_mark
from recommender.exchange.forms.rating_forms import read_answer
from recommender.exchange.forms.sheets import PRESENT, absent_words
from recommender.exchange.tables.reading import TableRead, check_items
from recommender.exchange.tables.sheets.reading import read_sheets
from recommender.exchange.tables.sheets.sheet import Sheet
from recommender.table_kinds import KINDS, Known
from recommender.texts import LANGUAGES, say

_SEARCHED_BYTES = 1_000_000


class Place(NamedTuple):
    """Where an answer stands.

    That is the sheet, in a folder with its file, row and column from 0, and the column's heading.
    """

    sheet: str
    row: int
    column: int
    heading: str


@dataclass(frozen=True)
class Form:
    """A form that came back.

    Parameters
    ----------
    kind : str
        The kind of table that its answers are rows of.
    items : list of dict
        Those rows, by canonical name of the column.
    places : list of Place
        Where in the file each of them stands.
    """

    kind: str
    items: list[dict[str, Any]]
    places: list[Place]


def recognise_form(path: Path) -> Form | None:
    """Read a file as one of our own forms, or a folder of them as one; None where it is none.

    Raises
    ------
    InputError
        If a workbook cannot be read, the forms are of several kinds, or a folder holds a workbook
        that is not a form.
    """
    if not path.is_dir():
        return _read_workbook(path)
    forms = {file: _read_workbook(file) for file in files_of(path)}
    by_file = {file: form for file, form in forms.items() if form is not None}
    if not by_file:
        return None
    if strangers := forms.keys() - by_file.keys():
        raise InputError("form.stranger", folder=path.name, file=min(strangers).name)
    kinds = {form.kind for form in by_file.values()}
    if len(kinds) > 1:
        raise InputError("form.mixed", file=path.name)
    return Form(
        kinds.pop(),
        [item for form in by_file.values() for item in form.items],
        [
            place._replace(sheet=f"{file.name} · {place.sheet}")
            for file, form in by_file.items()
            for place in form.places
        ],
    )


def files_of(path: Path) -> list[Path]:
    """Return the workbooks of a folder in the order of their names, or the file itself."""
    if not path.is_dir():
        return [path]
    # Excel keeps one beside each workbook that is open, named ~$...
    return sorted(file for file in path.glob("*.xlsx") if not file.name.startswith(("~$", ".")))


def _read_workbook(path: Path) -> Form | None:
    if not _may_be_form(path):
        return None
    form: Form | None = None
    for sheet in read_sheets(path):
        marked = find_mark(sheet.rows)
        if marked is None:
            continue
        mark, row, position = marked
        if mark.kind not in _READERS:
            return None
        form = form or Form(mark.kind, [], [])
        if form.kind != mark.kind:
            raise InputError("form.mixed", file=path.name)
        for item, at, column in _READERS[mark.kind](sheet, mark, row, position):
            form.items.append(item)
            place = sheet.first_row + at, sheet.first_column + column
            form.places.append(Place(sheet.name, *place, _heading(sheet, at, position, column)))
    return form


def _may_be_form(path: Path) -> bool:
    # so that a large table is not read twice: the mark is in the first row of a sheet, in the
    # texts that all sheets share or in the sheet itself
    try:
        with ZipFile(path) as book:
            for name in book.namelist():
                part = name.replace("\\", "/").rpartition("xl/")[2]
                if part == "sharedStrings.xml" or part.startswith("worksheets/"):
                    with book.open(name) as texts:
                        if MARK.encode() in texts.read(_SEARCHED_BYTES):
                            return True
    except (OSError, NotImplementedError, RuntimeError, EOFError, BadZipFile, error):
        pass  # whatever it is, the reader of tables says it better
    return False


def read_form(path: Path, form: Form, known: Known, *, latest: dt.date) -> TableRead:
    """Check the answers of a form as the rows of its kind of table are, and return them as these.

    Raises
    ------
    InputError
        If nothing is filled in.
    TableFaultsError
        With every answer that is not as it has to be, at its place in the file.
    """
    if not form.items:
        raise InputError("form.empty", file=path.name)
    try:
        frame = check_items(form.items, KINDS[form.kind], known, latest=latest)
    except TableFaultsError as found:
        faults = [_place(fault, form.places) for fault in found.faults]
        placed = TableFaultsError(path.name, faults)
        placed.values["count"] = found.values["count"]
        raise placed from None
    return TableRead(
        frame,
        np.array([place.row + 1 for place in form.places], dtype=np.intp),
        file=path.name,
        sheet=form.places[0].sheet,
        labels={name: name for name in form.items[0]},
    )


def _place(fault: TableFault, places: Sequence[Place]) -> TableFault:
    if not fault.row:
        return fault
    place = places[fault.row - 1]
    return replace(
        fault,
        sheet=place.sheet,
        row=place.row + 1,
        column=place.heading or fault.column,
        column_index=place.column,
    )


_Answer = tuple[dict[str, Any], int, int]


def _rows(sheet: Sheet, mark: SheetMark, mark_row: int, position: int) -> Iterator[tuple[str, int]]:
    for at, row in enumerate(sheet.rows):
        about = str(row[position]).strip() if position < len(row) else ""
        if at != mark_row and about and about != DAY_ROW:
            yield about, at


def _cell(sheet: Sheet, row: int, column: int) -> Any:
    cells = sheet.rows[row]
    value = cells[column] if column < len(cells) else ""
    return value.strip() if isinstance(value, str) else value


def _read_ratings(sheet: Sheet, mark: SheetMark, mark_row: int, position: int) -> Iterator[_Answer]:
    column = position + mark.at
    for about, at in _rows(sheet, mark, mark_row, position):
        competency_id, _, indicator_id = about.partition(" ")
        answer = _cell(sheet, at, column)
        rating = read_answer(answer) if isinstance(answer, str) else answer
        # a question that was left out says as little as one that could not be observed
        if rating is not None and rating != "":
            asked = {"competency_id": competency_id, "indicator_id": indicator_id}
            yield {**mark.values, **asked, "rating": rating}, at, column


def _read_exams(sheet: Sheet, mark: SheetMark, mark_row: int, position: int) -> Iterator[_Answer]:
    day = _find_day(sheet, mark, position)
    absent = {"", *(say("form.absent-exam", lang) for lang in LANGUAGES)}
    for about, at in _rows(sheet, mark, mark_row, position):
        for number, subject in enumerate(mark.answers):
            column = position + mark.at + number
            score = _cell(sheet, at, column)
            if score not in absent:
                sat = {"person_id": about, "subject": subject, "score": score, "sat_on": day}
                yield {**mark.values, **sat}, at, column


def _read_attendance(
    sheet: Sheet, mark: SheetMark, mark_row: int, position: int
) -> Iterator[_Answer]:
    day, column, absent = _find_day(sheet, mark, position), position + mark.at, absent_words()
    for about, at in _rows(sheet, mark, mark_row, position):
        person_id, _, enrolled_on = about.partition(" ")
        answer = _cell(sheet, at, column)
        item = {**mark.values, "person_id": person_id, "enrolled_on": enrolled_on or None}
        if answer == PRESENT:
            yield {**item, "status": "completed", "completed_on": day}, at, column
        # somebody who was not enrolled has missed nothing
        elif answer != "" and (enrolled_on or answer not in absent):
            status = "no-show" if answer in absent else answer
            yield {**item, "status": status}, at, column


def _heading(sheet: Sheet, row: int, position: int, column: int) -> str:
    """Return what stands above a cell, in a row that is about nobody and nothing."""
    for cells in sheet.rows[:row]:
        if column < len(cells) and cells[position] == "" and cells[column] != "":
            return str(cells[column])
    return ""


def _find_day(sheet: Sheet, mark: SheetMark, position: int) -> Any:
    for at, row in enumerate(sheet.rows):
        if position < len(row) and row[position] == DAY_ROW:
            return _cell(sheet, at, position + mark.at)
    return None


_READERS = {
    "ratings": _read_ratings,
    "exams": _read_exams,
    "enrolments": _read_attendance,
}
