"""Plans for everybody by one process and two, and by a cluster of one worker and two.

The commands are those of a user, each in a process of its own: start and end are in the figures, as
is a scheduler's part of the work.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from recommender.service.session import open_session
from recommender.settings import Settings
from tests.benchmarks.made_up_facts import AS_OF, write_made_up_facts
from tests.benchmarks.measuring import Figure

N_PEOPLE = 6_000
_RECOMMENDER = [sys.executable, "-c", "from recommender.cli import main; main()"]
_DASK = [sys.executable, "-m"]


def run() -> list[Figure]:
    """Measure; a ratio is the seconds of two divided by those of one."""
    with tempfile.TemporaryDirectory(prefix="sharing-") as name:
        folder = Path(name)
        settings = Settings(database=f"sqlite:///{folder / 'empty.db'}", as_of=AS_OF)
        with open_session(settings, "benchmark") as session:
            write_made_up_facts(folder / "facts", session.service.framework, N_PEOPLE)
        figures: list[Figure] = []
        for kind, plan in (("process", _plan_with_jobs), ("worker of a cluster", _plan_on_cluster)):
            alone = f"plans of {N_PEOPLE:,} people, 1 {kind}"
            one, two = (plan(folder, n) for n in (1, 2))
            figures.append(Figure(alone, one, 0))
            figures.append(Figure(f"the same, 2 of them ({kind})", two, 0, alone, two / one))
        return figures


def _plan_with_jobs(folder: Path, n_jobs: int) -> float:
    return _time_plans(folder, ["--jobs", str(n_jobs)])


def _plan_on_cluster(folder: Path, n_workers: int) -> float:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        scheduler = ["distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
        stack.enter_context(_running([*_DASK, *scheduler, "--no-dashboard"], folder))
        for _ in range(n_workers):
            worker = ["distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"]
            stack.enter_context(_running([*_DASK, *worker], folder))
        _wait_for_workers(address, n_workers)
        return _time_plans(folder, ["--cluster", address])


def _time_plans(folder: Path, words: Sequence[str]) -> float:
    with tempfile.TemporaryDirectory(dir=folder) as results:
        command = [*_RECOMMENDER, "plan-all", "--json", "--to", results, *words]
        start = time.perf_counter()
        done = subprocess.run(
            [*command, "--from", str(folder / "facts")],
            env=_environment(folder),
            capture_output=True,
            check=True,
            text=True,
        )
        seconds = time.perf_counter() - start
    assert json.loads(done.stdout)["computed"] == N_PEOPLE
    return seconds


def _wait_for_workers(address: str, n_workers: int) -> None:
    from distributed import Client

    with Client(address, timeout=60) as client:
        client.wait_for_workers(n_workers, timeout=60)


@contextmanager
def _running(words: Sequence[str], folder: Path) -> Iterator[None]:
    process = subprocess.Popen(
        words,
        env=_environment(folder),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def _environment(folder: Path) -> dict[str, str]:
    return os.environ | {
        "RECOMMENDER_DATABASE": f"sqlite:///{folder / 'empty.db'}",
        "RECOMMENDER_AS_OF": AS_OF.isoformat(),
        "PYTHONPATH": str(Path.cwd()),
        "OMP_NUM_THREADS": "1",
    }
