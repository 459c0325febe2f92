"""The bad cells of a table: all are counted, the first ones listed, and each one described."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from recommender.errors import FaultCause, TableFault, TableFaultsError
from recommender.texts import all_texts, hint, say

if TYPE_CHECKING:  # faults are described without loading numpy
    import numpy as np

    from recommender.exchange.tables.header import Table

# nobody mends more in one go, and a file may have millions
FAULTS_LISTED = 1000
# columns are checked one after the other, so which faults come first by row is known at the end
# only; until then the list is sorted and cut whenever it has grown this long
_MOST_HELD = 20 * FAULTS_LISTED
FOUND_LENGTH = 60


class BadCell(NamedTuple):
    """What is wrong with a cell; `code`, `expected` and `values` as in `TableFault`."""

    code: str
    expected: str = ""
    values: Mapping[str, str] = {}


def shorten(value: object, *, length: int = FOUND_LENGTH) -> str:
    """Return a cell as one visible line, with control characters spelled out and long text cut."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    text = str(value)[: length + 1]
    text = "".join(
        f"\\u{ord(c):04x}" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") else c
        for c in text
    )
    return text if len(text) <= length else text[: length - 1] + "…"


class FaultList:
    """The faults of one table.

    Parameters
    ----------
    table : Table
        The table, which knows the place of its rows in the spreadsheet.

    Attributes
    ----------
    total : int
        How many faults there are, listed or not.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._faults: list[TableFault] = []
        # by code and column: how many, and the first of them
        self._causes: dict[tuple[str, str], tuple[int, TableFault]] = {}
        self.total = 0

    def label(self, name: str) -> str:
        """Return the header of a column as the file has it."""
        return self._table.label(name)

    def add_header(self, problem: BadCell, position: int, found: str) -> None:
        """Add a fault of the header row, at a column position of the table."""
        fault = TableFault(
            problem.code,
            sheet=self._table.sheet,
            row=self._table.header_row,
            column=found,
            column_index=self._table.first_column + position,
            found=found,
            expected=problem.expected,
            values=dict(problem.values),
        )
        self._faults.append(fault)
        self._count(fault, 1)

    def _count(self, first: TableFault, count: int) -> None:
        self.total += count
        before, example = self._causes.get((first.code, first.column), (0, first))
        earliest = min(example, first, key=lambda fault: fault.row)
        self._causes[first.code, first.column] = (before + count, earliest)

    def add_rows(
        self,
        rows: np.ndarray,
        name: str,
        problem: BadCell | Callable[[int], BadCell],
        *,
        found: Callable[[int], object] | None = None,
    ) -> None:
        """Add faults of one code for several rows.

        Parameters
        ----------
        rows : ndarray of shape (n_faults,)
            Positions in the table, ascending.
        name : str
            Canonical name of the column.
        problem : BadCell or callable
            What is wrong, or a function that returns it for a row.
        found : callable, optional
            Returns what a row holds; by default its cell in that column.
        """
        table = self._table
        start = len(self._faults)
        for row in rows[:FAULTS_LISTED].tolist():
            what = problem(row) if callable(problem) else problem
            number, column_index, label, holds = table.place(row, name)
            if found is not None:
                holds = found(row)
            self._faults.append(
                TableFault(
                    what.code,
                    sheet=table.sheet,
                    row=number,
                    column=label,
                    column_index=column_index,
                    found=shorten(holds),
                    expected=what.expected,
                    values=dict(what.values),
                )
            )
        if len(rows):
            self._count(self._faults[start], len(rows))
        if len(self._faults) > _MOST_HELD:
            self._faults = self._first()

    def _first(self) -> list[TableFault]:
        ordered = sorted(self._faults, key=lambda fault: (fault.row, fault.column_index))
        return ordered[:FAULTS_LISTED]

    def raise_if_any(self, file: str) -> None:
        """Raise a `TableFaultsError` with the first faults by row; `count` counts them all."""
        if not self.total:
            return
        causes = [
            FaultCause(code, column, count, example)
            for (code, column), (count, example) in self._causes.items()
        ]
        causes.sort(key=lambda cause: -cause.count)
        error = TableFaultsError(file, self._first(), causes)
        error.values["count"] = self.total
        raise error


def describe_faults(
    error: TableFaultsError, lang: str, *, command_line: bool = False
) -> list[dict[str, object]]:
    """Describe what is wrong with each bad cell.

    Parameters
    ----------
    error : TableFaultsError
        The faults of one table.
    lang : str
        ``zh-CN`` or ``en``.
    command_line : bool
        Whether the reader is at the command line, so that a hint may name a command.

    Returns
    -------
    list of dict
        ``sheet, row, column, found, expected, message, hint`` of each listed fault; `row` is 0
        where the fault does not belong to one row.
    """
    return [_describe(fault, lang, command_line=command_line) for fault in error.faults]


def _describe(fault: TableFault, lang: str, *, command_line: bool) -> dict[str, object]:
    values = {"found": fault.found, "column": fault.column, **fault.values}
    expected = fault.expected
    if f"expected.{expected}" in all_texts():
        expected = say(f"expected.{expected}", lang, **values)
    advice = hint(fault.code, lang, command_line=command_line, **values)
    if fault.values.get("suggestion"):
        meant = say("table.suggestion", lang, suggestion=fault.values["suggestion"])
        advice = (
            (f"{meant}；{advice}" if lang != "en" else f"{meant}; {advice}") if advice else meant
        )
    return {
        "sheet": fault.sheet,
        "row": fault.row,
        "column": fault.column,
        "found": fault.found,
        "expected": expected,
        "message": say(fault.code, lang, **values),
        "hint": advice,
    }


def describe_causes(
    error: TableFaultsError, lang: str, *, command_line: bool = False
) -> list[dict[str, Any]]:
    """Describe what causes the faults of a table, the most frequent cause first.

    Parameters
    ----------
    error : TableFaultsError
        The faults of one table.
    lang : str
        ``zh-CN`` or ``en``.
    command_line : bool
        Whether the reader is at the command line, so that a hint may name a command.

    Returns
    -------
    list of dict
        ``code, column, count, message, hint`` of each cause, and its first fault as ``example``;
        what differs from cell to cell stands as ``…`` in the message.
    """
    return [
        {
            "code": cause.code,
            "column": cause.column,
            "count": cause.count,
            "message": name_cause(cause, lang),
            "hint": hint(cause.code, lang, command_line=command_line, **_blank(cause)),
            "example": _describe(cause.example, lang, command_line=command_line),
        }
        for cause in error.causes
    ]


def name_cause(cause: FaultCause, lang: str) -> str:
    """Say what is wrong, without what differs from cell to cell."""
    return say(cause.code, lang, **_blank(cause))


def _blank(cause: FaultCause) -> dict[str, str]:
    # what a column allows is the same for all of its cells
    same = {
        name: value
        for name, value in cause.example.values.items()
        if name in ("latest", "minimum", "maximum", "units")
    }
    blank = dict.fromkeys(("found", "column", *cause.example.values), "…")
    return {**blank, "column": cause.column, **same}
