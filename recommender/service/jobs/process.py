"""One job, worked on in a process of its own.

There it holds up no request, may use all memory, be killed at any moment and leave nothing half
done: what it writes is one transaction, with its end in it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import Any

from recommender.errors import RecommenderError, StoreError
from recommender.service.installation import Service, open_service
from recommender.service.jobs.kinds import KINDS, Work
from recommender.service.jobs.problems import Failure, pack_failure, pack_problem
from recommender.service.permissions import Permission, Principal, Role
from recommender.service.session import Session
from recommender.settings import Settings
from recommender.store import writing
from recommender.store.jobs import StoredJob, finish_job, note_progress
from training_catalog import CatalogError

PROGRESS_SECONDS = 0.5
NICENESS = 5
_FRAMES = 12


@dataclass(frozen=True)
class Ended:
    """The job is over: done, or kept from that by a wish to cancel it or by another worker."""

    done: bool


@dataclass(frozen=True)
class Trouble:
    """The database could not do its part."""

    problem: dict[str, Any]


@dataclass(frozen=True)
class Bug:
    """What is wrong with the program: where, without what it says, which may name people."""

    error: str
    at: list[str]


@dataclass(frozen=True)
class Stopped:
    """Somebody asked the process to end, as when the whole service is stopped."""


JobEnding = Ended | Failure | Trouble | Bug | Stopped


class _NotOursError(Exception):
    """The job must not be finished: roll back."""


def describe_principal(who: Principal) -> dict[str, Any]:
    """Return a principal as a job keeps it."""
    return {
        "actor": who.actor,
        "role": who.role.value,
        "permissions": sorted(permission.value for permission in who.permissions),
        "person_id": who.person_id,
        "org_unit": who.org_unit,
    }


def read_principal(kept: dict[str, Any]) -> Principal:
    """Return the principal that a job keeps: with the rights it had when it asked."""
    permissions = frozenset(Permission(name) for name in kept["permissions"])
    return Principal(**{**kept, "role": Role(kept["role"]), "permissions": permissions})


def run_job(service: Service, settings: Settings, job: StoredJob, worker: str) -> JobEnding:
    """Do what a job asks, and call it done in the transaction that holds what it did.

    Parameters
    ----------
    service : Service
        As it is now.
    settings : Settings
        Of the process.
    job : StoredJob
        Claimed by the worker.
    worker : str
        Who it is claimed by.

    Returns
    -------
    JobEnding
        Of all but `Ended` nothing is stored yet.

    Raises
    ------
    StoreError
        If the database cannot do its part.
    """
    session = Session(
        service=service,
        who=read_principal(job.principal),
        action=f"job-{job.kind}",
        today=settings.today(),
        lang=job.request["lang"],
        request_id=job.job_id,
        resource=f"/v1/jobs/{job.job_id}",
    )
    work = Work(
        job_id=job.job_id,
        session=session,
        request=job.request,
        latest=max(session.today, settings.latest_fact_on),
        note_progress=_progress_noter(session, job.job_id, worker),
    )
    try:
        with session.together():
            result = KINDS[job.kind](work)
            if isinstance(result, Failure):
                return result
            with session.writing() as connection:
                if not finish_job(connection, job.job_id, worker, result=result):
                    raise _NotOursError
    except _NotOursError:
        return Ended(done=False)
    except StoreError:
        raise
    except (RecommenderError, CatalogError) as error:
        return pack_failure(error)
    return Ended(done=True)


def _progress_noter(session: Session, job_id: str, worker: str) -> Callable[[int, int], None]:
    last = 0.0

    def note(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done < total and now - last < PROGRESS_SECONDS:
            return
        last = now
        # nobody waits for it; work that has come so far does not fail of it
        with suppress(StoreError), writing(session.service.engine) as connection:
            note_progress(connection, job_id, worker, done=done, total=total)

    return note


def work_alone(settings: Settings, job: StoredJob, worker: str, said: Pipe) -> None:
    """Work on a job in this process, which is for nothing else, and say how it ended.

    Parameters
    ----------
    settings : Settings
        Of the process that started this one.
    job : StoredJob
        Claimed by the worker.
    worker : str
        Who it is claimed by.
    said : Connection
        Takes the outcome. Where none comes, the process died.
    """

    def stop(*_: Any) -> None:
        said.send(Stopped())
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what becomes of the job
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(NICENESS)  # requests go first
    said.send(_work(settings, job, worker))


def _work(settings: Settings, job: StoredJob, worker: str) -> JobEnding:
    try:
        # that of the job: an empty one in its place would make nonsense of it
        service = open_service(settings, create=False)
        try:
            return run_job(service, settings, job, worker)
        finally:
            service.close()
    except StoreError as error:
        return Trouble(pack_problem(error))
    except (RecommenderError, CatalogError) as error:
        return pack_failure(error)
    except Exception as error:
        return Bug(type(error).__name__, frames(error))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def frames(error: BaseException) -> list[str]:
    """Return where an error came from, without what it says."""
    found: list[str] = []
    at = error.__traceback__
    while at is not None:
        code = at.tb_frame.f_code
        found.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{at.tb_lineno} {code.co_name}")
        at = at.tb_next
    return found[-_FRAMES:]
