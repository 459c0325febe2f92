"""db restore, as it is typed."""

import sqlite3
from contextlib import closing

import pytest
from command_line import CHINESE

from recommender.store.database.connections import connect
from recommender.store.database.upgrading import upgrade


@pytest.fixture
def earlier(call, tmp_path):
    """A backup, since which the database has changed."""
    assert call("db", "backup", "earlier.db").code == 0
    with closing(sqlite3.connect(call.file)) as database, database:
        database.execute("DELETE FROM rating")
    return tmp_path / "earlier.db"


def test_a_database_in_use_is_restored_only_when_told_to(call, earlier):
    changed = call.counts()
    refused = call("db", "restore", earlier, "--lang", "en")
    assert refused.code == 1
    assert "--replace" in refused.err
    assert call.counts() == changed
    done = call("db", "restore", earlier, "--replace", "--lang", "en")
    assert done.code == 0
    assert call.counts() == type(call)(earlier).counts() != changed
    (kept,) = call.file.parent.glob(f"{call.file.name}.*Z")
    assert kept.name in done.out
    assert "db upgrade" not in done.out
    assert type(call)(kept).counts() == changed


def test_a_new_file(call, earlier, tmp_path):
    url = f"sqlite:///{tmp_path / 'new.db'}"
    done = call("db", "restore", earlier, "--database", url, "--json").json
    assert (done["database"], done["kept"], done["outdated"]) == (url, None, False)
    assert type(call)(tmp_path / "new.db").counts() == type(call)(earlier).counts()


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_an_older_backup_says_what_to_do_next(lang, call, tmp_path):
    engine = connect(f"sqlite:///{tmp_path / 'old.db'}")
    upgrade(engine, "0001")
    engine.dispose()
    call("db", "backup", "old.backup", "--database", "sqlite:///old.db")
    done = call("db", "restore", "old.backup", "--database", "sqlite:///new.db", "--lang", lang)
    assert done.code == 0
    assert "recommender db upgrade" in done.out
    assert bool(CHINESE.search(done.out)) == (lang == "zh-CN")


def test_a_damaged_backup(call, earlier):
    counts = call.counts()
    earlier.write_bytes(earlier.read_bytes()[:-1])
    for lang in ("zh-CN", "en"):
        told = call("db", "restore", earlier, "--replace", "--lang", lang, "--json")
        assert told.code == 1
        assert told.json["error"]["code"] == "store.damaged-backup"
    assert call.counts() == counts
