"""`GET recommendations` under load, beside routes that send the same bytes from memory.

`python -m tests.benchmarks.serving --soak SECONDS` keeps the load up and watches the memory;
its figures are in build/soak.json.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from databases import fresh_postgresql, postgresql_server
from serving import make_keys, settings_for, store_sample

from recommender.service.permissions import Role
from tests.benchmarks.load import Load, run_load

PEOPLE, CONNECTIONS, ROUNDS = 200, 32, 5
FIRST_PORT = 8310
# application, path, server processes; all on connections of the kind that `recommender serve` has
APPS = {
    "service": ("api.app:create_app", "/v1/people/{}/recommendations", 1),
    "two_workers": ("api.app:create_app", "/v1/people/{}/recommendations", 2),
    "bare": ("tests.benchmarks.bare_app:create_bare_app", "/v1/bare/{}", 1),
    "memory": ("tests.benchmarks.bare_app:create_memory_app", "/memory/{}", 1),
}


def measure_serving(*, seconds: float) -> list[dict[str, Any]]:
    """Measure throughput and latency on both databases.

    Parameters
    ----------
    seconds : float
        Of each load; there are `ROUNDS` of them, the applications in turn.

    Returns
    -------
    list of dict
        One a database: medians over the rounds, and the ratios to what stands beside.
    """
    found: list[dict[str, Any]] = []
    for kind, url, folder in _databases():
        key, ids = _prepare(url, folder)
        with ExitStack() as stack:
            ports = {
                name: stack.enter_context(
                    _served(app, url, folder, key, FIRST_PORT + i, workers=workers)
                )[0]
                for i, (name, (app, _, workers)) in enumerate(APPS.items())
            }
            paths = {name: [path.format(i) for i in ids] for name, (_, path, _) in APPS.items()}
            for name in APPS:
                run_load(ports[name], paths[name], key=key, seconds=5)
            loads: dict[str, list[Load]] = {name: [] for name in APPS}
            for _ in range(ROUNDS):
                for name in APPS:
                    loads[name].append(
                        run_load(
                            ports[name],
                            paths[name],
                            key=key,
                            seconds=seconds,
                            connections=CONNECTIONS,
                        )
                    )
        figures: dict[str, Any] = {"database": kind, "connections": CONNECTIONS, "people": PEOPLE}
        for name, several in loads.items():
            figures[name] = {
                "per_second": median(load.per_second for load in several),
                "p50_ms": median(load.p50 for load in several),
                "p99_ms": median(load.p99 for load in several),
                "failed": sum(load.failed for load in several),
            }
        for name in ("bare", "memory"):
            figures[f"throughput_of_{name}"] = (
                figures["service"]["per_second"] / figures[name]["per_second"]
            )
            figures[f"p99_of_{name}"] = figures["service"]["p99_ms"] / figures[name]["p99_ms"]
        # what the image runs by default
        for figure in ("per_second", "p50_ms"):
            figures[f"{figure}_of_one_worker"] = (
                figures["two_workers"][figure] / figures["service"][figure]
            )
        found.append(figures)
    return found


def soak(*, seconds: float) -> list[dict[str, Any]]:
    """Keep the load up on both databases and watch the memory of the server.

    Parameters
    ----------
    seconds : float
        On each database.

    Returns
    -------
    list of dict
        Memory in MiB by the minute, and the requests that failed.
    """
    found: list[dict[str, Any]] = []
    for kind, url, folder in _databases():
        key, ids = _prepare(url, folder)
        paths = [
            f"/v1/people/{person}/{question}"
            for person in ids
            for question in ("recommendations", "recommendations?top=3", "gaps")
        ]
        with _served(APPS["service"][0], url, folder, key, FIRST_PORT) as (port, process):
            run_load(port, paths, key=key, seconds=min(60, seconds / 4))
            memory: list[float] = []
            answered = failed = 0.0
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                memory.append(process.memory_info().rss / 2**20)
                part = min(30.0, seconds / 5)
                load = run_load(port, paths, key=key, seconds=part)
                answered += load.per_second * part
                failed += load.failed
            memory.append(process.memory_info().rss / 2**20)
        third = len(memory) // 3
        found.append(
            {
                "database": kind,
                "seconds": seconds,
                "answered": round(answered),
                "failed": round(failed),
                "memory_mib": [round(value, 1) for value in memory],
                # the first third may still fill caches; what grows after it grows without end
                "growth": median(memory[-third:]) / median(memory[third : 2 * third]) - 1,
            }
        )
    return found


def _databases() -> Iterator[tuple[str, str, Path]]:
    with tempfile.TemporaryDirectory(prefix="serving-") as name:
        folder = Path(name)
        yield "sqlite", f"sqlite:///{folder / 'served.db'}", folder
    with (
        tempfile.TemporaryDirectory(prefix="serving-") as name,
        postgresql_server() as server,
        fresh_postgresql(server) as url,
    ):
        yield "postgresql", url, Path(name)


def _prepare(url: str, folder: Path) -> tuple[str, list[str]]:
    settings = settings_for(url, folder)
    sample = store_sample(settings, n_people=PEOPLE)
    return make_keys(settings)[Role.ADMIN], sample.people["person_id"].tolist()


@contextmanager
def _served(
    app: str, url: str, folder: Path, key: str, port: int, *, workers: int = 1
) -> Iterator[tuple[int, psutil.Process]]:
    environment = os.environ | {
        "RECOMMENDER_DATABASE": url,
        "RECOMMENDER_MODELS": str(folder / "models"),
        "RECOMMENDER_AS_OF": str(date(2026, 11, 1)),
        "RECOMMENDER_RATE_LIMIT": "1000000000/minute",
        "BENCH_KEY": key,
    }
    command = [sys.executable, "-m", "uvicorn", app, "--factory", "--port", str(port)]
    command += ["--workers", str(workers)]
    command += ["--http", "api.transport.connections:PatientConnection"]
    with (folder / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--no-access-log"], env=environment, stdout=log, stderr=log
        )
    try:
        _wait(port, process)
        yield port, psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/docs", timeout=2)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the server did not start in time")


def main() -> None:
    """Run the soak and write its figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--soak", type=float, default=600, help="Seconds on each database.")
    figures = soak(seconds=parser.parse_args().soak)
    path = Path("build/soak.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
