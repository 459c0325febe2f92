"""Answers that are kept, so that the same request sent again gets the same answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from recommender.errors import ConflictError
from recommender.store import schema

# no HTTP status. Nobody reads it: the claim is committed together with the answer, or not at all
_PENDING = 0


@dataclass(frozen=True)
class KeptAnswer:
    """An answer as it was sent; `subjects` are the refs of the people whom it concerns."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    subjects: Sequence[str] = ()


def claim_answer(connection: sa.Connection, actor: str, key: str, asked: str) -> KeptAnswer | None:
    """Claim an idempotency key for this transaction, or return the answer given before.

    Parameters
    ----------
    connection : Connection
        In the transaction that does what is asked. Another request that claims the same key
        meanwhile waits for its end.
    actor : str
        Who asks. The same key of another actor is another key.
    key : str
        The idempotency key.
    asked : str
        Fingerprint of the request.

    Returns
    -------
    KeptAnswer or None
        None where the request is new.

    Raises
    ------
    ConflictError
        If the key was used for another request.
    """
    table = schema.idempotent_answer
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    claimed = connection.execute(
        dialect.insert(table)
        .values(
            actor=actor,
            key=key,
            request_sha256=asked,
            status=_PENDING,
            headers={},
            body=b"",
            answered_at=dt.datetime.now(dt.UTC),
        )
        .on_conflict_do_nothing()
        # not by the count of rows, which is unknown for such an INSERT on PostgreSQL
        .returning(table.c.key)
    )
    if claimed.one_or_none() is not None:
        return None
    return find_answer(connection, actor, key, asked)


def find_answer(connection: sa.Connection, actor: str, key: str, asked: str) -> KeptAnswer | None:
    """Return the answer given before under an idempotency key, or None; see `claim_answer`."""
    table = schema.idempotent_answer
    row = connection.execute(
        sa.select(table).where(table.c.actor == actor, table.c.key == key)
    ).one_or_none()
    if row is None:
        return None
    # the old answer to another question would pass for an answer to this one
    if row.request_sha256 != asked:
        raise ConflictError("request.idempotency-reused")
    return KeptAnswer(row.status, row.headers, row.body, row.subjects or ())


def keep_answer(connection: sa.Connection, actor: str, key: str, answer: KeptAnswer) -> None:
    """Store the answer under a claimed key."""
    table = schema.idempotent_answer
    connection.execute(
        table.update()
        .where(table.c.actor == actor, table.c.key == key)
        .values(
            status=answer.status,
            headers=dict(answer.headers),
            body=answer.body,
            subjects=list(answer.subjects),
        )
    )
