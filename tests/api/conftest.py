"""The served organisation, once for each file of tests and kind of database."""

import pytest
from databases import fresh_postgresql
from serving import serve


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def served(request, tmp_path_factory):
    """An application on a database with 30 sample people; see `tests/serving.py`."""
    folder = tmp_path_factory.mktemp("served")
    if request.param == "sqlite":
        with serve(f"sqlite:///{folder / 'served.db'}", folder) as running:
            yield running
        return
    server = request.getfixturevalue("postgresql")
    if server is None:
        pytest.skip("not available here: a PostgreSQL server")
    with fresh_postgresql(server) as url, serve(url, folder) as running:
        yield running
