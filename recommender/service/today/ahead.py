"""Where everybody stands, worked out before anybody asks: when a server starts, and each morning.

The levels of two thousand people take seconds to work out; later questions only work out those
about whom something has changed. Without this the first visitor of the day would wait for it.
"""

from __future__ import annotations

import datetime as dt
import threading

import structlog

from recommender.service.installation import Installation
from recommender.service.permissions import COMMAND_LINE
from recommender.service.session import Session
from recommender.service.today.assessing import read_assessing
from recommender.store import EVERYONE, read_counters, reading
from recommender.store.people.people import list_people
from recommender.store.scope import present

LOOK_SECONDS = 60.0
GRACE_SECONDS = 5.0
FEW = 500
"""Of so many people, levels are worked out while one waits."""
_log = structlog.get_logger("recommender.today")


class AheadOfToday:
    """Works it out in a thread of a server process; `done_for` is the day it was done for last."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ahead-of-today", daemon=True)
        self.done_for: dt.date | None = None

    def start(self) -> None:
        """Begin, and look again whether a new day has come."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is being worked out is waited for, not for long: nothing of it is stored."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(GRACE_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            today = self._installation.settings.today()
            if today != self.done_for:
                try:
                    self._work_out(today)
                # any error: whoever asks works it out in the request, and is told what is wrong
                except Exception as error:
                    _log.warning("levels not worked out ahead", error=type(error).__name__)
                self.done_for = today
            self._stopping.wait(LOOK_SECONDS)

    def _work_out(self, today: dt.date) -> None:
        with reading(self._installation.engine) as connection:
            some = list_people(connection, EVERYONE, conditions=[present(today)], limit=FEW + 1)
            if len(some) <= FEW:
                return
            counters = read_counters(connection)
        service = self._installation.current(counters["catalog"])
        read_assessing(Session(service, COMMAND_LINE, "today", today))
        _log.info("levels worked out ahead")
