"""Publishing a cohort: its seats become enrolments, all of them or none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from recommender.errors import ConflictError, StaleError
from recommender.service.cohorts.reading import Cohort, get_cohort, require_cohort
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import Connection, touch_people
from recommender.store.people.enrolments import list_of_people
from recommender.store.people.seats import find_offerings, take_seat
from recommender.store.plans.cohorts import (
    NamedSeat,
    StoredCohort,
    list_cohort_offerings,
    list_seats,
    replace_seats,
    update_cohort,
)

_NAMED = 5


@dataclass(frozen=True)
class Publication:
    """A cohort that is published, and how many enrolments this made; 0 where it was already."""

    cohort: Cohort
    enrolled: int


def publish_cohort(session: Session, cohort_id: str, *, seen: int | None = None) -> Publication:
    """Enrol whoever has a seat in a draft; whoever waits stays on the wait list of the cohort.

    Published again nothing happens. `seen` is the version that was reviewed.

    Raises
    ------
    NotFoundError
        If there is no such cohort, or the principal may not see it.
    ForbiddenError
        If the principal may enrol nobody.
    StaleError
        If it was changed since it was reviewed.
    ConflictError
        If it has no answer, or is closed; if an offering is gone or fuller than it was, or somebody
        has left, is enrolled in the module elsewhere or has completed it meanwhile.
    """
    session.need(Permission.WRITE_ENROLMENTS)
    with session.writing() as connection:
        stored = require_cohort(session, connection, cohort_id, lock=True)
        session.details |= {"cohort_id": cohort_id}
        if stored.status == "published":
            session.details |= {"enrolled": 0}
            return Publication(get_cohort(session, cohort_id), 0)
        if stored.status == "closed":
            raise ConflictError("cohort.closed")
        if stored.value is None:
            raise ConflictError("cohort.unsolved")
        if seen is not None and seen != stored.version:
            raise StaleError(seen=seen, present=stored.version)
        named = list_seats(connection, session.who.scope, cohort_id)
        seats = [each for each in named if each.seat.status == "seated"]
        # whoever may not see all of the people would publish a part of the seats only
        if len(seats) < get_cohort(session, cohort_id).seated:
            raise ConflictError("cohort.out-of-scope")
        enrol_seats(session, connection, stored, seats)
        done = {(each.seat.person_id, each.seat.offering_id) for each in seats}
        replace_seats(
            connection,
            cohort_id,
            [
                each.seat._replace(enrolled_on=session.today)
                if (each.seat.person_id, each.seat.offering_id) in done
                else each.seat
                for each in named
            ],
        )
        update_cohort(
            connection,
            cohort_id,
            {"status": "published", "published_at": dt.datetime.now(dt.UTC)},
        )
        session.details |= {"enrolled": len(seats)}
        return Publication(get_cohort(session, cohort_id), len(seats))


def close_cohort(session: Session, cohort_id: str) -> Cohort:
    """Close a cohort: a draft is discarded, and of a published one no seat moves any more.

    Enrolments stay as they are.

    Raises
    ------
    NotFoundError
        If there is no such cohort, or the principal may not see it.
    """
    with session.writing() as connection:
        stored = require_cohort(session, connection, cohort_id, lock=True)
        session.details |= {"cohort_id": cohort_id}
        if stored.status != "closed":
            update_cohort(connection, cohort_id, {"status": "closed"})
        return get_cohort(session, cohort_id)


def enrol_seats(
    session: Session, connection: Connection, stored: StoredCohort, seats: Sequence[NamedSeat]
) -> None:
    """Make enrolments of seats, all or none.

    Raises
    ------
    ConflictError
        As `publish_cohort` does.
    """
    # locked first: two who publish at once must not both give the last seat
    wanted: dict[str, list[NamedSeat]] = {}
    for each in seats:
        wanted.setdefault(each.seat.offering_id, []).append(each)
    runs = find_offerings(connection, wanted, lock=True)
    module_of = {
        each.offering_id: each.module_id
        for each in list_cohort_offerings(connection, stored.cohort_id)
    }
    for offering_id, some in wanted.items():
        run = runs.get(offering_id)
        if run is None or run.module_id != module_of[offering_id]:
            raise ConflictError("cohort.offering-gone", offering_id=offering_id)
        if run.free is not None and run.free < len(some):
            raise ConflictError(
                "cohort.full", offering_id=offering_id, seats=len(some), free=max(0, run.free)
            )
    away = _who_cannot(session, connection, stored, seats, module_of)
    if away:
        raise ConflictError(
            "cohort.people-changed",
            count=len(away),
            people=", ".join(sorted(away)[:_NAMED]),
        )
    for each in seats:
        seat = each.seat
        take_seat(
            connection,
            seat.person_id,
            module_of[seat.offering_id],
            seat.offering_id,
            on=session.today,
        )
    touch_people(connection, [each.seat.person_id for each in seats])
    session.saw(each.head.ref for each in seats)


def _who_cannot(
    session: Session,
    connection: Connection,
    stored: StoredCohort,
    seats: Sequence[NamedSeat],
    module_of: dict[str, str],
) -> set[str]:
    """Return who has left, or has enrolled in a module of theirs or completed it meanwhile."""
    gone = {
        each.head.person_id
        for each in seats
        if each.head.left_on is not None and each.head.left_on <= session.today
    }
    wanted = {(each.seat.person_id, module_of[each.seat.offering_id]) for each in seats}
    people = {each.seat.person_id for each in seats}
    for e in list_of_people(connection, people):
        if (e.person_id, e.module_id) not in wanted:
            continue
        completed = e.completed_on is not None and e.completed_on > stored.as_of
        # person, module and day are the key of an enrolment; one that was cancelled is reopened
        same_key = e.enrolled_on == session.today and e.status != "cancelled"
        if e.status == "enrolled" or completed or same_key:
            gone.add(e.person_id)
    return gone
