"""On PostgreSQL idle workers are told of new jobs, and where not they find them all the same."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa
from organisations import AS_OF, TINY
from structlog.testing import capture_logs

from recommender.errors import StoreError
from recommender.service.installation import Installation
from recommender.service.jobs import requests as jobs
from recommender.service.jobs import runner as job_runner
from recommender.service.jobs.runner import JobRunner
from recommender.service.permissions import COMMAND_LINE
from recommender.service.session import Session
from recommender.settings import Settings
from recommender.store import writing
from recommender.store.job_calls import Bell, call_workers
from recommender.store.jobs import JobStatus

PATIENCE = 300
pytestmark = pytest.mark.parametrize(
    "library_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


@pytest.fixture
def live(library_url, tmp_path):
    """The library, as a server process has it."""
    settings = Settings(database=library_url, catalog=TINY, as_of=AS_OF, models=tmp_path / "models")
    service = Installation(settings)
    yield service
    service.close()


@pytest.fixture
def runner(live, monkeypatch):
    """A runner that has looked for jobs, and looks for none of its own accord any more."""
    monkeypatch.setattr(job_runner, "LOOK_SECONDS", 10 * PATIENCE)
    runner = JobRunner(live)
    runner.start()
    wait_for(lambda: runner._bell.is_open)
    yield runner
    runner.stop(grace_seconds=0)


def wait_for(condition):
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)


def submit(live):
    """Queue a job as another process does, which cannot wake the runner of this one."""
    session = Session(live.current(0), COMMAND_LINE, "test", today=AS_OF, lang="en")
    # nobody is in that unit: the work itself is nothing
    table = "person_id,name,org_unit,grade\n"
    return jobs.submit_import(session, "people", table.encode()).job_id


def has_ended(live, job_id):
    session = Session(live.current(0), COMMAND_LINE, "test", today=AS_OF, lang="en")
    return jobs.get_job(session, job_id).status in (JobStatus.DONE, JobStatus.FAILED)


def test_an_idle_worker_takes_a_job_that_it_was_told_of(live, runner):
    for _ in range(2):
        job_id = submit(live)
        wait_for(lambda job_id=job_id: has_ended(live, job_id))


def cut(live, bell):
    """End the connection that a bell listens on, as a restart of the server does."""
    with writing(live.engine) as connection:
        pid = bell._connection.info.backend_pid
        connection.execute(sa.select(sa.func.pg_terminate_backend(pid)))


def test_a_worker_outlives_the_connection_that_it_listens_on(live, runner):
    with capture_logs() as logs:
        cut(live, runner._bell)
        wait_for(lambda: not runner._bell.is_open)
        # looked for as on SQLite, for it listens again only after a while
        job_id = submit(live)
        wait_for(lambda: has_ended(live, job_id))
    assert [line["event"] for line in logs].count("jobs are looked for") == 1
    runner._open_bell_at = 0.0
    wait_for(lambda: runner._bell.is_open)
    job_id = submit(live)
    wait_for(lambda: has_ended(live, job_id))


def test_a_bell_rings_for_what_was_committed(live):
    bell, late = Bell(live.engine), Bell(live.engine)
    bell.open()
    with live.engine.connect() as connection:
        call_workers(connection)
        connection.rollback()
    assert not bell.rings(0)
    with writing(live.engine) as connection:
        call_workers(connection)
    late.open()
    assert bell.rings(PATIENCE)
    assert not late.rings(0)
    cut(live, bell)
    with pytest.raises(StoreError) as lost:
        bell.rings(PATIENCE)
    assert (lost.value.code, bell.is_open) == ("store.unreachable", False)
    late.close()
