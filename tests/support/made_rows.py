"""Rows for any table, whatever it is for: made from the types of its columns."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

FIRST_NUMBER = 1000
ROWS = 3


def fill(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Put rows into every table, those that are referred to first."""
    for table in metadata.sorted_tables:
        if table.name == "alembic_version":
            continue
        rows = [make_row(table, number) for number in range(ROWS)]
        connection.execute(table.insert(), rows)


def make_row(table: sa.Table, number: int) -> dict[str, Any]:
    """Make a row that refers to the rows of the same number, and to none of its own table."""
    return {
        column.name: None
        if any(key.column.table is table for key in column.foreign_keys)
        else make_value(referred(column), number)
        for column in table.columns
    }


def referred(column: sa.Column[Any]) -> sa.Column[Any]:
    """Follow foreign keys to where a value comes from."""
    for key in column.foreign_keys:
        return referred(key.column)
    return column


def make_value(column: sa.Column[Any], number: int) -> Any:
    """Make a value, another one for each number."""
    kind = column.type
    if isinstance(kind, sa.TypeDecorator):
        kind = kind.impl_instance
    if isinstance(kind, sa.JSON):
        return {"numbers": [number, None, 0.1], "文字": f"第 {number} 条"}
    python = kind.python_type
    if python is str:
        text = f"{number} {column.name} 文字 'x'\n\t\\."
        return text[: getattr(kind, "length", None)]
    if python is bool:
        return bool(number % 2)
    if python is dt.datetime:
        zone = dt.UTC if getattr(kind, "timezone", False) else None
        return dt.datetime(2026, 11, 1 + number, 12, 30, 15, 123456, tzinfo=zone)
    if python is dt.date:
        return dt.date(2026, 11, 1 + number)
    return {
        int: FIRST_NUMBER + number,
        float: number + 0.1,
        bytes: bytes(range(256)) * (number + 1),
    }[python]


def read_all(url: str, metadata: sa.MetaData | None = None) -> dict[str, list[dict[str, Any]]]:
    """Read every row of every table that is there, in the order of the keys.

    Parameters
    ----------
    url : str
        The database.
    metadata : MetaData, optional
        What tables it has; it is asked unless this is given, which takes long.
    """
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        if metadata is None:
            metadata = sa.MetaData()
            metadata.reflect(connection)
        return {
            name: [
                dict(row)
                for row in connection.execute(
                    sa.select(table).order_by(*(table.primary_key or table.columns))
                ).mappings()
            ]
            for name, table in metadata.tables.items()
        }
