"""One made-up organisation a kind of database, shared by the tests that only ask questions."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from conftest import need
from databases import copied, fresh_postgresql, originals
from organisations import TINY, fill, service_on

from recommender.service.installation import Service
from recommender.service.made_up.organisation import SampleOrganisation

N_PEOPLE = 14


@pytest.fixture(
    scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def organisation(request, tmp_path_factory) -> Iterator[tuple[Service, SampleOrganisation]]:
    """A service over a filled database, and the tables it was filled with."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('organisation') / 'hr.db'}"
        else:
            server = request.getfixturevalue("postgresql")
            if server is None:
                need("a PostgreSQL server")
            url = stack.enter_context(fresh_postgresql(server))
        service = stack.enter_context(service_on(url))
        yield service, fill(service, n_people=N_PEOPLE)


@pytest.fixture
def service(organisation) -> Service:
    """The service alone."""
    return organisation[0]


@pytest.fixture(scope="session")
def find_library(postgresql, tmp_path_factory) -> Iterator[Callable[[str], str]]:
    """Find a database of the tiny framework and eight people, to be copied."""

    def store(url: str) -> str:
        with service_on(url, catalog=TINY) as service:
            fill(service, n_people=8)
        return url

    with originals(tmp_path_factory.mktemp("library"), postgresql, store) as find:
        yield find


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def library_url(request, find_library, postgresql, tmp_path) -> Iterator[str]:
    """URL of a database of the tiny framework and eight people, fresh each time."""
    if request.param != "sqlite" and postgresql is None:
        need("a PostgreSQL server")
    with copied(find_library(request.param), tmp_path, postgresql) as url:
        yield url


@pytest.fixture
def library(library_url) -> Iterator[Service]:
    """A service over that database."""
    with service_on(library_url, catalog=TINY) as service:
        yield service
