"""How idle workers hear that a job was queued: PostgreSQL tells them, SQLite cannot.

Nothing rests on it. Who hears nothing, because the connection was lost or something between
passes no notifications on, looks now and then all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from recommender.errors import StoreError
from recommender.store.database.connections import failure_code, shown_name

_CHANNEL = "recommender_job"


def call_workers(connection: sa.Connection) -> None:
    """Tell the workers that there is a job, as soon as the transaction has ended well."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_notify(_CHANNEL, "")))


class Bell:
    """What rings for one worker when a job was queued.

    Parameters
    ----------
    engine : Engine
        Of a PostgreSQL database.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        # of the driver itself: it waits for the server, which SQLAlchemy has no word for
        self._connection: Any = None

    @property
    def is_open(self) -> bool:
        """Whether it would ring."""
        return self._connection is not None

    def open(self) -> None:
        """Listen from now on; what was queued before does not ring.

        Raises
        ------
        StoreError
            If the database cannot be reached.
        """
        with self._explained():
            pooled = self._engine.raw_connection()
            self._connection = pooled.dbapi_connection
            # its own for as long as it listens: whoever got it from the pool would listen, too
            pooled.detach()
            self._connection.autocommit = True
            self._connection.execute(f"LISTEN {_CHANNEL}")

    def rings(self, seconds: float) -> bool:
        """Wait until it rings, for so many seconds at most; say whether it did.

        Raises
        ------
        StoreError
            If the connection was lost; then it is not open any more.
        """
        with self._explained():
            return bool(list(self._connection.notifies(timeout=seconds, stop_after=1)))

    def close(self) -> None:
        """Listen no more."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        module: Any = self._engine.dialect.loaded_dbapi
        try:
            yield
        except module.Error as error:
            self.close()
            raise StoreError(failure_code(error), database=shown_name(self._engine)) from error
