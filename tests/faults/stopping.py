"""A server is asked to end amid its work, as when a new release is put in its place."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from recommender.service.permissions import Role
from recommender.store import reading, schema

from .asks import Client, GoneError, Record
from .servers import Nursery
from .site import Site
from .work import ask_for_plan, at_work, begin_job

PLANS, WATCHERS = 6, 2  # requests that the server has begun with when it is told to end
WATCH_SECONDS = 5
END_SECONDS = 300
JOBS_SECONDS = 600


@dataclass
class InFlight:
    """Requests that are half sent, and others that wait for a job, when the server is told.

    Parameters
    ----------
    site : Site
        What it serves.
    port : int
        Of the server.
    place : str
        Of the job.
    """

    site: Site
    port: int
    place: str
    record: Record = field(default_factory=Record)
    answers: list[int] = field(default_factory=list[int])
    begun: threading.Barrier = field(default_factory=lambda: threading.Barrier(PLANS + 1))

    def start(self) -> list[threading.Thread]:
        """Begin all of them, and return when the server has begun with them."""
        kinds = [self._watch] * WATCHERS + [self._plan] * PLANS
        threads = [threading.Thread(target=self._run, args=(kind,)) for kind in kinds]
        for thread in threads:
            thread.start()
        self.begun.wait(300)
        return threads

    def _run(self, ask: Any) -> None:
        client = Client(self.port, self.site.keys, self.record)
        try:
            self.answers.append(ask(client))
        except (GoneError, threading.BrokenBarrierError) as error:
            self.record.faults.append(f"begun with, and not answered: {error!r}")
        finally:
            client.close()

    def _watch(self, client: Client) -> int:
        return client.get(Role.ADMIN, f"{self.place}?wait={WATCH_SECONDS}")[0]

    def _plan(self, client: Client) -> int:
        person = self.site.ground.people[0]
        return ask_for_plan(client, person, hold=lambda: self.begun.wait(300)).status


def stop_gracefully(nursery: Nursery, site: Site, *, alone: bool) -> dict[str, Any]:
    """Stop a server amid requests and a job, start another, and look what is there.

    Parameters
    ----------
    nursery : Nursery
        Starts the servers.
    site : Site
        What they serve.
    alone : bool
        Whether the server alone is told, or the processes of its jobs too.

    Returns
    -------
    dict
        Figures; ``violations`` is what must not be.
    """
    record, evidence = Record(), site.evidence()
    violations: list[str] = []
    with nursery.running(site.url, site.folder) as server:
        client = Client(server.port, site.keys, record)
        in_flight = InFlight(site, server.port, begin_job(client))
        client.close()
        with at_work(server.port, site.keys, record, site.ground):
            threads = in_flight.start()
            began = time.monotonic()
            server.stop(alone=alone)
            server.wait_for_end(END_SECONDS)
            seconds = time.monotonic() - began
            for thread in threads:
                thread.join(300)
        violations += server.bugs()
    if sorted(in_flight.answers) != [200] * WATCHERS + [201] * PLANS:
        violations.append(f"what was in flight was answered {in_flight.answers}")
    violations += evidence.look()
    left = _statuses(site)
    if "running" in left:
        violations.append(f"jobs are {left}")
    with nursery.running(site.url, site.folder) as server:
        client = Client(server.port, site.keys, record)
        # what was under way to a connection that the server was about to close
        cut_off = [ask for ask in record.asks if not ask.status]
        for again in cut_off:
            client.send(again)
        client.close()
        ends = time.monotonic() + JOBS_SECONDS
        while {"queued", "running"} & set(_statuses(site)) and time.monotonic() < ends:
            time.sleep(0.2)
        violations += evidence.look() + evidence.weigh([*record.asks, *in_flight.record.asks])
        violations += server.bugs()
    if set(_statuses(site)) != {"done"}:
        violations.append(f"jobs are {_statuses(site)} in the end")
    return {
        "in_flight": PLANS + WATCHERS,
        "answered": len(in_flight.answers),
        "not_read_any_more": len(cut_off),
        "seconds_to_end": round(seconds, 1),
        "jobs_left": left,
        "violations": sorted({*violations, *record.faults, *in_flight.record.faults}),
    }


def _statuses(site: Site) -> list[str]:
    with reading(site.engine) as connection:
        return [*connection.scalars(sa.select(schema.job.c.status))]
