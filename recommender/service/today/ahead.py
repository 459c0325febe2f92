"""Where everybody stands, worked out before anybody asks, and kept in the database.

The levels of two thousand people take seconds to work out, those of a hundred thousand minutes. It
is done when a server starts, each morning, and soon for those about whom something has changed;
without it the next visitor would wait.
"""

from __future__ import annotations

import datetime as dt
import threading

import structlog

from recommender.service.groups.kept_levels import keep_levels, list_days
from recommender.service.installation import Installation
from recommender.service.permissions import COMMAND_LINE
from recommender.service.session import Session
from recommender.service.today.assessing import read_assessing
from recommender.store import read_counters, reading
from recommender.store.people.levels import count_facts

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
        # when it was done last: the day, the people, all changes of them, those of the catalogue
        self._seen: tuple[dt.date, int, int, int] | None = None
        self.done_for: dt.date | None = None

    def start(self) -> None:
        """Begin, and look again whether a new day has come or something has changed."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is being worked out is waited for, but not for long."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(GRACE_SECONDS)

    def _run(self) -> None:
        while self._goes_on():
            today = self._installation.settings.today()
            try:
                self._look(today)
            # any error: whoever asks works it out in the request, and is told what is wrong
            except Exception as error:
                _log.warning("levels not worked out ahead", error=type(error).__name__)
            self.done_for = today
            self._stopping.wait(LOOK_SECONDS)

    def _look(self, today: dt.date) -> None:
        with reading(self._installation.engine) as connection:
            n_people, n_changes = count_facts(connection)
            counters = read_counters(connection)
        seen = (today, n_people, n_changes, counters["catalog"])
        if n_people <= FEW or seen == self._seen:
            return
        service = self._installation.current(counters["catalog"])
        is_new_day = self._seen is None or self._seen[0] != today
        # who has changed has no levels for today any more, and gets those of the other days, too
        days = list_days(service.framework, today) if is_new_day else [today]
        caches = service.caches
        # whoever asks meanwhile for levels of many waits, and then finds them in memory
        with caches.levels.working, caches.quarters.working:
            count = keep_levels(service, days, today=today, go_on=self._goes_on)
            if (is_new_day or count > FEW) and self._goes_on():
                read_assessing(Session(service, COMMAND_LINE, "today", today))
        if not self._goes_on():
            return
        self._seen = seen
        _log.info("levels worked out ahead", people=count)

    def _goes_on(self) -> bool:
        return not self._stopping.is_set()
