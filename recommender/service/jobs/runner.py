"""Claims jobs and has them worked on, one at a time, each in a process of its own.

Several server processes, on several machines, share the jobs of a database. When a process dies,
another one starts its job from the beginning; nothing of the first attempt was stored.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import secrets
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from typing import Any

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
from recommender.service.jobs.schedules import next_run
from recommender.store import Connection, reading, writing
from recommender.store.job_calls import Bell
from recommender.store.job_claims import (
    claim_job,
    drop_job,
    fail_job,
    is_cancel_asked,
    job_waits,
    keep_claim,
    release_job,
)
from recommender.store.jobs import StoredJob

POLL_SECONDS = 0.5
# where the database tells of jobs: for those whose moment comes, or whose worker fell silent
LOOK_SECONDS = 10.0
# far below the silence after which the store lets others take the job (SILENT_SECONDS)
BEAT_SECONDS = 5.0
GRACE_SECONDS = 10.0
STOP_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 10.0
MOST_ATTEMPTS = 3
# what is wrong with the database and not with the job, so that no attempt is counted
_PASSING = (
    "store.unreachable",
    "store.cannot-open",
    "store.locked",
    "store.full",
    "store.read-only",
)
_log = structlog.get_logger("recommender.jobs")


class JobRunner:
    """The one runner of a server process."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        # process ids repeat between machines and after a restart, hence the random part
        self._worker = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="job-runner", daemon=True)
        self._grace_ends = 0.0
        self._pause = 0.0
        engine = installation.engine
        self._bell = Bell(engine) if engine.dialect.name == "postgresql" else None
        self._open_bell_at = 0.0

    def start(self) -> None:
        """Begin to claim jobs."""
        self._thread.start()

    def wake(self) -> None:
        """Look for a job at once, because one was just queued."""
        self._wake.set()

    def stop(self, *, grace_seconds: float = GRACE_SECONDS) -> None:
        """Claim no more jobs; the one at hand goes back into the queue if it outlasts the grace."""
        self._grace_ends = time.monotonic() + grace_seconds
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            self._work_off()
        finally:
            if self._bell is not None:
                self._bell.close()

    def _work_off(self) -> None:
        while not self._stopping.is_set():
            try:
                job = self._claim()
                if job is not None:
                    self._attend(job)
                self._recovered()
                if job is None:
                    self._rest()
            # any error: if this thread ended, the server would go on and work on no job any more
            except Exception as error:
                self._trouble(error)

    def _rest(self) -> None:
        """Wait until there may be a job, as long as the database tells of new ones longer."""
        bell, now = self._bell, time.monotonic()
        try:
            if bell is None or (not bell.is_open and now < self._open_bell_at):
                self._wake.wait(POLL_SECONDS)
            elif not bell.is_open:
                self._open_bell_at = now + LOOK_SECONDS
                bell.open()
                return  # what was queued a moment ago has not rung
            else:
                # in short pieces, because nothing but the bell ends one of them
                while not (
                    self._wake.is_set()
                    or bell.rings(POLL_SECONDS)
                    or time.monotonic() > now + LOOK_SECONDS
                ):
                    pass
        except StoreError as error:
            # jobs are found all the same, as often as where no database tells of them
            _log.warning("jobs are looked for", error=error.code)
        self._wake.clear()

    def _claim(self) -> StoredJob | None:
        engine = self._installation.engine
        # looking first spares SQLite its one write lock, twice a second in every process
        with reading(engine) as connection:
            if not job_waits(connection):
                return None
        with writing(engine) as connection:
            return claim_job(connection, self._worker)

    def _attend(self, job: StoredJob) -> None:
        """See a job to its end, whatever that is."""
        if job.cancel_asked:
            self._insist(lambda c: drop_job(c, job.job_id, self._worker))
            return
        # a job that ends only its own process is counted below; this one ended servers as well
        if job.attempts > MOST_ATTEMPTS:
            self._settle(job, None)
            return
        _log.info("job begins", job_id=job.job_id, kind=job.kind, attempt=job.attempts)
        try:
            process, said = self._start(job)
        except Exception:
            self._release(job, counts=True)
            raise
        try:
            outcome = self._watch(job, said)
        finally:
            # killed, not asked: until it is committed, its transaction leaves nothing behind
            if process.is_alive():
                process.kill()
            process.join()
            process.close()
            said.close()
        # ended by this runner, or by the signal that stops it: the job is not to blame
        if outcome is None and self._stopping.is_set():
            outcome = Stopped()
        self._settle(job, outcome)

    def _start(self, job: StoredJob) -> tuple[BaseProcess, Pipe]:
        said, say = _processes().Pipe(duplex=False)
        process = _processes().Process(
            target=work_alone,
            args=(self._installation.settings, job, self._worker, say),
            name=job.job_id,
            daemon=True,
        )
        process.start()
        say.close()  # so that the end of the process ends the pipe
        return process, said

    def _watch(self, job: StoredJob, said: Pipe) -> JobEnding | None:
        """Wait for the outcome; None if the process died or has to be ended."""
        beat = time.monotonic()
        while not said.poll(POLL_SECONDS):
            if self._stopping.is_set() and time.monotonic() > self._grace_ends:
                return None
            try:
                with reading(self._installation.engine) as connection:
                    if is_cancel_asked(connection, job.job_id, self._worker):
                        return Ended(done=False)
                if time.monotonic() - beat > BEAT_SECONDS:
                    beat = time.monotonic()
                    with writing(self._installation.engine) as connection:
                        # without effect if the job has just ended, or another worker took it over:
                        # its process finds that out when it wants to commit
                        keep_claim(connection, job.job_id, self._worker)
            # a database that fails here fails in the process too, which then says so
            except StoreError:
                continue
        try:
            return said.recv()
        # the pipe closed and nothing was sent: the process died
        except EOFError:
            return None

    def _settle(self, job: StoredJob, outcome: JobEnding | None) -> None:
        """Note how a job ended, however long the database takes."""
        job_id, worker = job.job_id, self._worker
        if isinstance(outcome, Ended):
            if not outcome.done:
                # not done also means that another worker has the job: then it is not ours to drop
                self._insist(
                    lambda c: is_cancel_asked(c, job_id, worker) and drop_job(c, job_id, worker)
                )
            _log.info("job ended", job_id=job_id, kind=job.kind, done=outcome.done)
            return
        if isinstance(outcome, Stopped):
            self._release(job, counts=False)
            # this process is most likely to end as well, and must not claim the job again before
            self._stopping.wait(STOP_SECONDS)
            return
        if isinstance(outcome, Trouble):
            code = outcome.problem["code"]
            if code in _PASSING:
                self._release(job, counts=False)
                # `_run` waits then, because the next job would fail in the same way
                raise StoreError(code)
            # tried again: one of its people may have been erased since the job read them
            if job.attempts < MOST_ATTEMPTS:
                self._release(job, counts=True)
                _log.warning("job begins anew", job_id=job_id, kind=job.kind, code=code)
                return
            _log.error("job cannot be stored", job_id=job_id, kind=job.kind, code=code)
            failure = Failure(outcome.problem)
        elif isinstance(outcome, Bug):
            _log.error("job has a bug", job_id=job_id, error=outcome.error, at=outcome.at)
            failure = Failure({"code": "job.bug", "values": {}})
        elif outcome is None:
            _log.error("job died", job_id=job_id, kind=job.kind, attempt=job.attempts)
            # it may have been the one that the system killed for want of memory: try again
            if job.attempts < MOST_ATTEMPTS:
                self._release(job, counts=True)
                return
            failure = Failure({"code": "job.crashed", "values": {"attempts": MOST_ATTEMPTS}})
        else:
            failure = outcome
        next_at = None
        if not failure.is_final:
            now = dt.datetime.now(dt.UTC)
            next_at = next_run(job, zone=self._installation.zone, now=now)
        self._insist(
            lambda c: fail_job(
                c,
                job_id,
                worker,
                problem=failure.problem,
                result=failure.details,
                report=failure.report,
                next_at=next_at,
            )
        )
        _log.info("job failed", job_id=job_id, kind=job.kind, code=failure.problem["code"])

    def _release(self, job: StoredJob, *, counts: bool) -> None:
        """Put a job back into the queue; the attempt counts if the job itself may be the cause."""
        self._insist(lambda c: release_job(c, job.job_id, self._worker, counts=counts))

    def _insist(self, use: Callable[[Connection], Any]) -> None:
        """Write until the database accepts it; give up only when the process is to end."""
        # the job would otherwise be begun anew, though it is known how it ended
        while True:
            try:
                with writing(self._installation.engine) as connection:
                    use(connection)
                    return
            except StoreError as error:
                if self._stopping.is_set():
                    return
                self._trouble(error)

    def _trouble(self, error: Exception) -> None:
        """Wait after a failure, longer each time, and log only the first."""
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
    """Return how processes are started: forked from one that has loaded the program already."""
    # a fork of the server itself would copy locks that its other threads hold at that moment, and
    # open connections; a process from nothing would load pandas and scikit-learn for every job
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["recommender.service.jobs.process"])
    return context
