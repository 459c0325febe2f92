"""The program's own server in a process, and clients that keep to no rule."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
from organisations import AS_OF
from serving import store_cast

from recommender.service.permissions import Role

PROGRAM = [sys.executable, "-c", "from recommender.cli import main; main()"]


@dataclass(frozen=True)
class RawAnswer:
    """What came back over a socket.

    Parameters
    ----------
    status : int
        0 where the connection was closed without an answer.
    headers : list of tuple of str
        As they came, names in lower case.
    body : bytes
        All that follows them.
    seconds : float
        From the first byte sent to the end of the connection.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    seconds: float

    @property
    def problem(self) -> dict[str, Any]:
        """The problem document."""
        assert ("content-type", "application/problem+json") in self.headers, self
        found = json.loads(self.body)
        assert found["status"] == self.status
        return found


@dataclass(frozen=True)
class RealServer:
    """A running server.

    Parameters
    ----------
    port : int
        Where it listens on this machine.
    process : psutil.Process
        Its process.
    log_file : Path
        Where its log lines are.
    keys : mapping of Role to str
        A key for each role, where people are served; see `serve_sample`.
    """

    port: int
    process: psutil.Process
    log_file: Path
    keys: Mapping[Role, str] = field(default_factory=dict[Role, str])

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def connect(self, *, timeout: float = 120) -> socket.socket:
        """Open a connection and say nothing yet."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def say(
        self, *pieces: bytes | Iterator[bytes], pause: float = 0, timeout: float = 120
    ) -> RawAnswer:
        """Send bytes, also past the point where the server has heard enough, and read the answer.

        Parameters
        ----------
        *pieces : bytes or iterator of bytes
            What to send, one after the other.
        pause : float
            Seconds between two of them.
        timeout : float
            Seconds to wait for anything to happen.
        """
        began = time.monotonic()
        got = bytearray()
        with self.connect(timeout=timeout) as connection:
            # whatever can still be sent is sent: a client that does not listen meanwhile
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for piece in pieces:
                    for part in [piece] if isinstance(piece, bytes) else piece:
                        connection.sendall(part)
                        time.sleep(pause)
            with contextlib.suppress(ConnectionResetError):
                while part := connection.recv(65536):
                    got += part
        return _read_answer(bytes(got), time.monotonic() - began)

    def ask(self, method: str, path: str, *, key: str = "", body: bytes = b"") -> RawAnswer:
        """Send a decent request."""
        return self.say(request(method, path, key=key, length=len(body)) + body)

    def is_well(self) -> bool:
        """Say whether it answers."""
        with urllib.request.urlopen(f"{self.url}/health/ready", timeout=120) as answer:
            return answer.status == 200

    def log(self) -> list[dict[str, Any]]:
        """Return its log lines, as far as they are the application's: those are JSON."""
        whole, _, _ = self.log_text().rpartition("\n")  # the last line may be half written
        lines = whole.splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def log_text(self) -> str:
        """Return all that it ever wrote."""
        return self.log_file.read_text(encoding="utf-8")

    def logged(self, request_id: str) -> dict[str, Any]:
        """Return the one log line of a request."""
        for _ in range(1200):  # it is written after the answer went out
            found = [line for line in self.log() if line.get("request_id") == request_id]
            if found:
                (line,) = found
                return line
            time.sleep(0.05)
        raise AssertionError(f"{request_id} is not in the log")


def request(
    method: str,
    path: str,
    *,
    key: str = "",
    length: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Return the head of a request, after which the connection ends.

    Parameters
    ----------
    method, path : str
        Of the request.
    key : str
        An API key; none unless given.
    length : int or None
        Content-Length; none where it is None or 0.
    headers : mapping, optional
        Further headers.
    """
    lines = [f"{method} {path} HTTP/1.1", "Host: test", "Connection: close", "Accept-Language: en"]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    if length:
        lines += [f"Content-Length: {length}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _read_answer(got: bytes, seconds: float) -> RawAnswer:
    if not got:
        return RawAnswer(0, [], b"", seconds)
    head, _, body = got.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = [
        (name.lower(), value.strip()) for name, _, value in (x.partition(":") for x in lines)
    ]
    return RawAnswer(int(status.split()[1]), headers, body, seconds)


@contextmanager
def run_server(
    url: str, folder: Path, *, workers: int = 1, **settings: str
) -> Iterator[RealServer]:
    """Run `recommender serve` on a database that is there.

    Parameters
    ----------
    url : str
        The database.
    folder : Path
        For its log and its models.
    workers : int
        How many processes.
    **settings : str
        Further settings, by their names in the environment without the prefix.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {
        "DATABASE": url,
        "MODELS": str(folder / "models"),
        "AS_OF": AS_OF.isoformat(),
        "LANG": "en",
        "RATE_LIMIT": "1000000/minute",
        "PLAN_LIMIT": "1000000/hour",
        **settings,
    }
    environment = os.environ | {f"RECOMMENDER_{name}": value for name, value in given.items()}
    log_file = folder / f"server-{port}.log"
    command = [*PROGRAM, "serve", "--port", str(port), "--workers", str(workers)]
    with log_file.open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    server = RealServer(port, psutil.Process(process.pid), log_file)
    try:
        _wait_until_ready(server, process)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(300)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


@contextmanager
def serve_sample(folder: Path, **settings: str) -> Iterator[RealServer]:
    """Run `recommender serve` on a SQLite database of the 30 sample people, with keys for all."""
    url = f"sqlite:///{folder / 'served.db'}"
    keys = store_cast(url, folder).keys
    with run_server(url, folder, **settings) as server:
        yield replace(server, keys=keys)


def _wait_until_ready(server: RealServer, process: subprocess.Popen[bytes]) -> None:
    for _ in range(3000):
        if process.poll() is not None:
            raise RuntimeError(server.log_text())
        with contextlib.suppress(OSError):
            if server.is_well():
                return
        time.sleep(0.1)
    raise RuntimeError(server.log_text())


class MemoryWatch:
    """Watches how much memory a process and those it started take, at most.

    ::

        with MemoryWatch(server.process) as memory:
            ...
        assert memory.growth < 100 * 2**20
    """

    def __init__(self, process: psutil.Process, *, with_children: bool = False) -> None:
        self.process = process
        self.with_children = with_children
        self.before = self.most = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    @property
    def growth(self) -> int:
        """By how many bytes it grew."""
        return self.most - self.before

    def __enter__(self) -> MemoryWatch:
        self.before = self.most = self._now()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(0.05):
            self.most = max(self.most, self._now())

    def _now(self) -> int:
        children = self.process.children(recursive=True) if self.with_children else []
        found = 0
        for process in (self.process, *children):
            # a job may have ended just now
            with contextlib.suppress(psutil.NoSuchProcess):
                # what processes share counts once, where the system can tell
                about = process.memory_full_info() if children else process.memory_info()
                found += getattr(about, "pss", about.rss)
        return found
