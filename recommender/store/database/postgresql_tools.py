"""Backing up and restoring PostgreSQL with its own tools, pg_dump and pg_restore."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from recommender.errors import ConflictError, StoreError
from recommender.store.database.connections import CONNECT_SECONDS, explain_failures
from recommender.store.database.upgrading import read_revision

_REVISIONS = "alembic_version"
# no owner, no privileges: the server to restore on may not have the same users
_DUMP = ("--format=custom", "--no-owner", "--no-privileges")
_RESTORE = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")


def dump_archive(engine: sa.Engine, half: Path) -> None:
    """Write the whole database, as of one moment, into an archive.

    Parameters
    ----------
    engine : Engine
        The database.
    half : Path
        File to write. Its last suffix goes when the file is complete.

    Raises
    ------
    ConflictError
        If the tool is not installed.
    StoreError
        If the database cannot be reached, or the tool fails.
    """
    file = half.with_suffix("")
    # where the tool is missing, the error shows this command, to be run where there is one:
    # it names the final file, and no password
    program = _find("pg_dump", [*_DUMP, f"--file={file}", f"--dbname={_bare_url(engine)}"])
    with explain_failures(engine):
        read_revision(engine)  # a server that cannot be reached is explained in our words
    _run([program, *_DUMP, f"--file={half}"], engine)


def read_archive(engine: sa.Engine, file: Path) -> list[str]:
    """Read an archive to its last row, and return the schema revisions that are in it.

    Parameters
    ----------
    engine : Engine
        The database it is meant for; not touched.
    file : Path
        The archive.

    Returns
    -------
    list of str
        Exactly one if it is a database of this program.

    Raises
    ------
    ConflictError
        If the tool is not installed.
    StoreError
        If the archive is damaged, or newer than the tool.
    """
    program = _find_restore(engine, file)
    try:
        # damage is found only where it is read; a list of contents would read the head alone
        _run([program, f"--file={os.devnull}", str(file)], engine)
        # as SQL: the rows stand between COPY and a line with \. alone
        only = ["--data-only", f"--table={_REVISIONS}"]
        script = _run([program, *only, "--file=-", str(file)], engine)
    except StoreError as error:
        # the archive is sound, but pg_restore here is older than the pg_dump there
        if "unsupported version" in str(error):
            raise
        raise StoreError("store.damaged-backup", path=str(file)) from error
    lines = script.splitlines()
    starts = [n for n, line in enumerate(lines) if line.startswith("COPY ")]
    return lines[starts[0] + 1 : lines.index("\\.")] if starts else []


def restore_archive(engine: sa.Engine, file: Path) -> None:
    """Fill an empty database from an archive, in one transaction.

    Parameters
    ----------
    engine : Engine
        The database.
    file : Path
        The archive.

    Raises
    ------
    ConflictError
        If the tool is not installed.
    StoreError
        If the tool fails; nothing was changed then.
    """
    from psycopg.conninfo import make_conninfo  # only here: SQLite needs no driver

    # the tools take a name with = or :// in it for a connection string, so it is quoted in one

    dbname = make_conninfo(dbname=engine.url.database or "")
    _run([_find_restore(engine, file), *_RESTORE, f"--dbname={dbname}", str(file)], engine)


def _find_restore(engine: sa.Engine, file: Path) -> str:
    return _find("pg_restore", [*_RESTORE, f"--dbname={_bare_url(engine)}", str(file)])


def _find(tool: str, words: Sequence[str]) -> str:
    program = shutil.which(tool)
    if program is None:
        raise ConflictError("store.tool-missing", tool=tool, command=shlex.join([tool, *words]))
    return program


def _run(words: Sequence[str], engine: sa.Engine) -> str:
    done = subprocess.run(
        words,
        # C: below, the problem is looked for by its English mark
        env=os.environ | _environment(engine) | {"LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        problems = [
            line.split("error:", 1)[1] for line in done.stderr.splitlines() if "error:" in line
        ]
        problem = problems[0].strip() if problems else str(done.returncode)
        raise StoreError("store.tool-failed", tool=Path(words[0]).stem, problem=problem)
    return done.stdout


def _environment(engine: sa.Engine) -> dict[str, str]:
    """Return the URL as environment variables: a list of processes shows arguments to everybody."""
    from psycopg.pq import Conninfo  # only here: SQLite needs no driver

    names = {o.keyword.decode(): o.envvar.decode() for o in Conninfo.get_defaults() if o.envvar}
    options: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS}
    options |= engine.dialect.create_connect_args(engine.url)[1]
    return {names[key]: str(value) for key, value in options.items() if key in names}


def _bare_url(engine: sa.Engine) -> str:
    """Return the URL in the form that the tools take, without the password."""
    url = engine.url
    bare = sa.URL.create(
        "postgresql",
        username=url.username,
        host=url.host,
        port=url.port,
        database=url.database,
        query={name: value for name, value in url.query.items() if name != "password"},
    )
    return bare.render_as_string()
