"""The served organisation, once for each file of tests and kind of database."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from conftest import need
from databases import fresh_postgresql
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
    folder = tmp_path_factory.mktemp("served")
    with ExitStack() as stack:
        url = f"sqlite:///{folder / 'served.db'}"
        if request.param != "sqlite":
            if postgresql is None:
                need("a PostgreSQL server")
            url = stack.enter_context(fresh_postgresql(postgresql))
        yield stack.enter_context(serve(url, folder, original=originals(request.param)))
