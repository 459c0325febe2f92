"""What was computed before and still holds, for all requests of a process.

Each key names all that its value rests on, so nothing here is ever stale and nothing has to be
invalidated: what is no longer asked for falls out.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from cachetools import LRUCache

from recommender.service.groups.level_cache import LevelCache
from recommender.service.learning.record_cache import RecordCache

_KEYS_HELD = 4096
_RANKINGS_HELD = 4096


class SharedCache:
    """The values that were used last, for many threads.

    Parameters
    ----------
    size : int
        How many.
    """

    def __init__(self, size: int) -> None:
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


@dataclass(frozen=True)
class Caches:
    """All caches of a process.

    Parameters
    ----------
    keys : SharedCache
        API keys that were checked, by token and the counter of changes of keys.
    rankings : SharedCache
        Recommendations as they were sent, by person, version of the person, request, day,
        language, model and catalogue.
    levels : LevelCache
        Levels of people, by catalogue, day, person and version of the person.
    records : RecordCache
        The improvement records, by catalogue, day and state of the history.
    """

    keys: SharedCache = field(default_factory=lambda: SharedCache(_KEYS_HELD))
    rankings: SharedCache = field(default_factory=lambda: SharedCache(_RANKINGS_HELD))
    levels: LevelCache = field(default_factory=LevelCache)
    records: RecordCache = field(default_factory=RecordCache)
