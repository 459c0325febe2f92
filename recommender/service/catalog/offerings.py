"""Offerings: the scheduled runs of modules."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

from recommender.errors import ConflictError, InputError, NotFoundError, StaleError
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import Connection
from recommender.store.people import offerings as store
from recommender.store.people.offerings import StoredOffering


@dataclass(frozen=True)
class OfferingRequest:
    """What an offering is to be.

    Parameters
    ----------
    module_id : str
        The module that is run.
    starts_on, ends_on : date
        First and last day.
    place : str or None
        Where.
    seats : int or None
        How many; None for no bound.
    """

    module_id: str
    starts_on: dt.date
    ends_on: dt.date
    place: str | None = None
    seats: int | None = None


def list_offerings(
    session: Session,
    *,
    module_id: str | None = None,
    starts_from: dt.date | None = None,
    starts_until: dt.date | None = None,
    free_seats: int | None = None,
    after: tuple[dt.date, str] | None = None,
    limit: int,
) -> list[StoredOffering]:
    """List offerings, the earliest first."""
    session.need(Permission.READ_CATALOG)
    with session.reading() as connection:
        return store.list_offerings(
            connection,
            module_id=module_id,
            starts_from=starts_from,
            starts_until=starts_until,
            free_seats=free_seats,
            after=after,
            limit=limit,
        )


def read_offering(session: Session, offering_id: str) -> StoredOffering:
    """Return an offering; raise a `NotFoundError` if it is not there."""
    session.need(Permission.READ_CATALOG)
    with session.reading() as connection:
        return _find(connection, offering_id)


def offering_exists(session: Session, offering_id: str) -> bool:
    """Say whether there is an offering, and let nobody change it until the transaction ends."""
    session.need(Permission.WRITE_OFFERINGS)
    with session.writing() as connection:
        return store.read_offering(connection, offering_id, lock=True) is not None


def create_offering(session: Session, offering_id: str, request: OfferingRequest) -> StoredOffering:
    """Make an offering.

    Raises
    ------
    InputError
        If there is no such module, or it ends before it starts.
    StaleError
        If somebody else made it meanwhile.
    """
    session.need(Permission.WRITE_OFFERINGS)
    _check(session, request)
    with session.writing() as connection:
        if not store.insert_offering(connection, offering_id, asdict(request)):
            raise StaleError(seen=0, present=1)
        return _find(connection, offering_id)


def change_offering(
    session: Session,
    offering_id: str,
    request: OfferingRequest,
    *,
    seen: int | None,
) -> StoredOffering:
    """Change an offering as it was seen.

    Raises
    ------
    NotFoundError
        If it is not there.
    StaleError
        If it was changed since it was seen.
    InputError
        If there is no such module, or it ends before it starts.
    ConflictError
        If more seats are taken than it would have, or people are enrolled in it who chose
        another module.
    """
    session.need(Permission.WRITE_OFFERINGS)
    with session.writing() as connection:
        present = _find_unchanged(connection, offering_id, seen)
        _check(session, request)
        if request.seats is not None and request.seats < present.seats_taken:
            raise ConflictError(
                "offering.seats-taken", taken=present.seats_taken, seats=request.seats
            )
        if request.module_id != present.module_id:
            _refuse_enrolled(connection, offering_id)
        store.update_offering(connection, offering_id, asdict(request))
        return _find(connection, offering_id)


def delete_offering(session: Session, offering_id: str, *, seen: int | None) -> None:
    """Delete an offering that nobody was ever enrolled in.

    Raises
    ------
    NotFoundError
        If it is not there.
    StaleError
        If it was changed since it was seen.
    ConflictError
        If somebody is enrolled, or was: what people did is kept.
    """
    session.need(Permission.WRITE_OFFERINGS)
    with session.writing() as connection:
        _find_unchanged(connection, offering_id, seen)
        _refuse_enrolled(connection, offering_id)
        store.delete_offering(connection, offering_id)


def _find(connection: Connection, offering_id: str, *, lock: bool = False) -> StoredOffering:
    found = store.read_offering(connection, offering_id, lock=lock)
    if found is None:
        raise NotFoundError("offering.unknown", offering_id=offering_id)
    return found


def _find_unchanged(connection: Connection, offering_id: str, seen: int | None) -> StoredOffering:
    found = _find(connection, offering_id, lock=True)
    if seen is not None and seen != found.version:
        raise StaleError(seen=seen, present=found.version)
    return found


def _check(session: Session, request: OfferingRequest) -> None:
    if request.module_id not in session.service.framework.module_of:
        raise InputError("module.unknown", module_id=request.module_id, field="#/module_id")
    if request.ends_on < request.starts_on:
        raise InputError(
            "offering.dates",
            starts_on=request.starts_on,
            ends_on=request.ends_on,
            field="#/ends_on",
        )


def _refuse_enrolled(connection: Connection, offering_id: str) -> None:
    count = store.count_enrolments(connection, offering_id)
    if count:
        raise ConflictError("offering.enrolled", offering_id=offering_id, count=count)
