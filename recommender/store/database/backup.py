"""Backing up and restoring a database: SQLite with its own copy, PostgreSQL with its own tools.

Why these are commands of ours at all is in DECISIONS, 17.
"""

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

# files that SQLite keeps beside a database; the log may hold changes that the file has not
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
        Where the replaced file is now; None where there was none.
    """

    database: str
    revision: str
    is_outdated: bool
    kept: Path | None


def backup_database(url: str, target: Path) -> Path:
    """Write a consistent copy of a database that may be in use.

    Its checksum is written beside it, in the form of ``sha256sum``.

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
    with _explain_files(target):  # a folder that may not be looked into
        is_taken = target.exists()
    if is_taken:
        raise ConflictError("store.backup-exists", path=str(target))
    copy = dump_archive if engine.dialect.name == "postgresql" else _copy_file
    half = target.with_name(target.name + ".part")
    try:
        with _explain_files(target):
            _remove(half)
            # made before anything is in it: personal data, for nobody but the owner
            half.touch(mode=0o600)
            copy(engine, half)
            # before the rename: a backup that is there has its checksum
            line = f"{_digest(half)}  {target.name}\n"
            _checksum_file(target).touch(mode=0o600)
            _checksum_file(target).write_text(line, encoding="utf-8")
            half.replace(target)
            _remove(half)
    # also when interrupted from the keyboard: no half copy with personal data is left
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
        Whether a SQLite file that is in use is put aside, under its name with the time added.
        On a server the old database stays as it is: restore into a new one.

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
        If the file is damaged, is not a backup, or has a newer schema; or if the database cannot
        be reached or written.
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
    """Compare a backup with the checksum beside it, if there is one."""
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
        # the online backup: it copies a consistent state while others write
        source.backup(copy)
        # the copy has the mode of its source: without a write-ahead log it is one file
        copy.execute("PRAGMA journal_mode=DELETE")


def _restore_file(engine: sa.Engine, file: Path, *, replace: bool) -> tuple[str, Path | None]:
    target = Path(engine.url.database or ":memory:")
    if target.name == ":memory:":
        raise StoreError("store.cannot-open", database=shown_name(engine))
    is_used = _is_used(target)
    if is_used and not replace:
        raise ConflictError("store.restore-into-used", database=str(target))
    # beside the target, so on the same file system: only there is a rename one step
    part = target.with_name(target.name + ".restore")
    with _explain_files(target):
        _remove(part)
        try:
            part.touch(mode=0o600)
            revision = _copy_backup(file, part)
            if target.exists():
                # whoever could open the old file, such as a service account, can open the new one
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
        return True  # past reading, but perhaps all that somebody has


def _open_to_read(file: Path) -> sqlite3.Connection:
    # opened to write, SQLite would make an empty file where there is none
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)


def _copy_backup(file: Path, part: Path) -> str:
    """Copy a backup and check the copy; return the revision of its schema."""
    try:
        with closing(_open_to_read(file)) as source:
            # a file that is cut within a free page passes SQLite's own check
            (pages,) = source.execute("PRAGMA page_count").fetchone()
            (page_size,) = source.execute("PRAGMA page_size").fetchone()
            if file.stat().st_size < pages * page_size:
                raise StoreError("store.damaged-backup", path=str(file))
            _copy(source, part)
        with closing(_open_to_read(part)) as copy:
            # the copy and not the source: what was checked is what is put in place
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
    # SQLite 3.40 wrongly reports NULL in every row of a table without row ids whose key is
    # declared in another order than its columns, as it was before 0004. So these reports are passed
    # over, and the number of reports is not limited (to 100, otherwise): a true one may come later
    for (report,) in database.execute(f"PRAGMA integrity_check({2**31 - 1})"):
        if report != "ok" and not report.startswith("NULL value in "):
            return False
    # the integrity check leaves references out
    return not database.execute("PRAGMA foreign_key_check").fetchone()


def _put_aside(target: Path, *, is_used: bool) -> Path | None:
    """Make way for another file: keep the one in use under a second name, complete in itself."""
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%fZ")
    kept = target.with_name(f"{target.name}.{stamp}")
    if target.exists():
        try:
            # SQLite ends the write-ahead log only for a connection that is alone with the file,
            # and moves all of the log into the file before
            with closing(sqlite3.connect(target, timeout=1)) as database:
                database.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.Error as error:
            if failure_code(error) == "store.locked":
                raise ConflictError("store.in-use", database=str(target)) from error
            if failure_code(error) != "store.not-a-database":
                raise
    for rest in _BESIDE:
        # left over where the file is past reading, or gone. SQLite would apply an old log to the
        # new file
        beside = target.with_name(target.name + rest)
        if beside.exists():
            beside.replace(kept.with_name(kept.name + rest))
    if not is_used:
        return None
    # a second name and not a rename: there is no moment without a database
    os.link(target, kept)
    return kept


# -- PostgreSQL --


def _restore_server(engine: sa.Engine, file: Path) -> str:
    with reading(engine) as connection:
        if sa.inspect(connection).get_table_names():
            raise ConflictError("store.restore-into-tables", database=shown_name(engine))
    # before anything is written: a backup of a newer release stops here
    revision = _check_revision(read_archive(engine, file), file)
    restore_archive(engine, file)
    return revision
