"""Parts handed to processes of this machine or of a cluster, and again when one of them dies."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.process_executor import TerminatedWorkerError

from recommender.errors import ConflictError, InputError
from recommender.service.batch.tasks import Part, PartDone, Task
from recommender.service.batch.working import work_out_part
from recommender.settings import Settings

if TYPE_CHECKING:
    from distributed import Client

_log = structlog.get_logger("recommender.batch")

# a worker that is killed is no reason to give up; one that dies each time is
_ATTEMPTS = 5
_PAUSE_SECONDS = 5.0
_CONNECT_SECONDS = 30


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


def run_parts(workers: Workers, task: Task, parts: Sequence[Part]) -> Iterator[PartDone]:
    """Work out parts, in any order; yield each as it is done.

    Raises
    ------
    ConflictError
        If workers keep dying, or the cluster stays away.
    """
    left = {part.name: part for part in parts}
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with _backend(workers):
                run: Any = Parallel(return_as="generator_unordered", pre_dispatch="3*n_jobs")
                # workers of a cluster have a database URL and keys of their own: none travels
                settings = None if workers.cluster else workers.settings
                for done in run(
                    delayed(work_out_part)(settings, task, part) for part in left.copy().values()
                ):
                    del left[done.part]
                    yield done
            return
        except (TerminatedWorkerError, CancelledError, OSError, *_killed()) as error:
            # what was done is in its files, and a part that was done but not told of is found there
            _log.warning("workers lost", attempt=attempt, left=len(left), error=repr(error))
            if not left:
                return
            if attempt == _ATTEMPTS:
                raise ConflictError("batch.workers-die", left=len(left)) from error
            time.sleep(_PAUSE_SECONDS)


@contextmanager
def _backend(workers: Workers) -> Iterator[None]:
    if workers.cluster is None:
        with parallel_config("loky", n_jobs=workers.jobs, inner_max_num_threads=1):
            yield
        return
    with _connect(workers.cluster), parallel_config("dask", n_jobs=-1):
        yield


def _connect(cluster: str) -> Client:
    from distributed import Client

    if Path(cluster).is_file():
        return Client(scheduler_file=cluster, timeout=_CONNECT_SECONDS)
    return Client(cluster, timeout=_CONNECT_SECONDS)


def _killed() -> tuple[type[BaseException], ...]:
    """Return what Dask raises for a part that took its worker with it again and again."""
    # where it is not installed, nothing raises it
    scheduler = sys.modules.get("distributed.scheduler")
    return (scheduler.KilledWorker,) if scheduler else ()


def check_cluster(cluster: str) -> None:
    """Raise an `InputError` unless a cluster can be reached."""
    if find_spec("distributed") is None:
        raise InputError("batch.no-dask")
    try:
        _connect(cluster).close()
    except (OSError, ValueError) as error:
        raise InputError("batch.no-cluster", cluster=cluster, problem=error) from error
