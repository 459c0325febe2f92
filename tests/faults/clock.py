"""The clock of the machine goes back by a day while two servers work."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from recommender.service.permissions import Role
from recommender.store import reading, schema

from .asks import Ask, Client, Record
from .servers import Nursery
from .site import Site
from .work import ENROLLED_ON, begin_job

DAY = 86_400
ALLOWED, SECONDS = 20, 1  # the rate limit
PACE = SECONDS / 15  # between two requests, which is slower than it allows
JOB_SECONDS = 600


def go_back_a_day(nursery: Nursery, site: Site) -> dict[str, Any]:
    """Work, set the clock of both servers back by a day, and go on.

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
    record, evidence = Record(), site.evidence()
    violations: list[str] = []
    clock = site.folder / "clock"
    _set_clock(clock, 0)
    options: dict[str, Any] = {
        "clock": clock,
        "silent_seconds": None,
        "RATE_LIMIT": f"{ALLOWED}/{SECONDS} second",
    }
    with (
        nursery.running(site.url, site.folder, **options) as here,
        nursery.running(site.url, site.folder, **options) as there,
    ):
        clients = [Client(server.port, site.keys, record) for server in (here, there)]
        first = _enrol(clients[0], site)
        place = begin_job(clients[0])
        _set_clock(clock, -DAY)
        for number, client in zip(range(3 * ALLOWED), itertools.cycle(clients), strict=False):
            if number % 10 < 2:
                _enrol(client, site)
            else:
                client.get(Role.HR, "/v1/me")
            time.sleep(PACE)
        answer = first.status, first.content
        clients[1].send(first)
        if (first.status, first.content) != answer:
            violations.append(f"another answer the second time: {first.status}")
        job = _wait_for(clients[0], place)
        for client in clients:
            client.close()
        violations += evidence.look() + evidence.weigh(record.asks) + here.bugs()
    # a machine under load may keep SQLite locked for too long; that is no matter of the clock
    excused = record.unavailable()
    refused = [name for name in record.answers if name[0] != "2" and name not in excused]
    violations += [f"{record.answers[name]} times {name}" for name in refused]
    violations += _check_job(site, job)
    return {
        "answers": dict(record.answers),
        "job": {name: job.get(name) for name in ("status", "done", "total")},
        "violations": sorted({*violations, *record.faults}),
    }


def _set_clock(clock: Path, seconds: int) -> None:
    """Let the servers' clock be wrong by some seconds; they read the file at any moment."""
    written = clock.with_suffix(".next")
    written.write_text(str(seconds), encoding="ascii")
    written.replace(clock)


def _enrol(client: Client, site: Site) -> Ask:
    person, module = next(site.ground.places)
    return client.ask(
        "enrolment",
        f"{person} {module}",
        Role.HR,
        "POST",
        f"/v1/people/{person}/enrolments",
        {"module_id": module, "enrolled_on": str(ENROLLED_ON)},
    )


def _wait_for(client: Client, place: str) -> dict[str, Any]:
    ends = time.monotonic() + JOB_SECONDS
    while True:
        _, job = client.get(Role.ADMIN, f"{place}?wait=5")
        if job.get("finished_at") or time.monotonic() > ends:
            return job


def _check_job(site: Site, job: dict[str, Any]) -> list[str]:
    """Return what is wrong with a job that made plans, and with the clock that it lived by."""
    row, entry, plan = schema.job.c, schema.audit_entry.c, schema.plan.c
    with reading(site.engine) as connection:
        attempts, result = connection.execute(
            sa.select(row.attempts, row.result).where(row.job_id == job["job_id"])
        ).one()
        plans = connection.scalars(sa.select(plan.plan_id)).all()
        times = connection.scalars(sa.select(entry.at).order_by(entry.seq)).all()
    wrong: list[str] = []
    if job["status"] != "done" or attempts != 1:
        wrong.append(f"the job is {job['status']}, begun {attempts} times")
    elif sorted(plans) != sorted(each["plan_id"] for each in result["plans"]):
        wrong.append(f"the job made {len(result['plans'])} plans, there are {len(plans)}")
    steps = [(after - before).total_seconds() for before, after in itertools.pairwise(times)]
    if min(steps) > -DAY / 2:
        wrong.append("the clock never went back")
    return wrong
