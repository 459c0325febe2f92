"""The levels of everybody are there before anybody asks for them."""

import time

import pytest
import sqlalchemy as sa
from organisations import AS_OF

from recommender.service.today import ahead
from recommender.store import reading, schema, touch_people, writing


def test_levels_are_worked_out_when_a_server_starts(served, monkeypatch):
    installation = served.app.state.server.installation
    service = installation.current(0)
    caches, key = service.caches.levels, (service.framework.catalog.digest, AS_OF)
    caches._days.clear()
    with writing(installation.engine) as connection:
        connection.execute(schema.person_levels.delete())
    run(installation)
    assert key not in caches._days  # of thirty people they are worked out while one waits
    assert kept(installation) == {}
    monkeypatch.setattr(ahead, "FEW", 29)
    run(installation)
    assert len(caches.of_day(key, 0)) == 30
    assert len(kept(installation)) == 30


def test_levels_are_worked_out_again_of_whom_something_has_changed(served, monkeypatch):
    monkeypatch.setattr(ahead, "FEW", 29)
    monkeypatch.setattr(ahead, "LOOK_SECONDS", 0.01)
    installation = served.app.state.server.installation
    thread = ahead.AheadOfToday(installation)
    thread.start()
    wait_until(lambda: len(kept(installation)) == 30)
    someone, version = next(iter(kept(installation).items()))
    with writing(installation.engine) as connection:
        touch_people(connection, [someone])
    wait_until(lambda: kept(installation).get(someone) == version + 1)
    thread.stop()


def run(installation):
    thread = ahead.AheadOfToday(installation)
    thread.start()
    wait_until(lambda: thread.done_for is not None)
    thread.stop()


def wait_until(is_so):
    for _ in range(2000):
        if is_so():
            return
        time.sleep(0.01)
    pytest.fail("waited for nothing")


def kept(installation):
    """Return the version of everybody of whom levels are kept."""
    row = schema.person_levels.c
    with reading(installation.engine) as connection:
        return dict(connection.execute(sa.select(row.person_id, row.version)).all())


def test_what_goes_wrong_does_not_end_it(served, monkeypatch):
    monkeypatch.setattr(ahead, "keep_levels", lambda *args, **named: 1 / 0)
    monkeypatch.setattr(ahead, "FEW", 0)
    run(served.app.state.server.installation)
