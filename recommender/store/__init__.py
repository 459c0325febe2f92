"""Schema, queries and migrations: the only SQL of the project."""

from sqlalchemy import Connection, Engine

from recommender.store import schema
from recommender.store.database import (
    backup_database,
    database_exists,
    open_database,
    reading,
    upgrade_database,
    writing,
)
from recommender.store.queries import (
    Snapshot,
    read_frame,
    read_ids,
    read_managers,
    read_offerings,
    read_snapshot,
    read_table,
)
from recommender.store.writes import (
    Written,
    note_import,
    org_path,
    to_rows,
    write_kind,
    write_people,
    write_rows,
)

__all__ = [
    "Connection",
    "Engine",
    "Snapshot",
    "Written",
    "backup_database",
    "database_exists",
    "note_import",
    "open_database",
    "org_path",
    "read_frame",
    "read_ids",
    "read_managers",
    "read_offerings",
    "read_snapshot",
    "read_table",
    "reading",
    "schema",
    "to_rows",
    "upgrade_database",
    "write_kind",
    "write_people",
    "write_rows",
    "writing",
]
