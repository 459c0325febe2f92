"""How often somebody asked of late, by a clock that nobody sets back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from limits import RateLimitItem

_SWEEP_SECONDS = 60


@dataclass(frozen=True)
class Window:
    """A window of time and what was asked in it.

    Parameters
    ----------
    allowed : bool
        Whether it was not more than the limit.
    remaining : int
        How often more may be asked until it ends.
    seconds : float
        Until it ends.
    """

    allowed: bool
    remaining: int
    seconds: float


class Windows:
    """Counts requests in windows that begin with a first one.

    Parameters
    ----------
    elapsed : callable
        Seconds since whenever; they only ever grow.
    """

    def __init__(self, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed = elapsed
        self._windows: dict[tuple[RateLimitItem, str], tuple[float, int]] = {}
        self._sweep_at = 0.0
        self._lock = threading.Lock()

    def hit(self, limit: RateLimitItem, who: str) -> Window:
        """Count a request."""
        with self._lock:
            now = self._elapsed()
            self._sweep(now)
            ends, count = self._find(limit, who, now)
            count += 1
            self._windows[limit, who] = ends, count
        return Window(count <= limit.amount, max(0, limit.amount - count), ends - now)

    def is_open(self, limit: RateLimitItem, who: str) -> bool:
        """Say whether one more request would be allowed."""
        with self._lock:
            return self._find(limit, who, self._elapsed())[1] < limit.amount

    def __len__(self) -> int:
        """Return how many windows are held."""
        return len(self._windows)

    def _find(self, limit: RateLimitItem, who: str, now: float) -> tuple[float, int]:
        ends, count = self._windows.get((limit, who), (now, 0))
        return (ends, count) if now < ends else (now + limit.get_expiry(), 0)

    def _sweep(self, now: float) -> None:
        """Forget the windows that have ended, now and then: anybody may have begun one."""
        if now >= self._sweep_at:
            self._sweep_at = now + _SWEEP_SECONDS
            self._windows = {key: held for key, held in self._windows.items() if now < held[0]}
