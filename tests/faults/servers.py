"""Servers that are started in an instant, killed, stopped, started again."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from improvement.registry_models import KEY
from organisations import AS_OF

ZYGOTE = Path(__file__).with_name("zygote.py")
SILENT_SECONDS = 2  # so that a job whose server was killed is begun anew while somebody looks


@dataclass(frozen=True)
class Server:
    """A running `recommender serve`.

    Parameters
    ----------
    port : int
        Where it listens on this machine.
    pid : int
        Of its process, and of the group that its jobs run in.
    log_file : Path
        Where its log lines are.
    """

    port: int
    pid: int
    log_file: Path

    def kill(self, *, alone: bool = False) -> None:
        """Kill it and its jobs, as a power cut would; or alone, as want of memory would."""
        (os.kill if alone else os.killpg)(self.pid, signal.SIGKILL)
        self.wait_for_end(120)

    def stop(self, *, alone: bool = True) -> None:
        """Ask it to end, as `docker stop` does; or its jobs too, as Ctrl-C or systemd would."""
        (os.kill if alone else os.killpg)(self.pid, signal.SIGTERM)

    def wait_for_end(self, seconds: float) -> None:
        """Wait until the process is gone."""
        ends = time.monotonic() + seconds
        while psutil.pid_exists(self.pid):
            if time.monotonic() > ends:
                raise TimeoutError(f"the server is still there after {seconds} s")
            time.sleep(0.01)

    def bugs(self) -> list[str]:
        """Return the lines of its log that speak of a mistake in the program."""
        lines = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        signs = ('"event": "bug"', '"event": "job has a bug"', "Traceback", "Exception in ASGI")
        # a traceback says at its end what it is about
        return [
            "\n".join(line[:600] for line in lines[at : at + (40 if "Traceback" in line else 1)])
            for at, line in enumerate(lines)
            if any(sign in line for sign in signs)
        ]

    def is_ready(self) -> bool:
        """Say whether it can answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def wait_until_ready(self, seconds: float = 300) -> None:
        """Wait until it can answer."""
        ends = time.monotonic() + seconds
        while not self.is_ready():
            if not psutil.pid_exists(self.pid) or time.monotonic() > ends:
                raise RuntimeError(self.log_file.read_text(encoding="utf-8")[-4000:])
            time.sleep(0.02)


class Nursery:
    """The process that servers are forked from; it has read the whole program."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(ZYGOTE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(
        self,
        url: str,
        folder: Path,
        *,
        clock: Path | None = None,
        silent_seconds: float | None = SILENT_SECONDS,
        **settings: str,
    ) -> Server:
        """Start a server and wait until it can answer.

        Parameters
        ----------
        url : str
            The database.
        folder : Path
            For its log and its models.
        clock : Path, optional
            File that says by how many seconds its clock is wrong.
        silent_seconds : float or None
            How long a worker may be silent until its job is begun anew elsewhere; None as it is.
        **settings : str
            Further settings, by their names in the environment without the prefix.
        """
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        given = {
            "DATABASE": url,
            "MODELS": str(folder / "models"),
            "MODEL_KEY": KEY.decode(),
            "AS_OF": AS_OF.isoformat(),
            "LANG": "en",
            "RATE_LIMIT": "1000000/minute",
            "PLAN_LIMIT": "1000000/hour",
            **settings,
        }
        wanted: dict[str, Any] = {
            "port": port,
            "log": str(folder / "server.log"),
            "environment": {f"RECOMMENDER_{name}": value for name, value in given.items()},
            "silent_seconds": silent_seconds,
            "clock": None if clock is None else str(clock),
        }
        server = Server(port, self._fork(wanted), folder / "server.log")
        server.wait_until_ready()
        return server

    @contextmanager
    def running(self, url: str, folder: Path, **options: Any) -> Iterator[Server]:
        """Start a server, and kill it at the end if it is still there."""
        server = self.start(url, folder, **options)
        try:
            yield server
        finally:
            with suppress(ProcessLookupError):
                server.kill()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(120)
        self._process.stdout.close()

    def _fork(self, wanted: dict[str, Any]) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Have servers started in an instant."""
    found = Nursery()
    try:
        yield found
    finally:
        found.close()
