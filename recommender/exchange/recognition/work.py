"""What a recogniser works with: the layout, the words, the answers so far; and what it noted."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from recommender.errors import InputError
from recommender.exchange.recognition.answers.mapping import IGNORE, Option, Question
from recommender.exchange.recognition.answers.mapping import Mapping as Answers
from recommender.exchange.recognition.cells import Cells, factorize, is_error, objects
from recommender.exchange.recognition.days import find_days, find_year
from recommender.exchange.recognition.layout import Layout, is_blank
from recommender.exchange.recognition.vocabulary import Names, Vocabulary, bare, forms
from recommender.exchange.recognition.words import IGNORED, Spellings

# a value that occurs in the file but means that there is nothing to store
NOTHING = None
# so many unknown words in a column are no vocabulary but mistakes, and are reported as such
MOST_WORDS = 12
_OPTIONS_NAMED = 30
_WHEN = re.compile("时间|日期|培训日|考试日|评估日|date|when", re.IGNORECASE)
_NOT_WHEN = re.compile(
    "制表|填报|填表|打印|导出|更新|截止|报名|统计|报送|出生|发布|printed|exported"
)
_LEVEL = re.compile(r"[0-9](\.[0-9]{1,3})?")
# a scale and what each of its points counts as: 1-5=0,1,1,2,3
_SCALE = re.compile(r"[01]-[1-9]=[0-3](,[0-3])*")


@dataclass(frozen=True)
class ColumnUse:
    """How a column was understood.

    Parameters
    ----------
    position : int
        Position in the table; of a turned sheet, of the row.
    header : str
        As it stands in the file.
    meaning : str
        The canonical column it fills; empty where it is ignored.
    stands_for : str
        For a column of a wide table: the competency, indicator or subject.
    ignored : str
        Why it is ignored, as a key under ``recognition.ignored``.
    """

    position: int
    header: str
    meaning: str = ""
    stands_for: str = ""
    ignored: str = ""


@dataclass
class Work:
    """One file being recognised as one kind.

    Parameters
    ----------
    layout : Layout
        The table in the sheet.
    words : Vocabulary
        What names may stand for.
    answers : Mapping
        What was answered so far.
    file : str
        Name of the file.
    """

    layout: Layout
    words: Vocabulary
    answers: Answers
    file: str
    columns: dict[int, ColumnUse] = field(default_factory=dict[int, ColumnUse])
    second: dict[int, str] = field(default_factory=dict[int, str])
    questions: list[Question] = field(default_factory=list[Question])
    notes: list[tuple[str, dict[str, object]]] = field(
        default_factory=list[tuple[str, dict[str, object]]]
    )

    def ask(self, question: Question) -> str:
        """Return the answer to a question, and note that it was asked; empty if it is open."""
        self.questions.append(question)
        answer = self.answers.answer(question)
        if answer and not may_answer(question, answer):
            named = [option.value for option in question.options[:_OPTIONS_NAMED]]
            options = "、".join(named or ["2026-03-01"])
            raise InputError(
                "mapping.unknown-answer",
                subject=question.subject,
                answer=answer[:60],
                options=options,
            )
        return answer or ("" if question.required else question.suggestion)

    def note(self, code: str, **values: object) -> None:
        """Note something that the reader should know."""
        self.notes.append((code, values))

    def use(
        self, position: int, meaning: str = "", stands_for: str = "", ignored: str = ""
    ) -> None:
        """Note how a column is understood."""
        header = self.layout.header(position)
        self.columns[position] = ColumnUse(position, header, meaning, stands_for, ignored)

    def answered(self, position: int) -> str:
        """Return what the answers say of a column; empty if nothing."""
        header = self.layout.header(position)
        if found := self.answers.columns.get(header):
            return found
        texts = {bare(header), *map(bare, self.layout.labels[position])}
        return next((v for k, v in self.answers.columns.items() if v and bare(k) in texts), "")

    def assign(self, roles: Spellings, questions: Sequence[tuple[str, str]] = ()) -> dict[str, int]:
        """Find the columns of some roles; of two that fit, the more exact one, then the first.

        Roles that none of the known headers names are looked for by patterns of `questions`.
        """
        best: dict[str, tuple[int, int]] = {}
        for position in range(len(self.layout.labels)):
            answer = self.answered(position)
            if answer and answer != IGNORE:
                role, rank = (answer, -1) if answer in roles else ("", 0)
            elif answer == IGNORE:
                self.use(position, ignored="answer")
                continue
            else:
                role, rank = self._role(position, roles)
            if role and role in best:
                loser = position if rank >= best[role][0] else best[role][1]
                self.second[loser] = role
            if role and (role not in best or rank < best[role][0]):
                best[role] = (rank, position)
        taken = {position for _, position in best.values()}
        for role, pattern in questions:
            for position, texts in enumerate(self.layout.labels):
                if role in best or position in taken or position in self.columns:
                    continue
                if any(len(t) < 40 and re.search(pattern, t.casefold()) for t in texts):
                    best[role] = (0, position)
                    taken.add(position)
        return {role: position for role, (_, position) in best.items()}

    def _role(self, position: int, roles: Spellings) -> tuple[str, int]:
        table = spellings_of(roles)
        for text in reversed(self.layout.labels[position]):
            for rank, form in enumerate(forms(text)):
                if form and (hit := table.get(form)):
                    return hit[0], 1000 * rank + hit[1]
        return "", 0

    def note_hidden(self) -> None:
        """Note how many of the rows are not shown in Excel."""
        sheet = self.layout.sheet
        if sheet.hidden_rows and not self.layout.turned:
            hidden = sum(int(at) + sheet.first_row in sheet.hidden_rows for at in self.layout.rows)
            if hidden:
                self.note("hidden_rows", count=hidden)

    def ignore_rest(self) -> None:
        """Note why each column that has no use is ignored, and answers about columns not there."""
        headers = {bare(t) for texts in self.layout.labels for t in (*texts, " / ".join(texts))}
        if unused := [h for h, v in self.answers.columns.items() if v and bare(h) not in headers]:
            self.note("unused_answers", count=len(unused), names="、".join(unused[:3]))
        table = spellings_of(IGNORED)
        for position, texts in enumerate(self.layout.labels):
            if position in self.columns:
                continue
            hits = [table.get(form) for text in texts for form in forms(text)]
            reason = next((hit[0] for hit in hits if hit), "unneeded")
            # another column was taken for the same thing
            reason = "second" if position in self.second and reason == "unneeded" else reason
            if texts or any(not is_blank(cell) for cell in self.layout.column(position)[:200]):
                self.use(position, ignored=reason if texts else "no_header")

    def is_ignorable(self, position: int) -> bool:
        """Say whether a column is known to be of no use."""
        table = spellings_of(IGNORED)
        return any(form in table for text in self.layout.labels[position] for form in forms(text))

    def cells(self, position: int) -> Cells:
        """Return the cells of a column as they are."""
        return Cells(*factorize(self.layout.column(position)), position)

    def given(self, value: object) -> Cells:
        """Return a column in which every row has the same value, which no cell of the file has."""
        return Cells(np.zeros(len(self.layout.rows), dtype=np.intp), objects([value]), -1)

    def lookup(self, cells: Cells, names: Names, column: str) -> Cells:
        """Replace names by the ids they stand for; ask about those that are not known."""
        return self.translate(cells, column, names.find, names.options(), names.likely)

    def translate(
        self,
        cells: Cells,
        column: str,
        read: Callable[[str], object],
        options: Sequence[Option],
        suggest: Callable[[str], str] = lambda text: "",
        code: str = "value",
    ) -> Cells:
        """Replace words by what they mean; ask about those that `read` returns None for.

        Cells that are no text stay as they are, and so do words that are left to the checks.
        """
        counts = np.bincount(cells.codes, minlength=len(cells.raw))
        raw, unknown = cells.raw.copy(), list[int]()
        for at, cell in enumerate(cells.raw):
            if not isinstance(cell, str) or is_blank(cell) or not counts[at]:
                continue
            if is_error(cell):
                continue  # a fault, and no word to ask about
            meaning = read(cell)
            if meaning is None:
                unknown.append(at)
            else:
                raw[at] = meaning
        # the answers first, of however many words
        answers = self.answers.values.get(column, {})
        for at in unknown:
            if len(unknown) > MOST_WORDS and not answers.get(str(cells.raw[at]).strip()):
                continue
            answer = self.ask_value(cells, at, column, options, suggest, code, int(counts[at]))
            if answer:
                raw[at] = "" if answer == IGNORE else self._as_cell(answer)
        return Cells(cells.codes, raw, cells.positions)

    @staticmethod
    def _as_cell(answer: str) -> object:
        try:
            return float(answer)
        except ValueError:
            return answer

    def ask_value(
        self,
        cells: Cells,
        at: int,
        column: str,
        options: Sequence[Option],
        suggest: Callable[[str], str],
        code: str,
        places: int,
    ) -> str:
        """Ask what a word of a column means."""
        text = str(cells.raw[at]).strip()
        row = int(np.flatnonzero(cells.codes == at)[0])
        return self.ask(
            Question(
                "values",
                text,
                code,
                column=column,
                options=(*options, Option(IGNORE)),
                suggestion=suggest(text),
                places=places,
                row=self.row_number(row) if len(cells.codes) == len(self.layout.rows) else 0,
            )
        )

    def row_number(self, row: int) -> int:
        """Return the number in the file of one of the rows that hold records."""
        return self.layout.place(int(self.layout.rows[row]), 0)[0]

    def days(self, cells: Cells) -> Cells:
        """Read days in the ways people write them; others stay as they are, for the checks."""
        year = self.year
        raw = cells.raw.copy()
        for at, cell in enumerate(cells.raw):
            if isinstance(cell, str) and len(cell) < 60:
                days = find_days(cell, year)
                # an instant with a zone is for the reader of dates, which knows whose day it is
                if days and not _has_zone(cell):
                    raw[at] = days[-1]
        return Cells(cells.codes, raw, cells.positions)

    @property
    def year(self) -> int | None:
        """The year that the title names, or the name of the file."""
        return find_year(" ".join(self.layout.title)) or find_year(self.file)

    def days_in_title(self) -> list[dt.date]:
        """Return the days named above the table that may be the day of what it says.

        The day on which somebody filled in or printed the sheet is not. Days beside a word for
        "when" go before others.
        """
        labelled: list[dt.date] = []
        others: list[dt.date] = []
        for row in self.layout.sheet.rows[: self.layout.header_rows[0]]:
            before = ""
            for cell in row:
                if is_blank(cell):
                    continue
                text = cell.date().isoformat() if isinstance(cell, dt.datetime) else str(cell)
                if days := find_days(text, self.year):
                    label = text if re.search(r"[^\W\d年月日]", text) else before
                    if not _NOT_WHEN.search(label):
                        (labelled if _WHEN.search(label) else others).extend(days)
                before = text
        return list(dict.fromkeys(labelled or others))

    def days_in_file_name(self) -> list[dt.date]:
        """Return the days in the name of the file."""
        return find_days(self.file, self.year)


def may_answer(question: Question, answer: str) -> bool:
    """Say whether an answer is one of those that a question can have."""
    if question.code == "date":
        return len(find_days(answer)) == 1
    # whether there is such a person is for the checks of the table
    if not question.options or question.section == "people":
        return True
    if answer in {option.value for option in question.options}:
        return True
    if question.code == "level":
        return bool(_LEVEL.fullmatch(answer)) and float(answer) <= 4
    return question.code == "scale" and bool(_SCALE.fullmatch(answer))


def _has_zone(text: str) -> bool:
    tail = text.strip()[10:]
    return bool(tail) and (tail.upper().endswith("Z") or "+" in tail)


@lru_cache(maxsize=64)
def _spellings(roles: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for role, spellings in roles:
        for rank, spelling in enumerate(spellings):
            found.setdefault(bare(spelling), (role, rank))
    return found


def spellings_of(roles: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, int]]:
    """Return, for the bare form of each spelling, its role and its rank among the role's."""
    return _spellings(tuple(roles.items()))


def common(values: Iterable[str]) -> str:
    """Return the value that occurs most; empty if there is none."""
    most = Counter(values).most_common(1)
    return most[0][0] if most else ""
