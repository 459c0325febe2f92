"""What a sheet holds before anything is understood of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Unreadable:
    """A cell whose value cannot be known: an error value, or a formula that was not calculated."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __str__(self) -> str:
        return "#…!" if self.code == "table.error_value" else "=…"


ERROR_VALUE = Unreadable("table.error_value")
UNCALCULATED = Unreadable("table.formula_not_calculated")


class Merged(NamedTuple):
    """A range of merged cells; rows and columns of the spreadsheet from 0, the last inclusive."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True)
class Sheet:
    """The cells of one sheet as its reader sees them, empty cells as empty strings.

    Cells are text, float, bool, `datetime.date`, `datetime.datetime`, `datetime.time`,
    `datetime.timedelta` or `Unreadable`. A number whose format changes what it says is the text
    that Excel shows: 901 in the format ``00000`` is ``00901``, .86 in ``0%`` is ``86%``. A value
    that is merged downwards stands in every row of the merge.

    Parameters
    ----------
    name : str
        Name of the sheet; empty for CSV.
    rows : list of list
        Cells, all rows of the same length.
    first_row, first_column : int
        The place of the first cell in the spreadsheet, from 0.
    date_1904 : bool
        Whether serial numbers of days count from 1904.
    merged : tuple of Merged
        The ranges of merged cells, at their places in the spreadsheet.
    hidden_rows : frozenset of int
        Rows that are not shown, at their places in the spreadsheet; their cells are in `rows`.
    is_filtered : bool
        Whether a filter is set, which explains hidden rows.
    """

    name: str
    rows: list[list[object]]
    first_row: int = 0
    first_column: int = 0
    date_1904: bool = False
    merged: tuple[Merged, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    is_filtered: bool = False
