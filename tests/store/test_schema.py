"""The schema: made by migrations, equal to the tables in the code, old and new ones told apart."""

import sqlite3
import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from databases import fresh_postgresql
from organisations import count_rows

from recommender.errors import InputError, StoreError
from recommender.store import open_database, reading, schema, upgrade_database, writing
from recommender.texts import LANGUAGES, explain


def code_of(error):
    for lang in LANGUAGES:
        problem, advice = explain(error, lang)
        assert problem
        assert advice
    return error.code


def test_upgrade_from_empty(database_url):
    before, after = upgrade_database(database_url)
    assert before is None
    assert upgrade_database(database_url) == (after, after)
    assert set(count_rows(database_url).values()) == {0}


def test_schema_equals_migrations(database_url):
    upgrade_database(database_url)
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
        named = sa.inspect(connection)
        for table in schema.metadata.sorted_tables:
            assert {key["name"] for key in named.get_foreign_keys(table.name)} == {
                key.name for key in table.foreign_key_constraints
            }


def test_every_migration_goes_back_to_nothing(database_url):
    """Tables are made in an order that foreign keys allow, so they can be dropped in reverse."""
    upgrade_database(database_url)
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        schema.metadata.drop_all(connection)
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]


def test_opening_makes_the_schema_once(database_url):
    first = open_database(database_url)
    second = open_database(database_url)
    for engine in (first, second):
        with reading(engine) as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(schema.person)) == 0
        engine.dispose()


def test_two_that_make_the_schema_at_once(database_url):
    failures = []

    def make():
        try:
            open_database(database_url).dispose()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert set(count_rows(database_url).values()) == {0}


def test_a_new_file_that_another_holds_is_waited_for(tmp_path):
    other = sqlite3.connect(tmp_path / "held.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, other.execute, ["ROLLBACK"])
    release.start()
    open_database(f"sqlite:///{tmp_path / 'held.db'}").dispose()
    release.join()
    other.close()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "store.newer"),
        ("DELETE FROM alembic_version", "store.outdated"),
    ],
)
def test_another_schema_is_refused(change, code, database_url):
    upgrade_database(database_url)
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(change)
    with pytest.raises(StoreError) as caught:
        open_database(database_url, create=False)
    assert code_of(caught.value) == code


def test_an_empty_database_is_outdated_where_none_may_be_made(database_url):
    with pytest.raises(StoreError) as caught:
        open_database(database_url, create=False)
    # of SQLite there is no empty database before somebody makes its file
    missing = database_url.startswith("sqlite")
    assert code_of(caught.value) == ("store.cannot-open" if missing else "store.outdated")


def test_a_newer_schema_is_not_upgraded(database_url):
    upgrade_database(database_url)
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError) as caught:
        upgrade_database(database_url)
    assert code_of(caught.value) == "store.newer"


def test_bad_urls(subtests):
    for url in [
        "",
        "nonsense",
        "hr.db",
        "mysql://u:secret@host/db",
        "sqlite+aiosqlite:///x.db",
        "postgresql://u:secret@host:port/db",
        "postgresql:/u:secret@host/db",
    ]:
        with subtests.test(url=url):
            for attempt in (open_database, upgrade_database):
                with pytest.raises(InputError) as caught:
                    attempt(url)
                assert code_of(caught.value) == "store.bad-url"
                assert "secret" not in explain(caught.value, "en")[0]


def test_foreign_keys_hold(database_url):
    engine = open_database(database_url)
    with pytest.raises(StoreError) as caught, writing(engine) as connection:
        connection.execute(
            schema.enrolment.insert().values(
                person_id="nobody",
                module_id="m",
                status="enrolled",
                enrolled_on=sa.func.current_date(),
            )
        )
    assert code_of(caught.value) == "store.reference"
    engine.dispose()
    assert set(count_rows(database_url).values()) == {0}


@pytest.mark.postgresql
def test_unreachable_postgresql():
    with pytest.raises(StoreError) as caught:
        open_database("postgresql://u:secret@127.0.0.1:1/hr")
    assert code_of(caught.value) == "store.unreachable"
    assert "secret" not in str(caught.value)


@pytest.mark.postgresql
def test_no_such_database_or_user(server):
    for url in (server.set(database="nowhere"), server.set(username="nobody-here")):
        with pytest.raises(StoreError) as caught:
            open_database(url.render_as_string(hide_password=False))
        assert code_of(caught.value) == "store.refused"


@pytest.mark.postgresql
def test_read_only_postgresql(server):
    with fresh_postgresql(server) as url:
        upgrade_database(url)
        query = {"options": "-c default_transaction_read_only=on"}
        reader = sa.make_url(url).update_query_dict(query)
        engine = open_database(reader.render_as_string(hide_password=False))
        with pytest.raises(StoreError) as caught, writing(engine) as connection:
            connection.execute(schema.org_unit.insert().values(path="a", name="a"))
        assert code_of(caught.value) == "store.read-only"
        engine.dispose()
