"""Offerings: the scheduled runs of modules."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, replace

from recommender.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    StaleError,
)
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import Connection, covers_unit, org_path
from recommender.store.people import offerings as store
from recommender.store.people.offerings import StoredOffering


@dataclass(frozen=True)
class OfferingRequest:
    """What an offering is to be: a run of a module; `seats` are None where there is no bound.

    `owner_unit` is the path of the unit whose HR may change it; None for the whole organisation, or
    for the unit of an HR that is there for one.
    """

    module_id: str
    starts_on: dt.date
    ends_on: dt.date
    place: str | None = None
    seats: int | None = None
    owner_unit: str | None = None


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
    """Make an offering under an id that was free when the caller looked.

    Raises
    ------
    InputError
        If there is no such module, it ends before it starts, or its owner is not in the care of
        the principal.
    StaleError
        If somebody else has made it meanwhile.
    """
    session.need(Permission.WRITE_OFFERINGS)
    request = _check(session, request)
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
    ForbiddenError
        If it is not in the care of the principal.
    StaleError
        If it was changed since it was seen.
    InputError
        If there is no such module, it ends before it starts, or its owner would not be in the
        care of the principal.
    ConflictError
        If more seats are taken than it would have, or people are enrolled in it who chose
        another module.
    """
    session.need(Permission.WRITE_OFFERINGS)
    with session.writing() as connection:
        present = _find_unchanged(session, connection, offering_id, seen)
        request = _check(session, request)
        # the row is locked, so nobody takes a seat between this and the change
        if request.seats is not None and request.seats < present.seats_taken:
            raise ConflictError(
                "offering.seats-taken", taken=present.seats_taken, seats=request.seats
            )
        # an enrolment is in a module; the run of another one would make it say two things
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
    ForbiddenError
        If it is not in the care of the principal.
    StaleError
        If it was changed since it was seen.
    ConflictError
        If somebody is enrolled, or was: what people did is kept.
    """
    session.need(Permission.WRITE_OFFERINGS)
    with session.writing() as connection:
        _find_unchanged(session, connection, offering_id, seen)
        _refuse_enrolled(connection, offering_id)
        store.delete_offering(connection, offering_id)


def _find(connection: Connection, offering_id: str, *, lock: bool = False) -> StoredOffering:
    offering = store.read_offering(connection, offering_id, lock=lock)
    if offering is None:
        raise NotFoundError("offering.unknown", offering_id=offering_id)
    return offering


def _find_unchanged(
    session: Session, connection: Connection, offering_id: str, seen: int | None
) -> StoredOffering:
    offering = _find(connection, offering_id, lock=True)
    if not _is_in_care(session, offering.owner_unit):
        raise ForbiddenError("offering.of-others", offering_id=offering_id)
    if seen is not None and seen != offering.version:
        raise StaleError(seen=seen, present=offering.version)
    return offering


def _is_in_care(session: Session, owner: str | None) -> bool:
    scope = session.who.scope
    return scope.everyone or (owner is not None and covers_unit(scope, owner))


def _check(session: Session, request: OfferingRequest) -> OfferingRequest:
    """Check what an offering is to be, and return it with its owner settled."""
    if request.module_id not in session.service.framework.module_of:
        raise InputError("module.unknown", module_id=request.module_id, field="#/module_id")
    if request.ends_on < request.starts_on:
        raise InputError(
            "offering.dates",
            starts_on=request.starts_on,
            ends_on=request.ends_on,
            field="#/ends_on",
        )
    own = session.who.scope.org_unit
    owner = org_path(request.owner_unit or "") or own
    if not _is_in_care(session, owner):
        raise InputError("offering.owner", owner=owner, unit=own, field="#/owner_unit")
    return replace(request, owner_unit=owner)


def _refuse_enrolled(connection: Connection, offering_id: str) -> None:
    count = store.count_enrolments(connection, offering_id)
    if count:
        raise ConflictError("offering.enrolled", offering_id=offering_id, count=count)
