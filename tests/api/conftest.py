"""The served organisation, once for each file of tests and kind of database."""

from collections.abc import Callable, Iterator

import pytest
from conftest import need
from databases import copied, originals
from serving import Stored, serve, store_cast


@pytest.fixture(scope="session")
def find_original(postgresql, tmp_path_factory) -> Iterator[Callable[[str], Stored]]:
    """Find a database of a kind that has 30 sample people in it, to be copied."""
    folder = tmp_path_factory.mktemp("original")
    with originals(folder, postgresql, lambda url: store_cast(url, folder)) as find:
        yield find


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def served(request, postgresql, find_original, tmp_path_factory):
    """An application on a database with 30 sample people; see `tests/serving.py`."""
    if request.param != "sqlite" and postgresql is None:
        need("a PostgreSQL server")
    folder, stored = tmp_path_factory.mktemp("served"), find_original(request.param)
    with (
        copied(stored.url, folder, postgresql) as url,
        serve(url, folder, stored=stored) as running,
    ):
        yield running
