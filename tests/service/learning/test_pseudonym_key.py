"""Pseudonyms are made with a key that is kept apart from the data which they hide."""

import stat

import pytest
import sqlalchemy as sa

from recommender.errors import ModelError
from recommender.service.installation import find_models, upgrade_installation
from recommender.settings import Settings
from recommender.store import open_database, schema, writing

OLD = bytes(range(32))


@pytest.fixture
def settings(database_url, tmp_path):
    return Settings(database=database_url, models=tmp_path / "models")


def secrets_in(settings):
    engine = open_database(settings.database)
    with writing(engine) as connection:
        found = connection.execute(sa.select(schema.secret)).all()
    engine.dispose()
    return found


def put_old_key(settings, value=OLD):
    """Leave a key where earlier releases kept it."""
    engine = open_database(settings.database)
    with writing(engine) as connection:
        connection.execute(schema.secret.insert().values(name="pseudonyms", value=value))
    engine.dispose()


def test_an_upgrade_takes_the_key_out_of_the_database_once(settings):
    put_old_key(settings)
    upgrade_installation(settings)
    assert secrets_in(settings) == []
    assert find_models(settings).pseudonym_key() == OLD
    # a backup of then, restored: pseudonyms stay what they are
    put_old_key(settings, b"x" * 32)
    assert find_models(settings).pseudonym_key() == OLD
    upgrade_installation(settings)
    assert secrets_in(settings) == []
    assert find_models(settings).pseudonym_key() == OLD


def test_a_key_that_cannot_be_kept_elsewhere_stays(settings):
    put_old_key(settings)
    settings.models.write_text("no folder")
    with pytest.raises(ModelError, match=r"registry\.io"):
        upgrade_installation(settings)
    assert [row.value for row in secrets_in(settings)] == [OLD]


def test_an_upgrade_makes_no_key_where_there_was_none(settings):
    upgrade_installation(settings)
    assert not settings.models.exists()


def test_the_key_is_made_at_first_use_and_only_its_owner_reads_it(tmp_path):
    models = find_models(Settings(models=tmp_path / "models"))
    key = models.pseudonym_key()
    assert len(key) == 32
    assert models.pseudonym_key() == key
    (file,) = (path for path in models.root.iterdir() if path.name != ".lock")
    assert (file.name, file.read_text().strip()) == ("pseudonym.key", key.hex())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(models.root.stat().st_mode) == 0o700


def test_a_setting_takes_the_place_of_the_file(tmp_path):
    models = find_models(Settings(models=tmp_path / "models", pseudonym_key=OLD.hex()))
    assert models.pseudonym_key() == OLD
    assert not models.root.exists()
    for wrong in ("short", OLD.hex()[:-1], OLD.hex().upper() + "\n"):
        with pytest.raises(ValueError, match="64 hexadecimal digits") as refused:
            Settings(pseudonym_key=wrong)
        assert wrong not in str(refused.value)
