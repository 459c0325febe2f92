"""The secret address under which a person's calendar program reads the dates of their plans.

Whoever knows the address needs no key, so it can be withdrawn, shows dates and nothing else, and is
stored as a hash only.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from dataclasses import dataclass

from recommender.errors import ConflictError
from recommender.service.installation import Installation, Service
from recommender.service.permissions import Permission, Principal, Role
from recommender.service.session import Session
from recommender.store import EVERYONE, find_person, read_counters, reading
from recommender.store.access.calendar_links import (
    CalendarLink,
    find_calendar_link,
    insert_calendar_link,
    revoke_calendar_links,
)

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class NewCalendarLink:
    """A link that was just made; its `token` is shown now and never again."""

    token: str
    created_at: dt.datetime


def create_calendar_link(session: Session) -> NewCalendarLink:
    """Make the principal's own calendar link; one made before ends.

    Raises
    ------
    ConflictError
        If no person stands behind the principal.
    """
    session.need(Permission.READ_PLANS)
    person_id = session.who.person_id
    if person_id is None:
        raise ConflictError("calendar.no-person")
    token, now = secrets.token_urlsafe(32), dt.datetime.now(dt.UTC)
    with session.writing() as connection:
        # locked, so that two requests at once leave one link in force
        session.person(connection, person_id, lock=True)
        revoke_calendar_links(connection, person_id, at=now)
        insert_calendar_link(
            connection, person_id, token_sha256=_hash(token), actor=session.who.actor, at=now
        )
    return NewCalendarLink(token, now)


def read_calendar_link(session: Session) -> CalendarLink | None:
    """Return the principal's own calendar link; None where there is none in force."""
    session.need(Permission.READ_PLANS)
    person_id = session.who.person_id
    if person_id is None:
        return None
    with session.reading() as connection:
        session.person(connection, person_id)
        return find_calendar_link(connection, person_id=person_id)


def revoke_calendar_link(session: Session) -> None:
    """End the principal's own calendar link, if there is one."""
    session.need(Permission.READ_PLANS)
    person_id = session.who.person_id
    if person_id is None:
        return
    with session.writing() as connection:
        session.person(connection, person_id, lock=True)
        revoke_calendar_links(connection, person_id, at=dt.datetime.now(dt.UTC))


def identify_calendar(
    installation: Installation, token: str, *, today: dt.date
) -> tuple[Service, Principal] | None:
    """Return the service as it is now and whose dates a link shows; None for an unknown link.

    A link that has ended, and one of a person who has left, are as unknown as any other.
    """
    if not _TOKEN.fullmatch(token):
        return None
    with reading(installation.engine) as connection:
        counters = read_counters(connection)
        link = find_calendar_link(connection, token_sha256=_hash(token))
        person = link and find_person(connection, EVERYONE, link.person_id)
    if link is None or person is None or (person.left_on is not None and person.left_on <= today):
        return None
    who = Principal(
        actor=f"calendar:{link.id}",
        role=Role.EMPLOYEE,
        # not what an employee may do: whoever has found the address reads dates, and that is all
        permissions=frozenset({Permission.READ_PLANS}),
        person_id=link.person_id,
    )
    return installation.current(counters["catalog"]), who


def _hash(token: str) -> str:
    # 256 random bits: nothing to guess, so nothing slow is needed
    return hashlib.sha256(token.encode()).hexdigest()
