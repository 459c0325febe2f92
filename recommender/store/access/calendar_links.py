"""Addresses under which calendar programs read a person's dates."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from recommender.store import schema

_link = schema.calendar_link.c


@dataclass(frozen=True)
class CalendarLink:
    """An address in force: its number, whose dates it shows, and since when (UTC)."""

    id: int
    person_id: str
    created_at: dt.datetime


def insert_calendar_link(
    connection: sa.Connection, person_id: str, *, token_sha256: str, actor: str, at: dt.datetime
) -> None:
    """Store a new address of a person."""
    connection.execute(
        schema.calendar_link.insert().values(
            person_id=person_id, token_sha256=token_sha256, created_by=actor, created_at=at
        )
    )


def find_calendar_link(
    connection: sa.Connection, *, person_id: str | None = None, token_sha256: str | None = None
) -> CalendarLink | None:
    """Return the address in force of a person, or the one with a secret; None if there is none."""
    query = sa.select(_link.id, _link.person_id, _link.created_at).where(_link.revoked_at.is_(None))
    if person_id is not None:
        query = query.where(_link.person_id == person_id)
    if token_sha256 is not None:
        query = query.where(_link.token_sha256 == token_sha256)
    row = connection.execute(query.order_by(_link.id.desc()).limit(1)).one_or_none()
    return None if row is None else CalendarLink(*row)


def revoke_calendar_links(connection: sa.Connection, person_id: str, *, at: dt.datetime) -> int:
    """End the addresses of a person; return how many there were."""
    in_force = (_link.person_id == person_id, _link.revoked_at.is_(None))
    ended = schema.calendar_link.update().where(*in_force).values(revoked_at=at)
    return connection.execute(ended).rowcount
