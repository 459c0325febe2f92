"""The export of a questionnaire after a course: one answer a row, taken in without names."""

from __future__ import annotations

import numpy as np

from recommender.exchange.recognition.answers.mapping import Option
from recommender.exchange.recognition.cells import Cells, factorize, objects
from recommender.exchange.recognition.kinds.attendance import find_course
from recommender.exchange.recognition.levels import ask_date
from recommender.exchange.recognition.reading import Reading, finish
from recommender.exchange.recognition.vocabulary import bare
from recommender.exchange.recognition.words import (
    PERSON,
    SATISFACTION,
    SATISFACTION_QUESTION,
    SATISFACTION_WORDS,
)
from recommender.exchange.recognition.work import Work

KIND, FORM = "satisfaction", "satisfaction"
_WORDS = {bare(word): points for word, points in SATISFACTION_WORDS.items()}


def fits(work: Work) -> bool:
    """Say whether a file is of this kind: how satisfied, and which answer or when."""
    roles = work.assign(SATISFACTION, SATISFACTION_QUESTION)
    return "satisfaction" in roles and bool(roles.keys() & {"answered_on", "answer_id"})


def read(work: Work) -> Reading:
    """Read the answers; of whom they are is left out, whatever the file says."""
    roles = work.assign(SATISFACTION, SATISFACTION_QUESTION)
    work.layout = work.layout.with_rows([roles["satisfaction"]])
    for position in set(work.assign(PERSON).values()) - set(roles.values()):
        work.use(position, ignored="anonymous")
    for role, position in roles.items():
        work.use(position, role)
    words = {points: word for word, points in reversed([*SATISFACTION_WORDS.items()])}
    options = [Option(str(points), words[points]) for points in sorted(words)]
    scores = work.translate(work.cells(roles["satisfaction"]), "satisfaction", _points, options)
    rows = np.flatnonzero(np.array([cell != "" for cell in scores.raw], dtype=bool)[scores.codes])
    cells = {
        "module_id": work.lookup(work.cells(roles["module_id"]), work.words.modules, "module_id")
        if "module_id" in roles
        else find_course(work),
        "answered_on": work.days(work.cells(roles["answered_on"]))
        if "answered_on" in roles
        else ask_date(work, "answered_on", by_file_name=True),
        # the place in the file tells its answers apart, and is the same when it comes again
        "answer_id": work.cells(roles["answer_id"])
        if "answer_id" in roles
        else Cells(*factorize(objects(str(row + 1) for row in work.layout.rows))),
        "satisfaction": scores,
    }
    if "offering_id" in roles:
        cells["offering_id"] = work.cells(roles["offering_id"])
    return finish(work, KIND, FORM, {name: c.take(rows) for name, c in cells.items()}, rows)


def _points(text: str) -> object:
    """Return the points that a word stands for, a number as it is, None for any other word."""
    plain = text.strip().removesuffix("分")
    return plain if plain.replace(".", "", 1).isdigit() else _WORDS.get(bare(text))
