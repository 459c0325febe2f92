"""What stands in the XML of one sheet: how far it reaches, and which cells need a second look.

Most sheets are written in one plain spelling, which regular expressions search quickly. Any other
legal spelling (prefixes, cells that do not say where they are, single quotes, white space) goes
through a parser, which knows them all and takes about as long as reading the sheet does.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from recommender.exchange.tables.sheets.sheet import Merged

ROWS, COLUMNS, CELLS = 500_000, 200, 10_000_000
# a sheet is searched in windows, so that a list of matches stays short
_WINDOW, _LONGEST_REFERENCE = 2**20, 64
# what is not a plain cell: outside of A1:Z499999, with attributes besides s and t, an error, or a
# formula. Most sheets have none, and then one quick search is all that they need. No group in it is
# repeated possessively: before 3.11.5 Python takes what a look-ahead in such a group rules out
_NOT_PLAIN = re.compile(
    rb'<c(?=[\s>/])(?! r="[A-Z][1-4]?[0-9]{1,5}+"(?: [st]="(?!e")[A-Za-z0-9]*+"){0,2}/?>(?!<f))'
)
# a prefix, or rows that are not shown
_PREFIXED = re.compile(rb":(?:c|row|mergeCell|autoFilter)[\s>/]")
_HIDDEN = re.compile(rb"""<row\b[^<>]*?\shidden\s*=\s*["'](?:1|true)""")
# two patterns with one group each take half the time of one with two groups
_ROW, _COLUMN = (
    re.compile(rb'<c r="[A-Z]{1,3}([0-9]{1,7})"'),
    re.compile(rb'<c r="([A-Z]{1,3})[0-9]'),
)
_STYLED = rb'<c r="([A-Z]{1,3}[0-9]{1,7})"(?: t="[A-Za-z]*+")? s="(?:%s)"'
_MERGED = re.compile(rb"""<mergeCell\s+ref\s*=\s*["']([^"'<>]{1,40})["']""")
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_TRUE = frozenset(("1", "true", "on"))


class Places:
    """Places in a sheet, ``(row, column)`` from 0, stored compactly: there may be millions."""

    def __init__(self) -> None:
        # eight bytes a place; a sheet has 2**14 columns, so 2**16 keeps row and column apart
        self._held = array("q")

    def add(self, row: int, column: int) -> None:
        """Add a place."""
        self._held.append(row * 2**16 + column)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Go through the places in the order of the file."""
        return (divmod(place, 2**16) for place in self._held)

    def __len__(self) -> int:
        return len(self._held)


@dataclass
class Marks:
    """What was found in a sheet.

    Parameters
    ----------
    rows, columns : int
        How far the cells reach, counted from A1.
    errors, uncalculated : Places
        The cells that hold an error value, or a formula without its result.
    styled : dict of int to Places
        For each style that was asked for, its cells.
    merged : list of Merged
        The ranges of merged cells.
    hidden : set of int
        Rows that are not shown, from 0.
    is_filtered : bool
        Whether a filter is set.
    """

    rows: int = 0
    columns: int = 0
    errors: Places = field(default_factory=Places)
    uncalculated: Places = field(default_factory=Places)
    styled: dict[int, Places] = field(default_factory=dict[int, Places])
    merged: list[Merged] = field(default_factory=list[Merged])
    hidden: set[int] = field(default_factory=set[int])
    is_filtered: bool = False


def walk_cells(content: bytes, styles: Collection[int], *, recalculates: bool) -> Marks:
    """Look through the XML of a sheet.

    Parameters
    ----------
    content : bytes
        The part of the workbook.
    styles : collection of int
        The styles whose cells are wanted.
    recalculates : bool
        Whether the workbook asks to be calculated on opening: programs that do not calculate
        write 0 as the result of every formula, and ask for that.

    Raises
    ------
    ValueError
        If it is no proper sheet.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("the reader takes a sheet in UTF-16 for an empty one")
    if _NOT_PLAIN.search(content) or _PREFIXED.search(content) or _HIDDEN.search(content):
        return _Walk(styles, recalculates=recalculates).through(content)
    marks = Marks()
    rows: set[bytes] = set()
    columns: set[bytes] = set()
    styled = _STYLED % b"|".join(b"%d" % style for style in styles) if styles else b""
    for window in _windows(content):
        rows.update(_ROW.findall(content, *window))
        columns.update(_COLUMN.findall(content, *window))
    marks.rows = max(map(int, rows), default=0)
    marks.columns = max((_column_number(name.decode()) for name in columns), default=0)
    if styled and marks.rows <= ROWS:
        for style in styles:
            places = marks.styled.setdefault(style, Places())
            for match in re.finditer(_STYLED % (b"%d" % style), content):
                places.add(*_place(match[1].decode()))
    tail = max(content.rfind(b"</sheetData>"), 0)
    for match in _MERGED.finditer(content, tail):
        marks.merged.append(_range(match[1].decode()))
    marks.is_filtered = content.find(b"<filterColumn", tail) >= 0
    return marks


def _windows(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield windows of a sheet; they overlap, so that no reference is cut in two."""
    for start in range(0, len(content), _WINDOW):
        yield start, start + _WINDOW + _LONGEST_REFERENCE


class _TooLargeError(Exception):
    """The sheet reaches further than is allowed; what follows need not be looked at."""


class _Walk:
    """A walk through a sheet with a parser that knows every legal spelling."""

    def __init__(self, styles: Collection[int], *, recalculates: bool) -> None:
        self._marks = Marks(styled={style: Places() for style in styles})
        self._results = frozenset(("", "0") if recalculates else ("",))
        self._row = self._column = 0
        self._kind = ""
        self._in_data = self._in_cell = self._in_value = self._has_formula = False
        self._value: list[str] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._refuse

    def through(self, content: bytes) -> Marks:
        """Go through a sheet."""
        try:
            self._parser.Parse(content, True)
        except _TooLargeError:
            pass
        except expat.ExpatError as error:
            raise ValueError(str(error)) from error
        return self._marks

    def _refuse(self, *_: object) -> None:
        raise ValueError("a sheet has no document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "c" and self._in_data:
            self._start_cell(attributes)
        elif name == "v" and self._in_cell:
            self._in_value = self._has_formula
            if self._in_value:
                self._parser.CharacterDataHandler = self._value.append
        elif name == "f" and self._in_cell:
            self._has_formula = True
        elif name == "row" and self._in_data:
            self._row = int(attributes["r"]) if "r" in attributes else self._row + 1
            self._column = 0
            if attributes.get("hidden") in _TRUE:
                self._marks.hidden.add(self._row - 1)
            self._reach()
        elif name == "sheetData":
            self._in_data = True
        elif name == "mergeCell" and "ref" in attributes:
            self._marks.merged.append(_range(attributes["ref"]))
        elif name == "filterColumn":
            self._marks.is_filtered = True

    def _start_cell(self, attributes: dict[str, str]) -> None:
        if any(name.endswith(":r") for name in attributes):
            raise ValueError("two references")  # readers disagree which one counts
        # a cell without a reference follows the one before it
        if "r" in attributes:
            row, column = _place(attributes["r"])
            self._row, self._column = row + 1, column + 1
        else:
            self._column += 1
        self._reach()
        self._kind = attributes.get("t", "n")
        self._in_cell, self._has_formula = True, False
        if self._kind == "e":
            self._marks.errors.add(self._row - 1, self._column - 1)
        style = attributes.get("s")
        if style is not None and style.isdigit() and int(style) in self._marks.styled:
            self._marks.styled[int(style)].add(self._row - 1, self._column - 1)

    def _reach(self) -> None:
        marks = self._marks
        marks.rows, marks.columns = max(marks.rows, self._row), max(marks.columns, self._column)
        if marks.rows > ROWS or marks.columns > COLUMNS:
            raise _TooLargeError

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name == "c" and self._in_cell:
            self._in_cell = False
            result = "".join(self._value).strip()
            # an empty text is a proper result, an empty number is none
            if self._has_formula and self._kind not in ("str", "e") and result in self._results:
                self._marks.uncalculated.add(self._row - 1, self._column - 1)
            self._value.clear()
        elif name == "v" and self._in_value:
            self._in_value = False
            self._parser.CharacterDataHandler = None
        elif name == "sheetData":
            self._in_data = False


def _place(reference: str) -> tuple[int, int]:
    """Return row and column from 0 of a reference such as ``B3``."""
    match = _REFERENCE.fullmatch(reference)
    if match is None or int(match[2]) < 1:
        raise ValueError("not a cell")
    return int(match[2]) - 1, _column_number(match[1]) - 1


def _range(reference: str) -> Merged:
    first, _, last = reference.partition(":")
    top, left = _place(first)
    bottom, right = _place(last or first)
    return Merged(min(top, bottom), min(left, right), max(top, bottom), max(left, right))


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number
