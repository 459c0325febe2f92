"""A questionnaire's export: one row a form, a column an indicator."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from recommender.exchange.recognition.answers.mapping import Option, Question
from recommender.exchange.recognition.cells import Cells, factorize, objects
from recommender.exchange.recognition.layout import is_blank
from recommender.exchange.recognition.levels import ask_date
from recommender.exchange.recognition.people import describe, find_named, find_people
from recommender.exchange.recognition.reading import Reading, finish
from recommender.exchange.recognition.vocabulary import Staff, bare
from recommender.exchange.recognition.wide import find_wide, repeat, says_nothing, unfold
from recommender.exchange.recognition.words import (
    NOT_OBSERVED,
    RATING_QUESTIONS,
    RATING_WORDS,
    RATINGS,
    RELATIONS,
)
from recommender.exchange.recognition.work import Work
from recommender.table_kinds import RATER_TYPES

KIND, FORM = "ratings", "questionnaire"
_ROLES = {
    role: spellings
    for role, spellings in RATINGS.items()
    if role not in ("indicator_id", "competency_id", "rating")
}
# an option as tools write it out: A.总是, 总是(3分), 3-总是
_DECORATION = re.compile(
    r"^[a-eA-E][.、．:：)）]\s*|[(（][^)）]*[)）]$|^[0-9]\s*分?\s*[-—:：、.]\s*"
)
# what each point of a longer scale is proposed to count as
_SCALES = {"1-4": "0,1,2,3", "1-5": "0,1,1,2,3", "0-5": "0,0,1,1,2,3", "0-4": "0,1,1,2,3"}


def fits(work: Work) -> bool:
    """Say whether a file is of this kind: somebody who is rated, and indicators in the header."""
    roles = work.assign(_ROLES, RATING_QUESTIONS)
    found = sum(any(work.words.indicator(text) for text in texts) for texts in work.layout.labels)
    return bool(roles.keys() & {"person_id", "name"}) and found >= 1


def read(work: Work) -> Reading:
    """Read the forms as ratings."""
    roles = work.assign(_ROLES, RATING_QUESTIONS)
    work.layout = work.layout.with_rows([roles[r] for r in ("person_id", "name") if r in roles])
    people, wanted = find_people(work, roles)
    if "rater_type" in roles:
        work.use(roles["rater_type"], "rater_type")
        types = read_relations(work, roles["rater_type"])
    else:
        types = work.given(_ask_relation(work))
    raters = read_raters(work, roles, people, types)
    if "rated_on" in roles:
        work.use(roles["rated_on"], "rated_on")
        days = work.days(work.cells(roles["rated_on"]))
    else:
        days = ask_date(work, "rated_on")
    names = work.words.indicators
    across = find_wide(
        work,
        set(roles.values()),
        work.words.indicator,
        names.likely,
        names.options(),
        is_rating,
    )
    for position, indicator in across.items():
        work.use(position, "rating", indicator)
    positions = list(across)
    rows, columns, cells = unfold(work, positions, NOT_OBSERVED, wanted)
    ratings = read_ratings(work, cells)
    kept = np.flatnonzero(np.array([c != "" for c in ratings.raw], dtype=bool)[ratings.codes])
    rows, columns = rows[kept], columns[kept]
    indicators = list(across.values())
    competencies = [work.words.indicator_of[indicator] for indicator in indicators]
    return finish(
        work,
        KIND,
        FORM,
        {
            "person_id": people.take(rows),
            "competency_id": repeat(competencies, columns, positions),
            "indicator_id": repeat(indicators, columns, positions),
            "rater_type": types.take(rows),
            "rater_id": raters.take(rows),
            "rating": ratings.take(kept),
            "rated_on": days.take(rows),
        },
        rows,
    )


def is_rating(cell: object) -> bool:
    """Say whether a cell could be an answer to the question about an indicator."""
    if isinstance(cell, str):
        return (
            says_nothing(cell, NOT_OBSERVED) or _word(cell) is not None or _number(cell) is not None
        )
    return isinstance(cell, float | int) and 0 <= float(cell) <= 5


def _word(text: str) -> int | None:
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    return RATING_WORDS.get(plain, RATING_WORDS.get(_DECORATION.sub("", plain).strip()))


def _number(cell: object) -> float | None:
    if isinstance(cell, str):
        match = re.fullmatch(
            r"([0-9]+(?:\.[0-9]+)?)\s*分?", unicodedata.normalize("NFKC", cell).strip()
        )
        return float(match[1]) if match else None
    return float(cell) if isinstance(cell, float | int) and not isinstance(cell, bool) else None


def read_ratings(work: Work, cells: Cells) -> Cells:
    """Translate answers into 0 to 3; ask how a scale of numbers counts that is not that one."""
    counts = np.bincount(cells.codes, minlength=len(cells.raw))
    numbers = {
        number
        for at, cell in enumerate(cells.raw)
        if counts[at] and (number := _number(cell)) is not None
    }
    scale = _ask_scale(work, numbers, int(counts.sum()))

    def read(text: str) -> object:
        if says_nothing(text, NOT_OBSERVED):
            return ""
        word = _word(text)
        return float(word) if word is not None else (text if _number(text) is not None else None)

    options = [Option(str(points), word) for word, points in _WORDS]
    translated = work.translate(cells, "rating", read, options)
    if scale:
        raw = translated.raw.copy()
        for at, cell in enumerate(cells.raw):
            number = _number(cell)
            if number is not None:
                raw[at] = scale.get(number, cell)
        translated = Cells(cells.codes, raw, cells.positions)
    return translated


_WORDS = [("从不", 0), ("有时", 1), ("经常", 2), ("总是", 3)]


def _ask_scale(work: Work, numbers: set[float], places: int) -> dict[float, object]:
    """Return what each number counts as; empty where they count as they are."""
    if not numbers or not all(number.is_integer() and 0 <= number <= 5 for number in numbers):
        return {}
    low, high = min(numbers), max(numbers)
    # 0 to 3 is ours as soon as there is a 0; without one it may as well begin at 1
    if high <= 3 and low == 0:
        return {}
    name = f"{'0' if low == 0 else '1'}-{'5' if high == 5 else '4'}"
    options = tuple(Option(f"{scale}={points}") for scale, points in _SCALES.items())
    answer = work.ask(
        Question(
            "values",
            "scale",
            "scale",
            column="rating",
            options=(Option("0-3"), *options),
            suggestion="" if high <= 3 else f"{name}={_SCALES[name]}",
            places=places,
        )
    )
    scale, _, points = answer.partition("=")
    first = int(scale[0]) if points and scale[:1].isdigit() else 0
    parts = [part.strip() for part in points.split(",") if part.strip().isdigit()]
    return {float(first + at): float(part) for at, part in enumerate(parts)}


def read_relations(work: Work, position: int) -> Cells:
    """Read how raters stand to whom they rate."""
    known = {bare(s): kind for kind, spellings in RELATIONS.items() for s in spellings}

    def find(text: str) -> str | None:
        plain = _DECORATION.sub("", unicodedata.normalize("NFKC", text).strip()).strip()
        return known.get(bare(text)) or known.get(bare(plain))

    return work.translate(work.cells(position), "rater_type", find, _type_options())


def _type_options() -> list[Option]:
    return [Option(kind, spellings[0]) for kind, spellings in RATER_TYPES.items()]


def _ask_relation(work: Work) -> str:
    return work.ask(
        Question(
            "given",
            "rater_type",
            "relation_of_all",
            column="rater_type",
            options=tuple(_type_options()),
            places=len(work.layout.rows),
        )
    )


def read_raters(work: Work, roles: dict[str, int], people: Cells, types: Cells) -> Cells:
    """Return who rated: by id or name; of a self-rating whom it is about."""
    rated, kinds = people.values(), types.values()
    if "rater" not in roles:
        # anonymous forms: each is a rater of its own, but for the self-ratings
        work.note("anonymous_raters")
        numbers = [f"anonymous-{work.row_number(row)}" for row in range(len(rated))]
        return Cells(
            *factorize(
                objects(
                    who if kind == "self" else number
                    for who, kind, number in zip(rated, kinds, numbers, strict=True)
                )
            )
        )
    position = roles["rater"]
    work.use(position, "rater_id")
    column = work.layout.column(position)
    raters: list[object] = list(column)
    open_: dict[str, list[int]] = {}
    for row, name in enumerate(column):
        if kinds[row] == "self" and not is_blank(rated[row]):
            raters[row] = rated[row]
        elif isinstance(name, str) and not is_blank(name):
            candidates = _could_rate(work, name, rated[row], kinds[row])
            if len(candidates) == 1:
                raters[row] = candidates[0].person_id
            elif candidates:
                open_.setdefault(name.strip(), []).append(row)
            elif name.strip() not in work.words.by_id:
                open_.setdefault("", []).append(row)
    outside = sorted({str(column[row]).strip() for row in open_.pop("", [])})
    if outside:
        work.note("raters_not_listed", count=len(outside), names="、".join(outside[:3]))
    for name, rows in open_.items():
        _ask_rater(work, name, rows, raters, rated)
    return Cells(*factorize(objects(raters)), position)


def _could_rate(work: Work, name: str, rated: object, kind: object) -> list[Staff]:
    """Return who of a name could have rated somebody: not the person, and the manager if named."""
    named = find_named(name, (), work.words.by_name, work.words.by_id)
    people = [p for p in named if p.person_id != rated]
    person = work.words.by_id.get(str(rated))
    manager = person.manager_id if kind == "manager" and person is not None else None
    return [p for p in people if p.person_id == manager] or people


def _ask_rater(
    work: Work, name: str, rows: Sequence[int], raters: list[object], rated: np.ndarray
) -> None:
    answer = work.ask(
        Question(
            "people",
            f"rater:{name}",
            "rater",
            column="rater_id",
            options=(*map(describe, work.words.by_name[bare(name)]), Option(name)),
            suggestion="",
            places=len(rows),
            row=work.row_number(rows[0]),
            values={"name": name},
        )
    )
    for row in rows:
        # somebody of the name who is rated in this row is not the rater: then the other one is
        others = [p for p in work.words.by_name[bare(name)] if p.person_id != rated[row]]
        raters[row] = others[0].person_id if len(others) == 1 and answer != name else answer or name
