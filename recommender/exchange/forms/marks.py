"""What a sheet of a form holds out of sight: what it is about, and what each of its rows is about.

The first row and the first column of such a sheet are hidden. In the first row stands the mark
and what holds for the whole sheet; in the first column, what a row is about. So a sheet is
understood by itself, whatever becomes of the others, of its name and of the order of its rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xlsxwriter.worksheet import Worksheet

MARK = "recommender-form:1"
# in the first column of the row that holds the day
DAY_ROW = "@day"


@dataclass(frozen=True)
class SheetMark:
    """What a sheet is about.

    Parameters
    ----------
    kind : str
        Kind of table that its answers are rows of.
    values : mapping of str to object
        What its rows have in common, by column of that kind.
    at : int
        First column to be filled in, counted from the hidden one.
    answers : sequence of str
        What stands in the columns to be filled in: a subject each; one answer otherwise.
    """

    kind: str
    values: Mapping[str, Any]
    at: int
    answers: Sequence[str] = field(default=("answer",))

    def write(self, sheet: Worksheet) -> None:
        """Write it into the hidden row of a sheet, and hide the column of what rows are about."""
        said = {
            "kind": self.kind,
            "values": self.values,
            "at": self.at,
            "answers": list(self.answers),
        }
        sheet.write_string(0, 0, MARK)
        sheet.write_string(0, 1, json.dumps(said, ensure_ascii=True))
        sheet.set_row(0, None, None, {"hidden": True})
        sheet.set_column(0, 0, None, None, {"hidden": True})


def find_mark(rows: Sequence[Sequence[object]]) -> tuple[SheetMark, int, int] | None:
    """Return the mark of a sheet with its row and column, or None where there is none."""
    # not only in the first cell: a copy with its faults marked may begin elsewhere
    for at, row in enumerate(rows[:5]):
        for position, cell in enumerate(row[:5]):
            if cell == MARK:
                try:
                    said = json.loads(str(row[position + 1]))
                    mark = SheetMark(**said)
                except (IndexError, TypeError, ValueError):
                    return None
                return mark, at, position
    return None


def protect(sheet: Worksheet) -> None:
    """Let only the cells to be filled in be changed; there is no password."""
    sheet.protect("", {"format_columns": True, "format_rows": True, "sort": True})
