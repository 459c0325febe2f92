"""The improvement records of a database, held as long as nothing in it changes."""

from __future__ import annotations

import datetime as dt
import threading

import pandas as pd

from recommender.improvement.history import SHIFT_DAYS, pseudonymise
from recommender.service.framework import Framework
from recommender.service.learning.collecting import collect_records
from recommender.store import Connection, Engine
from recommender.store.history import read_history_state, read_secret

RECORD_KEY = ("person_id", "competency_id", "before_on", "after_on", "module_id")
"""What tells records apart, and what they are ordered by."""


class RecordCache:
    """Holds the records that were collected last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: object = None
        self._records = pd.DataFrame()
        self._hidden: tuple[pd.DataFrame, pd.DataFrame] | None = None

    def read(self, connection: Connection, framework: Framework, *, as_of: dt.date) -> pd.DataFrame:
        """Return the records that end by a day, in the order of `RECORD_KEY`.

        Parameters
        ----------
        connection : Connection
            Open for reading.
        framework : Framework
            The catalogue.
        as_of : date
            The day.

        Returns
        -------
        DataFrame
            Columns `recommender.improvement.history.RECORD_COLUMNS`; not to be changed.
        """
        state = (as_of, framework.catalog.digest, read_history_state(connection))
        with self._lock:
            if state != self._state:
                found = collect_records(connection, framework, as_of=as_of).frame
                self._records = found.sort_values(list(RECORD_KEY), ignore_index=True)
                self._state = state
            return self._records

    def read_hidden(
        self, connection: Connection, framework: Framework, engine: Engine, *, as_of: dt.date
    ) -> pd.DataFrame:
        """Return the records with pseudonyms in place of people, and their dates shifted.

        Parameters
        ----------
        connection, framework, as_of
            As in `read`.
        engine : Engine
            The database: pseudonyms are made with a secret of its own, and stay what they are.

        Returns
        -------
        DataFrame
            As `recommender.improvement.history.pseudonymise` returns it.
        """
        records = self.read(connection, framework, as_of=as_of)
        with self._lock:
            if self._hidden is None or self._hidden[0] is not records:
                secret = read_secret(engine, "pseudonyms")
                found = pseudonymise(records, secret, earlier_by_days=SHIFT_DAYS)
                found = found.sort_values(list(RECORD_KEY), ignore_index=True)
                self._hidden = records, found
            return self._hidden[1]
