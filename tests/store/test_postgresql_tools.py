"""PostgreSQL's own tools: where they are missing, fail, are watched or are killed."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
import sqlalchemy as sa
from databases import fresh_postgresql
from made_rows import fill, read_all

from recommender.errors import ConflictError, StoreError
from recommender.store import (
    backup_database,
    open_database,
    restore_database,
    schema,
    upgrade_database,
    writing,
)
from recommender.texts import explain

pytestmark = pytest.mark.postgresql


@pytest.fixture
def url(server):
    with fresh_postgresql(server) as url:
        upgrade_database(url)
        yield url


@pytest.fixture
def bin_folder(tmp_path, monkeypatch):
    """A folder that is the only one where programs are found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def put_tool(folder, name, *, body):
    """Put a program in place of one of the tools."""
    tool = folder / name
    tool.write_text(f"#!{sys.executable}\n{body}", encoding="utf-8")
    tool.chmod(0o755)


def test_where_there_is_no_tool_the_command_is_told(bin_folder, tmp_path):
    url = "postgresql://hr:secret@db.example:5433/人事 a?sslmode=require"
    target = tmp_path / "my backup.dump"
    with pytest.raises(ConflictError) as caught:
        backup_database(url, target)
    for lang in ("zh-CN", "en"):
        told = "".join(explain(caught.value, lang))
        assert "pg_dump --format=custom" in told
        assert f"'--file={target}'" in told
        assert "--dbname=postgresql://hr@db.example:5433/" in told
        assert "sslmode=require" in told
        assert "secret" not in told
    assert not list(tmp_path.glob("my*"))


def test_where_there_is_no_tool_to_restore(bin_folder, url, tmp_path, server):
    backup = tmp_path / "b.dump"
    backup.write_bytes(b"PGDMP")
    with fresh_postgresql(server) as empty, pytest.raises(ConflictError) as caught:
        restore_database(empty, backup)
    assert caught.value.code == "store.tool-missing"
    assert "pg_restore --exit-on-error --single-transaction" in explain(caught.value, "en")[1]


def test_no_list_of_processes_shows_the_password(bin_folder, url, tmp_path):
    seen = tmp_path / "seen.json"
    body = (
        "import json, os, pathlib, sys\n"
        f"seen = pathlib.Path({str(seen)!r})\n"
        "seen.write_text(json.dumps([sys.argv, dict(os.environ)]))\n"
    )
    put_tool(bin_folder, "pg_dump", body=body)
    given = sa.make_url(url).set(password="s3cret'\\ 密")
    backup_database(given.render_as_string(hide_password=False), tmp_path / "b.dump")
    arguments, environment = json.loads(seen.read_text())
    assert "s3cret" not in " ".join(arguments)
    assert environment["PGPASSWORD"] == given.password
    assert environment["PGDATABASE"] == given.database
    assert environment["PGUSER"] == given.username
    assert environment["PGHOST"] == given.query["host"]


def test_a_tool_that_is_too_old(bin_folder, url, tmp_path):
    body = (
        "import sys\n"
        "print('pg_dump: error: aborting because of server version mismatch', file=sys.stderr)\n"
        "print('pg_dump: detail: server version: 18; pg_dump version: 15', file=sys.stderr)\n"
        "sys.exit(1)\n"
    )
    put_tool(bin_folder, "pg_dump", body=body)
    with pytest.raises(StoreError) as caught:
        backup_database(url, tmp_path / "b.dump")
    assert caught.value.code == "store.tool-failed"
    assert caught.value.values["problem"] == "aborting because of server version mismatch"
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


def test_a_backup_that_is_newer_than_the_tool_is_not_called_damaged(bin_folder, server, tmp_path):
    body = "import sys\nsys.exit('pg_restore: error: unsupported version (1.99) in file header')\n"
    put_tool(bin_folder, "pg_restore", body=body)
    (tmp_path / "b.dump").write_bytes(b"PGDMP")
    with fresh_postgresql(server) as empty, pytest.raises(StoreError) as caught:
        restore_database(empty, tmp_path / "b.dump")
    assert caught.value.code == "store.tool-failed"
    assert "unsupported version" in caught.value.values["problem"]


def test_a_server_that_cannot_be_reached(bin_folder, tmp_path):
    put_tool(bin_folder, "pg_dump", body="raise SystemExit('it was asked')")
    with pytest.raises(StoreError) as caught:
        backup_database("postgresql://u:secret@127.0.0.1:1/hr", tmp_path / "b.dump")
    assert caught.value.code == "store.unreachable"


def test_a_restore_that_is_killed_leaves_an_empty_database(server, url, tmp_path, postgresql_tools):
    engine = open_database(url)
    with writing(engine) as connection:
        fill(connection, schema.metadata)
    engine.dispose()
    backup = backup_database(url, tmp_path / "b.dump")
    last = max(table.name for table in schema.metadata.sorted_tables)
    script = (
        "import pathlib, sys; from recommender.store import restore_database; "
        "restore_database(sys.argv[1], pathlib.Path(sys.argv[2]))"
    )
    with fresh_postgresql(server) as empty:
        engine = sa.create_engine(empty, poolclass=sa.NullPool)
        with engine.connect() as other:
            # a table that nobody sees yet: the restore waits for it when it comes to its own
            other.exec_driver_sql(f"CREATE TABLE {last} (id INTEGER)")
            words = [sys.executable, "-c", script, empty, str(backup)]
            restore = subprocess.Popen(words, start_new_session=True)
            wait_for(engine, "wait_event_type = 'Lock'", at_least=1)
            os.killpg(restore.pid, signal.SIGKILL)
            restore.wait()
            other.rollback()
        wait_for(engine, "application_name = 'pg_restore'", at_least=0)
        assert read_all(empty) == {}
        restore_database(empty, backup)
        assert read_all(empty) == read_all(url)


def wait_for(engine, condition, *, at_least):
    """Wait until that many sessions of the database are so."""
    query = sa.text(
        f"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND {condition}"
    )
    for _ in range(6000):  # five minutes
        with engine.connect() as connection:
            found = connection.scalar(query)
        if (found >= at_least) if at_least else found == 0:
            return
        threading.Event().wait(0.05)
    raise AssertionError(f"never so: {condition}")
