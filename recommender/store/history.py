"""How to tell that the history has changed, and a secret that is no longer kept here."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.database.connections import connect, writing
from recommender.store.scope import Scope, visible_person_ids


def read_history_state(connection: sa.Connection) -> tuple[int, ...]:
    """Return figures that change whenever the facts behind the history change.

    A change of a person's facts counts up the person's version; an imported table of records
    is a new batch, and one that is undone is marked.
    """
    person, batch = schema.person.c, schema.import_batch.c
    # the count as well: an erasure lowers the sum, and later changes bring it back
    people = sa.select(sa.func.count(), sa.func.sum(person.version)).select_from(schema.person)
    records = sa.select(sa.func.count()).select_from(schema.improvement_record)
    batches = sa.select(sa.func.max(batch.id), sa.func.count(batch.undone_at))
    figures = [*connection.execute(people).one(), connection.scalar(records)]
    figures += connection.execute(batches.where(batch.kind == "records")).one()
    return tuple(number or 0 for number in figures)


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
            secret = connection.scalar(sa.select(table.c.value).where(table.c.name == name))
            if secret is not None:
                keep(secret)
                connection.execute(sa.delete(table).where(table.c.name == name))
    finally:
        engine.dispose()
