"""Writes what requests leave behind that change nothing: who read what, and what was shown.

An answer goes out only after its entry is stored. One transaction per request would let the disk
set the pace, so the requests that wait at the same time share one.
"""

from __future__ import annotations

import datetime as dt
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from recommender.results import Recommendations
from recommender.store import (
    AuditEntry,
    Connection,
    Engine,
    append_entries,
    schema,
    write_rows,
    writing,
)

# bounds how long the write lock of SQLite is held, and how many are stored anew one by one
_BATCH = 256


@dataclass(frozen=True)
class Note:
    """Entries of the audit trail, and a row for each ranking that was shown."""

    entries: Sequence[AuditEntry]
    shown: Sequence[dict[str, Any]] = ()


def store_notes(connection: Connection, notes: Sequence[Note]) -> None:
    """Store notes in a transaction."""
    append_entries(connection, [entry for note in notes for entry in note.entries])
    write_rows(connection, schema.shown, [row for note in notes for row in note.shown])


def describe_shown(ranked: Recommendations, *, at: dt.datetime) -> dict[str, Any]:
    """Return the row that says which modules were shown to a person, in which order."""
    return {
        "person_id": ranked.person_id,
        "objective": ranked.objective,
        "modules": [
            {"module_id": item.module_id, "expected_gap_closed": item.expected_gap_closed}
            for item in ranked.recommendations
        ],
        "as_of": ranked.as_of,
        "model_id": ranked.model_id,
        "catalog_digest": ranked.catalog_digest,
        "shown_at": at,
    }


class AuditWriter:
    """The one writer of a process; its thread starts at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.SimpleQueue[tuple[Note, Future[None]] | None] = queue.SimpleQueue()
        # daemon: a process that ends without `close` must not hang on a queue that stays empty
        self._thread = threading.Thread(target=self._run, name="audit-trail", daemon=True)
        self._thread.start()

    def note(self, note: Note) -> Future[None]:
        """Queue a note; the future ends when it is stored, or holds the error if it cannot be."""
        stored: Future[None] = Future()
        self._waiting.put((note, stored))
        return stored

    def close(self) -> None:
        """Store what is queued and stop."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            # nobody else takes from the queue, so what is not empty now does not block below
            while len(batch) < _BATCH and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    # the batch comes first; the loop finds the wish to stop again after it
                    self._waiting.put(None)
                    break
                batch.append(following)
            self._store(batch)

    def _store(self, batch: Sequence[tuple[Note, Future[None]]]) -> None:
        try:
            with writing(self._engine) as connection:
                store_notes(connection, [note for note, _ in batch])
        # any error: a future that is never set would leave its request waiting for ever
        except Exception as problem:
            if len(batch) > 1:
                # one note may be about somebody who was erased meanwhile; the others are good
                for waiting in batch:
                    self._store([waiting])
            else:
                batch[0][1].set_exception(problem)
        else:
            for _, stored in batch:
                stored.set_result(None)
