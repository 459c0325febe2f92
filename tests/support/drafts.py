"""Good tables, the faults that people and programs put into them, and files that hold them."""

from __future__ import annotations

import copy
import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xlsxwriter
import yaml

from recommender.exchange.tables.units import UNITS
from recommender.table_kinds import KINDS, Column


@dataclass
class Draft:
    """A table before it is written; all people in it are made up.

    `rows` has the header first. A cell is text, a number, a date, or a pair of a value and the
    number format, or ``"="`` and the result, with which it is written to a workbook.
    """

    names: list[str]
    rows: list[list[Any]]
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    text: Callable[[str], bytes] = lambda text: text.encode()
    xml: Callable[[str], str] = lambda text: text
    date_1904: bool = False


def good_tables(path: Path) -> dict[str, Draft]:
    """Read the good tables, by kind."""
    tables: dict[str, Draft] = {}
    for kind, told in yaml.safe_load(path.read_text(encoding="utf-8")).items():
        names = list(told["row"])
        header = [KINDS[kind].column(name).headers[0] for name in names]
        rows = [list((told["row"] | changes).values()) for changes in told["each"]]
        tables[kind] = Draft(names, [header, *rows])
    return tables


def write_draft(draft: Draft, form: str, path: Path) -> Path:
    """Write a draft as .xlsx or CSV."""
    if form == "csv":
        stream = io.StringIO(newline="")
        csv.writer(stream).writerows(
            [[cell[0] if isinstance(cell, tuple) else cell for cell in row] for row in draft.rows]
        )
        path.write_bytes(draft.text(stream.getvalue()))
        return path
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options | {"date_1904": draft.date_1904}) as book:
        sheet = book.add_worksheet("表")
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        for at, row in enumerate(draft.rows):
            for position, cell in enumerate(row):
                value, how = cell if isinstance(cell, tuple) else (cell, None)
                if how == "=":
                    sheet.write_formula(at, position, "=Sheet9!A1", None, value)
                elif how is not None:
                    sheet.write_number(at, position, value, book.add_format({"num_format": how}))
                elif isinstance(value, dt.date):
                    sheet.write_datetime(at, position, value, date)
                elif isinstance(value, str):
                    sheet.write_string(at, position, value)
                elif value is not None:
                    sheet.write_number(at, position, value)
        for first_row, first, last_row, last in draft.merges:
            sheet.merge_range(first_row, first, last_row, last, "")
            value = draft.rows[first_row][first]
            if isinstance(value, str):
                sheet.write_string(first_row, first, value)
            elif isinstance(value, dt.date):
                sheet.write_datetime(first_row, first, value, date)
            else:
                sheet.write_number(first_row, first, value)
        for row in draft.hidden:
            sheet.set_row(row, None, None, {"hidden": True})
    _rewrite(path, draft.xml)
    return path


def _rewrite(path: Path, xml: Callable[[str], str]) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = xml(parts[name].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)


def _prefixed(text: str) -> str:
    return re.sub(r"<(/?)(?![?!])", r"<\1x:", text).replace(" xmlns=", " xmlns:x=")


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "prefixes": _prefixed,
    "single quotes": lambda text: text.replace('"', "'"),
    "white space": lambda text: text.replace("><", ">\n  <"),
    "other order": lambda text: re.sub(r'<c r="(\w+)" (s="\d+")', r'<c \2 r="\1"', text),
    "no references": lambda text: re.sub(r'<(row|c) r="\w+"', r"<\1", text),
}

# how a text may be spelt so that a reader sees no difference, or hardly one
_RESPELLINGS: dict[str, Callable[[str], str]] = {
    "mark in front": lambda text: "\u200e" + text,
    "mark behind": lambda text: text + "\u200f",
    "zero width within": lambda text: text[:1] + "\u200b" + text[1:],
    "joiner within": lambda text: text[:1] + "\u200d" + text[1:],
    "soft hyphen": lambda text: text[:2] + "\u00ad" + text[2:],
    "byte order mark": lambda text: "\ufeff" + text,
    "space behind": lambda text: text + " ",
    "no-break space": lambda text: "\u00a0" + text,
    "wide space": lambda text: text + "\u3000",
    "line break": lambda text: text + "\n",
    "full width": lambda text: "".join(
        chr(ord(c) + 0xFEE0) if "0" <= c <= "z" and c.isalnum() else c for c in text
    ),
    "apostrophe": lambda text: "'" + text,
    "upper case": str.upper,
    "letter O": lambda text: text.replace("0", "O"),
    "lost zeros": lambda text: text.lstrip("0"),
    "decimals": lambda text: text + ".0" if text.isdigit() else text,
}
_LOSSES = ("#N/A", "#REF!", "#DIV/0!", "#NAME?", "####", "1.23E+10", "??", "\ufffd", "锟斤拷")


def plant_faults(kind: str, good: Draft, form: str) -> Iterator[tuple[str, Draft]]:
    """Yield drafts with one fault each, and what it is."""
    for at, name in enumerate(good.names):
        column = KINDS[kind].column(name)
        for what, cell in _bad_cells(good.rows[1][at], column, form):
            draft = copy.deepcopy(good)
            draft.rows[1][at] = cell
            yield f"{what} in {name}", draft
        yield from _bad_columns(good, at, column, form)
    yield from _bad_files(good, form)


def _bad_cells(value: Any, column: Column, form: str) -> Iterator[tuple[str, Any]]:
    text = value.isoformat() if isinstance(value, dt.date) else str(value)
    for what, respell in _RESPELLINGS.items():
        if respell(text) != text:
            yield what, respell(text)
    for lost in _LOSSES:
        yield lost, lost
    yield "nothing", None
    yield "a dash", "-"
    if form == "xlsx":
        yield "an error", ("#N/A", "=")
        yield "no result", ("", "=")
    if text.isdigit() and column.type == "text":
        yield "a number", float(text)
        if form == "xlsx":
            yield "zeros by format", (float(text), "00000")
    if column.type == "number":
        yield "a share", (value / 100, "0.0%") if form == "xlsx" else f"{value:g}%"
        for unit in ("万元", "千元", "元", "天", "分钟", "级", "分", "%", "人", "美元"):
            same = value / UNITS[column.measure].get(unit, 1)
            yield f"the unit {unit}", f"{same:g}{unit}"
            if form == "xlsx":
                yield f"the unit {unit} by format", (same, f'0.0"{unit}"')
        if form == "xlsx" and column.measure == "money":
            yield "thousands by format", (value, '0.0,"千元"')
            yield "ten thousands by format", (value, '0!.0,"万元"')
        yield "a comma", text.replace(".", ",") + ",5"
    if column.type == "date":
        yield "a time in UTC", f"{(value - dt.timedelta(days=1)).isoformat()}T22:30:00Z"
        yield "a time elsewhere", f"{value - dt.timedelta(days=1)} 23:30 -0800"
        yield "a time here", f"{value.isoformat()}T08:00:00+08:00"
        yield "month first", value.strftime("%m/%d/%Y")
        yield "no year", value.strftime("%m-%d")
        yield "a serial number", float((value - dt.date(1899, 12, 30)).days)
        yield "a weekday", f"{value.year}年{value.month}月{value.day}日 星期一"


def _bad_columns(good: Draft, at: int, column: Column, form: str) -> Iterator[tuple[str, Draft]]:
    def changed(change: Callable[[Draft], object]) -> Draft:
        draft = copy.deepcopy(good)
        change(draft)
        return draft

    name = column.name
    yield f"no column {name}", changed(lambda d: [row.pop(at) for row in d.rows])
    yield (
        f"a mark in the header {name}",
        changed(
            lambda d: d.rows[0].__setitem__(
                at, "\u200e" + d.rows[0][at][:1] + "\u200d" + d.rows[0][at][1:]
            )
        ),
    )
    yield f"{name} twice", changed(lambda d: [row.append(row[at]) for row in d.rows])
    if column.type == "number":
        for unit in (
            "万元",
            "分钟",
            "天",
            "5分制",
            "1-5",
            "百分制",
            "%",
            "美元",
            "元/班",
            "满分150",
        ):
            factor = UNITS[column.measure].get(unit, 1)
            for spelling in (f"（{unit}）", f"/{unit}", unit):

                def rename(draft: Draft, spelling: str = spelling, factor: float = factor) -> None:
                    draft.rows[0][at] += spelling
                    for row in draft.rows[1:]:
                        row[at] /= factor

                yield f"{spelling} in the header {name}", changed(rename)
    if form == "xlsx" and len({row[at] for row in good.rows[1:]}) == 1:

        def merge(draft: Draft) -> None:
            for row in draft.rows[2:]:
                row[at] = None
            draft.merges.append((1, at, 3, at))

        yield f"{name} merged downwards", changed(merge)
    if form == "xlsx" and at + 1 < len(good.names):

        def merge_across(draft: Draft) -> None:
            draft.rows[1][at + 1] = None
            draft.merges.append((1, at, 1, at + 1))

        yield f"{name} merged with the next", changed(merge_across)


def _bad_files(good: Draft, form: str) -> Iterator[tuple[str, Draft]]:
    def but(**changes: Any) -> Draft:
        draft = copy.deepcopy(good)
        for name, value in changes.items():
            setattr(draft, name, value)
        return draft

    yield "a row twice", but(rows=[*good.rows, good.rows[1]])
    yield "a row of totals", but(rows=[*good.rows, ["合计", *[3] * (len(good.names) - 1)]])
    yield "a title", but(rows=[["名单"], [], *good.rows])
    if form == "xlsx":
        yield "a hidden row", but(hidden=[2])
        yield "the calendar of 1904", but(date_1904=True)
        for what, spelling in SPELLINGS.items():
            yield f"XML: {what}", but(xml=spelling)
            broken = copy.deepcopy(good)
            broken.rows[1][-1] = ("#N/A", "=")
            broken.xml = spelling
            yield f"an error in XML: {what}", broken
        return
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk"):
        yield encoding, but(text=lambda text, encoding=encoding: text.encode(encoding))
    for ends in ("\r", "\n", "\r\r\n"):
        yield (
            f"lines end in {ends!r}",
            but(text=lambda text, ends=ends: text.replace("\r\n", ends).encode()),
        )
    yield "lines end in both ways", but(text=lambda text: text.replace("\r\n", "\r", 2).encode())
    for first, second in (("utf-8", "gb18030"), ("gb18030", "utf-8")):
        yield (
            f"{first}, then {second}",
            but(text=lambda text, first=first, second=second: _mixed(text, first, second)),
        )
    yield (
        "a separator too many",
        but(text=lambda text: text.replace(",", ",x,", len(good.names) + 1).encode()),
    )
    for separator in (";", "\t"):
        yield (
            f"separated by {separator!r}",
            but(text=lambda text, separator=separator: text.replace(",", separator).encode()),
        )


def _mixed(text: str, first: str, second: str) -> bytes:
    lines = text.splitlines(keepends=True)
    return "".join(lines[:-1]).encode(first) + lines[-1].encode(second)
