"""What a sheet of the catalogue workbook is made of: columns, and the fields they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from recommender.table_kinds import Column, ColumnType, TableKind


@dataclass(frozen=True)
class Field:
    """A column and the way to its value inside the record of a row.

    Parameters
    ----------
    column : Column
        Its headers, type and bounds. Type ``ids`` is a list with ``;`` between; a ``text`` whose
        `lines` is set is a list with one entry a line.
    path : tuple of str
        Empty where the column names the record that the row belongs to.
    lines : bool
        Whether the cell is a list of texts.
    """

    column: Column
    path: tuple[str, ...]
    lines: bool = False


@dataclass(frozen=True)
class Layout:
    """A sheet: one row a record of a kind.

    Parameters
    ----------
    name : str
        Which sheet it is.
    titles : tuple of str
        Chinese and English name of the sheet.
    fields : tuple of Field
        Its columns.
    key : tuple of str
        Columns that identify a row; empty where rows may repeat.
    record : type or None
        What a row is, where that can be checked by itself.
    required : bool
        Whether a catalogue cannot do without it.
    """

    name: str
    titles: tuple[str, str]
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    record: type[BaseModel] | None = None
    required: bool = False

    @property
    def kind(self) -> TableKind:
        """The sheet as a kind of table, for finding its header."""
        return TableKind(self.name, self.titles, tuple(f.column for f in self.fields), self.key)


def id_column(name: str, zh: str, path: str | None = None, *, nullable: bool = False) -> Field:
    """Return the column of an id."""
    way = (path,) if path else ()
    return Field(Column(name, (zh,), nullable=nullable, refers_to="module"), way)


def both_languages(
    name: str, zh: str, *, nullable: bool = False, path: bool = True
) -> tuple[Field, ...]:
    """Return the columns of a text, Chinese and English."""
    return tuple(
        Field(
            Column(f"{name}_{short}", (f"{prefix}{zh}",), nullable=nullable),
            (name, lang) if path else (lang,),
        )
        for short, prefix, lang in (("zh", "中文", "zh-CN"), ("en", "英文", "en"))
    )


def number_column(
    name: str,
    zh: str,
    low: float,
    high: float,
    *,
    whole: bool = False,
    nullable: bool = False,
    path: tuple[str, ...] | None = None,
) -> Field:
    """Return the column of a number."""
    column = Column(
        name, (zh,), "number", nullable=nullable, minimum=low, maximum=high, whole=whole
    )
    return Field(column, (name,) if path is None else path)


def choice_column(
    name: str,
    zh: str,
    choices: Mapping[str, tuple[str, ...]],
    *,
    path: bool = True,
    nullable: bool = False,
) -> Field:
    """Return the column of a choice."""
    column = Column(name, (zh,), "choice", choices=choices, nullable=nullable)
    return Field(column, (name,) if path else ())


def ids_column(name: str, zh: str, *, nullable: bool = True) -> Field:
    """Return the column of a list of ids."""
    return Field(Column(name, (zh,), "ids", nullable=nullable), (name,))


def lines_column(name: str, zh: str) -> Field:
    """Return the column of a list of texts, one a line."""
    return Field(Column(name, (zh,), nullable=True), (name,), lines=True)


def date_column(name: str, zh: str, *, path: bool = True) -> Field:
    """Return the column of a date."""
    kind: ColumnType = "date"
    return Field(Column(name, (zh,), kind), (name,) if path else ())
