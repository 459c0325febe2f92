"""Eight people of the tiny framework in a SQLite file, to be changed."""

from collections.abc import Iterator

import pytest
from databases import copied
from organisations import TINY, service_on

from recommender.service.installation import Service


@pytest.fixture
def staff(find_library, tmp_path) -> Iterator[Service]:
    """A service over a fresh copy of the library's database."""
    with (
        copied(find_library("sqlite"), tmp_path, None) as url,
        service_on(url, catalog=TINY) as service,
    ):
        yield service
