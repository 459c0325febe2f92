"""The parts of the catalogue workbook: sheets, their columns, and how a record holds its parts.

Each way of holding parts works in both directions: `parts` takes a record of the catalogue apart
into the rows of a sheet, and `gather` puts the records of those rows back into fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from recommender.exchange.catalog.columns import PAIRS, Field
from recommender.table_kinds import TableKind

Part = tuple[Mapping[str, Any], Any]
"""A record, and before it the values of columns that are not in the record itself."""


@dataclass(frozen=True)
class Items:
    """The parts are items of a field, in their order."""

    field: str

    def parts(self, record: Any) -> Iterator[Part]:
        """Yield each item."""
        return (({}, item) for item in getattr(record, self.field))

    def gather(self, parts: Sequence[Part]) -> dict[str, Any]:
        """Return the field."""
        return {self.field: tuple(item for _, item in parts)}


@dataclass(frozen=True)
class One:
    """The only part is the value of a field, which may be None."""

    field: str

    def parts(self, record: Any) -> Iterator[Part]:
        """Yield the part, if there is one."""
        item = getattr(record, self.field)
        return iter([({}, item)] if item is not None else [])

    def gather(self, parts: Sequence[Part]) -> dict[str, Any]:
        """Return the field."""
        return {self.field: parts[0][1] if parts else None}


@dataclass(frozen=True)
class Keyed:
    """The parts are values of a mapping, keyed by a column of the sheet."""

    field: str
    column: str

    def parts(self, record: Any) -> Iterator[Part]:
        """Yield each entry of the mapping."""
        return (({self.column: key}, item) for key, item in getattr(record, self.field).items())

    def gather(self, parts: Sequence[Part]) -> dict[str, Any]:
        """Return the field."""
        return {self.field: {values[self.column]: item for values, item in parts}}


@dataclass(frozen=True)
class Split:
    """The parts are items of several fields; a column chooses the field."""

    column: str
    fields: Mapping[str, str]

    def parts(self, record: Any) -> Iterator[Part]:
        """Yield the items of each field in turn."""
        for choice, name in self.fields.items():
            for item in getattr(record, name):
                yield {self.column: choice}, item

    def gather(self, parts: Sequence[Part]) -> dict[str, Any]:
        """Return the fields."""
        return {
            name: tuple(item for values, item in parts if values[self.column] == choice)
            for choice, name in self.fields.items()
        }


@dataclass(frozen=True)
class Grouped:
    """The parts are items of groups that have no sheet: every row repeats the fields of its group.

    Parameters
    ----------
    field : str
        The field that holds the groups.
    group : type
        Model of a group.
    columns : tuple of str
        The group's other fields, which are columns of the sheet; the first identifies a group.
    items : str
        The field of the group that holds the records.
    differ : str
        Code of the fault of a row that contradicts an earlier row of its group.
    """

    field: str
    group: type[BaseModel]
    columns: tuple[str, ...]
    items: str
    differ: str

    def parts(self, record: Any) -> Iterator[Part]:
        """Yield the items of each group, with the group's other fields."""
        for group in getattr(record, self.field):
            shared = {name: getattr(group, name) for name in self.columns}
            for item in getattr(group, self.items):
                yield shared, item

    def gather(self, parts: Sequence[Part]) -> dict[str, Any]:
        """Return the field."""
        groups: dict[Any, dict[str, Any]] = {}
        for values, item in parts:
            # the first row of a group decides; rows that contradict it are reported apart
            shared = {name: values[name] for name in self.columns}
            group = groups.setdefault(values[self.columns[0]], {**shared, self.items: []})
            group[self.items].append(item)
        return {self.field: tuple(self.group.model_validate(group) for group in groups.values())}


Holding = Items | One | Keyed | Split | Grouped


@dataclass(frozen=True)
class Members:
    """Ids in the record that have no sheet: a column of another sheet says which rows are meant.

    A category lists its competencies, for example, but the sheet of competencies has the column.
    """

    field: str
    sheet: str
    column: str


@dataclass(frozen=True)
class Sheet:
    """A sheet: each row is a record or, with `pairs`, a field of the only record.

    Parameters
    ----------
    name : str
        Name of the sheet, and of the part of the catalogue in the words of its checks.
    titles : tuple of str
        Chinese and English title of the sheet, then titles that it had before.
    record : type or None
        Model of a row; None where a row is a plain mapping.
    columns : tuple of Field
        Its columns.
    holding : Holding or None
        How the record above holds the records of this sheet; None for items of a field that is
        named like the sheet.
    children : tuple of Sheet
        The sheets below.
    members : Members or None
        Ids that the record has but the sheet does not show.
    needs : mapping of str to str
        Fields that are filled from other sheets and may not be empty, each with the code of the
        fault if it is.
    pairs : tuple of str
        Fields of the only record, where each row is a field; empty otherwise.
    required : bool
        Whether a workbook without the sheet is refused.
    """

    name: str
    titles: tuple[str, ...]
    record: type[BaseModel] | None
    columns: tuple[Field, ...] = PAIRS
    holding: Holding | None = None
    children: tuple[Sheet, ...] = ()
    members: Members | None = None
    needs: Mapping[str, str] = field(default_factory=dict[str, str])
    pairs: tuple[str, ...] = ()
    required: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that identify a row; empty where rows may repeat."""
        return tuple(field.column.name for field in self.columns if field.key)

    @property
    def above(self) -> tuple[str, ...]:
        """Columns that name the row above; its sheet has the same columns."""
        return tuple(field.column.name for field in self.columns if field.above)

    @property
    def held(self) -> Holding:
        """How the record above holds the records of this sheet."""
        return self.holding or Items(self.name)

    @property
    def kind(self) -> TableKind:
        """The sheet as a kind of table, for finding its header."""
        return TableKind(
            self.name,
            (self.titles[0], self.titles[1]),
            tuple(f.column for f in self.columns),
            self.key,
        )

    def walk(self) -> Iterator[Sheet]:
        """Yield the sheet and all below it, in the order of the workbook."""
        yield self
        for child in self.children:
            yield from child.walk()
