"""Lines that people paste or hand in as a file: what a panel judged, and staff numbers."""

from __future__ import annotations

import re

from recommender.errors import InputError
from recommender.service.framework import Framework

_BETWEEN = re.compile(r"[\t,，;；]")
_WORDS = re.compile(r"[\s,，;；]+")
_HEADS = ("expert", "专家")


def parse_answers(framework: Framework, text: str) -> dict[str, dict[str, float]]:
    """Read lines of expert, competency and level, as copied from a sheet or of a CSV file.

    A competency stands by its id or name; a line of heads is left out.

    Raises
    ------
    InputError
        If a line is not three of them, names no competency, or judges one twice.
    """
    names = {
        spelling: each.id
        for each in framework.catalog.competencies
        for spelling in (each.id, each.name.zh_cn, each.name.en.casefold())
    }
    answers: dict[str, dict[str, float]] = {}
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        cells = [cell.strip() for cell in _BETWEEN.split(line)]
        if not any(cells) or cells[0].casefold() in _HEADS:
            continue
        if len(cells) != 3 or not cells[0]:
            raise InputError("standard.answer-line", line=number, found=line.strip()[:60])
        expert, competency, level = cells
        name = names.get(competency) or names.get(competency.casefold())
        if name is None:
            raise InputError("standard.answer-name", line=number, found=competency[:60])
        given = answers.setdefault(expert[:40], {})
        if name in given:
            raise InputError("standard.answer-twice", line=number, expert=expert, found=competency)
        try:
            given[name] = float(level)
        except ValueError:
            raise InputError("standard.answer-level", line=number, found=level[:60]) from None
    return answers


def parse_numbers(text: str) -> list[str]:
    """Read staff numbers, by lines or with commas between."""
    return [word for word in _WORDS.split(text.lstrip("\ufeff")) if word]
