"""One job, worked on in a process of its own.

There it delays no request and may be killed at any moment, by us or for want of memory. Nothing is
left half done: what it writes and the fact that it is done are one transaction.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import Any

from recommender.errors import ForbiddenError, RecommenderError, StoreError
from recommender.service.installation import Service, open_service
from recommender.service.jobs.kinds import KINDS, Work
from recommender.service.jobs.principals import find_principal, read_principal
from recommender.service.jobs.problems import Failure, pack_failure, pack_problem
from recommender.service.jobs.schedules import next_run
from recommender.service.permissions import Principal
from recommender.service.session import Session
from recommender.settings import Settings
from recommender.store import reading, writing
from recommender.store.job_claims import finish_job, note_progress
from recommender.store.jobs import StoredJob
from training_catalog import CatalogError

# each note of progress is a write: SQLite has one writer at a time
PROGRESS_SECONDS = 0.5
NICENESS = 5
_FRAMES = 12


@dataclass(frozen=True)
class Ended:
    """The job is over: done, or not because it was cancelled or another worker took it."""

    done: bool


@dataclass(frozen=True)
class Trouble:
    """The database could not do its part."""

    problem: dict[str, Any]


@dataclass(frozen=True)
class Bug:
    """An error in the program: its type and place, but not its text, which may name people."""

    error: str
    at: list[str]


@dataclass(frozen=True)
class Stopped:
    """Somebody asked the process to end, as when the whole service is stopped."""


JobEnding = Ended | Failure | Trouble | Bug | Stopped


class _NotOursError(Exception):
    """The job must not be finished: roll back."""


def run_job(service: Service, settings: Settings, job: StoredJob, worker: str) -> JobEnding:
    """Do what a claimed job asks, and mark it done in the transaction that holds its work.

    If the answer is anything but `Ended`, nothing was stored.

    Raises
    ------
    StoreError
        If the database cannot do its part.
    """
    try:
        who = _find_principal(service, settings, job)
    except ForbiddenError as error:
        return pack_failure(error)
    session = Session(
        service=service,
        who=who,
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
            # a table that is bad is found before anything is written, so there is nothing to undo
            if isinstance(result, Failure):
                return result
            with session.writing() as connection:
                next_at = next_run(job, zone=service.zone, now=dt.datetime.now(dt.UTC))
                if not finish_job(connection, job.job_id, worker, result=result, next_at=next_at):
                    raise _NotOursError
    except _NotOursError:
        return Ended(done=False)
    except StoreError:
        raise
    except (RecommenderError, CatalogError) as error:
        return pack_failure(error)
    return Ended(done=True)


def _find_principal(service: Service, settings: Settings, job: StoredJob) -> Principal:
    if job.run_at is None and job.repeat is None:
        return read_principal(job.principal)
    # months may have passed since somebody asked for it
    with reading(service.engine) as connection:
        return find_principal(connection, job.actor, today=settings.today())


def _progress_noter(session: Session, job_id: str, worker: str) -> Callable[[int, int], None]:
    last = 0.0

    def note(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done < total and now - last < PROGRESS_SECONDS:
            return
        last = now
        # on a connection of its own, to be seen before the job commits; progress is only shown, so
        # the job does not fail when it cannot be stored
        with suppress(StoreError), writing(session.service.engine) as connection:
            note_progress(connection, job_id, worker, done=done, total=total)

    return note


def work_alone(settings: Settings, job: StoredJob, worker: str, said: Pipe) -> None:
    """Work on a claimed job in a process that does nothing else, and send how it ended.

    If nothing comes through the pipe, the process died.
    """

    def say(ending: JobEnding) -> None:
        # nobody hears it where the server was killed: the job is begun anew elsewhere
        with suppress(BrokenPipeError):
            said.send(ending)

    def stop(*_: Any) -> None:
        say(Stopped())
        # not sys.exit: clean-up could wait for the database, and the transaction ends anyway
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    # Ctrl-C reaches all processes of a terminal; the parent decides what becomes of the job
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(NICENESS)  # requests go first
    say(_work(settings, job, worker))


def _work(settings: Settings, job: StoredJob, worker: str) -> JobEnding:
    try:
        # the job came out of a database: if its file is gone, a new empty one would be wrong
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
    # a killed server stops nothing; its job is soon begun elsewhere, and must not run twice
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def frames(error: BaseException) -> list[str]:
    """Return the places that an error went through, without its text."""
    places = [
        f"{frame.f_code.co_filename.rsplit('/', 1)[-1]}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    return places[-_FRAMES:]
