"""Migrations: each with data in the tables, and without stopping a service that goes on."""

import shutil
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from databases import fresh_postgresql
from made_rows import ROWS, fill, make_row, read_all
from migration_rules import find_breaches

from recommender.errors import StoreError
from recommender.store import schema, upgrade_database
from recommender.store.database import upgrading
from recommender.store.database.connections import connect
from recommender.texts import LANGUAGES, explain

VERSIONS = Path(upgrading.__file__).parents[1] / "migrations" / "versions"
# the last one that was made before anybody had a service that could not be stopped
LAST_FREE = "0002"


def revisions():
    """Every revision, the oldest first."""
    return [*reversed(upgrading.known_revisions())]


@pytest.fixture
def engine(database_url):
    engine = connect(database_url)
    yield engine
    engine.dispose()


# -- data in the tables --


# what a migration is there to change: levels by the revised rule count the people's versions up
CHANGED = {("0008", "person"): {"version"}}


def test_every_upgrade_keeps_what_is_there(engine, database_url):
    before = read_all(database_url)
    for revision in revisions():
        upgrading.upgrade(engine, revision)
        after = read_all(database_url)
        for name in before.keys() & after.keys() - {"alembic_version"}:
            kept = after[name][0].keys() & before[name][0].keys()
            kept -= CHANGED.get((revision, name), set())
            assert [{column: row[column] for column in kept} for row in before[name]] == [
                {column: row[column] for column in kept} for row in after[name]
            ], f"{revision}: {name}"
        if revision == "0008":
            versions = [[row["version"] for row in rows["person"]] for rows in (before, after)]
            assert versions[1] == [version + 1 for version in versions[0]]
        new = after.keys() - before.keys() - {"alembic_version"}
        if new:
            metadata = sa.MetaData()
            with engine.begin() as connection:
                metadata.reflect(connection, only=sorted(new))
                for table in metadata.sorted_tables:
                    if table.name in new:
                        rows = [make_row(table, number) for number in range(ROWS)]
                        connection.execute(table.insert(), rows)
        before = read_all(database_url) if new else after
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_sqlites_own_check_finds_nothing(tmp_path, subtests):
    """In a file made new, and in one with rows that was brought up from an older schema."""
    for start in (*revisions()[:3], upgrading.head_revision()):
        with subtests.test(start=start):
            engine = connect(f"sqlite:///{tmp_path / start}.db")
            upgrading.upgrade(engine, start)
            metadata = sa.MetaData()
            with engine.begin() as connection:
                metadata.reflect(connection)
                for table in metadata.sorted_tables:
                    if table.name != "alembic_version":
                        connection.execute(table.delete())
                fill(connection, metadata)
            upgrading.upgrade(engine)
            with engine.connect() as connection:
                found = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
            engine.dispose()
            assert found == ["ok"]


def test_a_key_without_row_ids_stands_first_in_its_table(subtests):
    """For SQLite 3.40 finds NULL, where there is none, in a table that has it otherwise."""
    for table in schema.metadata.sorted_tables:
        if not table.dialect_options["sqlite"]["with_rowid"]:
            with subtests.test(table=table.name):
                names = [column.name for column in table.primary_key]
                assert [column.name for column in table.columns][: len(names)] == names


def test_revisions_are_one_line():
    """And each file is named by its own, so that nobody has to ask Alembic which there are."""
    scripts = ScriptDirectory(str(VERSIONS.parent))
    assert [script.revision for script in scripts.walk_revisions()] == [*reversed(revisions())]
    assert scripts.get_heads() == [upgrading.head_revision()]


def test_a_database_that_is_up_to_date_is_opened_without_alembic(tmp_path):
    url = f"sqlite:///{tmp_path / 'hr.db'}"
    upgrade_database(url)
    program = (
        "import sys; from recommender.store import open_database; "
        f"open_database({url!r}).dispose(); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# -- a further migration, on a service that goes on --


def written_rule(number):
    """The lines of the example that a rule of migrations/README.md gives."""
    rules = (VERSIONS.parent / "README.md").read_text(encoding="utf-8")
    rule = rules.split(f"\n{number}. **")[1].split(f"\n{number + 1}. **")[0]
    return textwrap.dedent(rule.split("```python\n")[1].split("```")[0]).splitlines()


INDEX = written_rule(4)


@pytest.fixture
def next_migration(tmp_path, monkeypatch):
    """Add a migration to those there are."""
    folder = tmp_path / "migrations"
    shutil.copytree(VERSIONS.parent, folder)
    monkeypatch.setattr(upgrading, "_MIGRATIONS", folder)
    monkeypatch.setattr(upgrading, "LOCK_SECONDS", 1)

    def add(body):
        lines = [
            "import sqlalchemy as sa",
            "from alembic import op",
            "from contextlib import nullcontext",
            "revision = '9001'",
            f"down_revision = {revisions()[-1]!r}",
            "def upgrade():",
            *(f"    {line}" for line in body),
        ]
        (folder / "versions" / "9001_next.py").write_text("\n".join(lines), encoding="utf-8")
        upgrading.known_revisions.cache_clear()

    yield add
    upgrading.known_revisions.cache_clear()


def test_a_table_is_rebuilt_under_the_rows_that_refer_to_it(engine, database_url, next_migration):
    upgrade_database(database_url)
    with engine.begin() as connection:
        fill(connection, schema.metadata)
    before = read_all(database_url)
    next_migration(
        [
            "with op.batch_alter_table('person') as batch:",
            "    batch.alter_column('name', type_=sa.String(300), existing_nullable=False)",
        ]
    )
    upgrade_database(database_url)
    after = read_all(database_url)
    assert after.pop("alembic_version") == [{"version_num": "9001"}]
    assert after == {name: before[name] for name in after}


def test_what_would_break_references_is_undone(tmp_path, next_migration):
    url = f"sqlite:///{tmp_path / 'hr.db'}"
    upgrade_database(url)
    engine = connect(url)
    with engine.begin() as connection:
        fill(connection, schema.metadata)
    before = read_all(url)
    next_migration(["op.execute(\"DELETE FROM person WHERE name LIKE '1%'\")"])
    assert refused(url) == "store.reference"
    assert read_all(url) == before
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()


def test_an_index_on_a_table_in_use(engine, database_url, next_migration):
    upgrade_database(database_url)
    with engine.begin() as connection:
        fill(connection, schema.metadata)
    next_migration(INDEX)
    if engine.dialect.name == "postgresql":
        leave_invalid_index(engine)
    upgrade_database(database_url)
    with engine.connect() as connection:
        indexes = {index["name"] for index in sa.inspect(connection).get_indexes("person")}
        assert "ix_person_hired_on" in indexes
        if engine.dialect.name == "postgresql":
            assert is_valid(connection, "ix_person_hired_on")
    assert upgrade_database(database_url) == ("9001", "9001")


@pytest.mark.postgresql
def test_an_index_lets_writers_write(server, next_migration, monkeypatch):
    """It waits for those who began before it; who writes meanwhile does not wait for it."""
    monkeypatch.setattr(upgrading, "LOCK_SECONDS", 60)
    with fresh_postgresql(server) as url:
        upgrade_database(url)
        engine = connect(url)
        next_migration(INDEX)
        failures = []

        def build():
            try:
                upgrade_database(url)
            except StoreError as error:
                failures.append(error)

        with engine.connect() as older:
            older.execute(schema.person.delete())
            # two at once: the one that waits for the other is in nobody's way
            builders = [threading.Thread(target=build) for _ in range(2)]
            for builder in builders:
                builder.start()
            wait_until(engine, "query LIKE 'CREATE INDEX CONCURRENTLY%'")
            with engine.begin() as writer:
                writer.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
                writer.execute(schema.person.delete())
            older.commit()
        for builder in builders:
            builder.join()
        assert failures == []
        with engine.connect() as connection:
            assert is_valid(connection, "ix_person_hired_on")
        engine.dispose()


@pytest.mark.postgresql
def test_a_migration_does_not_queue_behind_a_long_transaction(server, next_migration):
    with fresh_postgresql(server) as url:
        upgrade_database(url)
        next_migration(["op.add_column('person', sa.Column('note', sa.String(80)))"])
        engine = connect(url)
        with engine.connect() as reader:
            reader.execute(sa.select(schema.person)).all()
            assert refused(url) == "store.upgrade-blocked"
            # nothing was changed, and others read on while the long transaction lasts
            with engine.connect() as other:
                assert other.execute(sa.select(schema.person)).all() == []
                assert other.scalar(sa.text("SHOW lock_timeout")) == "0"
        assert upgrade_database(url)[1] == "9001"
        engine.dispose()


@pytest.mark.postgresql
def test_an_upgrade_leaves_neither_lock_nor_setting(server):
    with fresh_postgresql(server) as url:
        engine = upgrading.open_database(url)
        with engine.connect() as connection:
            assert connection.scalar(sa.text("SHOW lock_timeout")) == "0"
            held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
            mine = (
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            assert connection.scalar(sa.text(held + mine)) == 0
        engine.dispose()


def refused(url):
    with pytest.raises(StoreError) as caught:
        upgrade_database(url)
    for lang in LANGUAGES:
        problem, advice = explain(caught.value, lang)
        assert problem
        assert advice
    return caught.value.code


def is_valid(connection, index):
    query = sa.text("SELECT indisvalid FROM pg_index WHERE indexrelid = CAST(:index AS regclass)")
    return connection.scalar(query, {"index": index})


def leave_invalid_index(engine):
    """Leave what an interrupted CREATE INDEX CONCURRENTLY leaves."""
    with engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("UPDATE person SET hired_on = NULL")
        connection.exec_driver_sql("CREATE INDEX CONCURRENTLY ix_person_hired_on ON person (grade)")
        connection.exec_driver_sql(
            "UPDATE pg_index SET indisvalid = false "
            "WHERE indexrelid = 'ix_person_hired_on'::regclass"
        )


def wait_until(engine, condition):
    """Wait until a session of this database waits for a lock."""
    query = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        f"AND wait_event_type = 'Lock' AND {condition}"
    )
    with engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        for _ in range(6000):  # five minutes
            if connection.scalar(query):
                return
            threading.Event().wait(0.05)
    raise AssertionError("nobody waits")


# -- the rules of migrations/README.md --


def test_migrations_need_no_stop():
    breaches = {
        path.name: find_breaches(path.read_text(encoding="utf-8"))
        for path in VERSIONS.glob("*.py")
        if path.name.split("_")[0] > LAST_FREE
    }
    assert not any(breaches.values()), breaches


BREACHES = {
    "op.drop_column('plan', 'note')": "drop_column",
    "op.drop_table('plan_item')": "drop_table",
    "op.rename_table('plan', 'plans')": "rename_table",
    "op.alter_column('plan', 'note', type_=sa.Text())": "alter_column: type_",
    "op.alter_column('plan', 'note', new_column_name='remark')": "alter_column: new_column_name",
    "op.alter_column('plan', 'note', nullable=False)": "alter_column: nullable",
    "op.add_column('plan', sa.Column('note', sa.Text(), nullable=False))": "add_column: nullable",
    "op.create_index('ix', 'plan', ['note'])": "create_index",
    "op.create_index('ix', 'plan', ['note'], postgresql_concurrently=False)": "create_index",
    "op.create_unique_constraint('uq', 'plan', ['note'])": "create_unique_constraint",
    "op.create_check_constraint('ck', 'plan', 'note > 1')": "create_check_constraint",
    "op.create_foreign_key('fk', 'plan', 'person', ['a'], ['b'])": "create_foreign_key",
    "op.execute('ALTER TABLE plan DROP COLUMN note')": "execute",
    "op.execute(sa.text('alter table plan alter note set not null'))": "execute",
    "op.execute(f'LOCK TABLE {plan}')": "execute",
}
ALLOWED = [
    "op.add_column('plan', sa.Column('note', sa.Text()))",
    "op.add_column('plan', sa.Column('note', sa.Text(), nullable=False, server_default=''))",
    "op.alter_column('plan', 'note', nullable=True)",
    "op.alter_column('plan', 'note', server_default='x')",
    "op.create_table('new', sa.Column('a', sa.Text(), nullable=False))",
    "op.create_table('new', sa.Column('a', sa.Text()))\n    op.create_index('ix', 'new', ['a'])",
    "op.create_index('ix', 'plan', ['note'], postgresql_concurrently=True)",
    "op.create_check_constraint('ck', 'plan', 'note > 1', postgresql_not_valid=True)",
    "op.execute('UPDATE plan SET note = title WHERE note IS NULL')",
    "op.drop_column('plan', 'note')  # contract: 1.4",
    "# contract: 1.4.2, which no longer reads it\n    op.drop_column('plan', 'note')",
]


def migration(body):
    return f"def upgrade():\n    {body}\ndef downgrade():\n    op.drop_table('new')\n"


def test_a_breach_is_found(subtests):
    for body in BREACHES:
        with subtests.test(body=body):
            (breach,) = find_breaches(migration(body))
            assert breach == f"line 2: {BREACHES[body]}"


def test_a_breach_in_a_batch_or_a_helper_is_found():
    batch = "with op.batch_alter_table('plan') as b:\n        b.create_index('ix', ['note'])"
    assert find_breaches(migration(batch)) == ["line 3: create_index"]
    helper = "def _change():\n    op.drop_column('plan', 'note')\n" + migration("_change()")
    assert find_breaches(helper) == ["line 2: drop_column"]


def test_what_is_allowed_is_no_breach(subtests):
    for body in ALLOWED:
        with subtests.test(body=body):
            assert find_breaches(migration(body)) == []


@pytest.mark.parametrize("mark", ["# contract", "# contract: next release", "# contract: "])
def test_a_mark_names_a_release(mark):
    assert find_breaches(migration(f"op.drop_table('plan')  {mark}")) == ["line 2: drop_table"]
