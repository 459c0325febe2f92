"""Templates for Word that an organisation put in place of those that ship."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

import sqlalchemy as sa

from recommender.store import schema

_TABLE = schema.plan_template


@dataclass(frozen=True)
class StoredTemplate:
    """A template, with who put it there and when."""

    lang: str
    content: bytes
    sha256: str
    actor: str
    stored_at: dt.datetime


def read_template(connection: sa.Connection, lang: str) -> StoredTemplate | None:
    """Return the organisation's own template in a language, or None if it has none."""
    row = connection.execute(sa.select(_TABLE).where(_TABLE.c.lang == lang)).one_or_none()
    return None if row is None else StoredTemplate(**row._mapping)


def write_template(
    connection: sa.Connection, lang: str, content: bytes, *, actor: str, at: dt.datetime
) -> StoredTemplate:
    """Put a template in the place of the one there is."""
    delete_template(connection, lang)
    stored = StoredTemplate(lang, content, hashlib.sha256(content).hexdigest(), actor, at)
    connection.execute(_TABLE.insert().values(**vars(stored)))
    return stored


def delete_template(connection: sa.Connection, lang: str) -> bool:
    """Take the organisation's own template away; tell whether there was one."""
    return connection.execute(_TABLE.delete().where(_TABLE.c.lang == lang)).rowcount > 0
