"""What was computed before and still holds, for all requests of a process.

What a value rests on is part of its key, so nothing here is ever stale and nothing has to be
invalidated: what is no longer asked for falls out.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np
from cachetools import LRUCache

from recommender.arrays import FloatArray, IntArray

_KEYS_HELD = 4096
_RANKINGS_HELD = 4096
# few, because each of them holds the levels of a whole organisation
_DAYS_HELD = 4
# the one asked for, and all within the longest validity that the catalogues have
_QUARTERS_HELD = 12
# of two rounds with the quarters before each, for a few scopes; small beside the levels themselves
_CHANGES_HELD = 128


class SharedCache:
    """The values that were used last, at most `size`, for many threads."""

    def __init__(self, size: int) -> None:
        # locked even to read: a look-up of cachetools changes the order in which values leave
        self._values: LRUCache[Hashable, Any] = LRUCache(size)
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any | None:
        """Return a value, if it is held."""
        with self._lock:
            return self._values.get(key)

    def put(self, key: Hashable, value: Any) -> None:
        """Hold a value."""
        with self._lock:
            self._values[key] = value


class DayLevels:
    """Levels of people on a day, as of the version that each of them had."""

    def __init__(self, n_competencies: int) -> None:
        self._rows: dict[str, int] = {}
        self._versions: IntArray = np.zeros(0, dtype=np.int64)
        # one array of all: those of 100,000 people, one by one, would take long to put together
        self._figures: FloatArray = np.zeros((3, 0, n_competencies))
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def take(self, refs: Sequence[str], versions: IntArray) -> tuple[FloatArray, IntArray]:
        """Return what is held of people.

        Parameters
        ----------
        refs : sequence of str
            The people's names in the audit trail.
        versions : ndarray of shape (n_people,)
            Their versions; what is held of an earlier one counts for nothing.

        Returns
        -------
        figures : ndarray of shape (3, n_people, n_competencies)
            Levels, standard errors and days; it is the caller's.
        missing : ndarray of int
            Positions of the people of whom nothing is held, whose figures mean nothing.
        """
        with self._lock:
            if [*refs] == [*self._rows]:  # everybody, as always: none need be looked up
                rows = np.arange(len(refs))
            else:
                rows = np.fromiter(map(self._rows.get, refs, repeat(-1)), np.int64, len(refs))
            held = rows >= 0
            held[held] = self._versions[rows[held]] == versions[held]
            missing = np.flatnonzero(~held)
            if not len(self._versions):
                return np.empty((3, len(refs), self._figures.shape[2])), missing
            # a copy: the rows are written over when somebody changes. -1 takes any, the last
            return self._figures.take(rows, axis=1), missing

    def put(self, refs: Sequence[str], versions: IntArray, figures: FloatArray) -> None:
        """Hold figures of people, as `take` returns them; they are no longer the caller's."""
        with self._lock:
            if not self._rows:  # as it is: a copy of everybody's would take as long as reading it
                self._rows = {ref: row for row, ref in enumerate(refs)}
                self._versions, self._figures = versions, figures
                return
            new = [ref for ref in refs if ref not in self._rows]
            self._rows |= {ref: row for row, ref in enumerate(new, start=len(self._rows))}
            if new:
                more = np.empty((3, len(new), figures.shape[2]))
                self._figures = np.concatenate([self._figures, more], axis=1)
                self._versions = np.append(self._versions, np.zeros(len(new), dtype=np.int64))
            rows = [self._rows[ref] for ref in refs]
            self._versions[rows] = versions
            self._figures[:, rows] = figures


class LevelCache:
    """Levels by catalogue and day; the days that were asked for last."""

    def __init__(self, days: int) -> None:
        self._days: LRUCache[tuple[str, dt.date], DayLevels] = LRUCache(days)
        self._lock = threading.Lock()
        # held by who works out many levels; apart from `_lock`, which others need meanwhile
        self.working = threading.RLock()

    def of_day(self, key: tuple[str, dt.date], n_competencies: int) -> DayLevels:
        """Return what is held for a catalogue and day, to be taken from and added to."""
        with self._lock:
            return self._days.setdefault(key, DayLevels(n_competencies))


class LastValue:
    """The value that was computed last, and what it rests on."""

    def __init__(self) -> None:
        self._state: object = None
        self._value: Any = None
        self._lock = threading.Lock()

    def get(self, state: object, compute: Callable[[], Any]) -> Any:
        """Return the value, computed anew where it rests on something else by now."""
        # computed inside the lock: others that want the same wait for it in place of computing too
        with self._lock:
            if state != self._state:
                self._value, self._state = compute(), state
            return self._value


@dataclass(frozen=True)
class Caches:
    """All caches of a process.

    Parameters
    ----------
    keys : SharedCache
        API keys that were checked, by token and the counter of changes of keys.
    sessions : SharedCache
        Browsers that are signed in, by the hash of their token and the same counter.
    rankings : SharedCache
        Recommendations as they were sent, by person, version of the person, request, day,
        language, model and catalogue.
    levels, quarters : LevelCache
        Levels of people; on any day, and at the ends of quarters, which are asked for together.
    changes : SharedCache
        In how many people of each unit and grade other assessments count than at the end of an
        earlier quarter, by catalogue, both days, and the people with their versions.
    records, hidden_records : LastValue
        The improvement records, and the same with pseudonyms, by catalogue, day and state of the
        history.
    recent : LastValue
        What was measured since the model in force was trained, by the same and that day.
    """

    keys: SharedCache = field(default_factory=lambda: SharedCache(_KEYS_HELD))
    sessions: SharedCache = field(default_factory=lambda: SharedCache(_KEYS_HELD))
    rankings: SharedCache = field(default_factory=lambda: SharedCache(_RANKINGS_HELD))
    levels: LevelCache = field(default_factory=lambda: LevelCache(_DAYS_HELD))
    quarters: LevelCache = field(default_factory=lambda: LevelCache(_QUARTERS_HELD))
    changes: SharedCache = field(default_factory=lambda: SharedCache(_CHANGES_HELD))
    records: LastValue = field(default_factory=LastValue)
    hidden_records: LastValue = field(default_factory=LastValue)
    recent: LastValue = field(default_factory=LastValue)
