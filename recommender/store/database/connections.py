"""Connections to a database, and the product's words for its failures."""

from __future__ import annotations

import functools
import os
import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, make_url

from recommender.errors import InputError, StoreError

BUSY_MILLISECONDS = 5000
CONNECT_SECONDS = 10
# SQLite has no queue of writers: who waits sleeps up to 100 ms between two looks, and whoever comes
# meanwhile finds the lock free at once. So the writers of a process wait in a row, and the first of
# them looks every few milliseconds.
_LOOK_MILLISECONDS = 3


def database_exists(url: str) -> bool:
    """Say whether there may be a database: for SQLite, whether its file is there."""
    parsed = parse_url(url)
    return parsed.drivername != "sqlite" or Path(parsed.database or "").is_file()


@contextmanager
def explain_failures(engine: sa.Engine) -> Iterator[None]:
    """Turn what a database driver raises into a `StoreError` that a user understands."""
    try:
        yield
    except exc.DBAPIError as error:
        raise StoreError(failure_code(error.orig), database=shown_name(engine)) from error
    except engine.dialect.loaded_dbapi.Error as error:
        # of the driver itself, which COPY asks past SQLAlchemy
        raise StoreError(failure_code(error), database=shown_name(engine)) from error


# PostgreSQL's messages are in the language of the server; its codes are the same everywhere
_STATES = (
    ("23503", "store.reference"),
    ("53100", "store.full"),
    ("25006", "store.read-only"),
    ("42501", "store.refused"),
    ("28", "store.refused"),
    ("3D", "store.refused"),
    ("40", "store.locked"),
    ("55P03", "store.locked"),
    ("08", "store.unreachable"),
    ("57P", "store.unreachable"),
)


def failure_code(error: BaseException | None) -> str:
    """Return the key of the text for what a driver raised."""
    state = getattr(error, "sqlstate", None)
    if state:
        return next((code for start, code in _STATES if state.startswith(start)), "store.failed")
    # SQLite has no such codes, and psycopg gives none where it gets no connection
    message = str(error)
    for part, code in (
        ("locked", "store.locked"),
        ("disk is full", "store.full"),
        ("No space left", "store.full"),
        ("disk I/O error", "store.full"),
        ("not a database", "store.not-a-database"),
        ("malformed", "store.not-a-database"),
        ("readonly", "store.read-only"),
        ("read-only", "store.read-only"),
        ("unable to open", "store.cannot-open"),
        ("authentication", "store.refused"),
        ("does not exist", "store.refused"),
        # after the two above: a refused login is reported as a failed connection, too
        ("onnection", "store.unreachable"),
        ("server", "store.unreachable"),
        ("FOREIGN KEY", "store.reference"),
        ("foreign key", "store.reference"),
    ):
        if part in message:
            return code
    return "store.failed"


def parse_url(url: str) -> URL:
    """Read the URL of a database; raise an `InputError` if that kind is not supported."""
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):
        # it cannot be taken apart, but there may be a password in it
        shown = re.sub(r":[^:/@]+@", ":***@", url)
        raise InputError("store.bad-url", url=shown) from None
    if parsed.drivername in ("postgresql", "postgres"):
        # both spellings are in use, and SQLAlchemy no longer knows "postgres"
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise InputError("store.bad-url", url=parsed.render_as_string(hide_password=True))
    return parsed


def connect(url: str, *, create: bool = True) -> sa.Engine:
    """Make the engine of a database, whatever its schema is.

    With `create` a SQLite file is made if it is not there, but never its folder.
    """
    parsed = parse_url(url)
    if parsed.drivername != "sqlite":
        waits = {} if "connect_timeout" in parsed.query else {"connect_timeout": CONNECT_SECONDS}
        # pinged: after a restart of the server every pooled connection is dead
        return sa.create_engine(parsed, pool_pre_ping=True, connect_args=waits)
    file = Path(parsed.database) if parsed.database and parsed.database != ":memory:" else None
    if file is not None:
        folder = file.parent
        try:
            usable = folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)
        except OSError:
            usable = False
        if not usable:
            raise StoreError("store.cannot-open", database=str(file))
    engine = sa.create_engine(parsed, connect_args={"timeout": BUSY_MILLISECONDS / 1000})
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", functools.partial(_begin, threading.Lock()))
    if file is not None:
        _keep_to_file(engine, file, create=create)
    return engine


def _keep_to_file(engine: sa.Engine, file: Path, *, create: bool) -> None:
    """Let only the first connection make the file, or none at all.

    When the file disappears, for example with the volume it is on, the next connection would put
    an empty file in its place, with a write-ahead log that belongs to neither.
    """
    present = f"{file.absolute().as_uri()}?mode=rw"

    def open_present(_dialect: Any, _record: Any, arguments: list[Any], options: Any) -> None:
        arguments[0] = present
        options["uri"] = True

    def keep(*_: Any) -> None:
        event.listen(engine, "do_connect", open_present)

    def make_private(*_: Any) -> None:
        # SQLite would let everybody read it; its -wal and -shm get the rights of the file. What
        # keeps it from being made, SQLite meets and tells
        with suppress(OSError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL, 0o600))

    if create:
        event.listen(engine, "do_connect", make_private, once=True)
        event.listen(engine, "first_connect", keep)
    else:
        keep()


def _set_pragmas(connection: Any, _record: Any) -> None:
    # `_begin_immediate` opens transactions; the driver would guess when to
    connection.isolation_level = None
    _write_ahead(connection)
    for pragma in (
        "foreign_keys=ON",  # off by default, and set for each connection
        # with a write-ahead log NORMAL may lose the last commits when the power goes, and an
        # audit entry has to be stored before its answer is out
        "synchronous=FULL",
        # 64 MB: an import of 100,000 rows stays in memory until it is complete
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on, and wait for others: the busy timeout does not apply to this."""
    ends = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > ends:
                raise
            time.sleep(0.01)


def _begin(turn: threading.Lock, connection: sa.Connection) -> None:
    if connection.get_execution_options().get("readonly", False):
        connection.exec_driver_sql("BEGIN")
        return
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    ends = time.monotonic() + BUSY_MILLISECONDS / 1000
    is_first = turn.acquire(timeout=BUSY_MILLISECONDS / 1000)
    driver.execute(f"PRAGMA busy_timeout={_LOOK_MILLISECONDS}")
    try:
        while True:
            try:
                # a plain BEGIN reads first, and fails at its first write if somebody wrote
                # meanwhile: SQLite does not wait then. IMMEDIATE waits at the beginning
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except exc.OperationalError as error:
                if failure_code(error.orig) != "store.locked" or time.monotonic() > ends:
                    raise
    finally:
        if is_first:
            turn.release()
        driver.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a connection that reads one consistent state and writes nothing."""
    options: dict[str, Any] = {"readonly": True}
    if engine.dialect.name == "postgresql":
        # by default each statement sees what was committed before it, so that the tables of a
        # snapshot would be of different moments
        options["isolation_level"] = "REPEATABLE READ"
    with explain_failures(engine), engine.connect().execution_options(**options) as connection:
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open one transaction: at the end all of it is stored, or nothing."""
    with explain_failures(engine), engine.begin() as connection:
        yield connection


def shown_name(engine: sa.Engine) -> str:
    """Return the URL of a database without its password."""
    return engine.url.render_as_string(hide_password=True)
