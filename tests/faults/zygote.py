"""Starts servers in an instant: a process that has read the program forks for each of them.

Reads a JSON object a line from standard input, and answers each with the id of a process that
has become `recommender serve`. That process leads a group of its own, in which its jobs run.

The tampering that some faults need is done here, in the process that is to suffer it; the program
knows nothing of it.
"""

from __future__ import annotations

import datetime
import json
import multiprocessing.forkserver
import multiprocessing.util
import os
import signal
import sys
import time
import types
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import psutil
import uvicorn

import api.app
import api.transport.connections
import recommender.service.jobs.process
import recommender.store.job_claims
from recommender.cli import main as run_command

# what takes so long
READ = (uvicorn, api.app, api.transport.connections, recommender.service.jobs.process)


def main() -> None:
    """Fork a server for every line; at the end none of them stays behind."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        wanted = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become_server(wanted)
        print(pid, flush=True)
    for server in psutil.Process().children():
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)


def _become_server(wanted: dict[str, Any]) -> NoReturn:
    code: Any = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for stream, target in ((os.open(os.devnull, os.O_RDONLY), 0), (log, 1), (log, 2)):
            os.dup2(stream, target)
        os.environ.update(wanted["environment"])
        if wanted.get("clock"):
            follow_clock(Path(wanted["clock"]))
        if wanted.get("silent_seconds"):
            recommender.store.job_claims.SILENT_SECONDS = wanted["silent_seconds"]
        _fork_the_starter_of_jobs()
        sys.argv = ["recommender", "serve", "--port", str(wanted["port"])]
        run_command()
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        os._exit(code if isinstance(code, int) else 0)


def _fork_the_starter_of_jobs() -> None:
    """Fork the process that starts jobs; else it would read the whole program once more."""
    start = multiprocessing.util.spawnv_passfds

    def fork(path: bytes, arguments: Sequence[str], handles: Sequence[int]) -> int:
        if "forkserver" not in arguments[-1]:
            return start(path, arguments, handles)
        pid = os.fork()
        if pid == 0:
            for other in set(range(3, 256)) - set(handles):
                with suppress(OSError):
                    os.close(other)
            exec(arguments[-1], {})
            os._exit(0)
        return pid

    multiprocessing.util.spawnv_passfds = fork
    multiprocessing.forkserver.ensure_running()
    # where a server needs another one later, it has threads and a database open: no forking then
    multiprocessing.util.spawnv_passfds = start


def follow_clock(file: Path) -> None:
    """Let the program's clock be wrong by as many seconds as stand in a file."""
    real_time = time.time

    def wrong_time() -> float:
        return real_time() + float(file.read_text(encoding="ascii"))

    class _AnyMoment(type):
        def __instancecheck__(cls, thing: object) -> bool:
            return isinstance(thing, datetime.datetime)

    class _WrongMoment(datetime.datetime, metaclass=_AnyMoment):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override] - a moment like all others
            return datetime.datetime.fromtimestamp(wrong_time(), tz)

    wrong = types.ModuleType("datetime")
    wrong.__dict__.update(vars(datetime) | {"datetime": _WrongMoment})
    time.time = wrong_time
    # only what the program itself knows of `datetime`: copies of the real one are all over
    for name, module in [*sys.modules.items()]:
        if name.partition(".")[0] in ("api", "recommender") and vars(module).get("dt") is datetime:
            module.dt = wrong  # type: ignore[attr-defined] - a module like all others


if __name__ == "__main__":
    main()
