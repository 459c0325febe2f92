"""How the sheets of forms look."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from xlsxwriter import Workbook
from xlsxwriter.format import Format

# what Excel forbids in the name of a sheet, and Windows in that of a file
_FORBIDDEN = re.compile(r"[\[\]:*?/\\<>|\"'\x00-\x1f\x7f]")
_LONGEST_SHEET_NAME = 31
# Excel keeps this one for itself
_RESERVED = {"history"}


@dataclass(frozen=True)
class Looks:
    """The formats of a form."""

    title: Format
    note: Format
    header: Format
    text: Format
    answer: Format
    day: Format


def make_looks(workbook: Workbook) -> Looks:
    """Return the formats of a form; cells to be filled in are tinted and not locked."""
    box = {"border": 1, "border_color": "#C5CDD8", "valign": "top"}
    open_ = box | {"bg_color": "#FFF8E6", "locked": False, "align": "center"}
    return Looks(
        title=workbook.add_format({"bold": True, "font_size": 14}),
        note=workbook.add_format({"text_wrap": True, "valign": "top", "font_color": "#48556A"}),
        header=workbook.add_format(box | {"bold": True, "bg_color": "#DDE7F0", "text_wrap": True}),
        text=workbook.add_format(box | {"num_format": "@", "text_wrap": True}),
        answer=workbook.add_format(open_),
        day=workbook.add_format(open_ | {"num_format": "yyyy-mm-dd"}),
    )


def safe_name(text: str) -> str:
    """Return a text that can be the name of a file or a sheet."""
    return _FORBIDDEN.sub("_", text).strip(" .") or "_"


def sheet_name(text: str, taken: Collection[str]) -> str:
    """Return a name for a sheet that no other one has; case does not tell two names apart."""
    base = safe_name(text)
    lower = {name.casefold() for name in taken} | _RESERVED
    name, number = _cut(base, _LONGEST_SHEET_NAME), 2
    while name.casefold() in lower:
        ending = f" {number}"
        name, number = _cut(base, _LONGEST_SHEET_NAME - len(ending)) + ending, number + 1
    return name


def _cut(text: str, length: int) -> str:
    """Return as much of a text as Excel counts as so many characters; a rare one counts twice."""
    return text.encode("utf-16-le")[: 2 * length].decode("utf-16-le", "ignore").strip() or "_"
