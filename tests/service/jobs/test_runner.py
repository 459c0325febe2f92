"""Jobs are worked on once, whoever dies, stalls or is in doubt about it meanwhile."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import doomed_workers
import psutil
import pytest
import sqlalchemy as sa
from organisations import AS_OF, TINY
from structlog.testing import capture_logs

from recommender.errors import StoreError
from recommender.service.installation import Installation
from recommender.service.jobs import requests as jobs
from recommender.service.jobs import runner as job_runner
from recommender.service.jobs.process import Ended, run_job
from recommender.service.jobs.runner import MOST_ATTEMPTS, JobRunner
from recommender.service.permissions import PERMISSIONS, Principal, Role
from recommender.service.session import Session
from recommender.settings import Settings
from recommender.store import reading, schema, writing
from recommender.store.job_claims import (
    claim_job,
    fail_job,
    finish_job,
    job_waits,
    keep_claim,
    release_job,
)
from recommender.store.jobs import JobStatus, forget_jobs

ADMIN = Principal("key:admin", Role.ADMIN, PERMISSIONS[Role.ADMIN])
PEOPLE = "person_id,name,org_unit,grade\nN1,新人,新部,assistant\nN2,新人,新部,assistant\n"
PATIENCE = 300


@pytest.fixture
def live(library, library_url, tmp_path):
    """The library, as a server process has it."""
    settings = Settings(database=library_url, catalog=TINY, as_of=AS_OF, models=tmp_path / "models")
    service = Installation(settings)
    yield service
    service.close()


@pytest.fixture
def runner(live, monkeypatch):
    """A runner that is not started yet, and does not wait long."""
    monkeypatch.setattr(job_runner, "POLL_SECONDS", 0.05)
    runner = JobRunner(live)
    yield runner
    runner.stop(grace_seconds=0)


def ask(live, use, *args, **values):
    session = Session(live.current(0), ADMIN, "test", today=AS_OF, lang="en")
    return use(session, *args, **values)


def submit(live, text=PEOPLE):
    return ask(live, jobs.submit_import, "people", text.encode()).job_id


def look(live, job_id):
    return ask(live, jobs.get_job, job_id)


def wait_for_end(live, job_id):
    ends = time.monotonic() + PATIENCE
    while not (job := look(live, job_id)).has_ended:
        assert time.monotonic() < ends, job
        time.sleep(0.05)
    return job


def wait_for(condition):
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


def write(live, use, *args, **values):
    with writing(live.engine) as connection:
        return use(connection, *args, **values)


def change(live, job_id, **columns):
    table = schema.job
    write(
        live,
        lambda c: c.execute(table.update().where(table.c.job_id == job_id).values(**columns)),
    )


def count(live, table, *conditions):
    with reading(live.engine) as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions))


def new_people(live):
    return count(live, schema.person, schema.person.c.person_id.in_(["N1", "N2"]))


def runs_to_come(live):
    return count(live, schema.job, schema.job.c.run_at > seconds_ago(0))


def imports_in_trail(live):
    return count(live, schema.audit_entry, schema.audit_entry.c.action == "job-import")


def seconds_ago(seconds):
    return dt.datetime.now(dt.UTC) - dt.timedelta(seconds=seconds)


def test_workers_that_race_share_the_jobs(live):
    made = [submit(live) for _ in range(12)]
    start = threading.Barrier(4)

    def claim_all(worker):
        start.wait()
        mine = []
        while (job := write(live, claim_job, worker)) is not None:
            mine.append(job.job_id)
        return mine

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(claim_all, "abcd"))
    assert sorted(job_id for share in shares for job_id in share) == made


def test_the_oldest_is_claimed_first(live):
    made = [submit(live) for _ in range(3)]
    assert [write(live, claim_job, "w").job_id for _ in made] == made
    assert write(live, claim_job, "w") is None


@pytest.mark.parametrize(("seen", "taken_over"), [(50, False), (70, True), (-50, False)])
def test_only_the_job_of_a_silent_worker_is_taken_over(live, seen, taken_over):
    job_id = submit(live)
    write(live, claim_job, "first")
    change(live, job_id, seen_at=seconds_ago(seen))
    assert write(live, job_waits) is taken_over
    again = write(live, claim_job, "second")
    assert (again is not None) is taken_over
    if taken_over:
        assert (again.job_id, again.attempts) == (job_id, 2)
        change(live, job_id, seen_at=seconds_ago(50))
        write(live, keep_claim, job_id, "first")
        assert write(live, claim_job, "third") is None
        change(live, job_id, seen_at=seconds_ago(70))
        write(live, keep_claim, job_id, "second")
        assert write(live, claim_job, "third") is None


def test_when_the_clock_is_set_back_a_worker_has_time_to_say_that_it_is_there(live):
    job_id = submit(live)
    write(live, claim_job, "first")
    change(live, job_id, seen_at=seconds_ago(-86_400))
    assert write(live, job_waits)  # to be looked at, not to be claimed
    assert write(live, claim_job, "second") is None
    assert not write(live, job_waits)
    seen = schema.job.c.seen_at
    assert count(live, schema.job, seen > seconds_ago(10), seen < seconds_ago(-10)) == 1
    change(live, job_id, seen_at=seconds_ago(70))
    assert write(live, claim_job, "second").attempts == 2


def test_who_was_taken_for_dead_changes_nothing_any_more(live):
    submit(live)
    job = write(live, claim_job, "first")
    change(live, job.job_id, seen_at=seconds_ago(70))
    again = write(live, claim_job, "second")
    settings = live.settings
    assert run_job(live.current(0), settings, job, "first") == Ended(done=False)
    assert (new_people(live), imports_in_trail(live)) == (0, 0)
    assert not write(live, fail_job, job.job_id, "first", problem={"code": "x", "values": {}})
    assert not write(live, release_job, job.job_id, "first", counts=True)
    assert look(live, job.job_id).status is JobStatus.RUNNING
    assert run_job(live.current(0), settings, again, "second") == Ended(done=True)
    assert (new_people(live), imports_in_trail(live)) == (2, 1)
    assert not write(live, finish_job, job.job_id, "second", result={})


def test_a_job_that_waits_is_cancelled_at_once(live):
    job_id = submit(live)
    job = ask(live, jobs.cancel_job, job_id)
    assert (job.status, job.has_ended) == (JobStatus.CANCELLED, True)
    assert write(live, claim_job, "w") is None


def test_a_job_that_is_all_but_done_can_still_be_cancelled(live):
    job_id = submit(live)
    job = write(live, claim_job, "w")
    asked = ask(live, jobs.cancel_job, job_id)
    assert (asked.status, asked.cancel_asked) == (JobStatus.RUNNING, True)
    assert run_job(live.current(0), live.settings, job, "w") == Ended(done=False)
    assert (new_people(live), imports_in_trail(live)) == (0, 0)


def test_a_job_that_has_ended_stays_as_it_is(live):
    job_id = submit(live)
    run_job(live.current(0), live.settings, write(live, claim_job, "w"), "w")
    assert ask(live, jobs.cancel_job, job_id).status is JobStatus.DONE


@pytest.mark.parametrize("moment", doomed_workers.MOMENTS)
def test_an_import_killed_at_any_moment_is_there_whole_or_not_at_all(live, runner, moment):
    """And where it repeats, the next run waits once."""
    job_id = submit(live)
    change(live, job_id, actor="cli", repeat="daily", repeat_since=seconds_ago(600))
    job = write(live, claim_job, "doomed")
    processes = job_runner._processes()
    said, say = processes.Pipe(duplex=False)
    process = processes.Process(
        target=doomed_workers.die_at, args=(moment, live.settings, job, "doomed", say)
    )
    process.start()
    say.close()
    process.join(PATIENCE)
    said.close()
    assert process.exitcode == -9
    process.close()
    stored = moment == "after the commit"
    assert look(live, job_id).status is (JobStatus.DONE if stored else JobStatus.RUNNING)
    assert (new_people(live), imports_in_trail(live)) == ((2, 1) if stored else (0, 0))
    assert runs_to_come(live) == (1 if stored else 0)
    change(live, job_id, seen_at=seconds_ago(70))
    runner.start()
    assert wait_for_end(live, job_id).status is JobStatus.DONE
    assert (new_people(live), imports_in_trail(live)) == (2, 1)
    assert count(live, schema.import_batch) == runs_to_come(live) == 1


def test_a_runner_works_jobs_off_and_notes_how_they_ended(live, runner):
    good, bad = submit(live), submit(live, PEOPLE.replace("assistant", "chief"))
    runner.start()
    assert wait_for_end(live, good).status is JobStatus.DONE
    failed = wait_for_end(live, bad)
    assert (failed.status, failed.problem.code, failed.has_report) == (
        JobStatus.FAILED,
        "table.faults",
        True,
    )
    assert len(failed.problem.faults) == 2
    later = submit(live)
    runner.wake()
    assert wait_for_end(live, later).status is JobStatus.DONE


def test_a_bug_is_a_problem_of_the_job_and_a_line_in_the_log(live, runner):
    job_id = submit(live)
    change(live, job_id, request={"lang": "en", "table": "people", "secret": "何志强"})
    with capture_logs() as logs:
        runner.start()
        job = wait_for_end(live, job_id)
    assert (job.status, job.problem.code) == (JobStatus.FAILED, "job.bug")
    (line,) = [line for line in logs if line["log_level"] == "error"]
    assert (line["job_id"], line["error"]) == (job_id, "KeyError")
    assert any("import_upload" in frame for frame in line["at"])
    assert "何志强" not in str(logs)


def test_a_job_that_kills_its_process_is_given_up(live, runner, monkeypatch):
    monkeypatch.setattr(job_runner, "work_alone", doomed_workers.die)
    poison = submit(live)
    runner.start()
    job = wait_for_end(live, poison)
    assert (job.status, job.problem.code) == (JobStatus.FAILED, "job.crashed")
    monkeypatch.undo()
    good = submit(live)
    assert wait_for_end(live, good).status is JobStatus.DONE


def test_a_job_that_takes_servers_down_with_it_is_given_up(live, runner):
    job_id = submit(live)
    for _ in range(MOST_ATTEMPTS):
        write(live, claim_job, "a server that dies")
        change(live, job_id, seen_at=seconds_ago(70))
    runner.start()
    job = wait_for_end(live, job_id)
    assert (job.status, job.problem.code) == (JobStatus.FAILED, "job.crashed")
    assert new_people(live) == 0


def working_process(live) -> psutil.Process:
    file = Path(live.settings.models, "pid")
    wait_for(lambda: file.exists() and file.read_text())
    return psutil.Process(int(file.read_text()))


def has_died(process):
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_job_at_work_is_cancelled_soon(live, runner, monkeypatch):
    monkeypatch.setattr(job_runner, "work_alone", doomed_workers.never_end)
    job_id = submit(live)
    runner.start()
    process = working_process(live)
    ask(live, jobs.cancel_job, job_id)
    assert wait_for_end(live, job_id).status is JobStatus.CANCELLED
    assert has_died(process)


def test_a_runner_that_stops_puts_its_job_back(live, runner, monkeypatch):
    monkeypatch.setattr(job_runner, "work_alone", doomed_workers.never_end)
    job_id = submit(live)
    runner.start()
    process = working_process(live)
    runner.stop(grace_seconds=0.2)
    assert has_died(process)
    assert look(live, job_id).status is JobStatus.QUEUED
    assert write(live, claim_job, "next").attempts == 1


def test_a_process_that_is_told_to_end_is_not_to_blame(live, runner, monkeypatch):
    """As when a whole service is stopped, its processes all at once."""
    monkeypatch.setattr(job_runner, "work_alone", doomed_workers.linger)
    monkeypatch.setattr(job_runner, "STOP_SECONDS", PATIENCE)
    job_id = submit(live)
    runner.start()
    process = working_process(live)
    process.terminate()
    wait_for(lambda: look(live, job_id).status is JobStatus.QUEUED)
    assert has_died(process)
    runner.stop(grace_seconds=0)
    assert write(live, claim_job, "next").attempts == 1


def test_a_runner_that_stops_waits_for_its_job(live, runner):
    job_id = submit(live)
    runner.start()
    wait_for(lambda: look(live, job_id).status is not JobStatus.QUEUED)
    runner.stop(grace_seconds=PATIENCE)
    assert look(live, job_id).status is JobStatus.DONE


def test_the_worker_of_a_long_job_is_not_taken_for_dead(live, runner, monkeypatch):
    monkeypatch.setattr(job_runner, "work_alone", doomed_workers.never_end)
    monkeypatch.setattr(job_runner, "BEAT_SECONDS", 0.1)
    job_id = submit(live)
    runner.start()
    working_process(live)
    change(live, job_id, seen_at=seconds_ago(70))
    table = schema.job.c
    wait_for(lambda: count(live, schema.job, table.seen_at > seconds_ago(10)) == 1)


def test_a_database_that_goes_and_comes_back_is_waited_for(live, runner, monkeypatch):
    claims = [StoreError("store.unreachable", database="x"), StoreError("store.full", database="x")]

    def claim(connection, worker):
        if claims:
            raise claims.pop()
        return claim_job(connection, worker)

    monkeypatch.setattr(job_runner, "claim_job", claim)
    monkeypatch.setattr(job_runner, "LONGEST_PAUSE_SECONDS", 0.1)
    job_id = submit(live)
    with capture_logs() as logs:
        runner.start()
        assert wait_for_end(live, job_id).status is JobStatus.DONE
        runner.stop()
    said = [line["event"] for line in logs]
    assert said.count("jobs wait") == said.count("jobs go on") == 1


@pytest.mark.parametrize(
    ("code", "tries"), [("store.locked", MOST_ATTEMPTS + 2), ("store.reference", MOST_ATTEMPTS)]
)
def test_trouble_with_the_database_is_another_try(live, runner, monkeypatch, code, tries):
    """Of what passes as many as it takes; of what may be the job's own fault a few."""
    monkeypatch.setattr(job_runner, "LONGEST_PAUSE_SECONDS", 0.1)
    troubled = partial(doomed_workers.have_trouble, code, tries - 1)
    monkeypatch.setattr(job_runner, "work_alone", troubled)
    job_id = submit(live)
    with capture_logs() as logs:
        runner.start()
        assert wait_for_end(live, job_id).status is JobStatus.DONE
    assert new_people(live) == 2
    said = [line["event"] for line in logs]
    passes = code == "store.locked"
    assert said.count("jobs wait") == passes  # the others' jobs need not wait for this one
    assert said.count("job begins anew") == (0 if passes else tries - 1)


def test_trouble_that_stays_ends_the_job(live, runner, monkeypatch):
    monkeypatch.setattr(job_runner, "LONGEST_PAUSE_SECONDS", 0.1)
    troubled = partial(doomed_workers.have_trouble, "store.reference", MOST_ATTEMPTS)
    monkeypatch.setattr(job_runner, "work_alone", troubled)
    job_id = submit(live)
    runner.start()
    job = wait_for_end(live, job_id)
    assert (job.status, job.problem.code) == (JobStatus.FAILED, "store.reference")


def test_jobs_that_ended_are_forgotten_in_time(live):
    old, new, waiting = submit(live), submit(live), submit(live)
    for job_id in (old, new):
        ask(live, jobs.cancel_job, job_id)
    change(live, old, finished_at=seconds_ago(100))
    assert write(live, forget_jobs, seconds_ago(50)) == 1
    assert [job.job_id for job in ask(live, jobs.get_jobs, limit=9)] == [waiting, new]


ORPHANED = """
import os, signal
from multiprocessing import Pipe
from recommender.service.jobs import process
heard, said = Pipe(duplex=False)
heard.close()  # as when the server is killed
process._work = lambda *_: process.Ended(done=True)
process.work_alone(None, None, "worker", said)
os.kill(os.getpid(), signal.SIGTERM)
"""


def test_a_worker_whose_server_was_killed_ends_without_a_traceback():
    words = [sys.executable, "-c", ORPHANED]
    ended = subprocess.run(words, capture_output=True, check=False, timeout=PATIENCE, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
