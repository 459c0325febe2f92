"""Work handed to processes of this machine or of a cluster, and again when one of them dies."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from threadpoolctl import threadpool_limits  # pyright: ignore[reportMissingTypeStubs]

from recommender.errors import ConflictError, InputError, StoreError
from recommender.service.installation import Service, open_service
from recommender.settings import Settings

if TYPE_CHECKING:
    from distributed import Client

_log = structlog.get_logger("recommender.workers")

# a worker that is killed is no reason to give up; one that dies each time is
_ATTEMPTS = 5
_PAUSE_SECONDS = 5.0
_CONNECT_SECONDS = 30
# a database that restarts, or is moved, is back within minutes
_PATIENCE_SECONDS = 180
_AWAY = ("store.unreachable", "store.locked")

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Workers:
    """Who does the work.

    Parameters
    ----------
    settings : Settings
        Where catalogue, database and models are, for processes of this machine.
    jobs : int
        How many processes; 1: this one alone; -1: as many as there are cores.
    cluster : str or None
        Address of a Dask scheduler, or the file in which it wrote it; its workers have settings
        of their own. None: this machine.
    """

    settings: Settings
    jobs: int = 1
    cluster: str | None = None


@dataclass(frozen=True)
class Basis:
    """What work is done with, so that each worker has the same: a model and a catalogue."""

    model_id: str | None
    catalog_digest: str

    @classmethod
    def of(cls, service: Service) -> Basis:
        """Return that of a service."""
        return cls(service.estimates.model_id, service.framework.catalog.digest)


def hand_out(
    workers: Workers, basis: Basis, work: Callable[[Service, T], R], items: Sequence[T]
) -> Iterator[tuple[T, R]]:
    """Do work on items, in any order; yield each with its result as it is done.

    Parameters
    ----------
    workers : Workers
        Who does it.
    basis : Basis
        What each of them must have.
    work : callable
        A function of a module, which takes the worker's own service and an item. It may be called
        again with the same item, when a worker dies before it could tell of its result.
    items : sequence
        What travels to the workers: ids, and no data.

    Raises
    ------
    ConflictError
        If workers keep dying, the cluster stays away, or a worker has another basis.
    StoreError
        If the database stays away for minutes.
    """
    from joblib import Parallel, delayed  # only here: a server hands nothing out

    left = dict(enumerate(items))
    # workers of a cluster have a database URL and keys of their own: none travels
    settings = None if workers.cluster else workers.settings
    attempt = 0
    while left:
        before = len(left)
        try:
            with _backend(workers):
                # one item each at a time: Dask assigns at once all that it is handed, and in the
                # end one worker would be idle while another has two left
                run: Any = Parallel(return_as="generator_unordered", pre_dispatch="n_jobs")
                for number, result in run(
                    delayed(_do)(settings, basis, work, number, item)
                    for number, item in left.copy().items()
                ):
                    yield left.pop(number), result
        except _losses() as error:
            # a long run may lose many: only attempts count in which nothing was done
            attempt = 1 if len(left) < before else attempt + 1
            _log.warning("workers lost", attempt=attempt, left=len(left), error=repr(error))
            if not left:
                return
            if attempt == _ATTEMPTS:
                raise ConflictError("batch.workers-die", left=len(left)) from error
            time.sleep(_PAUSE_SECONDS)


def _do(
    settings: Settings | None,
    basis: Basis,
    work: Callable[[Service, T], R],
    number: int,
    item: T,
) -> tuple[int, R]:
    """Do the work on an item in this process, and wait for the database if it is away."""
    ends = time.monotonic() + _PATIENCE_SECONDS
    pause = 1.0
    while True:
        try:
            # frozen, and so hashable
            service = _opened(settings or Settings(), basis)  # pyright: ignore[reportArgumentType]
            try:
                found = Basis.of(service)
                if found != basis:
                    _opened.cache_clear()
                    raise ConflictError(
                        "batch.worker-differs",
                        model=found.model_id or "–",
                        wanted=basis.model_id or "–",
                    )
                # one thread: there is a process for each core already
                with threadpool_limits(1):
                    return number, work(service, item)
            finally:
                # until the next item: a worker that waits needs no connection
                service.close()
        except StoreError as error:
            if error.code not in _AWAY or time.monotonic() > ends:
                raise
            time.sleep(pause)
            pause = min(2 * pause, 10.0)


@lru_cache(maxsize=1)
def _opened(settings: Settings, _basis: Basis) -> Service:
    # held for the items that this process is still to do; another basis finds it opened anew
    return open_service(settings, create=False)


@contextmanager
def _backend(workers: Workers) -> Iterator[None]:
    from joblib import parallel_config

    if workers.cluster is None:
        with parallel_config("loky", n_jobs=workers.jobs, inner_max_num_threads=1):
            yield
        return
    with _connect(workers.cluster), parallel_config(_cluster_backend(), n_jobs=-1):
        yield


def _cluster_backend() -> Any:
    from joblib._dask import DaskDistributedBackend

    class Cluster(DaskDistributedBackend):
        """The backend ``dask`` of joblib, also for a cluster of one core."""

        def effective_n_jobs(self, n_jobs: int) -> int:
            # told of a single core, joblib would do all the work in this process
            return max(2, super().effective_n_jobs(n_jobs))

    return Cluster()


def _connect(cluster: str) -> Client:
    from distributed import Client

    if Path(cluster).is_file():
        return Client(scheduler_file=cluster, timeout=_CONNECT_SECONDS)
    return Client(cluster, timeout=_CONNECT_SECONDS)


def _losses() -> tuple[type[BaseException], ...]:
    """Return what is raised when a worker, or the way to it, is lost."""
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    # what Dask raises for an item that took its worker with it again and again; where Dask is not
    # installed, nothing raises it
    scheduler = sys.modules.get("distributed.scheduler")
    killed = (scheduler.KilledWorker,) if scheduler else ()
    return (TerminatedWorkerError, CancelledError, OSError, *killed)


def check_cluster(cluster: str) -> None:
    """Raise an `InputError` unless a cluster can be reached."""
    if find_spec("distributed") is None:
        raise InputError("batch.no-dask")
    try:
        _connect(cluster).close()
    except (OSError, ValueError) as error:
        raise InputError("batch.no-cluster", cluster=cluster, problem=error) from error
