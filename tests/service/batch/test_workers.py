"""Work that is handed out goes on while something is done, and gives up when nothing is."""

import itertools
import os

import pytest
from joblib.externals.loky.process_executor import TerminatedWorkerError
from organisations import AS_OF, TINY

from recommender.errors import ConflictError, InputError, StoreError
from recommender.service import workers as workers_code
from recommender.service.workers import Basis, Workers, check_cluster, hand_out
from recommender.settings import Settings

LOST = TerminatedWorkerError("killed")


@pytest.fixture
def hand(staff, monkeypatch):
    """Hand out numbers to this process alone, without pauses; return what came back."""
    monkeypatch.setattr(workers_code, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(workers_code.time, "sleep", lambda seconds: None)
    url = staff.engine.url.render_as_string(hide_password=False)
    here = Workers(Settings(database=url, catalog=TINY, as_of=AS_OF))

    def hand(work, items=range(20)):
        found = []
        for item, result in hand_out(here, Basis.of(staff), work, list(items)):
            assert result == 10 * item
            found.append(item)
        return found

    return hand


def test_a_run_may_lose_any_number_of_workers_as_long_as_it_gets_on(hand):
    calls = itertools.count(1)

    def work(_service, item):
        if next(calls) % 2 == 0:
            raise LOST
        return 10 * item

    # each item once, whatever was tried twice
    assert hand(work) == list(range(20))


def test_a_run_that_gets_nowhere_says_how_much_is_left(hand):
    calls = itertools.count(1)

    def work(_service, item):
        next(calls)
        if item == 7:
            raise LOST
        return 10 * item

    with pytest.raises(ConflictError) as caught:
        hand(work)
    assert (caught.value.code, caught.value.values["left"]) == ("batch.workers-die", 13)
    assert next(calls) - 1 == 7 + 5


def test_a_database_is_waited_for_and_other_errors_are_told_at_once(hand):
    tried = []

    def away_at_first(_service, item):
        tried.append(item)
        if len(tried) < 4:
            raise StoreError("store.unreachable", database="x")
        return 10 * item

    assert hand(away_at_first, [5]) == [5]
    assert tried == [5, 5, 5, 5]

    for error in (StoreError("store.damaged", database="x"), InputError("batch.facts-file")):

        def broken(_service, item, error=error):
            tried.append(item)
            raise error

        tried.clear()
        with pytest.raises(type(error)) as caught:
            hand(broken, [5])
        assert caught.value.code == error.code
        assert tried == [5]


def test_a_cluster_of_one_core_does_the_work_itself(staff):
    distributed = pytest.importorskip("distributed")
    settings = {
        "RECOMMENDER_DATABASE": staff.engine.url.render_as_string(hide_password=False),
        "RECOMMENDER_CATALOG": str(TINY),
        "RECOMMENDER_AS_OF": AS_OF.isoformat(),
    }
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        # any free port: of itself it takes 8787, where another cluster may be
        dashboard_address="127.0.0.1:0",
        env=settings,
    ) as cluster:
        there = Workers(Settings(), cluster=cluster.scheduler_address)
        done = dict(hand_out(there, Basis.of(staff), where_it_is_done, range(3)))
    assert set(done) == {0, 1, 2}
    (process,) = set(done.values())
    assert process != os.getpid()


def where_it_is_done(_service, _item):
    return os.getpid()


def test_a_cluster_that_is_not_there_is_told_of(monkeypatch):
    monkeypatch.setattr(workers_code, "_CONNECT_SECONDS", 0.2)
    with pytest.raises(InputError) as caught:
        check_cluster("tcp://127.0.0.1:9")
    assert caught.value.code == "batch.no-cluster"
    monkeypatch.setattr(workers_code, "find_spec", lambda name: None)
    with pytest.raises(InputError) as caught:
        check_cluster("tcp://127.0.0.1:9")
    assert caught.value.code == "batch.no-dask"
