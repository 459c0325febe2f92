"""The levels of everybody are there before anybody asks for them."""

import time

from organisations import AS_OF

from recommender.service.today import ahead


def test_levels_are_worked_out_when_a_server_starts(served, monkeypatch):
    installation = served.app.state.server.installation
    service = installation.current(0)
    held = service.caches.levels.of_day((service.framework.catalog.digest, AS_OF))
    held.clear()
    run(installation)
    assert not held  # of thirty people they are worked out while one waits
    monkeypatch.setattr(ahead, "FEW", 29)
    run(installation)
    assert len(held) == 30


def run(installation):
    thread = ahead.AheadOfToday(installation)
    thread.start()
    while thread.done_for is None:
        time.sleep(0.01)
    thread.stop()


def test_what_goes_wrong_does_not_end_it(served, monkeypatch):
    monkeypatch.setattr(ahead, "read_assessing", lambda session: 1 / 0)
    monkeypatch.setattr(ahead, "FEW", 0)
    run(served.app.state.server.installation)
