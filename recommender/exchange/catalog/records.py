"""Records from the rows of a catalogue workbook, and where each of them stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from recommender.errors import InputError
from recommender.exchange.catalog.cells import Faults, ParsedRow, SheetRows, read_sheet_rows
from recommender.exchange.catalog.fields import Layout
from recommender.exchange.catalog.layout import catalog_layouts
from recommender.exchange.tables.faults import Problem
from recommender.exchange.tables.layout import loose
from recommender.exchange.tables.raw_rows import Sheet, read_sheets
from training_catalog import Text

Place = tuple[str, ...]


class WorkbookRecords:
    """The sheets of a workbook, as rows from which records are made.

    Parameters
    ----------
    path : Path
        The workbook.

    Attributes
    ----------
    sheets : dict of str to SheetRows
        By the name of their layout.
    faults : Faults
        Every bad cell found so far.
    places : dict of tuple to tuple
        Part, id and field of the catalogue to the sheet and row that hold it.
    """

    def __init__(self, path: Path) -> None:
        self.file = path.name
        self.faults = Faults()
        self.places: dict[Place, tuple[SheetRows, ParsedRow]] = {}
        given = read_sheets(path)
        self.faults.order = {sheet.name: at for at, sheet in enumerate(given)}
        grades = self._sheet(given, _layout_of(catalog_layouts([]), "grades"), Faults())
        ids = [row.values["grade_id"] for row in grades.rows if row.values.get("grade_id")]
        self.sheets = {
            layout.name: self._sheet(given, layout, self.faults) for layout in catalog_layouts(ids)
        }

    def _sheet(self, given: Sequence[Sheet], layout: Layout, faults: Faults) -> SheetRows:
        titles = {loose(title) for title in layout.titles}
        for sheet in given:
            if loose(sheet.name) in titles:
                return read_sheet_rows(sheet, layout, faults)
        if layout.required:
            raise InputError(
                "catalog_workbook.no_sheet",
                file=self.file,
                sheet_zh=layout.titles[0],
                sheet_en=layout.titles[1],
            )
        return SheetRows(layout, layout.titles[0], [], {}, {})

    def raw_of(self, name: str, row: ParsedRow) -> dict[str, Any]:
        """Return a row as the nested values of its record."""
        raw: dict[str, Any] = {}
        for field in self.sheets[name].layout.fields:
            value = row.values.get(field.column.name)
            if not field.path or value is None:
                continue
            inner = raw
            for step in field.path[:-1]:
                inner = inner.setdefault(step, {})
            inner[field.path[-1]] = value
        return raw

    def make(
        self, name: str, row: ParsedRow, kind: type[BaseModel] | None, raw: Mapping[str, Any]
    ) -> Any:
        """Return the record of a row; None, with faults added, if it is not one."""
        if not row.good or kind is None:
            return None
        try:
            return kind.model_validate(raw)
        except ValidationError as error:
            sheet = self.sheets[name]
            for item in error.errors():
                place = tuple(str(part) for part in item["loc"])
                if "to_level must be above" in item["msg"]:
                    problem, column = Problem("table.levels_reversed"), "to_level"
                elif place == ("competencies",) and name in _CHILDLESS:
                    problem, column = Problem(_CHILDLESS[name]), sheet.layout.key[0]
                else:
                    column = _column_at(sheet.layout, place)
                    code = f"catalog_workbook.{_PYDANTIC.get(item['type'], 'invalid')}"
                    problem = Problem(code, "", {"detail": item["msg"]})
                self.faults.add(sheet, row, column, problem)
            return None

    def children(
        self, name: str, parents: Sequence[str], known: set[Place]
    ) -> dict[Place, list[tuple[ParsedRow, Any]]]:
        """Build the records of a sheet, by the record each belongs to."""
        sheet = self.sheets[name]
        found: defaultdict[Place, list[tuple[ParsedRow, Any]]] = defaultdict(list)
        for row in sheet.rows:
            if any(row.values.get(parent) is None for parent in parents):
                continue
            key = tuple(str(row.values[parent]) for parent in parents)
            if key not in known:
                self.faults.add(sheet, row, parents[0], Problem("catalog_workbook.no_parent"))
            found[key].append(
                (row, self.make(name, row, sheet.layout.record, self.raw_of(name, row)))
            )
        return found

    def ids(self, name: str, columns: Sequence[str]) -> set[Place]:
        """Return the keys that the rows of a sheet have."""
        return {
            tuple(str(row.values.get(column)) for column in columns)
            for row in self.sheets[name].rows
        }

    def remember(self, name: str, row: ParsedRow, *place: object) -> None:
        """Note where a place of the catalogue stands in the workbook."""
        self.places[tuple(map(str, place))] = (self.sheets[name], row)

    def plain_records(self, name: str, part: str, key: str) -> tuple[Any, ...]:
        """Build the records of a sheet that have no children."""
        sheet = self.sheets[name]
        records: list[Any] = []
        for row in sheet.rows:
            record = self.make(name, row, sheet.layout.record, self.raw_of(name, row))
            self.remember(name, row, part, row.values.get(key))
            if record is not None:
                records.append(record)
        return tuple(records)

    def pairs(self, name: str) -> dict[str, Any]:
        """Build nested values from the key and value rows of a sheet."""
        raw: dict[str, Any] = {}
        for row in self.sheets[name].rows:
            key, value, english = (row.values.get(c) for c in ("key", "value", "value_en"))
            if key is None:
                continue
            self.remember(name, row, name, *str(key).split("."))
            *way, last = str(key).split(".")
            inner = raw
            for step in way:
                inner = inner.setdefault(step, {})
            inner[last] = value if english is None else {"zh-CN": value, "en": english}
        return raw

    def from_pairs(self, name: str, kind: type[BaseModel], raw: Mapping[str, Any]) -> Any:
        """Return the record of a sheet of keys and values."""
        try:
            return kind.model_validate(raw)
        except ValidationError as error:
            if self.faults.found:
                return None  # rows that are wrong already are missing here
            for item in error.errors():
                place = tuple(str(part) for part in item["loc"])
                sheet, row = self._nearest((name, *place)) or (self.sheets[name], None)
                problem = Problem(
                    f"catalog_workbook.{_PYDANTIC.get(item['type'], 'invalid')}",
                    "",
                    {"detail": f"{'.'.join(place)}: {item['msg']}"},
                )
                self.faults.add(sheet, row, "value" if row else ".".join(place), problem)
            return None

    def _nearest(self, place: Place) -> tuple[SheetRows, ParsedRow] | None:
        for length in range(len(place), 0, -1):
            if place[:length] in self.places:
                return self.places[place[:length]]
        return None

    def locate(self, at: Place, what: Text, advice: Text) -> None:
        """Add a fault of the whole catalogue where it stands in the workbook."""
        values = {
            "what_zh": what.zh_cn,
            "what_en": what.en,
            "advice_zh": advice.zh_cn,
            "advice_en": advice.en,
        }
        problem = Problem("catalog_workbook.check", "", values)
        for length in range(len(at), 0, -1):
            if at[:length] in self.places:
                sheet, row = self.places[at[:length]]
                self.faults.add(sheet, row, _column_at(sheet.layout, at[length:]), problem)
                return
        sheet = self.sheets.get(at[0] if at else "", self.sheets["catalog"])
        self.faults.add(sheet, None, "", problem)


def _layout_of(layouts: Sequence[Layout], name: str) -> Layout:
    return next(layout for layout in layouts if layout.name == name)


def _column_at(layout: Layout, place: Place) -> str:
    """Return the column of a field: the one whose way agrees longest, else the row's key."""
    fields = [field for field in layout.fields if field.path]
    for length in range(len(place), 0, -1):
        for field in fields:
            if field.path[:length] == place[:length]:
                return field.column.name
    return (layout.key or (layout.fields[0].column.name,))[-1]


_CHILDLESS = {
    "modules": "catalog_workbook.no_competency",
    "categories": "catalog_workbook.empty_category",
}
_PYDANTIC = {
    "string_pattern_mismatch": "bad_id",
    "string_too_long": "bad_id",
    "missing": "missing",
    "extra_forbidden": "unknown_key",
    "too_short": "too_few",
    "too_long": "too_few",
}
