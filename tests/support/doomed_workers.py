"""What the tests of jobs let happen in a worker's process, in place of the work or amid it."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any, NoReturn

import recommender.service.access.audit_writer
import recommender.service.jobs.process
import recommender.service.people.batches
import recommender.service.people.imports
from recommender.service.jobs.process import Trouble, work_alone
from recommender.settings import Settings
from recommender.store.jobs import StoredJob

# where an import can be cut off: each name with the function that is reached then
MOMENTS = {
    "reading": (recommender.service.people.imports, "read_import"),
    "rows stored": (recommender.service.people.batches.store, "add_batch"),
    "before the commit": (recommender.service.access.audit_writer, "append_entries"),
    "after the commit": (recommender.service.jobs.process, "Ended"),
}


def die(*_: Any, **__: Any) -> NoReturn:
    """End this process as an operating system does that is out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("not reached")


def die_at(moment: str, settings: Settings, job: StoredJob, worker: str, said: Pipe) -> None:
    """Work on a job up to a moment."""
    module, name = MOMENTS[moment]
    setattr(module, name, die)
    work_alone(settings, job, worker, said)


def never_end(settings: Settings, *_: Any) -> NoReturn:
    """Note the process's id beside the models, and go on and on."""
    settings.models.mkdir(exist_ok=True)
    Path(settings.models, "pid").write_text(str(os.getpid()), encoding="ascii")
    while True:
        time.sleep(1)


def linger(settings: Settings, job: StoredJob, worker: str, said: Pipe) -> None:
    """Work, as to signals and the parent's end, but never come to an end of it."""
    recommender.service.jobs.process._work = never_end  # type: ignore[assignment] - in this process
    work_alone(settings, job, worker, said)


def have_trouble(
    code: str, times: int, settings: Settings, job: StoredJob, worker: str, said: Pipe
) -> None:
    """Fail as a database does, some times, then work."""
    settings.models.mkdir(exist_ok=True)
    tries = Path(settings.models, "tries")
    before = int(tries.read_text()) if tries.exists() else 0
    tries.write_text(str(before + 1), encoding="ascii")
    if before < times:
        said.send(Trouble({"code": code, "values": {"database": "x"}}))
    else:
        work_alone(settings, job, worker, said)
