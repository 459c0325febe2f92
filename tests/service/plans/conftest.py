"""The organisation whose plans are tested, over a database of each kind."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from conftest import need
from databases import fresh_postgresql
from organisations import TINY, service_on
from plan_office import (
    Office,
    move_in,
)

from recommender.store import schema, writing


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def house(request, tmp_path_factory):
    """A service of the tiny framework over a database of each kind."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('office') / 'hr.db'}"
        else:
            server = request.getfixturevalue("postgresql")
            if server is None:
                need("a PostgreSQL server")
            url = stack.enter_context(fresh_postgresql(server))
        yield stack.enter_context(service_on(url, catalog=TINY))


@pytest.fixture
def office(house):
    """A small organisation; nothing is left of the test before."""
    with writing(house.engine) as connection:
        for table in reversed(schema.metadata.sorted_tables):
            if table.name not in ("audit_head", "change_counter"):
                connection.execute(table.delete())
        connection.execute(schema.audit_head.update().values(seq=0, hash="0" * 64))
    move_in(house)
    return Office(house)
