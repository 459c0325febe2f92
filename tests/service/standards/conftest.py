"""A library whose assistants stand at known levels, and the people who decide on its standards."""

import datetime as dt
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from asking import session_of
from organisations import AS_OF, TINY, service_on

from recommender.service.installation import Installation
from recommender.service.people.imports import store_frame
from recommender.service.permissions import COMMAND_LINE, PERMISSIONS, Principal, Role
from recommender.settings import Settings
from recommender.store import reading, writing
from recommender.store.access.keys import read_counters
from recommender.table_kinds import KINDS

# of eight assistants in the desk: five reach the target of 2 now
DESK = (1.0, 1.4, 1.8, 2.0, 2.2, 2.4, 2.6, 3.0)
NEXT_YEAR = dt.date(2027, 1, 1)


def hr(name, role=Role.HR, **facts):
    return Principal(f"key:{name}", role, PERMISSIONS[role], **facts)


AUTHOR, FIRST, SECOND = hr("author"), hr("first"), hr("second")
ANALYST = hr("analyst", Role.ANALYST)


def fill_desk(service, levels=DESK):
    ids = [f"A{number}" for number in range(1, len(levels) + 1)]
    people = pd.DataFrame(
        {
            "person_id": ids,
            "name": [f"馆员{each}" for each in ids],
            "org_unit": "阅览部/咨询台",
            "grade": "assistant",
            "manager_id": None,
            "hired_on": None,
            "left_on": None,
            "synthetic": "yes",
        }
    )
    assessed = pd.DataFrame(
        {
            "person_id": ids * 2,
            "competency_id": ["reference-desk"] * len(ids) + ["reading-aloud"] * len(ids),
            "level": [*levels, *(2.0 for _ in ids)],
            "standard_error": 0.2,
            "method": "面谈",
            "assessed_on": AS_OF - dt.timedelta(days=40),
        }
    )
    with writing(service.engine) as connection:
        for kind, rows in (("people", people), ("assessments", assessed)):
            store_frame(connection, KINDS[kind], rows)
    return ids


@contextmanager
def open_desk(url):
    """Eight assistants, and who asks; everybody asks the service as it is by then."""
    with service_on(url, catalog=TINY) as service:
        ids = fill_desk(service)
    installation = Installation(
        Settings(database=url, catalog=TINY, models=Path("none"), as_of=AS_OF)
    )

    def as_(who=COMMAND_LINE, **changes):
        with reading(installation.engine) as connection:
            number = read_counters(connection)["catalog"]
        return session_of(installation.current(number), who=who, **changes)

    try:
        yield SimpleNamespace(installation=installation, ids=ids, as_=as_)
    finally:
        installation.close()


@pytest.fixture
def desk(tmp_path):
    with open_desk(f"sqlite:///{tmp_path / 'desk.db'}") as opened:
        yield opened


@pytest.fixture
def desk_on_both(upgraded_url):
    """The same on each database, for what hangs on the database: locks, and rows in their order."""
    with open_desk(upgraded_url) as opened:
        yield opened
