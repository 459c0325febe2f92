"""Restoring a SQLite file in place of one that is used: at every moment there is a whole one."""

import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from made_rows import fill, read_all

from recommender.errors import ConflictError, StoreError
from recommender.store import (
    backup_database,
    open_database,
    restore_database,
    schema,
    writing,
)
from recommender.store.database import backup


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    path = tmp_path_factory.mktemp("original") / "hr.db"
    engine = open_database(f"sqlite:///{path}")
    with writing(engine) as connection:
        fill(connection, schema.metadata)
    engine.dispose()
    return path


@pytest.fixture
def file(original, tmp_path):
    """A database with rows in every table."""
    return shutil.copy(original, tmp_path / "hr 人事.db")


@pytest.fixture
def earlier(file, tmp_path):
    """A backup, since which the database has changed."""
    path = backup_database(f"sqlite:///{file}", tmp_path / "earlier.backup")
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("DELETE FROM shown")
    return path


def rows(file):
    return read_all(f"sqlite:///{file}")


def restore(file, backup_file):
    return restore_database(f"sqlite:///{file}", backup_file, replace=True)


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_the_present_file_is_kept(file, earlier):
    file.chmod(0o640)
    before = rows(file)
    kept = restore(file, earlier).kept
    assert kept.name.startswith(f"{file.name}.20")
    assert rows(kept) == before
    assert rows(file) == rows(earlier) != before
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert names(file.parent) == {file.name, kept.name, earlier.name, f"{earlier.name}.sha256"}


def test_what_a_killed_server_left_in_its_log_is_kept(file, earlier):
    """The write-ahead log belongs to the old file; with the new one it would be damage."""
    script = (
        "import os, sqlite3, sys; d = sqlite3.connect(sys.argv[1]); "
        "d.execute('DELETE FROM plan_comment'); d.commit(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, file], check=False)
    assert file.with_name(file.name + "-wal").stat().st_size
    kept = restore(file, earlier).kept
    assert rows(kept)["plan_comment"] == []
    assert rows(file) == rows(earlier)
    assert not [name for name in names(file.parent) if name.endswith(("-wal", "-shm"))]


def test_a_log_whose_file_is_gone_does_not_meet_the_new_one(file, earlier, tmp_path):
    for rest in ("-wal", "-shm", "-journal"):
        file.with_name(file.name + rest).write_bytes(b"left behind")
    file.unlink()
    assert restore(file, earlier).kept is None
    assert rows(file) == rows(earlier)
    assert len(list(tmp_path.glob(f"{file.name}.*-wal"))) == 1


def test_a_file_past_reading_is_replaced_and_kept(file, earlier):
    noise = b"this was a database" * 1000
    file.write_bytes(noise)
    with pytest.raises(ConflictError, match=r"store\.restore-into-used"):
        restore_database(f"sqlite:///{file}", earlier)
    kept = restore(file, earlier).kept
    assert kept.read_bytes() == noise
    assert rows(file) == rows(earlier)


def test_a_running_server_is_noticed(file, earlier):
    engine = open_database(f"sqlite:///{file}")
    with pytest.raises(ConflictError, match=r"store\.in-use"):
        restore(file, earlier)
    assert names(file.parent) >= {file.name, earlier.name}
    assert not list(file.parent.glob("*.restore*"))
    assert rows(file)["shown"] == []
    engine.dispose()
    restore(file, earlier)
    assert rows(file) == rows(earlier)


@pytest.mark.parametrize("name", [":memory:", "", "none/hr.db"])
def test_places_where_nothing_can_be_restored(name, earlier):
    with pytest.raises(StoreError, match=r"store\.cannot-open"):
        restore_database(f"sqlite:///{name}", earlier, replace=True)


def test_a_full_disk(file, earlier, monkeypatch):
    def fill_up(_source, target):
        target.write_bytes(b"half")
        raise sqlite3.OperationalError("database or disk is full")

    before = rows(file), names(file.parent)
    monkeypatch.setattr(backup, "_copy", fill_up)
    with pytest.raises(StoreError, match=r"store\.full"):
        restore(file, earlier)
    assert (rows(file), names(file.parent)) == before


def test_every_damaged_page_is_found(earlier, tmp_path):
    """Also where no checksum was kept, and beside what SQLite 3.40 finds in whole files."""
    earlier.with_name(earlier.name + ".sha256").unlink()
    content = earlier.read_bytes()
    noise = random.Random(0).randbytes(4096)
    for start in range(0, len(content), len(noise)):
        earlier.write_bytes(content[:start] + noise + content[start + len(noise) :])
        with pytest.raises(StoreError, match=r"store\.damaged-backup"):
            restore_database(f"sqlite:///{tmp_path / 'new.db'}", earlier)


KILLED = """
import os, pathlib, signal, sqlite3, sys
from recommender.store.database import backup

moment, task, url, path = sys.argv[1:]

def die(*_given, **_named):
    os.kill(os.getpid(), signal.SIGKILL)

def copy_some(source, target):
    source.backup(sqlite3.connect(target), pages=3, progress=die)

if moment == "while copying":
    backup._copy = copy_some
elif moment == "before the old one is put aside":
    backup._put_aside = die
elif moment == "while the old one is put aside":
    backup.os.link = die
elif moment == "before the new one takes its place":
    pathlib.Path.replace = die
if task == "restore":
    backup.restore_database(url, pathlib.Path(path), replace=True)
else:
    backup.backup_database(url, pathlib.Path(path))
"""


def kill(moment, task, file, path):
    words = [sys.executable, "-c", KILLED, moment, task, f"sqlite:///{file}", path]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    "moment",
    [
        "while copying",
        "before the old one is put aside",
        "while the old one is put aside",
        "before the new one takes its place",
    ],
)
def test_killed_half_way(moment, file, earlier):
    before = rows(file)
    kill(moment, "restore", file, earlier)
    assert rows(file) == before
    restore(file, earlier)
    assert rows(file) == rows(earlier)
    assert not list(file.parent.glob("*.restore*"))


@pytest.mark.parametrize("moment", ["while copying", "before the new one takes its place"])
def test_a_backup_killed_half_way_is_none(moment, file, tmp_path):
    target = tmp_path / "b.backup"
    kill(moment, "backup", file, target)
    assert not target.exists()
    backup_database(f"sqlite:///{file}", target)
    assert rows(target) == rows(file)
    assert not list(Path(tmp_path).glob("*.part*"))
