"""Claims jobs and has them worked on, one at a time, each in a process of its own.

Several server processes, on several machines, share the jobs of a database. Where a process
dies, its job is begun anew elsewhere; nothing of the first attempt is there then.
"""

from __future__ import annotations

import multiprocessing
import os
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

import structlog

from recommender.errors import StoreError
from recommender.service.installation import Installation
from recommender.service.jobs.problems import Failure
from recommender.service.jobs.process import (
    Bug,
    Ended,
    JobEnding,
    Stopped,
    Trouble,
    frames,
    work_alone,
)
from recommender.store import Connection, reading, writing
from recommender.store.jobs import (
    StoredJob,
    claim_job,
    drop_job,
    fail_job,
    is_cancel_asked,
    job_waits,
    keep_claim,
    release_job,
)

T = TypeVar("T")
POLL_SECONDS = 0.5
BEAT_SECONDS = 5.0
GRACE_SECONDS = 10.0
STOP_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 10.0
MOST_ATTEMPTS = 3
_PASSING = (
    "store.unreachable",
    "store.cannot-open",
    "store.locked",
    "store.full",
    "store.read-only",
)
_log = structlog.get_logger("recommender.jobs")


@dataclass
class JobRunner:
    """The one runner of a server process.

    Parameters
    ----------
    installation : Installation
        Settings and database.
    """

    installation: Installation
    worker: str = field(init=False)
    _stopping: threading.Event = field(init=False, default_factory=threading.Event)
    _wake: threading.Event = field(init=False, default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)
    _grace_ends: float = field(init=False, default=0.0)
    _pause: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.worker = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._thread = threading.Thread(target=self._run, name="job-runner", daemon=True)

    def start(self) -> None:
        """Begin to claim jobs."""
        self._thread.start()

    def wake(self) -> None:
        """Look for a job at once, for one was just queued."""
        self._wake.set()

    def stop(self, *, grace_seconds: float = GRACE_SECONDS) -> None:
        """Claim no more; a job that does not end soon goes back into the queue.

        Parameters
        ----------
        grace_seconds : float
            How long to wait for the job at hand.
        """
        self._grace_ends = time.monotonic() + grace_seconds
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                job = self._claim()
                if job is not None:
                    self._attend(job)
                self._recovered()
            except Exception as error:  # whatever it is, the next job is another one
                self._trouble(error)
                continue
            if job is None:
                self._wake.wait(POLL_SECONDS)
                self._wake.clear()

    def _claim(self) -> StoredJob | None:
        engine = self.installation.engine
        # looking first spares SQLite a write every time
        with reading(engine) as connection:
            if not job_waits(connection):
                return None
        with writing(engine) as connection:
            return claim_job(connection, self.worker)

    def _attend(self, job: StoredJob) -> None:
        """See a job to its end, whatever that is."""
        if job.cancel_asked:
            self._insist(lambda c: drop_job(c, job.job_id, self.worker))
            return
        if job.attempts > MOST_ATTEMPTS:  # it took whole servers down with it
            self._settle(job, None)
            return
        _log.info("job begins", job_id=job.job_id, kind=job.kind, attempt=job.attempts)
        try:
            process, said = self._start(job)
        except Exception:
            self._insist(lambda c: release_job(c, job.job_id, self.worker, counts=True))
            raise
        try:
            outcome = self._watch(job, said)
        finally:
            if process.is_alive():
                process.kill()
            process.join()
            process.close()
            said.close()
        if outcome is None and self._stopping.is_set():
            outcome = Stopped()
        self._settle(job, outcome)

    def _start(self, job: StoredJob) -> tuple[BaseProcess, Pipe]:
        said, say = _processes().Pipe(duplex=False)
        process = _processes().Process(
            target=work_alone,
            args=(self.installation.settings, job, self.worker, say),
            name=job.job_id,
            daemon=True,
        )
        process.start()
        say.close()  # so that the end of the process ends the pipe
        return process, said

    def _watch(self, job: StoredJob, said: Pipe) -> JobEnding | None:
        """Wait for the outcome; None where the process died or has to be ended."""
        beat = time.monotonic()
        while not said.poll(POLL_SECONDS):
            if self._stopping.is_set() and time.monotonic() > self._grace_ends:
                return None
            try:
                if self._look(lambda c: is_cancel_asked(c, job.job_id, self.worker)):
                    return Ended(done=False)
                if time.monotonic() - beat > BEAT_SECONDS:
                    beat = time.monotonic()
                    with writing(self.installation.engine) as connection:
                        # false if it ended just now or was taken over: its process finds out itself
                        keep_claim(connection, job.job_id, self.worker)
            except StoreError:
                continue  # the process finds out for itself
        try:
            return said.recv()
        except EOFError:
            return None

    def _settle(self, job: StoredJob, outcome: JobEnding | None) -> None:
        """Note how a job ended, however long the database takes."""
        job_id, worker = job.job_id, self.worker
        if isinstance(outcome, Ended):
            if not outcome.done:
                self._insist(
                    lambda c: is_cancel_asked(c, job_id, worker) and drop_job(c, job_id, worker)
                )
            _log.info("job ended", job_id=job_id, kind=job.kind, done=outcome.done)
            return
        if isinstance(outcome, Stopped):
            self._insist(lambda c: release_job(c, job_id, worker, counts=False))
            self._stopping.wait(STOP_SECONDS)  # most likely this process is to end as well
            return
        if isinstance(outcome, Trouble):
            code = outcome.problem["code"]
            if code in _PASSING:
                self._insist(lambda c: release_job(c, job_id, worker, counts=False))
                raise StoreError(code)
            if job.attempts < MOST_ATTEMPTS:  # such as for one of its people who was erased since
                self._insist(lambda c: release_job(c, job_id, worker, counts=True))
                _log.warning("job begins anew", job_id=job_id, kind=job.kind, code=code)
                return
            _log.error("job cannot be stored", job_id=job_id, kind=job.kind, code=code)
            failure = Failure(outcome.problem)
        elif isinstance(outcome, Bug):
            _log.error("job has a bug", job_id=job_id, error=outcome.error, at=outcome.at)
            failure = Failure({"code": "job.bug", "values": {}})
        elif outcome is None:
            _log.error("job died", job_id=job_id, kind=job.kind, attempt=job.attempts)
            if job.attempts < MOST_ATTEMPTS:
                self._insist(lambda c: release_job(c, job_id, worker, counts=True))
                return
            failure = Failure({"code": "job.crashed", "values": {"attempts": MOST_ATTEMPTS}})
        else:
            failure = outcome
        self._insist(
            lambda c: fail_job(
                c,
                job_id,
                worker,
                problem=failure.problem,
                result=failure.details,
                report=failure.report,
            )
        )
        _log.info("job failed", job_id=job_id, kind=job.kind, code=failure.problem["code"])

    def _look(self, use: Callable[[Connection], T]) -> T:
        with reading(self.installation.engine) as connection:
            return use(connection)

    def _insist(self, use: Callable[[Connection], Any]) -> None:
        """Write until the database takes it; given up only at the end of the process."""
        while True:
            try:
                with writing(self.installation.engine) as connection:
                    use(connection)
                    return
            except StoreError as error:
                if self._stopping.is_set():
                    return
                self._trouble(error)

    def _trouble(self, error: Exception) -> None:
        """Wait after a failure, longer each time; say it once."""
        if not self._pause:
            code = error.code if isinstance(error, StoreError) else type(error).__name__
            _log.error("jobs wait", error=code, at=frames(error))
        self._pause = min(max(2 * self._pause, POLL_SECONDS), LONGEST_PAUSE_SECONDS)
        self._stopping.wait(self._pause)

    def _recovered(self) -> None:
        if self._pause:
            _log.info("jobs go on")
        self._pause = 0.0


def _processes() -> Any:
    """Return how processes are started: forked from one that has read the program already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["recommender.service.jobs.process"])
    return context
