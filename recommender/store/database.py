"""Opening, upgrading and backing up a database, and its failures in the product's words."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, make_url

from recommender.errors import ConflictError, InputError, StoreError

BUSY_MILLISECONDS = 5000
CONNECT_SECONDS = 10
_UPGRADE_LOCK = 7_262_026
_MIGRATIONS = Path(__file__).parent / "migrations"


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
        If the URL is none of a supported database.
    StoreError
        If it cannot be reached, is no database, or has an older or newer schema.
    """
    engine = _connect(url)
    try:
        with explain_failures(engine):
            revision = _revision(engine)
            _refuse_newer(engine, revision)
            if revision is None and create:
                upgrade(engine)
            elif revision != _head():
                raise StoreError("store.outdated", database=_name(engine))
    except BaseException:
        engine.dispose()
        raise
    return engine


def _refuse_newer(engine: sa.Engine, revision: str | None) -> None:
    known = {script.revision for script in _scripts().walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreError("store.newer", database=_name(engine))


def database_exists(url: str) -> bool:
    """Say whether there may be a database: for SQLite, whether its file is there."""
    parsed = _parse(url)
    return parsed.drivername != "sqlite" or Path(parsed.database or "").is_file()


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
        If it cannot be reached, is no database, or has a newer schema.
    """
    engine = _connect(url)
    try:
        with explain_failures(engine):
            before = _revision(engine)
            _refuse_newer(engine, before)
            upgrade(engine)
    finally:
        engine.dispose()
    return before, _head()


def upgrade(engine: sa.Engine) -> None:
    """Run the migrations that are missing, in one transaction."""
    config = _config()
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # two processes that start at once: the second finds the work done
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "head")


def backup_database(url: str, target: Path) -> Path:
    """Write a consistent copy of a database that may be in use.

    Parameters
    ----------
    url : str
        URL of a SQLite database. PostgreSQL has ``pg_dump`` for it.
    target : Path
        File to write; it must not exist yet.

    Returns
    -------
    Path
        The file written, complete or not there at all.

    Raises
    ------
    ConflictError
        If the file exists, or the database is not SQLite.
    StoreError
        If there is no such database, or the copy cannot be written.
    """
    engine = _connect(url)
    if engine.dialect.name != "sqlite":
        raise ConflictError("store.backup-postgresql")
    if not database_exists(url):
        raise StoreError("store.cannot-open", database=_name(engine))
    if target.exists():
        raise ConflictError("store.backup-exists", path=str(target))
    half = target.with_name(target.name + ".part")
    try:
        with explain_failures(engine), engine.connect() as connection:
            source = connection.connection.driver_connection
            assert isinstance(source, sqlite3.Connection)
            copy = sqlite3.connect(half)
            try:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
            finally:
                copy.close()
        half.replace(target)
    except sqlite3.Error as error:
        raise StoreError(_failure(error), database=str(target)) from error
    finally:
        for rest in ("", "-journal", "-wal", "-shm"):
            half.with_name(half.name + rest).unlink(missing_ok=True)
        engine.dispose()
    return target


@contextmanager
def explain_failures(engine: sa.Engine) -> Iterator[None]:
    """Turn what a database driver raises into a `StoreError` that a user understands."""
    try:
        yield
    except exc.DBAPIError as error:
        raise StoreError(_failure(error.orig), database=_name(engine)) from error


# a PostgreSQL server may speak any language; its codes are the same in all of them
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


def _failure(error: BaseException | None) -> str:
    state = getattr(error, "sqlstate", None)
    if state:
        return next((code for start, code in _STATES if state.startswith(start)), "store.failed")
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
        ("onnection", "store.unreachable"),
        ("server", "store.unreachable"),
        ("FOREIGN KEY", "store.reference"),
        ("foreign key", "store.reference"),
    ):
        if part in message:
            return code
    return "store.failed"


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):
        # whatever it is, there may be a password in it
        shown = re.sub(r":[^:/@]+@", ":***@", url)
        raise InputError("store.bad-url", url=shown) from None
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise InputError("store.bad-url", url=parsed.render_as_string(hide_password=True))
    return parsed


def _connect(url: str) -> sa.Engine:
    parsed = _parse(url)
    if parsed.drivername != "sqlite":
        waits = {} if "connect_timeout" in parsed.query else {"connect_timeout": CONNECT_SECONDS}
        return sa.create_engine(parsed, pool_pre_ping=True, connect_args=waits)
    if parsed.database and parsed.database != ":memory:":
        folder = Path(parsed.database).parent
        try:
            usable = folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)
        except OSError:
            usable = False
        if not usable:
            raise StoreError("store.cannot-open", database=parsed.database)
    engine = sa.create_engine(parsed, connect_args={"timeout": BUSY_MILLISECONDS / 1000})
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _set_pragmas(connection: Any, _record: Any) -> None:
    # SQLAlchemy's BEGIN below opens the transaction, not the driver's own guess
    connection.isolation_level = None
    # 64 MB of cache: an import of 100,000 rows does not leave memory before it is complete
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "synchronous=FULL",
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: sa.Connection) -> None:
    # a reader that turns writer half-way would fail where waiting would have done
    readonly = connection.get_execution_options().get("readonly", False)
    connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a connection that reads one consistent state and writes nothing."""
    options: dict[str, Any] = {"readonly": True}
    if engine.dialect.name == "postgresql":
        # by default each statement there sees what was committed before it, not before the first
        options["isolation_level"] = "REPEATABLE READ"
    with explain_failures(engine), engine.connect().execution_options(**options) as connection:
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open one transaction: all of it is stored at the end, or none."""
    with explain_failures(engine), engine.begin() as connection:
        yield connection


def _config() -> alembic.config.Config:
    config = alembic.config.Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _head() -> str:
    head = _scripts().get_current_head()
    assert head is not None
    return head


def _revision(engine: sa.Engine) -> str | None:
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _name(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=True)
