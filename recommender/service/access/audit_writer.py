"""Writes the audit entries of reads, those of many requests in one transaction.

An answer goes out once its entry is stored. One transaction a request would let the disk set the
pace; here the requests that wait at the same time share one.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from recommender.store import AuditEntry, Engine, append_entries, writing

_BATCH = 256


@dataclass
class AuditTrail:
    """The one writer of a process.

    Parameters
    ----------
    engine : Engine
        The database.
    """

    engine: Engine
    _waiting: queue.SimpleQueue[tuple[Sequence[AuditEntry], Future[None]] | None] = field(
        default_factory=queue.SimpleQueue, init=False
    )
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name="audit-trail", daemon=True)
        self._thread.start()

    def note(self, entries: Sequence[AuditEntry]) -> Future[None]:
        """Queue entries; the future is done when they are stored, or holds why they are not."""
        stored: Future[None] = Future()
        self._waiting.put((entries, stored))
        return stored

    def close(self) -> None:
        """Store what is queued and stop."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            ending = False
            while len(batch) < _BATCH and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    ending = True
                    break
                batch.append(following)
            self._store(batch)
            if ending:
                return

    def _store(self, batch: Sequence[tuple[Sequence[AuditEntry], Future[None]]]) -> None:
        try:
            with writing(self.engine) as connection:
                append_entries(connection, [entry for entries, _ in batch for entry in entries])
        except Exception as problem:  # whoever waits is told, whatever it was
            for _, stored in batch:
                stored.set_exception(problem)
        else:
            for _, stored in batch:
                stored.set_result(None)
