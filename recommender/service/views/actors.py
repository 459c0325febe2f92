"""Who did what, by name: the actors of the audit trail as pages show them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from recommender.service.session import Session
from recommender.store.access.keys import read_actor_names
from recommender.texts import say


def name_actors(session: Session, actors: Iterable[str | None]) -> Callable[[str | None], str]:
    """Return what names these actors: an account by its owner's name, a key by its label."""
    with session.reading() as connection:
        names = read_actor_names(connection, filter(None, actors), account="name")
    names["cli"] = say("console.import.command_line", session.lang)
    return lambda actor: names.get(actor or "", actor or "")
