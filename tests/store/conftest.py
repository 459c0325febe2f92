"""A PostgreSQL server is needed where one is asked for by name."""

import pytest
from conftest import need


@pytest.fixture
def server(postgresql):
    """URL of a PostgreSQL server; a test that has none is skipped, aloud."""
    if postgresql is None:
        need("a PostgreSQL server")
    return postgresql
