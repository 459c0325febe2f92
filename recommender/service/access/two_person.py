"""What one person must not do alone: the first asks, and a second one has to do the same.

An actor is a key, an account or a token, and one person may hold several. Two of them count as one
hand where one was rotated into the other, where one made the other, for whoever makes a key or a
link to an account sees it, and where both belong to the same person.
"""

from __future__ import annotations

import datetime as dt

from recommender.service.permissions import COMMAND_LINE, Principal, Role
from recommender.service.session import Session
from recommender.store import Connection, StoredAccount, StoredKey, read_account, read_key

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
    asking, confirming = _find(connection, asked_by), _find(connection, who.actor)
    if asking is not None and asking.person_id is not None and asking.person_id == who.person_id:
        return True
    first, second = _origin(connection, asking), _origin(connection, confirming)
    return (first or asked_by) in _makers(connection, who.actor) or (
        second or who.actor
    ) in _makers(connection, asked_by)


def _find(connection: Connection, actor: str) -> StoredKey | StoredAccount | None:
    kind, _, number = actor.partition(":")
    if kind == "account":
        return read_account(connection, account_id=number)
    return read_key(connection, number) if kind == "key" else None


def _origin(connection: Connection, credential: StoredKey | StoredAccount | None) -> str | None:
    """Return the actor of the first of the keys that were rotated into this one."""
    if isinstance(credential, StoredAccount):
        return f"account:{credential.account_id}"
    while credential is not None and credential.replaces is not None:
        older = read_key(connection, credential.replaces)
        if older is None:
            break
        credential = older
    return None if credential is None else f"key:{credential.key_id}"


def _makers(connection: Connection, actor: str) -> set[str]:
    """Return an actor and all from whose hands it came, one way or another."""
    makers: set[str] = set()
    waiting = [actor]
    while waiting:
        name = waiting.pop()
        if name in makers:
            continue
        makers.add(name)
        credential = _find(connection, name)
        if credential is not None:
            waiting.append(credential.created_by)
            if isinstance(credential, StoredKey) and credential.replaces is not None:
                waiting.append(f"key:{credential.replaces}")
    return makers
