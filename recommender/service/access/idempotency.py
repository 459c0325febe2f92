"""A request that is sent again is answered again, and not done again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from recommender.errors import NotFoundError
from recommender.service.session import Session
from recommender.store import Connection, KeptAnswer, claim_answer, find_answer, keep_answer
from recommender.store.people.people import any_outside


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

    `key` is the caller's name for the request; without one it is done as often as it is sent.
    `asked` is the fingerprint of the request, which tells a reused key from a repeated request.
    The block is given a function that takes the answer to keep.

    Raises
    ------
    AnsweredBefore
        If the request was answered before; nothing was done again.
    ConflictError
        If the key was used for another request.
    NotFoundError
        If the answer is about somebody who has left the principal's scope since.
    """
    if key is None:
        with session.together():
            yield lambda _answer: None
        return
    actor, name = session.who.actor, key
    # models are files, outside of the transaction: by this the registry knows a switch it has made
    session.request_key = hashlib.sha256(f"{actor} {key} {asked}".encode()).hexdigest()

    def claim(connection: Connection) -> None:
        stop_if_answered(connection, claim_answer(connection, actor, name, asked))

    def stop_if_answered(connection: Connection, earlier: KeptAnswer | None) -> None:
        if earlier is None:
            return
        # an answer kept for an hour must not outlive the right to see it
        if any_outside(connection, session.who.scope, earlier.subjects):
            raise NotFoundError("request.replay-out-of-scope")
        session.saw(earlier.subjects)
        raise AnsweredBefore(earlier)

    def keep(answer: KeptAnswer) -> None:
        with session.writing() as connection:
            concerned = replace(answer, subjects=session.subjects)
            keep_answer(connection, actor, name, concerned)

    try:
        # looking first: a request that was answered long ago takes no write lock
        with session.reading() as connection:
            stop_if_answered(connection, find_answer(connection, actor, name, asked))
        # the same request sent at the same time waits at its first write, and finds the answer
        with session.together(claim):
            yield keep
    except AnsweredBefore:
        # nothing was written, so no transaction has left an audit entry of this request
        session.note()
        raise
