"""Backing up and restoring a database: SQLite by itself, PostgreSQL by its own tools."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from recommender.errors import ConflictError, StoreError
from recommender.store.database.connections import (
    connect,
    database_exists,
    explain_failures,
    failure_code,
    reading,
    shown_name,
)
from recommender.store.database.postgresql_tools import dump_archive, read_archive, restore_archive
from recommender.store.database.upgrading import head_revision, refuse_newer

_BESIDE = ("-journal", "-wal", "-shm")
_REVISIONS = "alembic_version"


@dataclass(frozen=True)
class Restored:
    """What a restore did.

    Parameters
    ----------
    database : str
        The database, without its password.
    revision : str
        Revision of the schema that the backup has.
    is_outdated : bool
        Whether it has to be upgraded before use.
    kept : Path or None
        Where the file that was replaced is; None where there was none.
    """

    database: str
    revision: str
    is_outdated: bool
    kept: Path | None


def backup_database(url: str, target: Path) -> Path:
    """Write a consistent copy of a database that may be in use.

    Beside it stands its checksum, as ``sha256sum`` writes and checks it.

    Parameters
    ----------
    url : str
        URL of the database. For PostgreSQL, ``pg_dump`` has to be installed.
    target : Path
        File to write; it must not exist yet.

    Returns
    -------
    Path
        The file written, complete or not there at all.

    Raises
    ------
    ConflictError
        If the file exists, or ``pg_dump`` does not.
    StoreError
        If there is no such database, or the copy cannot be written.
    """
    engine = connect(url)
    if not database_exists(url):
        raise StoreError("store.cannot-open", database=shown_name(engine))
    if target.exists():
        raise ConflictError("store.backup-exists", path=str(target))
    copy = dump_archive if engine.dialect.name == "postgresql" else _copy_file
    half = target.with_name(target.name + ".part")
    try:
        with _explain_files(target):
            _remove(half)
            half.touch(mode=0o600)  # personal data: for nobody but the owner
            copy(engine, half)
            line = f"{_digest(half)}  {target.name}\n"
            _checksum_file(target).touch(mode=0o600)
            _checksum_file(target).write_text(line, encoding="utf-8")
            half.replace(target)
            _remove(half)
    except BaseException:
        with suppress(OSError):
            _remove(half)
        raise
    finally:
        engine.dispose()
    return target


def restore_database(url: str, file: Path, *, replace: bool = False) -> Restored:
    """Fill a database from a backup: all of it, or nothing is changed.

    Parameters
    ----------
    url : str
        URL of the database: a file that is not there yet, or an empty database of a server.
    file : Path
        What `backup_database` wrote for a database of the same kind.
    replace : bool
        Whether a SQLite file in use so far is put aside, under its name with the time. On a
        server the old database stays as it is: restore into a new one.

    Returns
    -------
    Restored
        What was done.

    Raises
    ------
    ConflictError
        If there are tables in the database already, another process has the file open, or
        ``pg_restore`` is not installed.
    StoreError
        If the backup is damaged, is none, or has a newer schema; or the database cannot be
        reached or written.
    """
    engine = connect(url)
    try:
        with _explain_files(file):
            _check_digest(file)
        if engine.dialect.name == "postgresql":
            revision, kept = _restore_server(engine, file), None
        else:
            revision, kept = _restore_file(engine, file, replace=replace)
        return Restored(shown_name(engine), revision, revision != head_revision(), kept)
    finally:
        engine.dispose()


# -- the file --


@contextmanager
def _explain_files(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        code = failure_code(error)
        if isinstance(error, OSError) and code != "store.full":
            code = "store.cannot-open"
        raise StoreError(code, database=str(path)) from error


def _checksum_file(file: Path) -> Path:
    return file.with_name(file.name + ".sha256")


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _check_digest(file: Path) -> None:
    """Compare a backup with the checksum beside it, if that was kept."""
    digest = _digest(file)
    if _checksum_file(file).exists():
        noted = _checksum_file(file).read_text(encoding="utf-8", errors="replace").split()
        if noted[:1] != [digest]:
            raise StoreError("store.damaged-backup", path=str(file))


def _remove(path: Path) -> None:
    for rest in ("", *_BESIDE):
        path.with_name(path.name + rest).unlink(missing_ok=True)


def _check_revision(found: Sequence[str], file: Path) -> str:
    if len(found) != 1:
        raise StoreError("store.not-a-backup", path=str(file))
    refuse_newer(found[0], name=str(file))
    return found[0]


# -- SQLite --


def _copy_file(engine: sa.Engine, half: Path) -> None:
    with explain_failures(engine), engine.connect() as connection:
        source = connection.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        _copy(source, half)


def _copy(source: sqlite3.Connection, target: Path) -> None:
    with closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def _restore_file(engine: sa.Engine, file: Path, *, replace: bool) -> tuple[str, Path | None]:
    target = Path(engine.url.database or ":memory:")
    if target.name == ":memory:":
        raise StoreError("store.cannot-open", database=shown_name(engine))
    is_used = _is_used(target)
    if is_used and not replace:
        raise ConflictError("store.restore-into-used", database=str(target))
    part = target.with_name(target.name + ".restore")
    with _explain_files(target):
        _remove(part)
        try:
            part.touch(mode=0o600)
            revision = _copy_backup(file, part)
            if target.exists():
                shutil.copymode(target, part)
            kept = _put_aside(target, is_used=is_used)
            part.replace(target)
        finally:
            _remove(part)
    return revision, kept


def _is_used(file: Path) -> bool:
    """Say whether a file holds anything that a restore would replace."""
    if not file.exists() or not file.stat().st_size:
        return False
    try:
        with closing(_open_to_read(file)) as database:
            return bool(database.execute("SELECT 1 FROM sqlite_master").fetchone())
    except sqlite3.Error:
        return True


def _open_to_read(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)


def _copy_backup(file: Path, part: Path) -> str:
    """Copy a backup and check the copy; return the revision of its schema."""
    try:
        with closing(_open_to_read(file)) as source:
            _copy(source, part)
        with closing(_open_to_read(part)) as copy:
            if not _is_whole(copy):
                raise StoreError("store.damaged-backup", path=str(file))
            there = copy.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [_REVISIONS])
            found = there.fetchall() and copy.execute(f"SELECT version_num FROM {_REVISIONS}")
            return _check_revision([revision for (revision,) in found], file)
    except sqlite3.Error as error:
        if failure_code(error) != "store.not-a-database":
            raise
        raise StoreError("store.damaged-backup", path=str(file)) from error


def _is_whole(database: sqlite3.Connection) -> bool:
    # SQLite 3.40 finds NULL where there is none, in each row of tables without a row id whose key
    # is declared in another order than their columns; hence also no limit to what is found
    for (found,) in database.execute(f"PRAGMA integrity_check({2**31 - 1})"):
        if found != "ok" and not found.startswith("NULL value in "):
            return False
    return not database.execute("PRAGMA foreign_key_check").fetchone()


def _put_aside(target: Path, *, is_used: bool) -> Path | None:
    """Make way for another file; give the one in use a second name, complete in itself."""
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%fZ")
    kept = target.with_name(f"{target.name}.{stamp}")
    if target.exists():
        try:
            # only who is alone can end the write-ahead log, and all of it is in the file then
            with closing(sqlite3.connect(target, timeout=1)) as database:
                database.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.Error as error:
            if failure_code(error) == "store.locked":
                raise ConflictError("store.in-use", database=str(target)) from error
            if failure_code(error) != "store.not-a-database":
                raise
    for rest in _BESIDE:
        # left by a file that is past reading, or gone: they must not meet the new one
        beside = target.with_name(target.name + rest)
        if beside.exists():
            beside.replace(kept.with_name(kept.name + rest))
    if not is_used:
        return None
    os.link(target, kept)  # and not renamed: at no moment is there no database
    return kept


# -- PostgreSQL --


def _restore_server(engine: sa.Engine, file: Path) -> str:
    with reading(engine) as connection:
        if sa.inspect(connection).get_table_names():
            raise ConflictError("store.restore-into-tables", database=shown_name(engine))
    revision = _check_revision(read_archive(engine, file), file)
    restore_archive(engine, file)
    return revision
