"""The served organisation, once for each file of tests and kind of database."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from conftest import need
from databases import copied, fresh_postgresql
from serving import Stored, serve, store_cast


@pytest.fixture(scope="session")
def originals(postgresql, tmp_path_factory) -> Iterator[Callable[[str], Stored]]:
    """Return a database of a kind that has 30 sample people in it, to be copied."""
    with ExitStack() as stack:
        made: dict[str, Stored] = {}

        def find(kind: str) -> Stored:
            if kind not in made:
                folder = tmp_path_factory.mktemp("original")
                url = f"sqlite:///{folder / 'original.db'}"
                if kind != "sqlite":
                    url = stack.enter_context(fresh_postgresql(postgresql))
                made[kind] = store_cast(url, folder)
            return made[kind]

        yield find


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def served(request, postgresql, originals, tmp_path_factory):
    """An application on a database with 30 sample people; see `tests/serving.py`."""
    if request.param != "sqlite" and postgresql is None:
        need("a PostgreSQL server")
    folder, stored = tmp_path_factory.mktemp("served"), originals(request.param)
    with (
        copied(stored.url, folder, postgresql) as url,
        serve(url, folder, stored=stored) as running,
    ):
        yield running
