"""Files that wait to be imported, and what was learned of the sources of files."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from recommender.store import schema

# a file holds data about people: it waits for as long as somebody may need to answer, no longer
WAITS = dt.timedelta(days=1)
_UPLOAD = schema.import_upload


@dataclass(frozen=True)
class Upload:
    """A file that waits; `kind` is empty where it is to be found out."""

    upload_id: str
    file_name: str
    content: bytes
    kind: str
    answers: dict[str, Any]
    actor: str
    uploaded_at: dt.datetime


@dataclass(frozen=True)
class WaitingFile:
    """A file that waits, without its content."""

    upload_id: str
    file_name: str
    kind: str
    uploaded_at: dt.datetime


def read_learned(connection: sa.Connection, fingerprint: str, unit: str) -> dict[str, Any]:
    """Return the answers learned of a source by a unit, or else by the whole organisation."""
    table = schema.import_mapping.c
    answers = {
        row.org_unit: row.answers
        for row in connection.execute(
            sa.select(table.org_unit, table.answers).where(
                table.fingerprint == fingerprint, table.org_unit.in_({"", unit})
            )
        )
    }
    return answers.get(unit, answers.get("", {}))


def write_learned(
    connection: sa.Connection, fingerprint: str, unit: str, answers: dict[str, Any], *, actor: str
) -> None:
    """Keep the answers about a source; they take the place of earlier ones."""
    table = schema.import_mapping
    connection.execute(
        sa.delete(table).where(table.c.fingerprint == fingerprint, table.c.org_unit == unit)
    )
    connection.execute(
        sa.insert(table).values(
            fingerprint=fingerprint,
            org_unit=unit,
            answers=answers,
            actor=actor,
            learned_at=dt.datetime.now(dt.UTC),
        )
    )


def insert_upload(
    connection: sa.Connection,
    *,
    file_name: str,
    content: bytes,
    kind: str,
    actor: str,
    moment: dt.datetime,
) -> str:
    """Keep a file until it is imported, and return its id; those that waited too long go."""
    connection.execute(sa.delete(_UPLOAD).where(_UPLOAD.c.uploaded_at < moment - WAITS))
    upload_id = f"up-{secrets.token_hex(8)}"
    connection.execute(
        sa.insert(_UPLOAD).values(
            upload_id=upload_id,
            file_name=file_name,
            content=content,
            kind=kind,
            answers={},
            actor=actor,
            uploaded_at=moment,
        )
    )
    return upload_id


def count_uploads(connection: sa.Connection, actor: str) -> int:
    """Return how many files of somebody wait."""
    query = sa.select(sa.func.count()).where(_UPLOAD.c.actor == actor)
    return connection.scalar(query.select_from(_UPLOAD)) or 0


def read_upload(connection: sa.Connection, upload_id: str, *, actor: str | None) -> Upload | None:
    """Return a file that waits; with an `actor` only one of theirs."""
    query = sa.select(_UPLOAD).where(_UPLOAD.c.upload_id == upload_id)
    if actor is not None:
        query = query.where(_UPLOAD.c.actor == actor)
    row = connection.execute(query).one_or_none()
    return None if row is None else Upload(**row._mapping)


def answer_upload(
    connection: sa.Connection, upload_id: str, *, kind: str, answers: dict[str, Any]
) -> None:
    """Keep the answers about a file that waits."""
    connection.execute(
        sa.update(_UPLOAD)
        .where(_UPLOAD.c.upload_id == upload_id)
        .values(kind=kind, answers=answers)
    )


def list_uploads(connection: sa.Connection, actor: str, *, since: dt.datetime) -> list[WaitingFile]:
    """Return the files of somebody that wait, the newest first."""
    query = (
        sa.select(_UPLOAD.c.upload_id, _UPLOAD.c.file_name, _UPLOAD.c.kind, _UPLOAD.c.uploaded_at)
        .where(_UPLOAD.c.actor == actor, _UPLOAD.c.uploaded_at >= since)
        .order_by(_UPLOAD.c.uploaded_at.desc())
    )
    return [WaitingFile(*row) for row in connection.execute(query)]


def replace_upload(
    connection: sa.Connection, upload_id: str, *, file_name: str, content: bytes
) -> None:
    """Put a mended file in the place of one that waits."""
    connection.execute(
        sa.update(_UPLOAD)
        .where(_UPLOAD.c.upload_id == upload_id)
        .values(file_name=file_name, content=content)
    )


def delete_upload(connection: sa.Connection, upload_id: str) -> None:
    """Delete a file that waits."""
    connection.execute(sa.delete(_UPLOAD).where(_UPLOAD.c.upload_id == upload_id))
