"""Uses at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable


def at_once(*uses: Callable[[], object]) -> list[object]:
    """Run uses at the same time; return what they returned or raised."""
    results: list[object] = [None] * len(uses)
    start = threading.Barrier(len(uses))

    def run(place: int, use: Callable[[], object]) -> None:
        start.wait()
        try:
            results[place] = use()
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(place, use)) for place, use in enumerate(uses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
