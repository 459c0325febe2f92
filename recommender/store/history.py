"""How to tell that the history has changed, and the secret that hides who is in it."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from recommender.store import schema
from recommender.store.database.connections import reading, writing
from recommender.store.scope import Scope, visible_person_ids

_KEY_BYTES = 32


def read_history_state(connection: sa.Connection) -> tuple[int, ...]:
    """Return figures that change whenever the facts behind the history change.

    A change of a person's facts counts up the person's version; an imported table of records
    is a new batch.
    """
    person, batch = schema.person.c, schema.import_batch.c
    # the count as well: an erasure lowers the sum, and later changes bring it back
    people = sa.select(sa.func.count(), sa.func.sum(person.version)).select_from(schema.person)
    records = sa.select(sa.func.count()).select_from(schema.improvement_record)
    batches = sa.select(sa.func.max(batch.id)).where(batch.kind == "records")
    figures = [*connection.execute(people).one()]
    figures += [connection.scalar(records), connection.scalar(batches)]
    return tuple(number or 0 for number in figures)


def read_visible_ids(connection: sa.Connection, scope: Scope) -> list[str]:
    """Return the ids of the people within a scope."""
    return list(connection.scalars(visible_person_ids(scope)))


def read_secret(engine: sa.Engine, name: str) -> bytes:
    """Return a secret of this installation; it is made when it is first asked for."""
    table = schema.secret
    query = sa.select(table.c.value).where(table.c.name == name)
    # nearly always there: a read does not queue behind the writers
    with reading(engine) as connection:
        stored: bytes | None = connection.scalar(query)
    if stored is not None:
        return stored
    dialect = sqlite if engine.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(table).values(name=name, value=secrets.token_bytes(_KEY_BYTES))
    with writing(engine) as connection:
        connection.execute(insert.on_conflict_do_nothing())
        # read back: another process may have been first, and its secret is the one that counts
        made: bytes = connection.execute(query).scalar_one()
    return made
