"""Unfolding columns into rows: a row of the file becomes one for each cell that holds something."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from recommender.errors import InputError
from recommender.exchange.recognition.answers.mapping import IGNORE, Option, Question
from recommender.exchange.recognition.cells import Cells, factorize, is_error, objects
from recommender.exchange.recognition.layout import is_blank
from recommender.exchange.recognition.vocabulary import bare
from recommender.exchange.recognition.work import Work
from recommender.exchange.tables.units import find_unit
from recommender.table_kinds import Column

_REMARK = re.compile(r"[(（\[【〔](.*?)[)）\]】〕]")
# how many cells are looked at to tell what a column holds
_LOOKED_AT = 300


def find_wide(
    work: Work,
    taken: set[int],
    find: Callable[[str], str | None],
    likely: Callable[[str], str],
    options: Sequence[Option],
    fits: Callable[[object], bool],
    column: Column | None = None,
) -> dict[int, str]:
    """Find the columns that each stand for a competency, an indicator or a subject.

    Parameters
    ----------
    work : Work
        The file.
    taken : set of int
        Positions that have another use.
    find, likely : callable
        Return what a header stands for, surely and probably.
    options : sequence of Option
        What a header may stand for.
    fits : callable
        Says of a cell whether it could be a value of such a column.
    column : Column, optional
        What they all fill; its unit is theirs.

    Returns
    -------
    dict of int to str
        Position to what it stands for. A column that looks like one, but whose header is not
        known, is asked about.
    """
    columns: dict[int, str] = {}
    for position, texts in enumerate(work.layout.labels):
        if position in taken or position in work.columns:
            continue
        answer = work.answered(position)
        if answer in {option.value for option in options}:
            _ask_column(work, position, options, likely)
            columns[position] = answer
            continue
        known = next((id_ for text in reversed(texts) if (id_ := find(text))), None)
        if known:
            columns[position] = known
        elif texts and not work.is_ignorable(position):
            cells = [c for c in work.layout.column(position)[:_LOOKED_AT] if not is_blank(c)]
            if cells and sum(map(fits, cells)) >= 0.8 * len(cells):
                _ask_column(work, position, options, likely)
    columns = _once(work, columns, options)
    for position in columns:
        if column is not None:
            _check_unit(work, position, column)
    return columns


def _once(work: Work, columns: dict[int, str], options: Sequence[Option]) -> dict[int, str]:
    """Ask which columns count where several stand for the same, such as 自评 and 上级评."""
    labels = {option.value: option for option in options}
    counts = Counter(columns.values())
    kept: dict[int, str] = {}
    for position, id_ in columns.items():
        if counts[id_] > 1:
            label = labels.get(id_, Option(id_))
            answer = _ask_column(
                work, position, (label,), lambda text: "", code="twice", name=label.label or id_
            )
            if answer == IGNORE:
                work.use(position, ignored="answer")
                continue
        kept[position] = id_
    return kept


def looks_wide(
    work: Work,
    taken: set[int],
    find: Callable[[str], object],
    likely: Callable[[str], str],
    fits: Callable[[object], bool],
) -> bool:
    """Say whether at least two columns stand for something, one of them perhaps only probably.

    Of headers that are only probable their cells have to fit, and all others to be many.
    """
    known = probable = 0
    for position, texts in enumerate(work.layout.labels):
        if position in taken or not texts:
            continue
        if any(find(text) for text in texts):
            known += 1
        elif not work.is_ignorable(position) and any(map(likely, texts)):
            below = work.layout.sheet.rows[work.layout.start :][:_LOOKED_AT]
            cells = [row[position] for row in below if not is_blank(row[position])]
            probable += bool(cells) and sum(map(fits, cells)) >= 0.8 * len(cells)
    return known >= 2 or (known >= 1 and known + probable >= 2) or probable >= 3


def _check_unit(work: Work, position: int, column: Column) -> None:
    header = work.layout.header(position)
    for remark in _REMARK.findall(header):
        unit = find_unit(remark, column)
        if unit is not None and unit.factor != 1:
            raise InputError("recognition.unit", file=work.file, header=header, unit=unit.text)


def _ask_column(
    work: Work,
    position: int,
    options: Sequence[Option],
    likely: Callable[[str], str],
    *,
    code: str = "column",
    name: str = "",
) -> str:
    filled = [row for row, cell in enumerate(work.layout.column(position)) if not is_blank(cell)]
    header = work.layout.header(position)
    return work.ask(
        Question(
            "columns",
            header,
            code,
            options=(*options, Option(IGNORE)),
            suggestion=likely(work.layout.labels[position][-1]),
            places=len(filled),
            row=work.layout.place(work.layout.header_rows[-1], position)[0],
            values={"name": name},
        )
    )


def unfold(
    work: Work, positions: Sequence[int], nothing: frozenset[str], wanted: np.ndarray
) -> tuple[np.ndarray, np.ndarray, Cells]:
    """Unfold columns into one, row by row.

    Parameters
    ----------
    work : Work
        The file.
    positions : sequence of int
        The columns.
    nothing : frozenset of str
        The words that say that there is no value.
    wanted : ndarray of bool, shape (n_rows,)
        Which rows are unfolded.

    Returns
    -------
    tuple
        For each cell that comes out: its row, its column among `positions`; and the cells.
    """
    rows = work.layout.sheet.rows
    block = np.empty((len(work.layout.rows), len(positions)), dtype=object)
    for at, position in enumerate(positions):
        block[:, at] = [rows[row][position] for row in work.layout.rows]
    codes, raw = factorize(block.ravel())
    empty = np.array([says_nothing(cell, nothing) for cell in raw], dtype=bool)
    kept = ~empty[codes].reshape(block.shape) if len(raw) else np.zeros(block.shape, dtype=bool)
    kept &= wanted[:, None]
    row, column = np.nonzero(kept)
    places = np.asarray(positions, dtype=np.intp)[column]
    return row, column, Cells(codes.reshape(block.shape)[row, column], raw, places)


def repeat(values: Sequence[object], column: np.ndarray, positions: Sequence[int]) -> Cells:
    """Return, for unfolded cells, what each one's column stands for."""
    codes, raw = factorize(objects(values))
    places = np.asarray(positions, dtype=np.intp)[column]
    return Cells(codes[column], raw, places)


def says_nothing(cell: object, nothing: frozenset[str]) -> bool:
    """Say whether a cell is empty or holds one of the words for "nothing"."""
    # what a failed look-up leaves (#N/A) is an error, however much it looks like n/a
    if not isinstance(cell, str) or is_error(cell):
        return False
    plain = "".join(unicodedata.normalize("NFKC", cell).casefold().split())
    # marks such as "/" count as they are: without its punctuation a tick is empty, too
    return plain in nothing or (bool(bare(cell)) and bare(cell) in nothing)
