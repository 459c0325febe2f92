"""API keys and the counters of changes that every worker has to see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from recommender.store import schema


@dataclass(frozen=True)
class StoredKey:
    """An API key as stored: its rights and the hash of its secret.

    Parameters
    ----------
    key_id, label, secret_sha256, role : str
        Public part, what it is for, hash of the secret part, role.
    person_id, org_unit : str or None
        The person it belongs to, and the unit it is limited to (None: the whole organisation).
    permissions : list of str or None
        None for all permissions of the role.
    networks : list of str or None
        The addresses it is accepted from, as CIDR blocks; None for all.
    replaces : str or None
        The key that was rotated.
    created_by : str
        The actor who made it.
    created_at, expires_at, revoked_at : datetime
        In UTC.
    waits_until : datetime or None
        Until when a second person can confirm it; None where nobody has to any more.
    confirmed_by : str or None
        The second actor, if it took two.
    """

    key_id: str
    label: str
    secret_sha256: str
    role: str
    person_id: str | None
    org_unit: str | None
    permissions: list[str] | None
    networks: list[str] | None
    replaces: str | None
    created_by: str
    created_at: dt.datetime
    expires_at: dt.datetime
    revoked_at: dt.datetime | None
    waits_until: dt.datetime | None = None
    confirmed_by: str | None = None


def read_counters(connection: sa.Connection) -> dict[str, int]:
    """Return how often keys (``access``) and imported modules (``catalog``) were changed."""
    # one small read with each request tells a worker that another one has changed something
    counter = schema.change_counter.c
    rows = connection.execute(sa.select(counter.name, counter.number))
    return {row.name: row.number for row in rows}


def read_key(connection: sa.Connection, key_id: str) -> StoredKey | None:
    """Return a key, or None."""
    table = schema.api_key
    row = connection.execute(sa.select(table).where(table.c.key_id == key_id)).one_or_none()
    return None if row is None else StoredKey(**row._mapping)


def list_keys(connection: sa.Connection, *, after: str = "", limit: int) -> list[StoredKey]:
    """Return keys in the order of their ids; only those after the id `after`."""
    table = schema.api_key
    query = sa.select(table).where(table.c.key_id > after).order_by(table.c.key_id).limit(limit)
    return [StoredKey(**row._mapping) for row in connection.execute(query)]


def read_actor_names(
    connection: sa.Connection, actors: Iterable[str], *, account: Literal["login", "name"] = "login"
) -> dict[str, str]:
    """Return how actors are called: the label of a key, an account's login or its owner's name.

    Actors of other kinds are left out, and so are those whose key or account is gone.
    """
    wanted = sorted(set(actors))
    names: dict[str, str] = {}
    for kind, number, name in (
        ("key", schema.api_key.c.key_id, schema.api_key.c.label),
        ("account", schema.account.c.account_id, schema.account.c[account]),
    ):
        numbers = [each.partition(":")[2] for each in wanted if each.startswith(f"{kind}:")]
        for start in range(0, len(numbers), 500):
            some = sa.select(number, name).where(number.in_(numbers[start : start + 500]))
            names |= {f"{kind}:{row[0]}": row[1] for row in connection.execute(some)}
    return names


def has_keys(connection: sa.Connection) -> bool:
    """Say whether a key was ever made."""
    # revoked keys count: they stay in the table
    return connection.scalar(sa.select(schema.api_key.c.key_id).limit(1)) is not None


def insert_key(connection: sa.Connection, key: StoredKey) -> None:
    """Store a new key."""
    connection.execute(schema.api_key.insert().values(**key.__dict__))


def change_key(connection: sa.Connection, key_id: str, **changes: Any) -> None:
    """Change columns of a key."""
    table = schema.api_key
    connection.execute(table.update().where(table.c.key_id == key_id).values(**changes))


def unit_exists(connection: sa.Connection, path: str) -> bool:
    """Say whether there is an org unit of that path."""
    unit = schema.org_unit.c
    return connection.scalar(sa.select(unit.id).where(unit.path == path)) is not None
