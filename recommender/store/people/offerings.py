"""Offerings as single rows, with the seats that are taken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from recommender.store import schema
from recommender.store.scope import at_or_below

# a seat stays taken after the end; cancelled and no-show give it back
_TAKING = ("enrolled", "completed")


@dataclass(frozen=True)
class StoredOffering:
    """A scheduled run of a module.

    Parameters
    ----------
    offering_id, module_id : str
        Its id and the module that is held.
    starts_on, ends_on : date
        First and last day.
    place : str or None
        Where it is held.
    seats : int or None
        None where their number is not limited.
    version : int
        Counts the changes of the row.
    owner_unit : str or None
        Path of the unit whose HR may change it; None for the whole organisation.
    seats_taken : int
        Seats of people who are enrolled or have completed it.
    """

    offering_id: str
    module_id: str
    starts_on: dt.date
    ends_on: dt.date
    place: str | None
    seats: int | None
    version: int
    owner_unit: str | None
    seats_taken: int


def read_offering(
    connection: sa.Connection, offering_id: str, *, lock: bool = False
) -> StoredOffering | None:
    """Return an offering, or None if there is none.

    Parameters
    ----------
    connection : Connection
        Open for reading; in a transaction where `lock` is asked for.
    offering_id : str
        The offering.
    lock : bool
        Whether others who want to change it, or want a seat, wait until the transaction ends.

    Returns
    -------
    StoredOffering or None
        The offering with the seats taken now.
    """
    table = schema.offering
    if lock:
        # a statement of its own: one that waited for the lock would count the seats as they were
        # before it waited
        connection.execute(
            sa.select(table.c.offering_id)
            .where(table.c.offering_id == offering_id)
            .with_for_update()
        )
    row = connection.execute(_select().where(table.c.offering_id == offering_id)).one_or_none()
    return None if row is None else StoredOffering(*row)


def list_offerings(
    connection: sa.Connection,
    *,
    module_id: str | None = None,
    starts_from: dt.date | None = None,
    starts_until: dt.date | None = None,
    free_seats: int | None = None,
    after: tuple[dt.date, str] | None = None,
    limit: int,
) -> list[StoredOffering]:
    """Return offerings, the earliest first, ties by id.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    module_id : str, optional
        Only offerings of this module.
    starts_from, starts_until : date, optional
        Only offerings that begin between these days, both included.
    free_seats : int, optional
        Only offerings with at least this many free seats.
    after : tuple of (date, str), optional
        Start and id of the last offering of the page before.
    limit : int
        How many at most.

    Returns
    -------
    list of StoredOffering
        One page; the catalogue may no longer have their modules.
    """
    table = schema.offering.c
    query = _select().order_by(table.starts_on, table.offering_id).limit(limit)
    if module_id is not None:
        query = query.where(table.module_id == module_id)
    if starts_from is not None:
        query = query.where(table.starts_on >= starts_from)
    if starts_until is not None:
        query = query.where(table.starts_on <= starts_until)
    if free_seats is not None:
        query = query.where(sa.or_(table.seats.is_(None), table.seats - _taken() >= free_seats))
    if after is not None:
        day, offering_id = after
        query = query.where(
            sa.or_(
                table.starts_on > day,
                sa.and_(table.starts_on == day, table.offering_id > offering_id),
            )
        )
    return [StoredOffering(*row) for row in connection.execute(query)]


def insert_offering(connection: sa.Connection, offering_id: str, values: dict[str, Any]) -> bool:
    """Store a new offering; return False, and store nothing, if the id is taken."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(schema.offering).values(offering_id=offering_id, **values)
    made = statement.on_conflict_do_nothing().returning(schema.offering.c.offering_id)
    return connection.scalar(made) is not None


def update_offering(connection: sa.Connection, offering_id: str, values: dict[str, Any]) -> None:
    """Change an offering and count the change."""
    table = schema.offering
    connection.execute(
        table.update()
        .where(table.c.offering_id == offering_id)
        .values(**values, version=table.c.version + 1)
    )


def delete_offering(connection: sa.Connection, offering_id: str) -> None:
    """Delete an offering that no enrolment refers to."""
    # the foreign key of enrolments refuses any other
    table = schema.offering
    connection.execute(table.delete().where(table.c.offering_id == offering_id))


def read_owners(connection: sa.Connection, unit: str | None = None) -> dict[str, str | None]:
    """Return the owner of each offering.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    unit : str, optional
        Only of offerings that do not belong to the unit of this path or one below it.

    Returns
    -------
    dict of str to str or None
        Offering to the path of its owner; None for the whole organisation.
    """
    table = schema.offering.c
    query = sa.select(table.offering_id, table.owner_unit)
    if unit is not None:
        elsewhere = sa.not_(at_or_below(table.owner_unit, unit))
        query = query.where(sa.or_(table.owner_unit.is_(None), elsewhere))
    return {row.offering_id: row.owner_unit for row in connection.execute(query)}


def count_enrolments(connection: sa.Connection, offering_id: str) -> int:
    """Count the enrolments in an offering, whatever their status."""
    enrolment = schema.enrolment.c
    query = sa.select(sa.func.count()).where(enrolment.offering_id == offering_id)
    return connection.scalar(query) or 0


def _taken() -> sa.ScalarSelect[int]:
    enrolment = schema.enrolment.c
    return (
        sa.select(sa.func.count())
        .where(
            enrolment.offering_id == schema.offering.c.offering_id, enrolment.status.in_(_TAKING)
        )
        .scalar_subquery()
    )


def _select() -> sa.Select[*tuple[Any, ...]]:
    table = schema.offering.c
    columns: Sequence[sa.ColumnElement[Any]] = (
        table.offering_id,
        table.module_id,
        table.starts_on,
        table.ends_on,
        table.place,
        table.seats,
        table.version,
        table.owner_unit,
        _taken(),
    )
    return sa.select(*columns)
