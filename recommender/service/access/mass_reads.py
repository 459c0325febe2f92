"""Notices who reads the data of very many people within an hour."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from cachetools import TTLCache

WINDOW_MINUTES = 60
# more than this at a time, and those who have read nothing for longest are counted anew
_ACTORS = 10_000


class MassReads:
    """Counts the people whom each actor has read, in this process.

    Parameters
    ----------
    limit : int
        How many different people within an hour are nothing unusual.
    timer : callable
        A clock in seconds that never goes back.
    """

    def __init__(self, limit: int, timer: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._timer = timer
        self._seconds = WINDOW_MINUTES * 60
        self._people: TTLCache[str, TTLCache[str, None]]
        self._people = TTLCache(_ACTORS, self._seconds, timer=timer)
        self._told: TTLCache[str, None] = self._cache(_ACTORS)
        self._lock = threading.Lock()

    def is_new(self, actor: str, refs: Iterable[str], *, at_least: int = 0) -> bool:
        """Count people read; say whether there are too many now, once an hour for each actor.

        `at_least` is how many there are where they are too many to be named.
        """
        with self._lock:
            people = self._people.get(actor)
            if people is None:
                # one more than the limit is enough to tell, and bounds what is held
                people = self._cache(self.limit + 1)
            for ref in refs:
                people[ref] = None
            self._people[actor] = people  # put in again: read by this actor just now
            if max(len(people), at_least) <= self.limit or actor in self._told:
                return False
            self._told[actor] = None
            return True

    def _cache(self, size: int) -> TTLCache[str, None]:
        return TTLCache(size, self._seconds, timer=self._timer)
