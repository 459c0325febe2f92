"""Heat maps as a workbook: a sheet each, in the colours of the page, its figures as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from recommender.exchange.tables.writing import new_workbook

Scale = Literal["warm", "blue", "diverging"]

# as on paper, so of the light theme; with the ink that is legible on each
_FILLS: dict[Scale, tuple[str, ...]] = {
    "warm": ("#fcf6ee", "#f9e4cb", "#f6cc9f", "#ebab72", "#d9884d", "#ab5727", "#7b3618"),
    "blue": ("#f2f8fc", "#d7ebfa", "#b5d9f6", "#8fc1eb", "#6aa3dd", "#3770b5", "#224888"),
    "diverging": ("#ab5727", "#de9a60", "#f2d1ad", "#f2f4f5", "#b5d9f6", "#70aae0", "#316aaf"),
}
_WHITE_INK: dict[Scale, tuple[int, ...]] = {"warm": (5, 6), "blue": (5, 6), "diverging": (0, 6)}
_QUIET = "#edf0f3"
_HEAD = 4
_POINTS_STACKED, _POINTS_TURNED, _POINTS_GROUP = 14, 6, 32


@dataclass(frozen=True)
class HeatSheet:
    """One map.

    `lines` stand above it; names of columns are `stacked`, sign below sign, or turned. A row is its
    label, its count of people, and its cells: a value with the step of its colour, or a text for
    what has none.
    """

    title: str
    lines: Sequence[str]
    scale: Scale
    number_format: str
    stacked: bool
    heads: tuple[str, str]
    groups: Sequence[tuple[str, Sequence[str]]]
    rows: Sequence[tuple[str, int | str, Sequence[tuple[float, int] | str]]]


def write_heat_maps(sheets: Sequence[HeatSheet], path: Path) -> None:
    """Write maps to an .xlsx; cells of the first row below the heads are of the total.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    with new_workbook(path) as workbook:
        for sheet in sheets:
            _write(workbook, workbook.add_worksheet(sheet.title), sheet)


def _write(workbook: Workbook, page: Worksheet, sheet: HeatSheet) -> None:
    # 270: signs one below the other, as Chinese is written; Latin letters are turned
    turned = 270 if sheet.stacked else 90
    upright = workbook.add_format({"rotation": turned, "align": "center", "valign": "bottom"})
    last = workbook.add_format({"valign": "bottom", "align": "right"})
    kind = workbook.add_format(
        {"align": "center", "text_wrap": True, "bottom": 1, "bottom_color": "#848f9f"}
    )
    bold = workbook.add_format({"bold": True})
    quiet = workbook.add_format({"align": "center", "bg_color": _QUIET, "font_color": "#48556a"})
    steps = [
        workbook.add_format(
            {
                "num_format": sheet.number_format,
                "align": "center",
                "bg_color": fill,
                "font_color": "#ffffff" if step in _WHITE_INK[sheet.scale] else "#17202b",
                "border": 1,
                "border_color": "#ffffff",
            }
        )
        for step, fill in enumerate(_FILLS[sheet.scale])
    ]
    for number, line in enumerate(sheet.lines):
        page.write_string(number, 0, line, bold if number == 0 else None)
    top = max(_HEAD, len(sheet.lines) + 2)
    page.write_string(top, 0, sheet.heads[0])
    page.write_string(top, 1, sheet.heads[1], last)
    longest = max(len(name) for _, names in sheet.groups for name in names)
    page.set_row(top, longest * (_POINTS_STACKED if sheet.stacked else _POINTS_TURNED) + 8)
    page.set_row(top - 1, _POINTS_GROUP)
    column = 2
    for group, names in sheet.groups:
        if len(names) > 1:
            page.merge_range(top - 1, column, top - 1, column + len(names) - 1, group, kind)
        else:
            page.write_string(top - 1, column, group, kind)
        for name in names:
            page.write_string(top, column, name, upright)
            column += 1
    page.set_column(0, 0, 28)
    page.set_column(1, 1, 8)
    page.set_column(2, column, 6)
    page.freeze_panes(top + 1, 2)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    for number, (label, people, cells) in enumerate(sheet.rows, start=top + 1):
        page.write_string(number, 0, label, bold if number == top + 1 else None)
        if isinstance(people, int):
            page.write_number(number, 1, people)
        else:
            page.write_string(number, 1, people, last)
        for at, cell in enumerate(cells, start=2):
            if isinstance(cell, str):
                page.write_string(number, at, cell, quiet)
            else:
                page.write_number(number, at, cell[0], steps[cell[1]])
