"""How idle workers hear that a job was queued: PostgreSQL tells them, SQLite cannot.

Nothing rests on it. Who hears nothing, because the connection was lost or something between
passes no notifications on, looks now and then all the same.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from recommender.errors import StoreError
from recommender.store.database.connections import explain_failures, failure_code, shown_name

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
        self._connection: sa.Connection | None = None

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
        with explain_failures(self._engine):
            connection = self._engine.connect()
            try:
                # its own for as long as it listens: one out of the pool would go on listening there
                connection.detach()
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql(f"LISTEN {_CHANNEL}")
            except BaseException:
                connection.close()
                raise
        self._connection = connection

    def rings(self, seconds: float) -> bool:
        """Wait until it rings, for so many seconds at most; say whether it did.

        Raises
        ------
        StoreError
            If the connection was lost; then it is not open any more.
        """
        assert self._connection is not None
        driver: Any = self._connection.connection.driver_connection
        module: Any = self._engine.dialect.loaded_dbapi
        try:
            return bool(list(driver.notifies(timeout=seconds, stop_after=1)))
        except module.Error as error:
            self.close()
            name = shown_name(self._engine)
            raise StoreError(failure_code(error), database=name) from error

    def close(self) -> None:
        """Listen no more."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()
