"""How often somebody has asked lately, by a clock that nobody sets back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from cachetools import TLRUCache
from limits import RateLimitItem

_MOST_WINDOWS = 100_000  # a stranger begins one with every new address, so memory needs a bound


@dataclass(frozen=True)
class Window:
    """A window of time and what was asked in it.

    Parameters
    ----------
    allowed : bool
        Whether the count is within the limit.
    remaining : int
        How many more requests are allowed until the window ends.
    seconds : float
        Seconds until the window ends.
    """

    allowed: bool
    remaining: int
    seconds: float


class Windows:
    """Counts requests in fixed windows; each begins with somebody's first request.

    Parameters
    ----------
    elapsed : callable
        A clock in seconds that never goes back.
    """

    def __init__(self, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed = elapsed
        # When each window ends and its requests. Not the storage of `limits`, which goes by the
        # clock of the day: set back by an hour, it refuses for that hour.
        self._windows: TLRUCache[tuple[RateLimitItem, str], tuple[float, int]] = TLRUCache(
            _MOST_WINDOWS, ttu=lambda _who, window, _now: window[0], timer=elapsed
        )
        self._lock = threading.Lock()

    def hit(self, limit: RateLimitItem, who: str) -> Window:
        """Count a request."""
        # cachetools is not thread-safe, and the count is read before it is written
        with self._lock:
            now = self._elapsed()
            ends, count = self._windows.get((limit, who), (now + limit.get_expiry(), 0))
            count += 1
            self._windows[limit, who] = ends, count
        return Window(count <= limit.amount, max(0, limit.amount - count), max(0.0, ends - now))
