"""Whose rows somebody may see: units by their exact paths, on both databases."""

import pytest
import sqlalchemy as sa

from recommender.store import NO_ONE, Scope, schema
from recommender.store.scope import asked_or_covered, at_or_below

ROWS = sa.Table(
    "asked_for",
    sa.MetaData(),
    sa.Column("org_unit", sa.String(400)),
    sa.Column("actor", sa.String(80)),
)
UNITS = ("East", "East/a", "East/a/b", "EAST/a", "east", "Eastern", "Eastern/a", "E", "%", "%/a")


@pytest.fixture
def seen(database_url):
    """Say which rows of which units a condition holds for."""
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        ROWS.create(connection)
        rows = [*((unit, "key:other") for unit in UNITS), (None, "key:other"), (None, "key:me")]
        names = ROWS.c.keys()
        connection.execute(ROWS.insert(), [dict(zip(names, row, strict=True)) for row in rows])

    def ask(condition):
        with engine.connect() as connection:
            return {
                row[0] or row[1] for row in connection.execute(sa.select(ROWS).where(condition))
            }

    yield ask
    engine.dispose()


def test_a_unit_is_above_what_begins_with_its_path_and_a_slash(seen):
    for path, inside in (
        ("East", {"East", "East/a", "East/a/b"}),
        ("East/a", {"East/a", "East/a/b"}),
        ("E", {"E"}),
        ("%", {"%", "%/a"}),
        ("E_st", set()),
    ):
        assert seen(at_or_below(ROWS.c.org_unit, path)) == inside, path


def test_campaigns_are_seen_by_who_asked_and_who_is_responsible_for_the_unit(seen):
    for scope, rows in (
        (Scope(everyone=True), {*UNITS, "key:other", "key:me"}),
        (Scope(org_unit="East"), {"key:me", "East", "East/a", "East/a/b"}),
        (Scope(person_id="00001", reports_of="00001"), {"key:me"}),
        (NO_ONE, {"key:me"}),
    ):
        assert seen(asked_or_covered(scope, "key:me", ROWS)) == rows, scope
    for table in (schema.campaign, schema.cohort):
        assert {"org_unit", "actor"} <= set(table.c.keys())
