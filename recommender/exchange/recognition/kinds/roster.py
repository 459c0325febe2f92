"""A roster: one row a person, the manager by name or by id."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recommender.exchange.recognition.answers.mapping import IGNORE, Option
from recommender.exchange.recognition.cells import Cells, factorize, objects
from recommender.exchange.recognition.layout import is_blank
from recommender.exchange.recognition.people import id_text, name_people, unit_texts
from recommender.exchange.recognition.reading import Reading, finish
from recommender.exchange.recognition.vocabulary import Staff, bare, group_by_name
from recommender.exchange.recognition.words import EMPLOYED, GONE, PEOPLE
from recommender.exchange.recognition.work import Work
from recommender.exchange.tables.cells import EMPTY_MARKS

KIND, FORM = "people", "roster"


def fits(work: Work) -> bool:
    """Say whether a file is of this kind: an id, a name, a unit and a grade for each person."""
    roles = work.assign(PEOPLE)
    return {"person_id", "name", "grade"} <= roles.keys() and bool(
        roles.keys() & {"unit", "department"}
    )


def read(work: Work) -> Reading:
    """Read the roster as people."""
    roles = work.assign(PEOPLE)
    work.layout = work.layout.with_rows([roles["person_id"], roles["name"]])
    for role in ("person_id", "name"):
        work.use(roles[role], role)
    units = unit_texts(work, roles)
    for role in ("unit", "department"):
        if role in roles:
            work.use(roles[role], "org_unit")
    lowest = roles.get("department", roles.get("unit", -1))
    cells = {
        "person_id": work.cells(roles["person_id"]),
        "name": work.cells(roles["name"]),
        "org_unit": Cells(*factorize(objects("/".join(unit) for unit in units)), lowest),
        "grade": _grades(work, roles["grade"]),
    }
    if "manager" in roles:
        work.use(roles["manager"], "manager_id")
        cells["manager_id"] = _managers(work, cells, roles["manager"])
    if "hired_on" in roles:
        work.use(roles["hired_on"], "hired_on")
        cells["hired_on"] = work.days(work.cells(roles["hired_on"]))
    if "left_on" in roles:
        work.use(roles["left_on"], "left_on")
        cells["left_on"] = work.days(work.cells(roles["left_on"]))
    if "synthetic" in roles:
        work.use(roles["synthetic"], "synthetic")
        cells["synthetic"] = work.cells(roles["synthetic"])
    rows = np.flatnonzero(_wanted(work, roles))
    cells = {name: column.take(rows) for name, column in cells.items()}
    return finish(work, KIND, FORM, cells, rows)


def _wanted(work: Work, roles: Mapping[str, int]) -> np.ndarray:
    """Say which rows are of people to import; ask about those who have gone without a day."""
    wanted = np.ones(len(work.layout.rows), dtype=bool)
    if "employment" not in roles:
        return wanted
    cells = work.cells(roles["employment"])
    texts = [str(cell).strip().casefold() for cell in cells.raw]
    # a column of that name may say something else, such as how far an approval is
    if not any(text in EMPLOYED | GONE for text in texts):
        return wanted
    work.use(roles["employment"], "employment")
    left = work.layout.column(roles["left_on"]) if "left_on" in roles else None
    for at, text in enumerate(texts):
        if text in EMPLOYED or not text:
            continue
        rows = np.flatnonzero(cells.codes == at)
        if text in GONE and left is not None and not any(is_blank(left[row]) for row in rows):
            continue
        options = [Option("employed")]
        answer = work.ask_value(
            cells, at, "employment", options, lambda text: IGNORE, "employment", len(rows)
        )
        if answer == IGNORE:
            wanted[rows] = False
    return wanted


def _grades(work: Work, position: int) -> Cells:
    work.use(position, "grade")
    names = work.words.grades

    def find(text: str) -> str | None:
        if known := names.find(text):
            return known
        # 初级 for 初级客户经理, where no other grade begins so; 客户经理（初级）
        word = bare(text)
        near = [
            id_
            for id_, name in names.labels.items()
            if len(word) > 1 and (name.startswith(word) or sorted(bare(name)) == sorted(word))
        ]
        return near[0] if len(near) == 1 else None

    return work.translate(work.cells(position), "grade", find, names.options(), names.likely)


def _managers(work: Work, cells: dict[str, Cells], position: int) -> Cells:
    """Return the ids of managers, who are named in the file or stored already."""
    ids, names = cells["person_id"].values(), cells["name"].values()
    units = cells["org_unit"].values()
    own = [
        Staff(id_text(id_), str(name).strip(), str(unit))
        for id_, name, unit in zip(ids, names, units, strict=True)
        if not is_blank(id_)
    ]
    listed = {person.person_id for person in own}
    stored = [person for person in work.words.people if person.person_id not in listed]
    known_ids = listed | {person.person_id for person in stored}
    # whoever is named in a roster and stands in it is meant; others are looked for outside
    by_name = group_by_name(stored) | group_by_name(own)
    column = work.layout.column(position)
    # an id stays an id, and so does a mark for nobody
    kept = known_ids | EMPTY_MARKS
    named = [
        cell if isinstance(cell, str) and cell.strip() not in kept and not _is_id(cell) else ""
        for cell in column
    ]
    places = [
        tuple(str(unit).split("/")) if len(by_name.get(bare(str(name)), ())) > 1 else ()
        for name, unit in zip(named, units, strict=True)
    ]
    managers = name_people(work, named, places, by_name)
    result = [
        column[row] if is_blank(name) else ("" if managers[row] == "ignore" else managers[row])
        for row, name in enumerate(named)
    ]
    return Cells(*factorize(objects(result)), position)


def _is_id(text: str) -> bool:
    return text.isascii() or any(character.isdigit() for character in text)
