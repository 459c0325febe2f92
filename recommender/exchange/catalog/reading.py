"""A catalogue in from a workbook: up the tree of its sheets, every bad cell collected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from recommender.errors import InputError
from recommender.exchange.catalog.cells import Faults, ParsedRow, SheetRows, read_sheet_rows
from recommender.exchange.catalog.sheets import catalog_sheets
from recommender.exchange.catalog.tree import Grouped, Items, Sheet
from recommender.exchange.tables.faults import Problem
from recommender.exchange.tables.header import loose
from recommender.exchange.tables.raw_rows import Sheet as RawSheet
from recommender.exchange.tables.raw_rows import read_sheets
from training_catalog import Catalog
from training_catalog.checks import check_catalog
from training_catalog.faults import CatalogFault
from training_catalog.loading import assemble
from training_catalog.writing import write_catalog_folder

T = TypeVar("T")
Key = tuple[str, ...]
Built = tuple[ParsedRow, Any]
"""A row and its record; None where something is wrong with it."""


def read_catalog_workbook(path: Path) -> Catalog:
    """Read a catalogue from a workbook that `write_catalog_workbook` wrote and HR edited.

    Parameters
    ----------
    path : Path
        An .xlsx; sheet names and headers may be Chinese or English.

    Returns
    -------
    Catalog
        Complete, checked, with its digest: of an unedited workbook, that of the catalogue
        that was written.

    Raises
    ------
    TableFaultsError
        With every bad cell of every sheet.
    InputError
        If the file is no such workbook.
    """
    reader = _Reader(path)
    head, parts = reader.build_whole(reader.top)
    reader.faults.raise_if_any(path.name)
    catalog = assemble(head, **parts)
    reader.locate(check_catalog(catalog))
    reader.faults.raise_if_any(path.name)
    return catalog


def import_catalog_workbook(path: Path, folder: Path, *, dry_run: bool = False) -> Catalog:
    """Read a workbook and write what it holds as a new catalogue folder, all or nothing.

    Parameters
    ----------
    path : Path
        An .xlsx as `write_catalog_workbook` writes it, edited or not.
    folder : Path
        The folder to make; it must not be there yet.
    dry_run : bool
        Check everything, write nothing.

    Returns
    -------
    Catalog
        The catalogue, as `load_catalog` reads it from the folder.

    Raises
    ------
    TableFaultsError
        With every bad cell; nothing was written.
    InputError
        If the file cannot be read, or the folder is there already or cannot be written.
    """
    if folder.exists():
        raise InputError("catalog_workbook.folder_exists", folder=str(folder))
    catalog = read_catalog_workbook(path)
    if dry_run:
        return catalog
    try:
        return write_catalog_folder(catalog, folder)
    except FileExistsError as error:
        raise InputError("catalog_workbook.folder_exists", folder=str(folder)) from error
    except OSError as error:
        raise InputError("file.cannot_write", file=str(folder), reason=str(error)) from error


class _Reader:
    """The sheets of a workbook, as rows from which records are built."""

    def __init__(self, path: Path) -> None:
        self.faults = Faults()
        given = read_sheets(path)
        self.faults.order = {sheet.name: at for at, sheet in enumerate(given)}
        grade_sheet = next(s for s in catalog_sheets([]).walk() if s.name == "grades")
        grades = _rows_of(path.name, given, grade_sheet, Faults()).rows
        self.top = catalog_sheets(
            [r.values["grade_id"] for r in grades if r.values.get("grade_id")]
        )
        self.rows = {
            sheet.name: _rows_of(path.name, given, sheet, self.faults) for sheet in self.top.walk()
        }
        self.built: dict[str, dict[Key, list[Built]]] = {}

    def build_whole(self, sheet: Sheet) -> tuple[Any, dict[str, Any]]:
        """Return the only record of a sheet, and the parts below that it has no field for."""
        rows = self.rows[sheet.name]
        # what is made of the rows of another sheet comes after them
        for child in sorted(sheet.children, key=lambda child: child.members is not None):
            self._build(child, {()})
        parts, unsure = self._parts(sheet, {})
        fields = sheet.record.model_fields if sheet.record else {}
        rest = {name: part for name, part in parts.items() if name not in fields}
        if not rows.columns or not all(row.good for row in rows.rows):
            return None, rest
        pairs = {tuple(row.values["key"].split(".")): row for row in rows.rows}
        raw = _nested(pairs) | {name: part for name, part in parts.items() if name in fields}
        record, errors = _validate(sheet, raw, unsure)
        for place, problem in errors:
            row, _ = _longest(pairs, place)
            path = ".".join(place)
            detail = f"{path}: {problem.values['detail']}"
            problem = problem._replace(values={"detail": detail})
            self.faults.add(rows, row, "value" if row else path, problem)
        return record, rest

    def _build(self, sheet: Sheet, known: set[Key]) -> None:
        """Build the records of a sheet, by the key of the row above; None where one is bad."""
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
            if any(row.values.get(name) is None for name in sheet.above):
                continue
            above = _key(row.values, sheet.above)
            if above not in known:
                problem = Problem("catalog_workbook.no_parent")
                self.faults.add(rows, row, sheet.above[0], problem)
            built[above].append((row, self._record(rows, row)))

    def _record(self, rows: SheetRows, row: ParsedRow) -> Any:
        sheet = rows.sheet
        parts, unsure = self._parts(sheet, row.values)
        if not row.good:
            return None
        record, errors = _validate(sheet, _raw(sheet, row) | parts, unsure)
        for place, problem in errors:
            column = _column_at(sheet, place)
            if len(place) == 1 and place[0] in sheet.needs:
                problem, column = Problem(sheet.needs[place[0]]), sheet.key[0]
            elif "to_level must be above" in problem.values["detail"]:
                problem, column = Problem("table.levels_reversed"), "to_level"
            self.faults.add(rows, row, column, problem)
        return record

    def _parts(self, sheet: Sheet, values: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
        """Return the fields that the rows below fill, and those of them that lack a bad one."""
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
            if any(record is None for _, record in built):
                unsure |= set(gathered)
        return fields, unsure

    def _compare_groups(self, rows: SheetRows, grouped: Grouped) -> None:
        """Find the rows that say something else of their group than its first row."""
        first: dict[Key, Key] = {}
        for row in rows.rows:
            said = _key(row.values, grouped.columns)
            group = (*_key(row.values, rows.sheet.above), said[0])
            if row.good and first.setdefault(group, said) != said:
                self.faults.add(rows, row, grouped.columns[-1], Problem(grouped.differ))

    def locate(self, faults: Sequence[CatalogFault]) -> None:
        """Add the faults of the whole catalogue where they stand in the workbook."""
        places = dict(self._places(self.top, ()))
        for fault in faults:
            values = {
                "what_zh": fault.what.zh_cn,
                "what_en": fault.what.en,
                "advice_zh": fault.hint.zh_cn,
                "advice_en": fault.hint.en,
            }
            problem = Problem("catalog_workbook.check", "", values)
            place, rest = _longest(places, fault.at)
            if place is None:
                rows = self.rows.get("".join(fault.at[:1]), self.rows[self.top.name])
                self.faults.add(rows, None, "", problem)
            else:
                rows, row = place
                self.faults.add(rows, row, _column_at(rows.sheet, rest), problem)

    def _places(
        self, sheet: Sheet, above: Key, row_above: ParsedRow | None = None
    ) -> Iterator[tuple[Key, tuple[SheetRows, ParsedRow]]]:
        """Yield the rows below a row with their places, as the checks of a catalogue name them."""
        for child in sheet.children:
            name = child.name if row_above is None else next(iter(child.held.gather([])))
            key = _key(row_above.values, child.above) if row_above else ()
            own = [column for column in child.key if column not in child.above]
            for at, (row, _) in enumerate(self.built[child.name].get(key, ())):
                if child.pairs:
                    yield from self._places(child, ())
                else:
                    place = (*above, name, *(_key(row.values, own) or (str(at),)))
                    yield place, (self.rows[child.name], row)
                    yield from self._places(child, place, row)


def _rows_of(file: str, given: Sequence[RawSheet], sheet: Sheet, faults: Faults) -> SheetRows:
    titles = {loose(title) for title in sheet.titles}
    for raw in given:
        if loose(raw.name) in titles:
            return read_sheet_rows(raw, sheet, faults)
    if sheet.required:
        zh, en = sheet.titles
        raise InputError("catalog_workbook.no_sheet", file=file, sheet_zh=zh, sheet_en=en)
    return SheetRows(sheet, sheet.titles[0], [], {}, {})


def _key(values: Mapping[str, Any], names: Sequence[str]) -> Key:
    return tuple(str(values.get(name)) for name in names)


def _raw(sheet: Sheet, row: ParsedRow) -> dict[str, Any]:
    """Return a row as the nested values of its record."""
    raw: dict[str, Any] = {}
    for field in sheet.columns:
        value = row.values.get(field.column.name)
        if not field.path or (value is None and not field.mapping):
            continue
        inner = raw
        for step in field.path[:-1]:
            inner = inner.setdefault(step, {})
        if value is not None:
            inner[field.path[-1]] = value
    return raw


def _nested(pairs: Mapping[Key, ParsedRow]) -> dict[str, Any]:
    """Return the values of dotted keys as the nested values of their record."""
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
) -> tuple[Any, list[tuple[Key, Problem]]]:
    """Return a record, or None and what is wrong where, less what a bad row below explains."""
    if sheet.record is None:
        return raw, []
    try:
        return sheet.record.model_validate(raw), []
    except ValidationError as error:
        problems = [
            (
                tuple(str(step) for step in item["loc"]),
                Problem(
                    f"catalog_workbook.{_PYDANTIC.get(item['type'], 'invalid')}",
                    "",
                    {"detail": item["msg"]},
                ),
            )
            for item in error.errors()
        ]
        return None, [(place, problem) for place, problem in problems if not unsure & {*place[:1]}]


def _column_at(sheet: Sheet, place: Key) -> str:
    """Return the column of a field: the one whose path agrees longest, else the row's key."""
    fields = [field for field in sheet.columns if field.path]
    for length in range(len(place), 0, -1):
        for field in fields:
            if field.path[:length] == place[:length]:
                return field.column.name
    return (sheet.key or (sheet.columns[0].column.name,))[-1]


def _longest(places: Mapping[Key, T], place: Key) -> tuple[T | None, Key]:
    """Return what stands at the longest beginning of a place, and the rest of the place."""
    for length in range(len(place), 0, -1):
        if place[:length] in places:
            return places[place[:length]], place[length:]
    return None, place


_PYDANTIC = {
    "string_pattern_mismatch": "bad_id",
    "string_too_long": "bad_id",
    "missing": "missing",
    "extra_forbidden": "unknown_key",
    "too_short": "too_few",
    "too_long": "too_few",
}
