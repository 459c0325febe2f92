"""What a file was taken for, how each column was understood, and the table that comes out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from recommender.exchange.recognition.answers.mapping import Mapping as Answers
from recommender.exchange.recognition.answers.mapping import Question
from recommender.exchange.recognition.cells import Cells
from recommender.exchange.recognition.layout import Layout, LeftOut
from recommender.exchange.recognition.vocabulary import bare
from recommender.exchange.recognition.work import ColumnUse, Work

_DIGITS = re.compile("[0-9]+")


@dataclass(frozen=True)
class LongTable:
    """A table of one of our kinds whose cells stand in another shape in the file.

    Parameters
    ----------
    cells : dict of str to Cells
        By canonical column.
    rows : ndarray of int, shape (n_rows,)
        The row of the sheet that each comes from.
    """

    cells: dict[str, Cells]
    rows: np.ndarray


@dataclass(frozen=True)
class Reading:
    """What a file was taken for.

    Parameters
    ----------
    kind : str
        Our kind of table.
    form : str
        The shape in the file, a key under ``recognition.form``.
    file : str
        Name of the file.
    layout : Layout or None
        Where the table stands; None for a table with our own headers, and for statements.
    columns : tuple of ColumnUse
        How each column was understood, in the order of the file.
    left_out : tuple of LeftOut
        Rows that hold no record.
    questions : tuple of Question
        All that was asked, with or without an answer.
    answers : Mapping
        The answers it was read with.
    notes : tuple
        What the reader should know: keys under ``recognition.note`` and their values.
    table : LongTable or None
        The rows; None for a table with our own headers, which is read as it is.
    """

    kind: str
    form: str
    file: str
    layout: Layout | None
    columns: tuple[ColumnUse, ...]
    left_out: tuple[LeftOut, ...]
    questions: tuple[Question, ...]
    answers: Answers
    notes: tuple[tuple[str, Mapping[str, object]], ...]
    table: LongTable | None = field(repr=False)

    @property
    def open_questions(self) -> tuple[Question, ...]:
        """The questions that have to be answered before the file can go in."""
        return tuple(q for q in self.questions if q.required and not self.answers.answer(q))

    @property
    def fingerprint(self) -> str:
        """What files of the same source have in common: form and headers, without numbers."""
        asked = {question.subject for question in self.questions if question.section == "columns"}
        # what the catalogue knows by name may change from one round to the next, as days do
        headers = sorted(
            _DIGITS.sub("", bare(use.header))
            for use in self.columns
            if use.header and (not use.stands_for or use.header in asked)
        )
        return hashlib.sha256("\n".join(headers).encode()).hexdigest()


def finish(work: Work, kind: str, form: str, cells: dict[str, Cells], rows: np.ndarray) -> Reading:
    """Return the reading of a file; `rows` are positions among the rows that hold records."""
    work.ignore_rest()
    work.note_hidden()
    return Reading(
        kind=kind,
        form=form,
        file=work.file,
        layout=work.layout,
        columns=tuple(use for _, use in sorted(work.columns.items())),
        left_out=work.layout.left_out,
        questions=tuple(work.questions),
        answers=work.answers,
        notes=tuple(work.notes),
        table=LongTable(cells, work.layout.rows[rows]),
    )
