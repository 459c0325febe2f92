"""A server is asked to end amid its work, as when a new release is put in its place."""

from __future__ import annotations

import threading
import time
from typing import Any

import sqlalchemy as sa

from recommender.service.access import Role
from recommender.store import reading, schema

from .asks import Client, GoneError, Record
from .servers import Nursery
from .site import Site
from .work import at_work, begin_job, make_plan

PLANS, WATCHERS = 12, 4  # requests in flight when the end is asked for
WATCH_SECONDS = 5
READ_SECONDS = 0.7  # after which a busy server has read what it was sent
END_SECONDS = 60
JOBS_SECONDS = 180


def stop_gracefully(nursery: Nursery, site: Site) -> dict[str, Any]:
    """Stop a server amid requests and a job, start another, and look what is there.

    Parameters
    ----------
    nursery : Nursery
        Starts the servers.
    site : Site
        What they serve.

    Returns
    -------
    dict
        Figures; ``violations`` is what must not be.
    """
    record, in_flight, evidence = Record(), Record(), site.evidence()
    violations: list[str] = []
    answered: list[int] = []

    def ask(plan: bool, port: int, place: str) -> None:
        client = Client(port, site.keys, in_flight)
        try:
            if plan:
                make_plan(client, site.ground.people[0])
            else:
                client.get(Role.ADMIN, f"{place}?wait={WATCH_SECONDS}")
            answered.append(1)
        except GoneError as error:
            violations.append(f"in flight, and not answered: {error}")
        finally:
            client.close()

    with nursery.running(site.url, site.folder) as server:
        client = Client(server.port, site.keys, record)
        place = begin_job(client)
        client.close()
        with at_work(server.port, site.keys, record, site.ground):
            threads = [
                threading.Thread(target=ask, args=(number < PLANS, server.port, place))
                for number in range(PLANS + WATCHERS)
            ]
            for thread in threads:
                thread.start()
            time.sleep(READ_SECONDS)
            before = len(answered)
            began = time.monotonic()
            server.stop()
            server.wait_for_end(END_SECONDS)
            seconds = time.monotonic() - began
            for thread in threads:
                thread.join(120)
        violations += server.bugs()
    violations += evidence.look()
    left = _statuses(site)
    if "running" in left:
        violations.append(f"jobs are {left}")
    with nursery.running(site.url, site.folder) as server:
        client = Client(server.port, site.keys, record)
        cut_off = [ask for ask in record.asks if not ask.status]
        for again in cut_off:
            client.send(again)
        client.close()
        ends = time.monotonic() + JOBS_SECONDS
        while {"queued", "running"} & set(_statuses(site)) and time.monotonic() < ends:
            time.sleep(0.5)
        violations += evidence.look() + evidence.weigh([*record.asks, *in_flight.asks])
        violations += server.bugs()
    if set(_statuses(site)) != {"done"}:
        violations.append(f"jobs are {_statuses(site)} in the end")
    return {
        "in_flight": PLANS + WATCHERS - before,
        "answered": len(answered) - before,
        "cut_off_before_they_were_read": len(cut_off),
        "seconds": round(seconds, 1),
        "jobs_left": left,
        "violations": sorted({*violations, *record.faults, *in_flight.faults}),
    }


def _statuses(site: Site) -> list[str]:
    with reading(site.engine) as connection:
        return [*connection.scalars(sa.select(schema.job.c.status))]
