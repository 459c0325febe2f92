"""Where the table stands in a sheet: the title block, the header of one or two rows, the rows.

A sheet may also be turned by a quarter, with people across; then it is turned back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from recommender.exchange.recognition.vocabulary import bare
from recommender.exchange.recognition.words import REMARK_ROWS, STANDARD_ROWS, TOTAL_ROWS
from recommender.exchange.tables.header import HEADER_ROWS
from recommender.exchange.tables.sheets.sheet import Sheet

# a sheet with more rows than this is not one with people across
_TURNED_ROWS = 200
_LONGEST_HEADER = 200
_TOTALS = frozenset(map(bare, TOTAL_ROWS))
_STANDARDS = frozenset(map(bare, STANDARD_ROWS))
_CORNER = re.compile(r"(能力项?|能力名称|素质项|competency)\s*([\\/／|]\s*(姓名|人员|员工|name))?")
_PEOPLE = ("工号", "姓名", "员工编号", "员工姓名", "人员编号")
_COUNT = re.compile("[:：]?[0-9]*[人名分]?$")
_REMARKS = frozenset(map(bare, REMARK_ROWS))

# says of a header's text how sure it is that a column is meant: 0 for not at all
Understands = Callable[[str], int]


@dataclass(frozen=True)
class LeftOut:
    """A row that holds no record, by its number in the file, and why: a key under `row`."""

    row: int
    reason: str
    text: str


@dataclass(frozen=True)
class Layout:
    """A table in a sheet.

    Parameters
    ----------
    sheet : Sheet
        The cells; of a turned sheet with rows and columns exchanged.
    turned : bool
        Whether the file has people across.
    header_rows : tuple of int
        Positions of the one or two rows of the header.
    labels : tuple of tuple of str
        For each column the texts of its header, from top to bottom, each once.
    start : int
        Position of the first row below the header.
    known : int
        How many columns are understood.
    """

    sheet: Sheet
    turned: bool
    header_rows: tuple[int, ...]
    labels: tuple[tuple[str, ...], ...]
    start: int
    known: int
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    left_out: tuple[LeftOut, ...] = ()

    @property
    def title(self) -> list[str]:
        """The texts above the header, row by row."""
        above = self.sheet.rows[: self.header_rows[0]]
        return [text for row in above for cell in row if (text := as_text(cell))]

    def header(self, position: int) -> str:
        """Return the header of a column as one text."""
        return " / ".join(self.labels[position])

    def place(self, row: int, position: int) -> tuple[int, int]:
        """Return a cell's row number and its column position in the file; -1 for no column."""
        if self.turned:
            at, across = position, row
            return self.sheet.first_row + at + 1, self.sheet.first_column + across
        column = -1 if position < 0 else self.sheet.first_column + position
        return self.sheet.first_row + row + 1, column

    def column(self, position: int) -> np.ndarray:
        """Return the cells of a column, of the rows that hold records."""
        rows = self.sheet.rows
        return np.fromiter((rows[at][position] for at in self.rows), object, count=len(self.rows))

    def with_rows(self, people: Collection[int]) -> Layout:
        """Return it with its rows sorted out, given the columns that say who a row is about."""
        kept: list[int] = []
        left: list[LeftOut] = []
        header = self.sheet.rows[self.header_rows[-1]]
        for at in range(self.start, len(self.sheet.rows)):
            row = self.sheet.rows[at]
            reason = _reason(row, people, header)
            if reason is None:
                kept.append(at)
            elif reason:
                first = next((text for cell in row if (text := as_text(cell))), "")
                left.append(LeftOut(self.place(at, -1)[0], reason, first[:60]))
        return replace(self, rows=np.array(kept, dtype=np.intp), left_out=tuple(left))


def as_text(cell: object) -> str:
    """Return a cell's text; an empty one for a cell that is empty or no text."""
    return cell.strip() if isinstance(cell, str) else ""


def is_blank(cell: object) -> bool:
    """Say whether a cell is empty."""
    return cell == "" or (isinstance(cell, str) and not cell.strip())


def _reason(row: Sequence[object], people: Collection[int], header: Sequence[object]) -> str | None:
    """Return why a row holds no record; an empty text for an empty row, None for a record."""
    filled = (cell for cell in row if cell != "" and not is_blank(cell))
    first, second = next(filled, None), next(filled, None)
    if first is None:
        return ""
    named = [row[at] for at in people if not is_blank(row[at])]
    for cell in (first, *named):
        if reason := _summary(cell):
            return reason
    # nearly all rows: somebody, and something about them
    if named and second is not None:
        return "header" if first == header[0] and list(row) == list(header) else None
    text = str(first)
    head = bare(text.replace("：", ":").split(":")[0])
    if head in _REMARKS or (second is None and len(text) > 20):
        return "remark"
    # one text over the whole width, as merged cells are read
    if not named and len({str(cell) for cell in row if not is_blank(cell)}) == 1:
        return "remark"
    return None


def _summary(cell: object) -> str:
    """Return why a row that begins so is about nobody; empty where it may be about somebody."""
    if not isinstance(cell, str) or len(cell) > 12:
        return ""
    word = "".join(cell.split()).lower()
    if word in _STANDARDS:
        return "standard"
    # 应到 8 人
    return "total" if word in _TOTALS or _COUNT.sub("", word) in _TOTALS else ""


def find_layout(sheet: Sheet, understands: Understands, people: Understands) -> Layout | None:
    """Find the table in a sheet, by the row or two rows that are understood best as a header.

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    understands : callable
        Says of a text whether it is a header.
    people : callable
        Says of a text whether it heads a column of people.

    Returns
    -------
    Layout or None
        None if fewer than two columns of any row are understood.
    """
    best = _find(sheet, understands, people, turned=False)
    if len(sheet.rows) <= _TURNED_ROWS and sheet.rows:
        across = replace(sheet, rows=[list(row) for row in zip(*sheet.rows, strict=True)])
        _name_corner(across)
        # the first columns of a turned sheet are its header; further ones are people
        turned = _find(across, understands, people, turned=True)
        if turned and turned.known > (best.known if best else 0) + 1 and _may_be_turned(turned):
            return turned
    return best


def _name_corner(across: Sheet) -> None:
    """Read the corner of a turned sheet as the header of the people beside it.

    It says what goes down (能力项), or both (能力项/姓名), where only names stand beside it.
    """
    for row in across.rows[:2]:
        for at, cell in enumerate(row[:HEADER_ROWS]):
            text = as_text(cell)
            if _CORNER.fullmatch(text) and not any(as_text(c) in _PEOPLE for c in row):
                row[at] = "姓名"
                return


def _may_be_turned(layout: Layout) -> bool:
    """Say whether what looks like a header in the first columns is one, and not a list of facts."""
    # a column of facts names the same competency for one person after the other
    texts = [texts for texts in layout.labels if texts]
    return layout.header_rows[0] <= 1 and len(set(texts)) == len(texts)


def _find(
    sheet: Sheet, understands: Understands, people: Understands, *, turned: bool
) -> Layout | None:
    best: Layout | None = None
    for at in range(min(HEADER_ROWS, len(sheet.rows))):
        one = _labels(sheet.rows[at : at + 1])
        for labels, rows in _tiers(sheet, at, one, people):
            known = sum(any(understands(text) for text in texts) for texts in labels)
            if known >= 2 and (best is None or known > best.known):
                best = Layout(sheet, turned, rows, labels, rows[-1] + 1, known)
    if best is not None and best.start < len(sheet.rows):
        # the header may stand twice, once in each language
        below = sheet.rows[best.start]
        again = sum(bool(as_text(cell) and understands(as_text(cell))) for cell in below)
        if again >= max(2, best.known * 0.8):
            best = replace(best, start=best.start + 1)
    return best


def _tiers(
    sheet: Sheet, at: int, one: tuple[tuple[str, ...], ...], people: Understands
) -> list[tuple[tuple[tuple[str, ...], ...], tuple[int, ...]]]:
    """Return a row as a header and, where the next row can be its second tier, the two as one."""
    tiers = [(one, (at,))]
    if at + 1 >= len(sheet.rows):
        return tiers
    upper, lower = sheet.rows[at], sheet.rows[at + 1]
    who = [position for position, texts in enumerate(one) if any(map(people, texts))]
    if not who or not any(as_text(cell) for cell in lower):
        return tiers
    # below a header of people a record has somebody; a second tier has nothing, or the same again
    if any(
        not is_blank(lower[position]) and lower[position] != upper[position] for position in who
    ):
        return tiers
    if any(not isinstance(cell, str) for cell in lower):
        return tiers
    both = _labels([_filled(upper), lower])
    return [(both, (at, at + 1)), *tiers]


def _filled(row: Sequence[object]) -> list[object]:
    """Give the cells that a merged cell covers the text of the one before."""
    filled: list[object] = []
    for cell in row:
        filled.append(filled[-1] if is_blank(cell) and filled else cell)
    return filled


def _labels(rows: Sequence[Sequence[object]]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(dict.fromkeys(text for cell in cells if (text := _header_text(cell))))
        for cells in zip(*rows, strict=True)
    )


def _header_text(cell: object) -> str:
    # a longer text is no header, and a hostile one would take long to compare
    text = " ".join(as_text(cell).split()) if isinstance(cell, str) else ""
    if not text and isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return text if len(text) <= _LONGEST_HEADER else ""
