"""What the catalogue workbook is made of: sheets, their columns, and how a record holds parts.

Each way of holding is read both ways: `parts` takes a record of the catalogue apart into the
rows of a sheet, `gather` puts the records of those rows back into the fields that hold them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from recommender.exchange.catalog.columns import PAIRS, Field
from recommender.table_kinds import TableKind

Part = tuple[Mapping[str, Any], Any]
"""The values of columns that are not in the record itself, and the record."""


@dataclass(frozen=True)
class Items:
    """A field that holds them in their order."""

    field: str

    def parts(self, record: Any) -> Iterator[Part]:
        """Yield each item."""
        return (({}, item) for item in getattr(record, self.field))

    def gather(self, parts: Sequence[Part]) -> dict[str, Any]:
        """Return the field."""
        return {self.field: tuple(item for _, item in parts)}


@dataclass(frozen=True)
class One:
    """A field that holds one of them, or None."""

    field: str

    def parts(self, record: Any) -> Iterator[Part]:
        """Yield the one there is."""
        item = getattr(record, self.field)
        return iter([({}, item)] if item is not None else [])

    def gather(self, parts: Sequence[Part]) -> dict[str, Any]:
        """Return the field."""
        return {self.field: parts[0][1] if parts else None}


@dataclass(frozen=True)
class Keyed:
    """A field that maps the value of a column to them."""

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
    """Several fields, one for each choice of a column."""

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
    """A field of groups without a sheet: every row repeats what is said of its group.

    Parameters
    ----------
    field : str
        Holds the groups.
    group : type
        What a group is.
    columns : tuple of str
        Its other fields, which are columns too; the first tells the groups apart.
    items : str
        The field of the group that holds the records.
    differ : str
        Code of the fault of a row that says something else of its group than an earlier one.
    """

    field: str
    group: type[BaseModel]
    columns: tuple[str, ...]
    items: str
    differ: str

    def parts(self, record: Any) -> Iterator[Part]:
        """Yield the items of each group, with what is said of it."""
        for group in getattr(record, self.field):
            said = {name: getattr(group, name) for name in self.columns}
            for item in getattr(group, self.items):
                yield said, item

    def gather(self, parts: Sequence[Part]) -> dict[str, Any]:
        """Return the field."""
        groups: dict[Any, dict[str, Any]] = {}
        for values, item in parts:
            said = {name: values[name] for name in self.columns}
            group = groups.setdefault(values[self.columns[0]], {**said, self.items: []})
            group[self.items].append(item)
        return {self.field: tuple(self.group.model_validate(group) for group in groups.values())}


Holding = Items | One | Keyed | Split | Grouped


@dataclass(frozen=True)
class Members:
    """Ids in the record that are a column of another sheet: which of its rows belong here."""

    field: str
    sheet: str
    column: str


@dataclass(frozen=True)
class Sheet:
    """A sheet: one row a record, or one row a field of its only record.

    Parameters
    ----------
    name : str
        Which sheet it is; also the part of the catalogue, as the checks of a catalogue name it.
    titles : tuple of str
        Chinese and English name of the sheet.
    record : type or None
        What a row is; None where it is a plain mapping.
    columns : tuple of Field
        Its columns.
    holding : Holding or None
        How the record above holds the records of this sheet; None for items in a field of the
        name of the sheet.
    children : tuple of Sheet
        The sheets below.
    members : Members or None
        Ids that the record has and the sheet has not.
    needs : mapping of str to str
        Fields filled from other sheets that may not be empty, to the code of the fault if one is.
    pairs : tuple of str
        Fields of the only record, where each row is a field of it.
    required : bool
        Whether a catalogue cannot do without the sheet.
    """

    name: str
    titles: tuple[str, str]
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
        """Columns that name the row above, the same there as here."""
        return tuple(field.column.name for field in self.columns if field.above)

    @property
    def held(self) -> Holding:
        """How the record above holds the records of this sheet."""
        return self.holding or Items(self.name)

    @property
    def kind(self) -> TableKind:
        """The sheet as a kind of table, for finding its header."""
        return TableKind(self.name, self.titles, tuple(f.column for f in self.columns), self.key)

    def walk(self) -> Iterator[Sheet]:
        """Yield the sheet and all below it, in the order of the workbook."""
        yield self
        for child in self.children:
            yield from child.walk()
