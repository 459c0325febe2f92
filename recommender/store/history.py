"""What tells one state of the history from another, and a secret that is no longer kept here."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.database.connections import connect, writing
from recommender.store.scope import Scope, visible_person_ids


def read_history_state(connection: sa.Connection) -> tuple[int, ...]:
    """Return figures that move when what the history is made of changes.

    Every change of a person's facts counts in the person's version, every imported table of
    records as a batch.
    """
    person, batch = schema.person.c, schema.import_batch.c
    people = sa.select(sa.func.count(), sa.func.sum(person.version)).select_from(schema.person)
    records = sa.select(sa.func.count()).select_from(schema.improvement_record)
    batches = sa.select(sa.func.max(batch.id)).where(batch.kind == "records")
    found = [*connection.execute(people).one()]
    found += [connection.scalar(records), connection.scalar(batches)]
    return tuple(number or 0 for number in found)


def read_visible_ids(connection: sa.Connection, scope: Scope) -> list[str]:
    """Return the ids of the people within a scope."""
    return list(connection.scalars(visible_person_ids(scope)))


def take_out_secret(url: str, name: str, keep: Callable[[bytes], None]) -> None:
    """Hand over a secret that an earlier release kept in the database, and delete it there.

    Parameters
    ----------
    url : str
        The database, with the present schema.
    name : str
        Which secret.
    keep : callable
        Takes it; where that fails, the secret stays in the database.
    """
    table = schema.secret
    engine = connect(url)
    try:
        with writing(engine) as connection:
            found = connection.scalar(sa.select(table.c.value).where(table.c.name == name))
            if found is not None:
                keep(found)
                connection.execute(sa.delete(table).where(table.c.name == name))
    finally:
        engine.dispose()
