"""What the tables have in common: names of constraints, and columns that many have."""

from __future__ import annotations

import datetime as dt
import secrets

import sqlalchemy as sa

from recommender.store.moments import UTCDateTime

# a migration drops a constraint by its name, and SQLite gives none by itself
metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# Imported tables have natural keys and no row ids on SQLite (DECISIONS, 3). Key columns come first
# and in order: otherwise the integrity check of SQLite 3.40 reports missing values that are there.


def number_column() -> sa.Column[int]:
    """Return a number that the database gives."""
    return sa.Column("id", sa.Integer, sa.Identity(), primary_key=True)


def person_column(*, key: bool = False) -> sa.Column[str]:
    """Return the column of the person whom a row is about."""
    # an index of its own only where the column does not lead the primary key
    return sa.Column(
        "person_id", sa.String(80), sa.ForeignKey("person.person_id"), nullable=False, index=not key
    )


def id_column(name: str, *, nullable: bool = False) -> sa.Column[str]:
    """Return the column of an id."""
    return sa.Column(name, sa.String(80), nullable=nullable)


def version_column() -> sa.Column[int]:
    """Return the column that counts the changes of a row."""
    # counts the changes of a row: it is the row's ETag and part of the keys of caches
    return sa.Column("version", sa.Integer, nullable=False, server_default="1")


def moment(name: str, *, nullable: bool = False) -> sa.Column[dt.datetime]:
    """Return the column of a moment, in UTC."""
    return sa.Column(name, UTCDateTime, nullable=nullable)


def make_ref() -> str:
    """Make a name for a person that says nothing about the person."""
    return secrets.token_hex(16)
