"""A matrix of levels: people down and competencies across, or the other way round."""

from __future__ import annotations

import numpy as np

from recommender.exchange.recognition.levels import ask_date, ask_method, is_level, read_levels
from recommender.exchange.recognition.people import find_people
from recommender.exchange.recognition.reading import Reading, finish
from recommender.exchange.recognition.wide import find_wide, looks_wide, repeat, unfold
from recommender.exchange.recognition.words import ASSESSMENTS, MATRIX, NOT_ASSESSED
from recommender.exchange.recognition.work import Work
from recommender.table_kinds import KINDS

KIND, FORM = "assessments", "matrix"


def fits(work: Work) -> bool:
    """Say whether a file is of this kind: people, and at least two competencies in the header."""
    names, roles = work.words.competencies, work.assign(MATRIX)
    if not roles.keys() & {"person_id", "name"}:
        return False
    if work.answers.kind == KIND and work.answers.columns:
        return "level" not in work.assign(ASSESSMENTS)
    taken = set(roles.values())
    return looks_wide(work, taken, names.find, names.likely, lambda cell: is_level(work, cell))


def read(work: Work) -> Reading:
    """Read the matrix as assessments."""
    roles = work.assign(MATRIX)
    work.layout = work.layout.with_rows([roles[r] for r in ("person_id", "name") if r in roles])
    people, wanted = find_people(work, roles)
    names = work.words.competencies
    across = find_wide(
        work,
        set(roles.values()),
        names.find,
        names.likely,
        names.options(),
        lambda cell: is_level(work, cell),
        KINDS[KIND].column("level"),
    )
    for position, competency in across.items():
        work.use(position, "level", competency)
    positions = list(across)
    rows, columns, cells = unfold(work, positions, NOT_ASSESSED, wanted)
    competencies = repeat(list(across.values()), columns, positions)
    grades = work.cells(roles["grade"]).take(rows) if "grade" in roles else None
    levels, kept = read_levels(work, cells, people.take(rows), competencies, grades)
    if "assessed_on" in roles:
        work.use(roles["assessed_on"], "assessed_on")
        days = work.days(work.cells(roles["assessed_on"]))
    else:
        days = ask_date(work, "assessed_on")
    if "method" in roles:
        work.use(roles["method"], "method")
        methods = work.cells(roles["method"])
    else:
        methods = work.given(ask_method(work))
    rows, kept = rows[kept], np.flatnonzero(kept)
    return finish(
        work,
        KIND,
        "matrix_turned" if work.layout.turned else FORM,
        {
            "person_id": people.take(rows),
            "competency_id": competencies.take(kept),
            "level": levels.take(kept),
            "method": methods.take(rows),
            "assessed_on": days.take(rows),
        },
        rows,
    )
