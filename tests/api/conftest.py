"""The served organisation, once for each file of tests: on SQLite, or on both databases."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from conftest import need
from databases import copied, originals
from serving import Served, Stored, serve, store_cast


@pytest.fixture(scope="session")
def find_original(postgresql, tmp_path_factory) -> Iterator[Callable[[str], Stored]]:
    """Find a database of a kind that has 30 sample people in it, to be copied."""
    folder = tmp_path_factory.mktemp("original")
    with originals(folder, postgresql, lambda url: store_cast(url, folder)) as find:
        yield find


@contextmanager
def _serve_copy(kind: str, find_original, postgresql, tmp_path_factory) -> Iterator[Served]:
    folder, stored = tmp_path_factory.mktemp("served"), find_original(kind)
    with (
        copied(stored.url, folder, postgresql) as url,
        serve(url, folder, stored=stored) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def served(find_original, postgresql, tmp_path_factory) -> Iterator[Served]:
    """An application on SQLite with 30 sample people; see `tests/support/serving.py`."""
    with _serve_copy("sqlite", find_original, postgresql, tmp_path_factory) as running:
        yield running


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def served_on_both(request, find_original, postgresql, tmp_path_factory) -> Iterator[Served]:
    """The same on each database, for what hangs on the database: locks, row scope, jobs, audit.

    A file of which that is true has its tests use it under the name of `served`.
    """
    if request.param != "sqlite" and postgresql is None:
        need("a PostgreSQL server")
    with _serve_copy(request.param, find_original, postgresql, tmp_path_factory) as running:
        yield running
