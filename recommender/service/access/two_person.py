"""What one person must not do alone: the first asks, and a second one has to do the same.

An actor is a key or a token, and one person may hold several. Two keys count as one hand where one
was rotated into the other, where one made the other, for whoever makes a key sees it, and where
both belong to the same person.
"""

from __future__ import annotations

import datetime as dt

from recommender.service.permissions import COMMAND_LINE, Principal, Role
from recommender.service.session import Session
from recommender.store import Connection, StoredKey, read_key

WAITING = dt.timedelta(hours=72)
"""How long what was asked for waits for the second person."""


def needs_second(session: Session) -> bool:
    """Say whether the principal needs a second person to make a key or to erase somebody."""
    # whoever may give commands on the server can change the database as well, with or without us
    if session.who == COMMAND_LINE:
        return False
    # without a second one, administrators of access could give themselves the rights of all others
    return session.service.two_person or session.who.role is Role.ACCESS_ADMIN


def is_same_hand(connection: Connection, asked_by: str, who: Principal) -> bool:
    """Say whether the actor who asked may be the same person as the principal."""
    asking, confirming = _key_of(connection, asked_by), _key_of(connection, who.actor)
    if asking is not None and asking.person_id is not None and asking.person_id == who.person_id:
        return True
    first, second = _origin(connection, asking), _origin(connection, confirming)
    return (first or asked_by) in _makers(connection, who.actor) or (
        second or who.actor
    ) in _makers(connection, asked_by)


def _key_of(connection: Connection, actor: str) -> StoredKey | None:
    kind, _, key_id = actor.partition(":")
    return read_key(connection, key_id) if kind == "key" else None


def _origin(connection: Connection, key: StoredKey | None) -> str | None:
    """Return the actor of the first of the keys that were rotated into this one."""
    while key is not None and key.replaces is not None:
        older = read_key(connection, key.replaces)
        if older is None:
            break
        key = older
    return None if key is None else f"key:{key.key_id}"


def _makers(connection: Connection, actor: str) -> set[str]:
    """Return an actor and all from whose hands its key came, one way or another."""
    makers: set[str] = set()
    waiting = [actor]
    while waiting:
        name = waiting.pop()
        if name in makers:
            continue
        makers.add(name)
        key = _key_of(connection, name)
        if key is not None:
            waiting.append(key.created_by)
            if key.replaces is not None:
                waiting.append(f"key:{key.replaces}")
    return makers
