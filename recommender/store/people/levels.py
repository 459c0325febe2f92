"""Levels that are kept: worked out before, and still those of the same people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from recommender.store import schema
from recommender.store.people.people import in_pieces
from recommender.store.scope import present


@dataclass(frozen=True)
class KeptLevels:
    """Levels of a person from one day to another, as long as nothing about the person changes.

    Parameters
    ----------
    person_id : str
        Whose.
    holds_from, holds_until : date
        First and last day on which they are the person's levels.
    version : int
        Of the person, when they were worked out.
    basis : str
        By what they were worked out: catalogue and release.
    figures : bytes
        The levels, in a form that the store does not know.
    """

    person_id: str
    holds_from: dt.date
    holds_until: dt.date
    version: int
    basis: str
    figures: bytes


def read_kept_levels(
    connection: sa.Connection,
    person_ids: Iterable[str],
    *,
    basis: str,
    first: dt.date,
    last: dt.date,
) -> Iterator[Sequence[sa.Row[str, dt.date, dt.date, int, bytes]]]:
    """Yield the levels that are kept of people for any day from one to another, some at a time.

    Of each row person, first and last day, version and figures: they are those of the person only
    if it still has that version.
    """
    kept = schema.person_levels.c
    query = sa.select(
        kept.person_id, kept.holds_from, kept.holds_until, kept.version, kept.figures
    ).where(kept.holds_from <= last, kept.holds_until >= first, kept.basis == basis)
    for some in in_pieces(person_ids):
        yield connection.execute(query.where(kept.person_id.in_(some))).all()


def find_without_levels(
    connection: sa.Connection,
    *,
    basis: str,
    days: Iterable[dt.date],
    present_on: dt.date,
    among: Collection[str] | None = None,
) -> dict[str, int]:
    """Return who is present and has no levels kept for one of some days, with their versions.

    `among` are some ids, few enough for one statement; everybody is looked at without.
    """
    person, kept = schema.person.c, schema.person_levels.c
    missing = [
        ~sa.exists().where(
            kept.person_id == person.person_id,
            kept.holds_from <= day,
            kept.holds_until >= day,
            kept.version == person.version,
            kept.basis == basis,
        )
        for day in days
    ]
    query = sa.select(person.person_id, person.version).where(present(present_on), sa.or_(*missing))
    if among is not None:
        query = query.where(person.person_id.in_(among))
    rows = connection.execute(query.order_by(person.person_id)).all()
    return {row.person_id: row.version for row in rows}


def replace_kept_levels(
    connection: sa.Connection, person_ids: Collection[str], rows: Collection[KeptLevels]
) -> None:
    """Keep these levels of people, and no others of the same people."""
    kept = schema.person_levels
    for some in in_pieces(person_ids):
        connection.execute(kept.delete().where(kept.c.person_id.in_(some)))
    if not rows:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(kept)
    changes = {column.name: insert.excluded[column.name] for column in kept.c}
    # another server may have just kept the same
    keep = insert.on_conflict_do_update(index_elements=[*kept.primary_key], set_=changes)
    connection.execute(keep, [asdict(row) for row in rows])


def count_facts(connection: sa.Connection) -> tuple[int, int]:
    """Count the people, and all changes of what is known of them."""
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(schema.person.c.version), 0))
    people, changes = connection.execute(query).one()
    return people, int(changes)
