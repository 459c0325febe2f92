"""Seats of offerings, and the enrolments that take them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from recommender.store import schema

# a seat stays taken after the end; cancelled and no-show give it back
TAKING = ("enrolled", "completed")


@dataclass(frozen=True)
class Offering:
    """A scheduled run of a module; `free` is None where the number of seats is not limited."""

    offering_id: str
    module_id: str
    starts_on: dt.date
    ends_on: dt.date
    place: str | None
    free: int | None


@dataclass(frozen=True)
class Enrolment:
    """A person's enrolment in a module."""

    module_id: str
    offering_id: str | None
    status: str
    enrolled_on: dt.date
    completed_on: dt.date | None


def find_offerings(
    connection: sa.Connection, offering_ids: Collection[str], *, lock: bool = False
) -> dict[str, Offering]:
    """Return offerings by id, with their free seats; ids of none are left out.

    Parameters
    ----------
    connection : Connection
        Open for reading; in a transaction where `lock` is asked for.
    offering_ids : collection of str
        The offerings.
    lock : bool
        Whether others who want a seat in one of them wait until the transaction ends.

    Returns
    -------
    dict of str to Offering
        Also those that are over.
    """
    offering, enrolment = schema.offering.c, schema.enrolment.c
    wanted = sa.select(schema.offering).where(offering.offering_id.in_(list(offering_ids)))
    # always in one order: two transactions that lock several cannot wait for each other
    wanted = wanted.order_by(offering.offering_id)
    rows = connection.execute(wanted.with_for_update() if lock else wanted).all()
    # counted after the lock is held, so that nobody takes a seat in between
    count = (
        sa.select(enrolment.offering_id, sa.func.count().label("taken"))
        .where(enrolment.offering_id.in_(list(offering_ids)), enrolment.status.in_(TAKING))
        .group_by(enrolment.offering_id)
    )
    taken = {row.offering_id: row.taken for row in connection.execute(count)}
    return {
        row.offering_id: Offering(
            row.offering_id,
            row.module_id,
            row.starts_on,
            row.ends_on,
            row.place,
            None if row.seats is None else row.seats - taken.get(row.offering_id, 0),
        )
        for row in rows
    }


def list_enrolments(
    connection: sa.Connection, person_id: str, module_ids: Collection[str]
) -> list[Enrolment]:
    """Return a person's enrolments in some modules, oldest first."""
    table = schema.enrolment.c
    query = (
        sa.select(
            table.module_id,
            table.offering_id,
            table.status,
            table.enrolled_on,
            table.completed_on,
        )
        .where(table.person_id == person_id, table.module_id.in_(list(module_ids)))
        .order_by(table.enrolled_on, table.module_id)
    )
    return [Enrolment(*row) for row in connection.execute(query)]


def take_seat(
    connection: sa.Connection, person_id: str, module_id: str, offering_id: str, *, on: dt.date
) -> None:
    """Enrol a person; an enrolment of the same day that was cancelled is reopened."""
    # reopened and not added: person, module and day are the key of an enrolment
    table = schema.enrolment
    again = connection.execute(
        table.update()
        .where(
            table.c.person_id == person_id,
            table.c.module_id == module_id,
            table.c.enrolled_on == on,
            table.c.status == "cancelled",
        )
        .values(status="enrolled", offering_id=offering_id, version=table.c.version + 1)
    )
    if not again.rowcount:
        connection.execute(
            table.insert().values(
                person_id=person_id,
                module_id=module_id,
                offering_id=offering_id,
                status="enrolled",
                enrolled_on=on,
            )
        )


def give_seat_back(
    connection: sa.Connection,
    person_id: str,
    module_id: str,
    offering_id: str,
    *,
    enrolled_on: dt.date,
) -> bool:
    """Cancel an enrolment if it is still open; return whether it was."""
    table = schema.enrolment
    done = connection.execute(
        table.update()
        .where(
            table.c.person_id == person_id,
            table.c.module_id == module_id,
            table.c.offering_id == offering_id,
            table.c.enrolled_on == enrolled_on,
            table.c.status == "enrolled",
        )
        .values(status="cancelled", version=table.c.version + 1)
    )
    return bool(done.rowcount)
