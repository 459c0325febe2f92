"""Business figures of people: a list with one figure a row, or a sheet with the months across."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np

from recommender.errors import InputError
from recommender.exchange.recognition.answers.mapping import Question
from recommender.exchange.recognition.cells import Cells
from recommender.exchange.recognition.days import find_month
from recommender.exchange.recognition.people import find_people
from recommender.exchange.recognition.reading import Reading, finish
from recommender.exchange.recognition.wide import repeat, unfold
from recommender.exchange.recognition.words import FIGURES, NOT_ASSESSED, PERSON
from recommender.exchange.recognition.work import Work

KIND, LIST, ACROSS = "business-figures", "figure_list", "figures_by_month"
# the value in the file would be another by so much
_LARGE_UNITS = ("亿元", "百万元", "万元", "千元")


def fits_list(work: Work) -> bool:
    """Say whether a file lists figures: a person, a month, which figure, and its value."""
    roles = work.assign(FIGURES)
    return _has_people(roles) and {"month", "figure_id", "value"} <= roles.keys()


def read_list(work: Work) -> Reading:
    """Read a list of figures."""
    roles = work.assign(FIGURES)
    work.layout = work.layout.with_rows([roles[r] for r in ("person_id", "name") if r in roles])
    people, wanted = find_people(work, roles)
    for role in ("month", "figure_id", "value"):
        work.use(roles[role], role)
    figures = work.lookup(work.cells(roles["figure_id"]), work.words.figures, "figure_id")
    months = work.cells(roles["month"])
    raw = months.raw.copy()
    for at, cell in enumerate(raw):
        if isinstance(cell, str) and (month := find_month(cell, work.year)):
            raw[at] = month
    cells = {
        "person_id": people,
        "month": Cells(months.codes, raw, months.positions),
        "figure_id": figures,
        "value": work.cells(roles["value"]),
    }
    rows = np.flatnonzero(wanted)
    return finish(work, KIND, LIST, {name: c.take(rows) for name, c in cells.items()}, rows)


def fits_months(work: Work) -> bool:
    """Say whether a file is a sheet of people with at least two months across."""
    return _has_people(work.assign(PERSON)) and len(_months(work)) > 1


def read_months(work: Work) -> Reading:
    """Read a sheet with the months of one figure across."""
    roles, months = work.assign(PERSON), _months(work)
    work.layout = work.layout.with_rows([roles[r] for r in ("person_id", "name") if r in roles])
    people, wanted = find_people(work, roles)
    for position, month in months.items():
        work.use(position, "value", f"{month:%Y-%m}")
    positions = list(months)
    figures = _find_figure(work)
    rows, columns, values = unfold(work, positions, NOT_ASSESSED, wanted)
    cells = {
        "person_id": people.take(rows),
        "month": repeat(list(months.values()), columns, positions),
        "figure_id": figures.take(rows),
        "value": values,
    }
    return finish(work, KIND, ACROSS, cells, rows)


def _has_people(roles: dict[str, int]) -> bool:
    return bool(roles.keys() & {"person_id", "name"})


def _months(work: Work) -> dict[int, dt.date]:
    """Return the month that each column stands for, of those that stand for one."""
    months = {
        position: month
        for position, texts in enumerate(work.layout.labels)
        if texts and (month := find_month(texts[-1], work.year))
    }
    return months if len(set(months.values())) == len(months) else {}


def _find_figure(work: Work) -> Cells:
    """Return the figure that the title, the sheet or the file is named after, else ask."""
    names = work.words.figures
    texts = [*work.layout.title, work.layout.sheet.name, work.file]
    known = list(dict.fromkeys(id_ for text in texts for id_ in names.mentioned(text)))
    question = Question(
        "given",
        "figure_id",
        "figure",
        column="figure_id",
        options=names.options(),
        places=len(work.layout.rows),
    )
    if len(known) == 1 and not work.answers.given.get("figure_id"):
        work.note("figure", figure=names.labels[known[0]])
        answer = known[0]
    else:
        answer = work.ask(replace(question, suggestion=known[0] if known else ""))
    for text in texts:
        unit = next((unit for unit in _LARGE_UNITS if unit in text), "")
        if unit:
            raise InputError("recognition.unit", file=work.file, header=text, unit=unit)
    return work.given(answer)
