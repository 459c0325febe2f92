"""On whose behalf a job runs: as its row keeps it, or as its key or account says by then."""

from __future__ import annotations

import datetime as dt
from typing import Any

from recommender.errors import ForbiddenError
from recommender.service.access.keys import is_valid, principal_of
from recommender.service.access.signing_in.browsers import may_enter, principal_of_account
from recommender.service.permissions import COMMAND_LINE, Permission, Principal, Role
from recommender.store import Connection, read_account, read_key


def describe_principal(who: Principal) -> dict[str, Any]:
    """Return a principal as a job keeps it."""
    return {
        "actor": who.actor,
        "role": who.role.value,
        "permissions": sorted(permission.value for permission in who.permissions),
        "person_id": who.person_id,
        "org_unit": who.org_unit,
    }


def read_principal(kept: dict[str, Any]) -> Principal:
    """Return the principal that a job keeps, with the rights it had when it asked."""
    permissions = frozenset(Permission(name) for name in kept["permissions"])
    return Principal(**{**kept, "role": Role(kept["role"]), "permissions": permissions})


def refuse_unknown_later(who: Principal) -> None:
    """Refuse somebody of whom only an identity provider could say later whether they may still ask.

    Raises
    ------
    ForbiddenError
        If the principal is neither a key nor an account of this service.
    """
    if who.actor.startswith("token:"):
        raise ForbiddenError("job.token-later")


def find_principal(connection: Connection, actor: str, *, today: dt.date) -> Principal:
    """Return the principal of an actor with the rights that its key or account has now.

    Raises
    ------
    ForbiddenError
        If the key has ended, the account is disabled, or the person behind it has left.
    """
    kind, _, number = actor.partition(":")
    if actor == COMMAND_LINE.actor:
        return COMMAND_LINE
    if kind == "key":
        key = read_key(connection, number)
        if key is not None and is_valid(key, dt.datetime.now(dt.UTC)):
            return principal_of(key)
    elif kind == "account":
        account = read_account(connection, account_id=number)
        if account is not None and may_enter(connection, account, today):
            return principal_of_account(account)
    raise ForbiddenError("job.no-principal", actor=actor)
