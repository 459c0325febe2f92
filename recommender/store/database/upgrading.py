"""Opening a database that has the present schema, and upgrading one that has not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from recommender.errors import StoreError
from recommender.store.database.connections import (
    connect,
    explain_failures,
    failure_code,
    reading,
    shown_name,
)

# how long a migration may wait for a lock, while everybody who comes after it waits as well
LOCK_SECONDS = 5
# any number, as long as nothing else in the database locks by it
_UPGRADE_LOCK = 7_262_026
_MIGRATIONS = Path(__file__).parent.parent / "migrations"
_REVISIONS = sa.table("alembic_version", sa.column("version_num", sa.String()))


def open_database(url: str, *, create: bool = True) -> sa.Engine:
    """Open a database whose schema is the present one.

    Parameters
    ----------
    url : str
        SQLAlchemy URL of SQLite or PostgreSQL.
    create : bool
        Whether an empty database is given the schema.

    Returns
    -------
    Engine
        Ready for use; SQLite with write-ahead log and foreign keys on.

    Raises
    ------
    InputError
        If the URL is not one of a supported database.
    StoreError
        If it cannot be reached, is not a database, or has an older or newer schema.
    """
    engine = connect(url, create=create)
    try:
        with explain_failures(engine):
            revision = read_revision(engine)
            refuse_newer(revision, name=shown_name(engine))
            if revision is None and create:
                upgrade(engine)
            elif revision != head_revision():
                raise StoreError("store.outdated", database=shown_name(engine))
    except BaseException:
        engine.dispose()
        raise
    return engine


def refuse_newer(revision: str | None, *, name: str) -> None:
    """Refuse a database whose schema this program does not know.

    Parameters
    ----------
    revision : str or None
        The revision of its schema; None where it has none.
    name : str
        The database, as the error is to name it.

    Raises
    ------
    StoreError
        If the revision is unknown.
    """
    if revision is not None and revision not in known_revisions():
        raise StoreError("store.newer", database=name)


def upgrade_database(url: str) -> tuple[str | None, str]:
    """Bring the schema of a database up to date.

    Parameters
    ----------
    url : str
        SQLAlchemy URL of SQLite or PostgreSQL.

    Returns
    -------
    tuple of str
        Revision before (None for an empty database) and after.

    Raises
    ------
    StoreError
        If it cannot be reached, is not a database, or has a newer schema.
    """
    engine = connect(url)
    try:
        with explain_failures(engine):
            before = read_revision(engine)
            refuse_newer(before, name=shown_name(engine))
            upgrade(engine)
    finally:
        engine.dispose()
    return before, head_revision()


def upgrade(engine: sa.Engine, revision: str = "head") -> None:
    """Run the migrations that are missing; of several processes only one does.

    Parameters
    ----------
    engine : Engine
        The database.
    revision : str
        Where to stop.

    Raises
    ------
    StoreError
        If others hold what has to be changed; nothing was changed then.
    """
    # slow to import, and not needed for a database that is up to date (DECISIONS, 19)
    import alembic.command
    import alembic.config

    config = alembic.config.Config()
    # Alembic reads options with % for interpolation
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    alone = _alone_in_file if engine.dialect.name == "sqlite" else _alone_on_server
    with alone(engine) as connection:
        config.attributes["connection"] = connection
        try:
            alembic.command.upgrade(config, revision)
        except exc.DBAPIError as error:
            if failure_code(error.orig) != "store.locked":
                raise
            raise StoreError(
                "store.upgrade-blocked", database=shown_name(engine), seconds=LOCK_SECONDS
            ) from error


@contextmanager
def _alone_in_file(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        # SQLite changes a column by putting a new table in place of the old one. In between, the
        # rows that refer to it refer to nothing. Set before BEGIN: inside a transaction this
        # pragma does nothing
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise StoreError("store.reference", database=shown_name(engine))
        finally:
            driver.execute("PRAGMA foreign_keys=ON")


@contextmanager
def _alone_on_server(engine: sa.Engine) -> Iterator[sa.Connection]:

    with engine.connect() as guard, engine.connect() as connection:
        try:
            guard.execution_options(isolation_level="AUTOCOMMIT")
            # polled: a statement that waits counts as a reader. An index that the other process
            # builds concurrently would wait for this reader, and the reader for that process
            while not guard.scalar(sa.select(sa.func.pg_try_advisory_lock(_UPGRADE_LOCK))):
                time.sleep(0.1)
            # a migration that waits for a long transaction holds up everybody behind it
            connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_SECONDS}s'")
            connection.commit()
            yield connection
        finally:
            # the lock and the setting belong to the sessions: they must not go back to the pool
            connection.invalidate()
            guard.invalidate()


@cache  # the migrations are part of the program and do not change while it runs
def known_revisions() -> tuple[str, ...]:
    """Return the revisions of the schema, the latest first; a file's name begins with its own."""
    files = (_MIGRATIONS / "versions").glob("[0-9]*.py")
    return tuple(sorted((file.name.split("_")[0] for file in files), reverse=True))


def head_revision() -> str:
    """Return the revision that this program works with."""
    return known_revisions()[0]


def read_revision(engine: sa.Engine) -> str | None:
    """Return the revision of a schema; None where there is none."""
    with reading(engine) as connection:
        if not sa.inspect(connection).has_table(_REVISIONS.name):
            return None
        return connection.scalar(sa.select(_REVISIONS.c.version_num))
