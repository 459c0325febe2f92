"""Checking a database: whether it is whole, and whether HTTP can reach what is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from recommender.identifiers import is_id
from recommender.store import schema
from recommender.store.database.connections import reading
from recommender.store.database.upgrading import open_database

# what becomes part of a path and was chosen by people; the catalogue checks its own
_IDS = (schema.person.c.person_id, schema.offering.c.offering_id, schema.module.c.module_id)
_UNFINISHED = sa.text(
    "SELECT indrelid::regclass::text, indexrelid::regclass::text FROM pg_index "
    "JOIN pg_class ON pg_class.oid = indexrelid "
    "WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace ORDER BY 2"
)


@dataclass(frozen=True)
class Finding:
    """One thing wrong in a database.

    Parameters
    ----------
    code : str
        Key of the text: ``check.id``, ``check.damage``, ``check.reference`` or ``check.index``.
    table : str
        The table; empty where it is not known.
    found : str
        The id, the index, the number of rows, or what the database itself says.
    """

    code: str
    table: str
    found: str


def check_database(url: str) -> list[Finding]:
    """Look for damage, for references to nothing, and for ids that no path of HTTP can hold.

    Parameters
    ----------
    url : str
        SQLAlchemy URL of SQLite or PostgreSQL.

    Returns
    -------
    list of Finding
        Damage first; nothing where all is well.

    Raises
    ------
    StoreError
        If it cannot be reached, is no database, or has an older or newer schema.
    """
    engine = open_database(url, create=False)
    try:
        with reading(engine) as connection:
            is_file = engine.dialect.name == "sqlite"
            look = _look_into_file if is_file else _look_into_server
            return [*look(connection), *_find_unreachable(connection)]
    finally:
        engine.dispose()


def _look_into_file(connection: sa.Connection) -> Iterator[Finding]:
    for said in connection.exec_driver_sql("PRAGMA integrity_check").scalars():
        if said != "ok":
            yield Finding("check.damage", "", said)
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    for table, count in sorted(Counter(row[0] for row in rows).items()):
        yield Finding("check.reference", table, str(count))


def _look_into_server(connection: sa.Connection) -> Iterator[Finding]:
    # a server keeps its references itself; what can be left is an index that was not completed
    for table, index in connection.execute(_UNFINISHED):
        yield Finding("check.index", table, index)


def _find_unreachable(connection: sa.Connection) -> Iterator[Finding]:
    for column in _IDS:
        for name in connection.scalars(sa.select(column).order_by(column)):
            if not is_id(name):
                yield Finding("check.id", column.table.name, name)
