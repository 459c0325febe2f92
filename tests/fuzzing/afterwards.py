"""What has to hold of an application and its database after any number of requests."""

from __future__ import annotations

import sqlalchemy as sa
from serving import Served

from recommender.store import reading, schema, verify_trail


def check_afterwards(served: Served, role: str) -> list[str]:
    """Return what is broken: the trail, the database, the key."""
    broken: list[str] = []
    engine = served.app.state.server.installation.engine
    with reading(engine) as connection:
        verdict = verify_trail(connection)
        if verdict.broken_at is not None:
            broken.append(f"the audit trail is broken at entry {verdict.broken_at}")
        if not verdict.entries:
            broken.append("nothing is in the audit trail")
        broken += _unsound(connection)
    answer = served.client(role).get("/v1/me")
    if answer.status_code != 200:
        broken.append(f"GET /v1/me answers {answer.status_code}: {answer.text}")
    return broken


def _unsound(connection: sa.Connection) -> list[str]:
    if connection.dialect.name == "sqlite":
        # SQLite 3.40 finds NULL where there is none; see `recommender.store.database.backup`
        found = connection.exec_driver_sql(f"PRAGMA integrity_check({2**31 - 1})").scalars()
        broken = [line for line in found if line != "ok" and not line.startswith("NULL value in ")]
        return broken + [
            f"a row of {row[0]} names none of {row[2]}"
            for row in connection.exec_driver_sql("PRAGMA foreign_key_check")
        ]
    # a server keeps its constraints; that every row can be read is what is left to ask
    for table in schema.metadata.sorted_tables:
        connection.execute(sa.select(table)).all()
    return []
