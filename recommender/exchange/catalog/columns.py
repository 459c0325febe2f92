"""The kinds of columns of the catalogue workbook, each with the path to its value in a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from recommender.table_kinds import Column

Path = tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """A column, and the path to its value in the record of a row.

    Parameters
    ----------
    column : Column
        Its headers, type and bounds. Type ``ids`` is a list with ``;`` between.
    path : tuple of str
        Empty where the value is not in the record itself.
    key : bool
        Whether the column is one of those that identify a row.
    above : bool
        Whether it names the row that this one belongs to; that row's sheet has the same column.
    lines : bool
        Whether the cell is a list of texts, one a line.
    mapping : bool
        Whether the path ends in a mapping, which the record has even if it is empty.
    blank : tuple of str or None
        The list that is written as an empty cell.
    """

    column: Column
    path: Path
    key: bool = False
    above: bool = False
    lines: bool = False
    mapping: bool = False
    blank: tuple[str, ...] | None = None


def key(field: Field) -> Field:
    """Mark a column as one of those that identify a row."""
    return replace(field, key=True)


def beside(field: Field) -> Field:
    """Mark a column as one whose value is not in the record itself."""
    return replace(field, path=())


def above(field: Field) -> Field:
    """Mark a column as one that names the row to which this one belongs."""
    return replace(field, path=(), above=True)


def once(field: Field, *headers: str) -> Field:
    """Let a column be found by Chinese headers of workbooks that were written before as well."""
    return replace(field, column=replace(field.column, headers=(*field.column.headers, *headers)))


def identifier(name: str, zh: str, *, nullable: bool = False) -> Field:
    """Return the column of an id: of the record, or of another one."""
    # any reference will do: it only says that the cell is an id and is to be read as one
    column = Column(name, (zh,), nullable=nullable, refers_to="module")
    return Field(column, ("id" if name.endswith("_id") else name,))


def text(
    name: str, zh: str, *, nullable: bool = False, path: Path | None = None
) -> tuple[Field, Field]:
    """Return the columns of a text, Chinese and English."""
    path = (name,) if path is None else path
    return (
        Field(Column(f"{name}_zh", (f"中文{zh}",), nullable=nullable), (*path, "zh-CN")),
        Field(Column(f"{name}_en", (f"英文{zh}",), nullable=nullable), (*path, "en")),
    )


def number(
    name: str, zh: str, low: float, high: float, *, whole: bool = False, nullable: bool = False
) -> Field:
    """Return the column of a number."""
    column = Column(
        name, (zh,), "number", nullable=nullable, minimum=low, maximum=high, whole=whole
    )
    return Field(column, (name,))


def by_grade(
    name: str, zh: str, grades: Sequence[str], high: float, *, whole: bool = False, path: Path = ()
) -> tuple[Field, ...]:
    """Return the columns of a mapping from grades to numbers, one for each grade."""
    columns = (
        Column(f"{name}_{g}", (f"{zh} {g}",), "number", True, 0, high, whole=whole) for g in grades
    )
    return tuple(
        Field(column, (*path, grade), mapping=True)
        for column, grade in zip(columns, grades, strict=True)
    )


def choice(
    name: str, zh: str, choices: Mapping[str, tuple[str, ...]], *, nullable: bool = False
) -> Field:
    """Return the column of a choice."""
    return Field(Column(name, (zh,), "choice", choices=choices, nullable=nullable), (name,))


def ids(
    name: str, zh: str, *, nullable: bool = True, blank: tuple[str, ...] | None = None
) -> Field:
    """Return the column of a list of ids."""
    return Field(Column(name, (zh,), "ids", nullable=nullable), (name,), blank=blank)


def lines(name: str, zh: str) -> Field:
    """Return the column of a list of texts, one a line."""
    return Field(Column(name, (zh,), nullable=True), (name,), lines=True)


def date(name: str, zh: str, *, nullable: bool = False) -> Field:
    """Return the column of a date."""
    return Field(Column(name, (zh,), "date", nullable=nullable), (name,))


LEVEL = number("level", "级别", 1, 4, whole=True)
PROVENANCE = choice(
    "provenance",
    "来源",
    {
        "source": ("来源材料", "source"),
        "authored": ("本项目编写", "authored"),
        "imported": ("导入", "imported"),
    },
)
PAIRS = (
    Field(Column("key", ("项目", "项")), (), key=True),
    Field(Column("value", ("值", "中文或数值"), nullable=True), ()),
    Field(Column("value_en", ("英文",), nullable=True), ()),
)
