"""Levels in words: 初级 … 资深, 三级, L2, 达标 and 未达标."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import numpy as np

from recommender.exchange.recognition.answers.mapping import Option, Question
from recommender.exchange.recognition.cells import Cells, factorize, objects
from recommender.exchange.recognition.days import find_days
from recommender.exchange.recognition.people import id_text
from recommender.exchange.recognition.vocabulary import bare
from recommender.exchange.recognition.wide import says_nothing
from recommender.exchange.recognition.words import NOT_ASSESSED
from recommender.exchange.recognition.work import Work

AT_TARGET, BELOW_TARGET = "target", "target-1"
# words of a title that say how the levels came about
_METHODS = ("述职评审", "评审", "人才盘点", "盘点", "测评", "认证", "访谈", "自评", "考核", "评估")
_DIGITS = {"零": 0, "一": 1, "二": 2, "三": 3, "四": 4, "0": 0, "1": 1, "2": 2, "3": 3, "4": 4}
_LEVEL = re.compile(r"(?:l|level|第)?\s*([零一二三四0-4])\s*级?")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_MET = frozenset(map(bare, ("达标", "已达标", "合格", "met")))
_NOT_MET = frozenset(map(bare, ("未达标", "不达标", "不合格", "待提升", "有差距", "not met")))


def is_level(work: Work, cell: object) -> bool:
    """Say whether a cell could be somebody's level."""
    if isinstance(cell, str):
        return (
            says_nothing(cell, NOT_ASSESSED)
            or read_level(work, cell) is not None
            or bare(cell) in _MET | _NOT_MET
        )
    return isinstance(cell, float | int) and 0 <= float(cell) <= 5


def read_level(work: Work, text: str) -> object:
    """Return the level that a word or number stands for; None if it stands for none."""
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    # a share is no level: for the checks, which say so
    if _NUMBER.fullmatch(plain) or (plain.endswith("%") and _NUMBER.fullmatch(plain[:-1])):
        return plain
    word = bare(text)
    known = work.words.level_words
    if (
        level := known.get(word, known.get(word.removesuffix("水平").removesuffix("级")))
    ) is not None:
        return level
    if match := _LEVEL.fullmatch(plain):
        return float(_DIGITS[match[1]])
    return None


def read_levels(
    work: Work, cells: Cells, people: Cells, competencies: Cells, grades: Cells | None = None
) -> tuple[Cells, np.ndarray]:
    """Translate words into levels; ask about those that are not known.

    Parameters
    ----------
    work : Work
        The file.
    cells : Cells
        The levels, in one row each.
    people, competencies : Cells
        Whom and what each is about: 达标 is the level that this person's grade asks for.
    grades : Cells, optional
        The grades that the file states, for people who are not stored.

    Returns
    -------
    tuple
        The levels, and which rows hold one.
    """

    def read(text: str) -> object:
        if says_nothing(text, NOT_ASSESSED):
            return ""
        if bare(text) in _MET:
            return AT_TARGET
        # how far below is not said: a level has to be agreed on once
        return None if bare(text) in _NOT_MET else read_level(work, text)

    options = [Option(f"{level}", name) for name, level in _levels(work)]
    options += [Option(AT_TARGET), Option(BELOW_TARGET)]
    translated = work.translate(
        cells,
        "level",
        read,
        options,
        lambda text: BELOW_TARGET if bare(text) in _NOT_MET else "",
        code="level",
    )
    wanted = np.array([cell != "" for cell in translated.raw], dtype=bool)[translated.codes]
    relative = [at for at, cell in enumerate(translated.raw) if cell in (AT_TARGET, BELOW_TARGET)]
    if not relative:
        return translated, wanted
    if any(translated.raw[at] == AT_TARGET for at in relative):
        work.note("met_is_target")
    return _resolve(work, translated, people, competencies, grades), wanted


def _levels(work: Work) -> list[tuple[str, int]]:
    found = {int(level): word for word, level in reversed(list(work.words.level_words.items()))}
    return [(found[level], level) for level in sorted(found)]


def _resolve(
    work: Work, cells: Cells, people: Cells, competencies: Cells, grades: Cells | None
) -> Cells:
    """Put the target of each person's grade where the level is given in relation to it."""
    values = cells.values()
    names = work.words.by_id
    who, what = people.values(), competencies.values()
    stated = grades.values() if grades is not None else np.full(len(who), "", dtype=object)
    for row, value in enumerate(values):
        if value not in (AT_TARGET, BELOW_TARGET):
            continue
        id_ = who[row]
        person = names.get(id_text(id_))
        grade = person.grade if person else work.words.grades.find(str(stated[row])) or ""
        target = work.words.targets.get((grade, str(what[row])))
        # without a target the word stays, and is a fault of its cell
        if target is not None:
            values[row] = target if value == AT_TARGET else max(0.0, target - 1)
    codes, raw = factorize(objects(values))
    return Cells(codes, raw, cells.positions)


def ask_date(work: Work, column: str, *, by_file_name: bool = False) -> Cells:
    """Return the day that every row has: the one in the title, else the one that is answered.

    With `by_file_name` a day in the name of the file is one of the title.
    """
    question = Question("given", column, "date", column=column, places=len(work.layout.rows))
    if work.answers.given.get(column):
        return work.given(find_days(work.ask(question))[-1])
    days = work.days_in_title() or (work.days_in_file_name() if by_file_name else [])
    if len(days) == 1:
        work.note("day_of_title", day=days[0].isoformat(), column=column)
        return work.given(days[0])
    # which of several it is, and whether a file's name has the day of its export, is not known
    near = days or work.days_in_file_name()
    answer = work.ask(replace(question, suggestion=near[-1].isoformat() if near else ""))
    return work.given(answer)


def ask_method(work: Work) -> str:
    """Return how the levels came about, as the title has it; another answer may be given."""
    title = " ".join((*work.layout.title, work.layout.sheet.name, work.file))
    named = next((word for word in _METHODS if word in title), "能力矩阵")
    return work.ask(
        Question(
            "given",
            "method",
            "method",
            column="method",
            suggestion=named,
            places=len(work.layout.rows),
            required=False,
        )
    )
