"""A request that is sent again is answered again, and not done again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from recommender.service.session import Session
from recommender.store import Connection, KeptAnswer, claim_answer, find_answer, keep_answer


class AnsweredBefore(Exception):  # noqa: N818 - no error: the answer is at hand
    """The request was answered before."""

    def __init__(self, answer: KeptAnswer) -> None:
        super().__init__()
        self.answer = answer


@contextmanager
def answering_once(
    session: Session, key: str | None, asked: str
) -> Iterator[Callable[[KeptAnswer], None]]:
    """Make one transaction of what a request writes and of the answer that is kept for it.

    Parameters
    ----------
    session : Session
        Of the request.
    key : str or None
        What the caller calls the request; None where it is done however often it is sent.
    asked : str
        Fingerprint of the request: the same key names no other one.

    Yields
    ------
    callable
        Takes the answer to keep.

    Raises
    ------
    AnsweredBefore
        If the request was answered before; nothing was done again.
    ConflictError
        If the key was used for another request.
    """
    if key is None:
        with session.together():
            yield _keep_nothing
        return
    actor, name = session.who.actor, key
    session.request_key = hashlib.sha256(f"{actor} {key} {asked}".encode()).hexdigest()

    def claim(connection: Connection) -> None:
        _stop_if_answered(claim_answer(connection, actor, name, asked))

    def keep(answer: KeptAnswer) -> None:
        with session.writing() as connection:
            keep_answer(connection, actor, name, answer)

    try:
        with session.reading() as connection:
            _stop_if_answered(find_answer(connection, actor, name, asked))
        # whoever sends the same at the same time waits at the first write for the answer
        with session.together(claim):
            yield keep
    except AnsweredBefore:
        session.note()
        raise


def _keep_nothing(answer: KeptAnswer) -> None:
    del answer


def _stop_if_answered(earlier: KeptAnswer | None) -> None:
    if earlier is not None:
        raise AnsweredBefore(earlier)
