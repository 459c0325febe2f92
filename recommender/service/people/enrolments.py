"""Who takes which module when, and what came of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from recommender.errors import ConflictError, InputError, NotFoundError, StaleError
from recommender.exchange import check_items
from recommender.service.people.known_ids import make_known
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import Connection, to_rows, touch_people
from recommender.store.people import enrolments as store
from recommender.store.people.enrolments import StoredEnrolment
from recommender.store.people.seats import Offering, find_offerings
from recommender.table_kinds import KINDS

_ENROLMENTS = KINDS["enrolments"]
# the statuses that take a seat of the offering; a completed run has been held with that seat
_TAKING = ("enrolled", "completed")


def list_of_person(
    session: Session,
    person_id: str,
    *,
    module_id: str | None = None,
    status: str | None = None,
    after: tuple[dt.date, str] | None = None,
    limit: int,
) -> list[StoredEnrolment]:
    """List a person's enrolments, newest first; see `recommender.store.people.enrolments`."""
    session.need(Permission.READ_ENROLMENTS)
    with session.reading() as connection:
        session.person(connection, person_id)
        return store.list_of_person(
            connection, person_id, module_id=module_id, status=status, after=after, limit=limit
        )


def list_of_offering(
    session: Session,
    offering_id: str,
    *,
    after: tuple[str, dt.date] | None = None,
    limit: int,
) -> list[StoredEnrolment]:
    """List the enrolments of an offering that are of people within the principal's scope.

    Raises
    ------
    NotFoundError
        If there is no such offering.
    """
    session.need(Permission.READ_ENROLMENTS)
    with session.reading() as connection:
        if not find_offerings(connection, [offering_id]):
            raise NotFoundError("offering.unknown", offering_id=offering_id)
        enrolments = store.list_of_offering(
            connection, session.who.scope, offering_id, after=after, limit=limit
        )
    session.saw(enrolment.ref for enrolment in enrolments)
    return enrolments


def read_enrolment(
    session: Session,
    person_id: str,
    module_id: str,
    enrolled_on: dt.date,
) -> StoredEnrolment:
    """Return an enrolment.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope, or no such enrolment.
    """
    session.need(Permission.READ_ENROLMENTS)
    with session.reading() as connection:
        return _find(session, connection, person_id, module_id, enrolled_on)


def enrol(
    session: Session,
    person_id: str,
    module_id: str,
    *,
    offering_id: str | None = None,
    enrolled_on: dt.date | None = None,
) -> StoredEnrolment:
    """Enrol a person in a module, in a run of it if one is named, today unless told otherwise.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope.
    TableFaultsError
        If the import would refuse it.
    InputError
        If the offering is of another module.
    ConflictError
        If the offering is full, the person is enrolled in the module already, or was on that day.
    """
    session.need(Permission.WRITE_ENROLMENTS)
    return _enrol(session, person_id, module_id, offering_id, enrolled_on or session.today)


def _enrol(
    session: Session,
    person_id: str,
    module_id: str,
    offering_id: str | None,
    enrolled_on: dt.date,
) -> StoredEnrolment:
    with session.writing() as connection:
        # before anything is locked: nobody holds up an offering for people outside of the scope
        session.person(connection, person_id)
        run = _lock(session, connection, person_id, offering_id)
        row = _check(
            session,
            {
                "person_id": person_id,
                "module_id": module_id,
                "offering_id": offering_id,
                "status": "enrolled",
                "enrolled_on": enrolled_on,
            },
            run,
            enrolled=False,
        )
        if run is not None:
            if run.module_id != row["module_id"]:
                raise InputError(
                    "enrolment.other-module",
                    offering_id=run.offering_id,
                    module_id=run.module_id,
                    field="#/offering_id",
                )
            _need_seat(run)
        if store.is_enrolled(connection, person_id, row["module_id"]):
            raise ConflictError("enrolment.open", module_id=row["module_id"])
        if not store.insert_enrolment(connection, row):
            raise ConflictError(
                "enrolment.exists", module_id=row["module_id"], enrolled_on=row["enrolled_on"]
            )
        touch_people(connection, [person_id])
        return _find(session, connection, person_id, row["module_id"], row["enrolled_on"])


def change_enrolment(
    session: Session,
    person_id: str,
    module_id: str,
    enrolled_on: dt.date,
    changes: Mapping[str, Any],
    *,
    seen: int | None,
) -> StoredEnrolment:
    """Change the `status` of an enrolment that was seen at a version, `completed_on`, or both.

    What is not given stays, except that an enrolment which is no longer completed loses its day
    of completion.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope, or no such enrolment.
    StaleError
        If it was changed since it was seen.
    TableFaultsError
        If the import would refuse it.
    ConflictError
        If it would take a seat and the offering is full, or the person is enrolled in the module
        a second time.
    """
    session.need(Permission.WRITE_ENROLMENTS)
    return _change(session, person_id, module_id, enrolled_on, changes, seen)


def complete_course(
    session: Session, person_id: str, module_id: str, *, enrolled_on: dt.date | None, on: dt.date
) -> StoredEnrolment:
    """Complete an open enrolment, or one that is made for it where there is none.

    Whoever calls has found out that the principal may say so.

    Parameters
    ----------
    session : Session
        Who says it.
    person_id, module_id : str
        Who completed what.
    enrolled_on : date or None
        Day of the open enrolment; None where there is none.
    on : date
        The day of completion.

    Returns
    -------
    StoredEnrolment
        As it is now.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope, or no such enrolment.
    TableFaultsError
        If the import would refuse it.
    """
    if enrolled_on is None:
        enrolled_on = _enrol(session, person_id, module_id, None, on).enrolled_on
    changes = {"status": "completed", "completed_on": on}
    return _change(session, person_id, module_id, enrolled_on, changes, None)


def _change(
    session: Session,
    person_id: str,
    module_id: str,
    enrolled_on: dt.date,
    changes: Mapping[str, Any],
    seen: int | None,
) -> StoredEnrolment:
    with session.writing() as connection:
        present = _find(session, connection, person_id, module_id, enrolled_on)
        if seen is not None and seen != present.version:
            raise StaleError(seen=seen, present=present.version)
        wanted: dict[str, Any] = {
            "status": present.status,
            "completed_on": present.completed_on,
            **changes,
        }
        if wanted["status"] != "completed" and "completed_on" not in changes:
            wanted["completed_on"] = None
        takes_seat = wanted["status"] in _TAKING and present.status not in _TAKING
        run = _lock(session, connection, person_id, present.offering_id)
        row = _check(
            session,
            {
                "person_id": person_id,
                "module_id": module_id,
                "offering_id": present.offering_id,
                "enrolled_on": enrolled_on,
                **wanted,
            },
            run,
            enrolled=True,
        )
        if takes_seat and run is not None:
            _need_seat(run)
        reopened = wanted["status"] == "enrolled" and present.status != "enrolled"
        if reopened and store.is_enrolled(connection, person_id, module_id):
            raise ConflictError("enrolment.open", module_id=module_id)
        # read before the locks were held, so somebody may have changed it in between
        if not store.update_enrolment(connection, present, {name: row[name] for name in wanted}):
            raise StaleError(seen=present.version, present=present.version + 1)
        touch_people(connection, [person_id])
        return _find(session, connection, person_id, module_id, enrolled_on)


def _find(
    session: Session,
    connection: Connection,
    person_id: str,
    module_id: str,
    enrolled_on: dt.date,
) -> StoredEnrolment:
    session.person(connection, person_id)
    enrolment = store.find_enrolment(connection, person_id, module_id, enrolled_on)
    if enrolment is None:
        raise NotFoundError("enrolment.unknown", module_id=module_id, enrolled_on=enrolled_on)
    return enrolment


def _lock(
    session: Session, connection: Connection, person_id: str, offering_id: str | None
) -> Offering | None:
    """Keep others from taking a seat of an offering, or enrolling the person, meanwhile.

    The offering comes first, as in plans that take seats, so that two requests cannot wait for
    each other.
    """
    runs = {} if offering_id is None else find_offerings(connection, [offering_id], lock=True)
    session.person(connection, person_id, lock=True)
    return runs.get(offering_id or "")


def _check(
    session: Session, row: Mapping[str, Any], run: Offering | None, *, enrolled: bool
) -> dict[str, Any]:
    """Check an enrolment as the import does, and return the row as it is to be stored."""
    known = make_known(
        session.service.framework,
        people=[row["person_id"]],
        offerings=[] if run is None else [run.offering_id],
    )
    if enrolled:
        # people stay enrolled in what the catalogue no longer has
        module_id = row["module_id"]
        known = replace(known, modules={**known.modules, module_id: module_id})
    frame = check_items([row], _ENROLMENTS, known, latest=session.today, listed=False)
    return to_rows(frame)[0]


def _need_seat(run: Offering) -> None:
    # below 0 where an import took more seats than there are
    if run.free is not None and run.free <= 0:
        raise ConflictError("enrolment.full", offering_id=run.offering_id)
