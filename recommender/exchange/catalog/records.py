"""Building records from the rows of a workbook, going up the tree of sheets from its leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from recommender.errors import InputError
from recommender.exchange.catalog.cells import Faults, ParsedRow, SheetRows, read_sheet_rows
from recommender.exchange.catalog.sheets import catalog_sheets
from recommender.exchange.catalog.tree import Grouped, Items, Sheet
from recommender.exchange.tables.faults import BadCell
from recommender.exchange.tables.header import loose
from recommender.exchange.tables.sheets.reading import read_sheets
from recommender.exchange.tables.sheets.sheet import Sheet as RawSheet

T = TypeVar("T")
Key = tuple[str, ...]
Place = tuple[SheetRows, ParsedRow]
Built = tuple[ParsedRow, Any]
"""A row and its record; the record is None where something is wrong with it."""


class WorkbookRecords:
    """The records of a workbook, built from the rows of its sheets.

    Parameters
    ----------
    path : Path
        The workbook.

    Attributes
    ----------
    top : Sheet
        The sheet of the whole catalogue.
    rows : dict of str to SheetRows
        The rows of each sheet, by its name.
    faults : Faults
        Every bad cell found so far.
    """

    def __init__(self, path: Path) -> None:
        self.faults = Faults()
        raw_sheets = list(read_sheets(path))
        self.faults.order = {sheet.name: at for at, sheet in enumerate(raw_sheets)}
        # which columns there are depends on the grades, and these stand in the workbook: their
        # sheet is read ahead. Its faults are thrown away, since it is read again below
        grade_sheet = next(s for s in catalog_sheets([]).walk() if s.name == "grades")
        grades = _rows_of(path.name, raw_sheets, grade_sheet, Faults()).rows
        self.top = catalog_sheets(
            [r.values["grade_id"] for r in grades if r.values.get("grade_id")]
        )
        self.rows = {
            sheet.name: _rows_of(path.name, raw_sheets, sheet, self.faults)
            for sheet in self.top.walk()
        }
        self.built: dict[str, dict[Key, list[Built]]] = {}

    def build_whole(self, sheet: Sheet) -> tuple[Any, dict[str, Any]]:
        """Return the only record of a sheet, and the parts below that it has no field for."""
        rows = self.rows[sheet.name]
        # sheets with members last: they take ids from the rows of another sheet
        for child in sorted(sheet.children, key=lambda child: child.members is not None):
            self._build(child, {()})
        parts, unsure = self._parts(sheet, {})
        fields = sheet.record.model_fields if sheet.record else {}
        rest = {name: part for name, part in parts.items() if name not in fields}
        pairs = {tuple(str(row.values.get("key")).split(".")): row for row in rows.rows}
        for path, row in pairs.items():
            if longest(pairs, path[:-1])[0]:  # a key that has a value cannot have fields as well
                problem = BadCell("catalog_workbook.unknown_key", "", {"detail": ".".join(path)})
                self.faults.add(rows, row, "key", problem)
        # the record would only fail once more, for reasons that are reported already
        if not rows.columns or not all(row.good for row in rows.rows):
            return None, rest
        raw = _nested(pairs) | {name: part for name, part in parts.items() if name in fields}
        record, errors = _validate(sheet, raw, unsure)
        for place, problem in errors:
            row, _ = longest(pairs, place)
            path = ".".join(place)
            detail = f"{path}: {problem.values['detail']}"
            problem = problem._replace(values={"detail": detail})
            self.faults.add(rows, row, "value" if row else path, problem)
        return record, rest

    def _build(self, sheet: Sheet, known: set[Key]) -> None:
        """Build the records of a sheet, grouped by the key of the row above."""
        rows = self.rows[sheet.name]
        built = self.built[sheet.name] = defaultdict(list)
        if sheet.pairs:
            if rows.rows:
                built[()].append((rows.rows[0], self.build_whole(sheet)[0]))
            return
        for child in sheet.children:
            self._build(child, {_key(row.values, child.above) for row in rows.rows})
        if isinstance(sheet.held, Grouped):
            self._compare_groups(rows, sheet.held)
        for row in rows.rows:
            # a missing key is reported as a bad cell already
            if any(row.values.get(name) is None for name in sheet.above):
                continue
            above = _key(row.values, sheet.above)
            if above not in known:
                problem = BadCell("catalog_workbook.no_parent")
                self.faults.add(rows, row, sheet.above[0], problem)
            # also below an unknown key, so that every fault of the row is reported in one go
            built[above].append((row, self._record(rows, row)))

    def _record(self, rows: SheetRows, row: ParsedRow) -> Any:
        sheet = rows.sheet

        parts, unsure = self._parts(sheet, row.values)
        if not row.good:
            return None
        record, errors = _validate(sheet, _raw(sheet, row) | parts, unsure)
        for place, problem in errors:
            column = column_at(sheet, place)
            if len(place) == 1 and place[0] in sheet.needs:
                problem, column = BadCell(sheet.needs[place[0]]), sheet.key[0]
            # a rule of the whole record: pydantic names no field for it
            elif "to_level must be above" in problem.values["detail"]:
                problem, column = BadCell("table.levels_reversed"), "to_level"
            self.faults.add(rows, row, column, problem)
        return record

    def _parts(self, sheet: Sheet, values: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
        """Return the fields that the rows below fill, and which of them lack a bad record."""
        below = [
            (child.held, self.built[child.name].get(_key(values, child.above), []))
            for child in sheet.children
        ]
        if sheet.members:
            column, name = sheet.members.column, values.get(sheet.key[0])
            every = (built for part in self.built[sheet.members.sheet].values() for built in part)
            members = [
                (r, record and record.id) for r, record in every if r.values.get(column) == name
            ]
            below.append((Items(sheet.members.field), members))
        fields: dict[str, Any] = {}
        unsure: set[str] = set()
        for held, built in below:
            gathered = held.gather([(row.values, r) for row, r in built if r is not None])
            fields |= gathered
            # the field lacks that record; whatever is wrong with it then is only a consequence
            if any(record is None for _, record in built):
                unsure |= set(gathered)
        return fields, unsure

    def _compare_groups(self, rows: SheetRows, grouped: Grouped) -> None:
        """Report rows that contradict the first row of their group."""
        first: dict[Key, Key] = {}
        for row in rows.rows:
            said = _key(row.values, grouped.columns)
            group = (*_key(row.values, rows.sheet.above), said[0])
            if row.good and first.setdefault(group, said) != said:
                self.faults.add(rows, row, grouped.columns[-1], BadCell(grouped.differ))

    @cached_property
    def places(self) -> dict[Key, Place]:
        """Every row by its place in the catalogue, in the words of the catalogue's checks."""
        return dict(self._places_below(self.top, ()))

    def _places_below(
        self, sheet: Sheet, above: Key, row_above: ParsedRow | None = None
    ) -> Iterator[tuple[Key, Place]]:
        for child in sheet.children:
            name = child.name if row_above is None else next(iter(child.held.gather([])))
            key = _key(row_above.values, child.above) if row_above else ()
            key_columns = [column for column in child.key if column not in child.above]
            for at, (row, _) in enumerate(self.built[child.name].get(key, ())):
                if child.pairs:
                    yield from self._places_below(child, ())
                else:
                    # rows without a key go by their position, as in a list of a YAML file
                    place = (*above, name, *(_key(row.values, key_columns) or (str(at),)))
                    yield place, (self.rows[child.name], row)
                    yield from self._places_below(child, place, row)


def _rows_of(file: str, given: Sequence[RawSheet], sheet: Sheet, faults: Faults) -> SheetRows:
    titles = {loose(title) for title in sheet.titles}
    for raw in given:
        if loose(raw.name) in titles:
            return read_sheet_rows(raw, sheet, faults)
    if sheet.required:
        zh, en = sheet.titles[:2]
        raise InputError("catalog_workbook.no_sheet", file=file, sheet_zh=zh, sheet_en=en)
    # an optional sheet that HR deleted counts as an empty one
    return SheetRows(sheet, sheet.titles[0], [], {}, {})


def _key(values: Mapping[str, Any], names: Sequence[str]) -> Key:
    return tuple(str(values.get(name)) for name in names)


def _raw(sheet: Sheet, row: ParsedRow) -> dict[str, Any]:
    """Return the values of a row, nested as its record has them."""
    raw: dict[str, Any] = {}
    for field in sheet.columns:
        value = row.values.get(field.column.name)
        if not field.path or (value is None and not field.mapping):
            continue
        inner = raw
        # also for an empty cell of a mapping, as the mapping itself has to be there
        for step in field.path[:-1]:
            inner = inner.setdefault(step, {})
        if value is not None:
            inner[field.path[-1]] = value
    return raw


def _nested(pairs: Mapping[Key, ParsedRow]) -> dict[str, Any]:
    """Return the values of dotted keys, nested as their record has them."""
    raw: dict[str, Any] = {}
    for (*way, last), row in pairs.items():
        inner = raw
        for step in way:
            inner = inner.setdefault(step, {})
        value, english = row.values.get("value"), row.values.get("value_en")
        inner[last] = value if english is None else {"zh-CN": value, "en": english}
    return raw


def _validate(
    sheet: Sheet, raw: dict[str, Any], unsure: set[str]
) -> tuple[Any, list[tuple[Key, BadCell]]]:
    """Return a record, or None and its problems by place.

    Problems of the fields in `unsure` are left out: a bad row below explains them.
    """
    if sheet.record is None:
        return raw, []
    try:
        return sheet.record.model_validate(raw), []
    except ValidationError as error:
        problems = [
            (
                tuple(str(step) for step in item["loc"]),
                BadCell(
                    f"catalog_workbook.{_PYDANTIC.get(item['type'], 'invalid')}",
                    "",
                    {"detail": item["msg"]},
                ),
            )
            for item in error.errors()
        ]
        return None, [(place, problem) for place, problem in problems if not unsure & {*place[:1]}]


def column_at(sheet: Sheet, place: Key) -> str:
    """Return the column of a field: the one whose path agrees longest, or else the row's key."""
    fields = [field for field in sheet.columns if field.path]
    for length in range(len(place), 0, -1):
        for field in fields:
            if field.path[:length] == place[:length]:
                return field.column.name
    return (sheet.key or (sheet.columns[0].column.name,))[-1]


def longest(places: Mapping[Key, T], place: Key) -> tuple[T | None, Key]:
    """Return what is at the longest beginning of a place that is known, and the rest of it."""
    for length in range(len(place), 0, -1):
        if place[:length] in places:
            return places[place[:length]], place[length:]
    return None, place


# pydantic's types of errors that we have better words for
_PYDANTIC = {
    "string_pattern_mismatch": "bad_id",
    "string_too_long": "bad_id",
    "missing": "missing",
    "extra_forbidden": "unknown_key",
    "too_short": "too_few",
    "too_long": "too_few",
}
