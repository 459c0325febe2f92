"""Browsers that are signed in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from recommender.store import schema


@dataclass(frozen=True)
class StoredSession:
    """A browser that is signed in, as stored.

    Parameters
    ----------
    token_sha256 : str
        Hash of what its cookie holds.
    account_id : str or None
        Of the account; None where an identity provider has told who it is.
    actor, name, role : str
        Name in the audit trail, name on pages, role.
    person_id, org_unit : str or None
        As of a key.
    permissions : list of str or None
        None for all permissions of the role.
    csrf : str
        What every form of its pages has to send.
    created_at, seen_at, ends_at : datetime
        In UTC; `seen_at` is up to a minute late.
    """

    token_sha256: str
    account_id: str | None
    actor: str
    name: str
    role: str
    person_id: str | None
    org_unit: str | None
    permissions: list[str] | None
    csrf: str
    created_at: dt.datetime
    seen_at: dt.datetime
    ends_at: dt.datetime


def read_session(connection: sa.Connection, token_sha256: str) -> StoredSession | None:
    """Return a session, also if its time is over, or None."""
    table = schema.browser_session
    row = connection.execute(
        sa.select(table).where(table.c.token_sha256 == token_sha256)
    ).one_or_none()
    return None if row is None else StoredSession(**row._mapping)


def list_sessions(connection: sa.Connection, actor: str) -> list[StoredSession]:
    """Return the sessions of an actor, the one used last first."""
    table = schema.browser_session
    query = sa.select(table).where(table.c.actor == actor).order_by(table.c.seen_at.desc())
    return [StoredSession(**row._mapping) for row in connection.execute(query)]


def insert_session(connection: sa.Connection, session: StoredSession) -> None:
    """Store a new session, and take away those whose time is over."""
    table = schema.browser_session
    connection.execute(table.delete().where(table.c.ends_at < session.created_at))
    connection.execute(table.insert().values(**session.__dict__))


def touch_session(connection: sa.Connection, token_sha256: str, now: dt.datetime) -> None:
    """Note that a browser has just asked for something."""
    table = schema.browser_session
    connection.execute(
        table.update().where(table.c.token_sha256 == token_sha256).values(seen_at=now)
    )


def delete_sessions(
    connection: sa.Connection,
    *,
    token_sha256: str | None = None,
    actor: str | None = None,
    but: str | None = None,
) -> int:
    """End a session, or all of an actor `but` one; return how many there were."""
    table = schema.browser_session
    ended = table.c.token_sha256 == token_sha256 if actor is None else table.c.actor == actor
    statement = table.delete().where(ended)
    if but is not None:
        statement = statement.where(table.c.token_sha256 != but)
    return connection.execute(statement).rowcount
