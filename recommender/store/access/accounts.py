"""Accounts of people who sign in, and the one-time links that are made for them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from recommender.store import schema


@dataclass(frozen=True)
class StoredAccount:
    """An account as stored.

    Parameters
    ----------
    account_id, login, name : str
        Its id, what its owner types in, and what the owner is called on pages.
    password_hash : str or None
        By argon2; None until the first password is chosen.
    role : str
        As a key has it, with `person_id`, `org_unit` and `permissions`.
    failures : int
        Wrong passwords since the last right one.
    locked_until, disabled_at, created_at, last_login_at : datetime
        In UTC.
    created_by : str
        The actor who made it.
    waits_until : datetime or None
        Until when a second person can confirm it; None where nobody has to any more.
    confirmed_by : str or None
        The second actor, if it took two.
    """

    account_id: str
    login: str
    password_hash: str | None
    name: str
    role: str
    person_id: str | None
    org_unit: str | None
    permissions: list[str] | None
    failures: int
    locked_until: dt.datetime | None
    disabled_at: dt.datetime | None
    created_at: dt.datetime
    created_by: str
    last_login_at: dt.datetime | None = None
    waits_until: dt.datetime | None = None
    confirmed_by: str | None = None


@dataclass(frozen=True)
class StoredLink:
    """A one-time link as stored: a password can be chosen by it, or its owner signs in.

    Parameters
    ----------
    token_sha256 : str
        Hash of what stands in the link.
    account_id : str
        Whose it is.
    purpose : str
        ``reset`` or ``enter``.
    created_by : str
        The actor who made it.
    created_at, expires_at, used_at : datetime
        In UTC.
    waits_until : datetime or None
        Until when a second person can confirm it; None where nobody has to any more.
    """

    token_sha256: str
    account_id: str
    purpose: str
    created_by: str
    created_at: dt.datetime
    expires_at: dt.datetime
    used_at: dt.datetime | None = None
    waits_until: dt.datetime | None = None


def read_account(
    connection: sa.Connection, *, lock: bool = False, **key: str
) -> StoredAccount | None:
    """Return the account with an `account_id` or `login`, or None.

    With `lock` nobody else changes it until the transaction ends.
    """
    table = schema.account
    query = sa.select(table).where(*(table.c[name] == value for name, value in key.items()))
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else StoredAccount(**row._mapping)


def list_accounts(connection: sa.Connection, *, after: str = "", limit: int) -> list[StoredAccount]:
    """Return accounts in the order of their logins; only those after the login `after`."""
    table = schema.account
    query = sa.select(table).where(table.c.login > after).order_by(table.c.login).limit(limit)
    return [StoredAccount(**row._mapping) for row in connection.execute(query)]


def insert_account(connection: sa.Connection, account: StoredAccount) -> None:
    """Store a new account."""
    connection.execute(schema.account.insert().values(**account.__dict__))


def change_account_row(connection: sa.Connection, account_id: str, **changes: Any) -> None:
    """Change columns of an account."""
    table = schema.account
    connection.execute(table.update().where(table.c.account_id == account_id).values(**changes))


def replace_link(connection: sa.Connection, link: StoredLink) -> None:
    """Store a link in place of all that the account had for the same purpose."""
    table = schema.sign_in_link
    connection.execute(
        table.delete().where(table.c.account_id == link.account_id, table.c.purpose == link.purpose)
    )
    connection.execute(table.insert().values(**link.__dict__))


def read_link(connection: sa.Connection, token_sha256: str) -> StoredLink | None:
    """Return a link, also if it was used or has expired, or None."""
    table = schema.sign_in_link
    row = connection.execute(
        sa.select(table).where(table.c.token_sha256 == token_sha256)
    ).one_or_none()
    return None if row is None else StoredLink(**row._mapping)


def list_links(connection: sa.Connection, account_id: str) -> list[StoredLink]:
    """Return the links of an account, also those that were used or have expired."""
    table = schema.sign_in_link
    query = sa.select(table).where(table.c.account_id == account_id)
    return [StoredLink(**row._mapping) for row in connection.execute(query)]


def confirm_links(connection: sa.Connection, account_id: str) -> None:
    """Let the links of an account work that waited for a second person."""
    table = schema.sign_in_link
    connection.execute(
        table.update().where(table.c.account_id == account_id).values(waits_until=None)
    )


def delete_links(connection: sa.Connection, account_id: str) -> None:
    """Take all links of an account away."""
    table = schema.sign_in_link
    connection.execute(table.delete().where(table.c.account_id == account_id))


def use_link(connection: sa.Connection, token_sha256: str, now: dt.datetime) -> bool:
    """Note that a link was used; False where somebody was quicker."""
    table = schema.sign_in_link
    used = connection.execute(
        table.update()
        .where(table.c.token_sha256 == token_sha256, table.c.used_at.is_(None))
        .values(used_at=now)
    )
    return used.rowcount == 1
