"""What can happen to a SQLite file: in use, locked, read-only, damaged, backed up meanwhile."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from organisations import NOBODY, count_rows, without_privileges

from recommender.errors import ConflictError, StoreError
from recommender.store import (
    backup_database,
    open_database,
    reading,
    restore_database,
    schema,
    upgrade_database,
    writing,
)
from recommender.store.database import connections
from recommender.texts import LANGUAGES, explain

PEOPLE = 500


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    path = tmp_path_factory.mktemp("original") / "hr.db"
    engine = open_database(f"sqlite:///{path}")
    with writing(engine) as connection:
        connection.execute(
            schema.org_unit.insert(), [{"path": f"{n}", "name": f"{n}"} for n in range(PEOPLE)]
        )
    engine.dispose()
    return path


@pytest.fixture
def file(original, tmp_path):
    """A database with some org units in it."""
    return shutil.copy(original, tmp_path / "hr 人事.db")


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(connections, "BUSY_MILLISECONDS", 150)


def refused(attempt, kind=StoreError):
    with pytest.raises(kind) as caught:
        attempt()
    for lang in LANGUAGES:
        problem, advice = explain(caught.value, lang)
        assert problem
        assert advice
    return caught.value.code


def add_unit(url, name="new"):
    engine = open_database(url)
    try:
        with writing(engine) as connection:
            connection.execute(schema.org_unit.insert().values(path=name, name=name))
    finally:
        engine.dispose()


def test_pragmas(file):
    engine = open_database(f"sqlite:///{file}")
    with reading(engine) as connection:
        values = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        ]
    engine.dispose()
    assert values == ["wal", 1, 2, connections.BUSY_MILLISECONDS]


def test_a_file_that_is_gone_is_not_made_anew(file):
    """A volume that is not mounted leaves an empty folder in its place."""
    engine = open_database(f"sqlite:///{file}")
    engine.dispose()  # so that the next one is a new connection
    aside = file.rename(file.with_name("aside.db"))
    before = set(file.parent.iterdir())

    def count():
        with reading(engine) as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(schema.org_unit))

    assert refused(count) == "store.cannot-open"
    assert set(file.parent.iterdir()) == before
    aside.rename(file)
    assert count() == PEOPLE
    engine.dispose()


def test_locked_database(file, impatient):
    url = f"sqlite:///{file}"
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        assert refused(lambda: add_unit(url)) == "store.locked"
        # reading goes on, and so does a backup
        engine = open_database(url)
        with reading(engine) as connection:
            query = sa.select(sa.func.count()).select_from(schema.org_unit)
            assert connection.scalar(query) == PEOPLE
        engine.dispose()
        backup_database(url, file.with_name("meanwhile.db"))
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    add_unit(url)
    assert count_rows(url)["org_unit"] == PEOPLE + 1


def test_a_lock_that_ends_in_time_is_waited_for(file):
    url = f"sqlite:///{file}"
    holder = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.4, lambda: holder.execute("COMMIT"))
    release.start()
    add_unit(url)
    release.join()
    holder.close()


def test_a_writer_that_waits_looks_again_and_again(file):
    """By itself SQLite sleeps longer and longer, and whoever comes meanwhile is served first."""
    engine = open_database(f"sqlite:///{file}")
    looks, enough = [], threading.Event()

    @sa.event.listens_for(engine, "before_cursor_execute")
    def count(_connection, _cursor, statement, *_rest):
        if statement == "BEGIN IMMEDIATE":
            looks.append(threading.current_thread())
            if len(looks) == 100:
                enough.set()

    def write(name):
        with writing(engine) as connection:
            connection.execute(schema.org_unit.insert().values(path=name, name=name))

    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    writers = [threading.Thread(target=write, args=[f"new {n}"]) for n in range(8)]
    for writer in writers:
        writer.start()
    assert enough.wait(connections.BUSY_MILLISECONDS / 1000)
    assert len(set(looks)) == 1  # the others of the process wait behind the first
    holder.execute("COMMIT")
    holder.close()
    for writer in writers:
        writer.join()
    engine.dispose()
    assert count_rows(f"sqlite:///{file}")["org_unit"] == PEOPLE + 8


@pytest.mark.slow
def test_no_writer_of_many_is_refused_beside_a_backup(file, tmp_path):
    url = f"sqlite:///{file}"
    processes = [
        subprocess.Popen([sys.executable, "-c", BUSY_WRITERS, url, name]) for name in ("a", "b")
    ]
    n_copies = 0
    while any(process.poll() is None for process in processes):
        n_copies += 1
        backup_database(url, tmp_path / f"backup-{n_copies}.db")
    assert n_copies > 1
    assert [process.returncode for process in processes] == [0, 0]
    assert count_rows(url)["org_unit"] == PEOPLE + 2 * 9 * 300


BUSY_WRITERS = """
import sys
from concurrent.futures import ThreadPoolExecutor

from recommender.store import open_database, schema, writing

url, process = sys.argv[1:]
engine = open_database(url)


def write(thread):
    for n in range(300):
        name = f"{process} {thread} {n}"
        with writing(engine) as connection:
            connection.execute(schema.org_unit.insert().values(path=name, name=name))


with ThreadPoolExecutor(9) as pool:
    list(pool.map(write, range(9)))
"""


@pytest.mark.parametrize("content", [b"not a database" * 500, os.urandom(1 << 20)])
def test_not_a_database(content, tmp_path):
    path = tmp_path / "noise.db"
    path.write_bytes(content)
    url = f"sqlite:///{path}"
    assert refused(lambda: open_database(url)) == "store.not-a-database"
    assert refused(lambda: upgrade_database(url)) == "store.not-a-database"
    assert refused(lambda: backup_database(url, tmp_path / "b.db")) == "store.not-a-database"
    assert path.read_bytes() == content
    assert sorted(p.name for p in tmp_path.iterdir()) == ["noise.db"]


def test_damaged_database(file):
    content = bytearray(file.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    file.write_bytes(content)
    assert refused(lambda: add_unit(f"sqlite:///{file}")) == "store.not-a-database"


def test_another_programs_database(tmp_path):
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE person (id INTEGER)")
    other.commit()
    other.close()
    assert refused(lambda: open_database(f"sqlite:///{path}")) in {
        "store.outdated",
        "store.failed",
    }
    other = sqlite3.connect(path)
    tables = other.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    other.close()
    assert tables == [("person",)]


@pytest.mark.parametrize("place", ["nowhere/hr.db", "a-file/hr.db", "a-folder"])
def test_places_where_no_database_can_be(place, tmp_path):
    (tmp_path / "a-file").write_text("x", encoding="utf-8")
    (tmp_path / "a-folder").mkdir()
    assert refused(lambda: open_database(f"sqlite:///{tmp_path / place}")) == "store.cannot-open"


@pytest.fixture
def open_folder():
    """A folder that a user without privileges can reach."""
    folder = Path(tempfile.mkdtemp(prefix="recommender-test-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_read_only_file(file, open_folder):
    path = open_folder / "hr.db"
    shutil.copy(file, path)
    path.chmod(0o444)
    open_folder.chmod(0o555)
    with without_privileges():
        code = refused(lambda: add_unit(f"sqlite:///{path}"))
    assert code in {"store.read-only", "store.cannot-open"}
    assert count_rows(f"sqlite:///{path}")["org_unit"] == PEOPLE


def test_file_that_may_not_be_read(file, open_folder):
    path = open_folder / "hr.db"
    shutil.copy(file, path)
    path.chmod(0)
    with without_privileges():
        assert refused(lambda: add_unit(f"sqlite:///{path}")) == "store.cannot-open"


def test_backup_into_a_folder_that_may_not_be_written(file, open_folder):
    source = open_folder / "in" / "hr.db"
    source.parent.mkdir()
    shutil.copy(file, source)
    if os.geteuid() == 0:
        os.chown(source.parent, NOBODY, NOBODY)
        os.chown(source, NOBODY, NOBODY)
    target = open_folder / "out"
    target.mkdir(mode=0o555)
    with without_privileges():
        code = refused(lambda: backup_database(f"sqlite:///{source}", target / "b.db"))
    assert code == "store.cannot-open"
    assert list(target.iterdir()) == []


def test_backup_while_another_writes(file, tmp_path):
    url = f"sqlite:///{file}"
    stop, begun = threading.Event(), threading.Event()
    written = [0]

    def keep_writing():
        engine = open_database(url)
        while not stop.is_set():
            # always two at a time: a copy with an odd number is not of one state
            names = [f"w{written[0]}-{side}" for side in "ab"]
            with writing(engine) as connection:
                for name in names:
                    connection.execute(schema.org_unit.insert().values(path=name, name=name))
            written[0] += 1
            begun.set()
        engine.dispose()

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        assert begun.wait(120)
        copies = [backup_database(url, tmp_path / f"backup-{n}.db") for n in range(4)]
    finally:
        stop.set()
        writer.join()
    for copy in copies:
        check = sqlite3.connect(copy)
        assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert check.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        check.close()
        assert (count_rows(f"sqlite:///{copy}")["org_unit"] - PEOPLE) % 2 == 0
        open_database(f"sqlite:///{copy}", create=False).dispose()
    assert not list(tmp_path.glob("*.part*"))


def test_backup_has_the_same_rows(file, tmp_path):
    url = f"sqlite:///{file}"
    target = tmp_path / "b.db"
    assert backup_database(url, target) == target
    assert count_rows(f"sqlite:///{target}") == count_rows(url)


def test_backup_is_never_written_over(file, tmp_path):
    target = tmp_path / "b.db"
    target.write_bytes(b"older")
    attempt = lambda: backup_database(f"sqlite:///{file}", target)  # noqa: E731
    assert refused(attempt, ConflictError) == "store.backup-exists"
    assert target.read_bytes() == b"older"


def test_backup_of_nothing_is_no_backup(tmp_path):
    url = f"sqlite:///{tmp_path / 'none.db'}"
    assert refused(lambda: backup_database(url, tmp_path / "b.db")) == "store.cannot-open"
    assert list(tmp_path.iterdir()) == []


def test_backup_into_no_folder(file, tmp_path):
    attempt = lambda: backup_database(f"sqlite:///{file}", tmp_path / "none" / "b.db")  # noqa: E731
    assert refused(attempt) == "store.cannot-open"


def test_half_a_backup_is_removed(file, tmp_path, monkeypatch):
    real = sqlite3.connect

    class Full(sqlite3.Connection):
        def backup(self, target, **how):
            target.execute("CREATE TABLE half (x)")
            target.commit()
            raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: real(*a, **{**k, "factory": Full}))
    monkeypatch.setattr(sqlite3.dbapi2, "connect", sqlite3.connect)
    target = tmp_path / "b.db"
    assert refused(lambda: backup_database(f"sqlite:///{file}", target)) == "store.full"
    assert sorted(p.name for p in tmp_path.iterdir()) == [file.name]


def test_nobody_but_the_owner_reads_a_database_and_its_backup(tmp_path):
    before = os.umask(0o000)
    try:
        engine = open_database(f"sqlite:///{tmp_path / 'hr.db'}")
        with reading(engine):
            backup_database(f"sqlite:///{tmp_path / 'hr.db'}", tmp_path / "backup.db")
            restore_database(f"sqlite:///{tmp_path / 'restored.db'}", tmp_path / "backup.db")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        engine.dispose()
    finally:
        os.umask(before)
    assert {"hr.db", "hr.db-wal", "hr.db-shm", "backup.db", "restored.db"} <= modes.keys()
    assert set(modes.values()) == {0o600}, modes
