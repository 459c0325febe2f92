"""The organisation whose plans are tested."""

from __future__ import annotations

import pytest
from conftest import need
from databases import copied
from organisations import TINY, service_on
from plan_office import Office, move_in

from recommender.store import schema, writing


@pytest.fixture(scope="module")
def house(request, find_upgraded, postgresql, tmp_path_factory):
    """A service of the tiny framework over SQLite; with `plan_office.ON_BOTH`, over each kind."""
    kind = getattr(request, "param", "sqlite")
    if kind != "sqlite" and postgresql is None:
        need("a PostgreSQL server")
    folder = tmp_path_factory.mktemp("office")
    with (
        copied(find_upgraded(kind), folder, postgresql) as url,
        service_on(url, catalog=TINY) as service,
    ):
        yield service


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
