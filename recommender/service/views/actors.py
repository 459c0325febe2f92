"""Who did what, by name: the actors of the audit trail as pages show them."""

from __future__ import annotations

from collections.abc import Callable

from recommender.service.session import Session
from recommender.store.access.accounts import list_accounts
from recommender.texts import say

# as many as are named; the others stand by their id
_ACCOUNTS = 1000


def name_actors(session: Session) -> Callable[[str | None], str]:
    """Return what names an actor of the audit trail: an account by its owner's name."""
    with session.reading() as connection:
        accounts = list_accounts(connection, limit=_ACCOUNTS)
    names = {f"account:{each.account_id}": each.name for each in accounts}
    names["cli"] = say("console.import.command_line", session.lang)
    return lambda actor: names.get(actor or "", actor or "")
