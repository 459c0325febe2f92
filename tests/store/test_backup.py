"""Backup and restore on both databases: the same rows again, or nothing is changed."""

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from databases import copied, empty_database, originals
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
from recommender.store.database import upgrading
from recommender.texts import LANGUAGES, explain


@pytest.fixture(scope="module")
def find_original(tmp_path_factory, postgresql):
    """Find a database of a kind with rows in every table, to be copied."""

    def store(url):
        engine = open_database(url)
        with writing(engine) as connection:
            fill(connection, schema.metadata)
            # a number that the database gives out: the next ones go on from there
            connection.execute(schema.org_unit.insert().values(path="a", name="a"))
        engine.dispose()
        return url

    with originals(tmp_path_factory.mktemp("original"), postgresql, store) as find:
        yield find


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def server_of_kind(request):
    """The PostgreSQL server, with its tools, or None for files."""
    if request.param == "sqlite":
        return None
    request.getfixturevalue("postgresql_tools")
    return request.getfixturevalue("server")


@pytest.fixture
def database_url(server_of_kind, tmp_path):
    """URL of an empty database."""
    with empty_database(tmp_path / "test.db", server_of_kind) as url:
        yield url


@pytest.fixture
def empty(server_of_kind, tmp_path):
    """URL of another database of the same kind, with nothing in it."""
    with empty_database(tmp_path / "restored.db", server_of_kind) as url:
        yield url


@pytest.fixture
def filled(server_of_kind, find_original, tmp_path):
    """URL of a database with rows in every table."""
    kind = "postgresql" if server_of_kind else "sqlite"
    with copied(find_original(kind), tmp_path, server_of_kind) as url:
        yield url


@pytest.fixture
def backup(filled, tmp_path):
    """Backup of the database that is filled."""
    return backup_database(filled, tmp_path / "kept 备份.backup")


def refused(attempt, kind=StoreError):
    with pytest.raises(kind) as caught:
        attempt()
    for lang in LANGUAGES:
        problem, advice = explain(caught.value, lang)
        assert problem
        assert advice
    return caught.value.code


@contextmanager
def unchanged(url):
    """Nothing in a database changes, whether there is one or not."""
    file = sa.make_url(url).database if url.startswith("sqlite") else None
    if file and not Path(file).exists():
        yield
        assert not Path(file).exists()
        return
    before = read_all(url)
    yield
    assert read_all(url) == before


def add_unit(url, name):
    engine = open_database(url, create=False)
    with writing(engine) as connection:
        connection.execute(schema.org_unit.insert().values(path=name, name=name))
    engine.dispose()


# -- there and back --


def test_everything_is_equal_after_a_restore(filled, backup, empty):
    before = read_all(filled)
    assert all(before.values())
    add_unit(filled, "after the backup")
    done = restore_database(empty, backup)
    assert (done.revision, done.is_outdated, done.kept) == (upgrading.head_revision(), False, None)
    assert read_all(empty) == before
    add_unit(empty, "after the restore")


def test_indexes_and_references_are_restored(backup, empty):
    restore_database(empty, backup)
    engine = sa.create_engine(empty, poolclass=sa.NullPool)
    with engine.connect() as connection:
        named = sa.inspect(connection)
        for table in schema.metadata.sorted_tables:
            indexes = {index["name"] for index in named.get_indexes(table.name)}
            assert indexes >= {index.name for index in table.indexes}
            keys = {key["name"] for key in named.get_foreign_keys(table.name)}
            assert keys == {key.name for key in table.foreign_key_constraints}


def test_a_backup_while_somebody_writes(filled, tmp_path):
    engine = open_database(filled)
    before = read_all(filled)
    with writing(engine) as connection:
        connection.execute(schema.org_unit.insert().values(path="b", name="b"))
        backup = backup_database(filled, tmp_path / "meanwhile.backup")
    engine.dispose()
    assert len(read_all(filled)["org_unit"]) == len(before["org_unit"]) + 1
    assert backup.stat().st_size


def test_an_older_backup_is_restored_and_then_upgraded(database_url, empty, tmp_path):
    first = upgrading.known_revisions()[-1]
    engine = upgrading.connect(database_url)
    upgrading.upgrade(engine, first)
    engine.dispose()
    done = restore_database(empty, backup_database(database_url, tmp_path / "old.backup"))
    assert (done.revision, done.is_outdated) == (first, True)
    assert upgrade_database(empty) == (first, upgrading.head_revision())


def test_a_backup_is_for_its_owner_and_has_a_checksum(backup):
    assert backup.stat().st_mode & 0o077 == 0
    words = ["sha256sum", "--check", f"{backup.name}.sha256"]
    assert subprocess.run(words, cwd=backup.parent, capture_output=True, check=True)
    assert not list(backup.parent.glob("*.part*"))


# -- what is refused --


def damage(content, how):
    middle = len(content) // 2
    return {
        "cut in half": content[:middle],
        "end missing": content[:-100],
        "one bit": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "noise": os.urandom(len(content)),
        "empty": b"",
    }[how]


@pytest.mark.parametrize("how", ["cut in half", "end missing", "one bit", "noise", "empty"])
def test_a_damaged_backup_changes_nothing(how, backup, empty):
    backup.write_bytes(damage(backup.read_bytes(), how))
    with unchanged(empty):
        assert refused(lambda: restore_database(empty, backup)) == "store.damaged-backup"


@pytest.mark.parametrize("how", ["cut in half", "end missing", "noise", "empty"])
def test_damage_shows_also_where_no_checksum_was_kept(how, backup, empty):
    backup.with_name(backup.name + ".sha256").unlink()
    backup.write_bytes(damage(backup.read_bytes(), how))
    with unchanged(empty):
        code = refused(lambda: restore_database(empty, backup))
    # an empty file is a SQLite database, with nothing in it
    assert code in {"store.damaged-backup", "store.not-a-backup"}
    assert code == "store.damaged-backup" or how == "empty"


def test_a_backup_of_another_kind_of_database(database_url, empty, tmp_path):
    other = tmp_path / "other.backup"
    if database_url.startswith("sqlite"):
        other.write_bytes(b"PGDMP\x01\x10\x00" + bytes(4096))
    else:
        backup_database(f"sqlite:///{upgraded_file(tmp_path)}", other)
    with unchanged(empty):
        assert refused(lambda: restore_database(empty, other)) == "store.damaged-backup"


def upgraded_file(tmp_path):
    upgrade_database(f"sqlite:///{tmp_path / 'hr.db'}")
    return tmp_path / "hr.db"


def test_another_programs_database(database_url, empty, tmp_path):
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE other (id INTEGER)")
    backup = backup_database(database_url, tmp_path / "other.backup")
    with unchanged(empty):
        assert refused(lambda: restore_database(empty, backup)) == "store.not-a-backup"


def test_a_backup_of_a_newer_program(filled, empty, tmp_path):
    engine = sa.create_engine(filled, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    backup = backup_database(filled, tmp_path / "newer.backup")
    with unchanged(empty):
        assert refused(lambda: restore_database(empty, backup)) == "store.newer"


def test_no_such_backup(empty, tmp_path):
    for missing in (tmp_path / "none.backup", tmp_path):
        with unchanged(empty):
            attempt = lambda: restore_database(empty, missing)  # noqa: B023, E731
            assert refused(attempt) == "store.cannot-open"


def test_a_database_that_is_not_empty(filled, backup):
    add_unit(filled, "after the backup")
    with unchanged(filled):
        code = refused(lambda: restore_database(filled, backup), ConflictError)
    assert code in {"store.restore-into-used", "store.restore-into-tables"}


def test_nothing_is_written_over(filled, backup):
    before = backup.read_bytes()
    code = refused(lambda: backup_database(filled, backup), ConflictError)
    assert code == "store.backup-exists"
    assert backup.read_bytes() == before
