"""Who the rows are about: by id where there is one, else by name within a unit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from recommender.exchange.recognition.answers.mapping import IGNORE, Option, Question
from recommender.exchange.recognition.cells import Cells, factorize, objects
from recommender.exchange.recognition.layout import is_blank
from recommender.exchange.recognition.vocabulary import Staff, bare
from recommender.exchange.recognition.work import Work

# what stands between a name and what is added to it
_BETWEEN = re.compile(r"[\s()\[\]/|,;:_、，；：—–-]+")


def find_people(work: Work, roles: Mapping[str, int]) -> tuple[Cells, np.ndarray]:
    """Return the ids of the people that the rows are about, and which rows are wanted.

    Parameters
    ----------
    work : Work
        The file.
    roles : mapping of str to int
        Positions of the columns ``person_id``, ``name``, ``unit`` and ``department``.

    Returns
    -------
    tuple
        The cells of the ids, and for each row whether an answer says to leave it out.
    """
    wanted = np.ones(len(work.layout.rows), dtype=bool)
    if "person_id" in roles:
        cells = work.cells(roles["person_id"])
        work.use(roles["person_id"], "person_id")
        if "name" in roles:
            work.use(roles["name"], ignored="name_beside_id")
            _compare_names(work, cells, roles["name"])
        for role in ("unit", "department"):
            if role in roles:
                work.use(roles[role], ignored="unit_beside_id")
        return cells, wanted
    names, units = work.layout.column(roles["name"]), unit_texts(work, roles)
    work.use(roles["name"], "person_id")
    for role in ("unit", "department"):
        if role in roles:
            work.use(roles[role], "org_unit")
    ids = name_people(work, names, units, work.words.by_name)
    for row, id_ in enumerate(ids):
        if id_ == IGNORE:
            wanted[row] = False
    codes, raw = factorize(objects(ids))
    return Cells(codes, raw, roles["name"]), wanted


def unit_texts(work: Work, roles: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Return the names of units in each row, from the top."""
    columns = [work.layout.column(roles[role]) for role in ("unit", "department") if role in roles]
    if not columns:
        return [()] * len(work.layout.rows)
    return [
        tuple(
            part.strip()
            for cell in cells
            if not is_blank(cell)
            for part in str(cell).replace("／", "/").split("/")
            if part.strip()
        )
        for cells in zip(*columns, strict=True)
    ]


def name_people(
    work: Work,
    names: Iterable[object],
    units: Sequence[tuple[str, ...]],
    known: Mapping[str, list[Staff]],
) -> list[object]:
    """Return for each row the id of who is named; ask where that cannot be told.

    A name that stays open stays as it is, and is a fault in the checks.
    """
    found: list[object] = []
    open_: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    ids = {person.person_id: person for people in known.values() for person in people}
    for row, (name, unit) in enumerate(zip(names, units, strict=True)):
        text = str(name).strip()
        if is_blank(name):
            found.append("")
            continue
        people = find_named(text, unit, known, ids)
        one = work.answers.people.get(f"{text}@{work.row_number(row)}")
        if one or len(people) != 1:
            open_.setdefault((text, unit), []).append(row)
            found.append(one or text)
        else:
            found.append(people[0].person_id)
    for (text, unit), rows in open_.items():
        _ask(work, text, unit, rows, known, found)
    return found


def find_named(
    text: str, unit: tuple[str, ...], known: Mapping[str, list[Staff]], ids: Mapping[str, Staff]
) -> list[Staff]:
    """Return who may be named: 示例甲, 示例甲（90001）, 90001 示例甲, 示例甲（政企客户部）."""
    if (whole := known.get(bare(text))) is not None:
        return narrow(whole, unit)
    parts = [part for part in _BETWEEN.split(unicodedata.normalize("NFKC", text)) if part]
    numbered = [ids[part] for part in parts if part in ids]
    if numbered:
        # a number that is somebody else's than the name says nothing
        named = {bare(part) for part in parts if bare(part) in known}
        return [p for p in numbered if not named or bare(p.name) in named]
    if len(parts) > 1:
        return narrow(known.get(bare(parts[0]), []), (*unit, *parts[1:]))
    return []


def narrow(people: list[Staff], unit: tuple[str, ...]) -> list[Staff]:
    """Return those of some people who are in a unit that is named by any of its parts."""
    parts = set(map(bare, unit))
    return [p for p in people if parts <= set(map(bare, p.org_unit.split("/")))]


def _ask(
    work: Work,
    text: str,
    unit: tuple[str, ...],
    rows: list[int],
    known: Mapping[str, list[Staff]],
    ids: list[object],
) -> None:
    """Ask who is meant in some rows, once for all of them, or for each where they are several."""
    everybody = known.get(bare(text), [])
    people = narrow(everybody, unit) or everybody
    several = len(people) > 1 and len(rows) > 1 and len(narrow(everybody, unit)) != 0
    subjects = [(f"{text}@{work.row_number(row)}", [row]) for row in rows] if several else []
    # somebody who answers for the name means all of its rows
    if not several or text in work.answers.people:
        subjects = [(text, rows)]
    code = "same_name" if len(people) > 1 else "other_unit" if people else "unknown_person"
    for subject, places in subjects:
        answer = work.ask(
            Question(
                "people",
                subject,
                code,
                column="person_id",
                options=(*map(describe, people[:20]), Option(IGNORE)),
                places=len(places),
                row=work.row_number(places[0]),
                values={"name": text, "unit": "/".join(unit)},
            )
        ) or work.answers.people.get(text, "")
        for row in places:
            ids[row] = answer or text


def describe(person: Staff) -> Option:
    """Return a person as an answer to choose."""
    return Option(person.person_id, f"{person.name}，{person.org_unit}")


def _compare_names(work: Work, ids: Cells, position: int) -> None:
    """Note the rows whose name is not that of the person with the id."""
    known = work.words.by_id
    names = work.layout.column(position)
    differing: list[tuple[int, str, str]] = []
    for row, (code, name) in enumerate(zip(ids.codes, names, strict=True)):
        person = known.get(id_text(ids.raw[code]))
        if person is None or name == person.name or is_blank(name):
            continue
        if bare(str(name)) != bare(person.name):
            differing.append((row, str(name), person.name))
    if differing:
        row, written, stored = differing[0]
        work.note(
            "other_name",
            count=len(differing),
            row=work.row_number(row),
            name=written,
            stored=stored,
        )


def id_text(cell: object) -> str:
    """Return a staff number, which a spreadsheet may hold as a number, as text."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
