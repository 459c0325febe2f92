"""Runs a piece of work in a process of its own and takes its time and peak memory."""

from __future__ import annotations

import gc
import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured piece of work; `ratio` is its seconds divided by those of `beside`."""

    name: str
    seconds: float
    peak_mib: float
    beside: str | None = None
    ratio: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the figure as the file of results has it."""
        return asdict(self)


def measure(
    prepare: Callable[[], Callable[[], object]], *, repeats: int = 3
) -> tuple[float, float]:
    """Measure a piece of work.

    Parameters
    ----------
    prepare : callable
        Makes the inputs and returns the work itself; runs in a fresh process.
    repeats : int
        How often the work is done; the median time counts.

    Returns
    -------
    tuple of float
        Seconds of the work, and the peak memory of the process in MiB.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(prepare, repeats, sender))
    process.start()
    sender.close()
    try:
        seconds, peak = receiver.recv()
    finally:
        process.join()
    return seconds, peak


def _run(prepare: Callable[[], Callable[[], object]], repeats: int, sender: Any) -> None:
    work = prepare()
    times: list[float] = []
    for _ in range(repeats):
        gc.collect()
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sender.send((statistics.median(times), peak))
    sender.close()
