"""Replanning a published cohort when somebody drops out: those who wait move up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from recommender.errors import ConflictError
from recommender.service.cohorts.figures import read_figures
from recommender.service.cohorts.publishing import enrol_seats
from recommender.service.cohorts.reading import CohortDraft, read_draft, require_cohort
from recommender.service.cohorts.replanning import Held, fill_seat
from recommender.service.cohorts.solving import read_case
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import Connection, touch_people
from recommender.store.people.seats import find_offerings, give_seat_back
from recommender.store.plans.cohorts import (
    CohortOffering,
    CohortSeat,
    NamedSeat,
    add_to_log,
    list_seats,
    replace_seats,
    update_cohort,
)


@dataclass(frozen=True)
class MovedUp:
    """Somebody who waited for an offering and has a seat in it now."""

    person_id: str
    offering_id: str


@dataclass(frozen=True)
class Replanned:
    """What became of the seats of somebody who dropped out.

    Parameters
    ----------
    given_up : tuple of str
        Offerings in which the person had a seat.
    moved_up : tuple of MovedUp
        Who has a seat now.
    unfilled : tuple of str
        Offerings whose free seat nobody on the wait list could take; one entry a seat.
    below_floor : tuple of str
        Units that now have fewer seats than their floor.
    """

    given_up: tuple[str, ...]
    moved_up: tuple[MovedUp, ...]
    unfilled: tuple[str, ...]
    below_floor: tuple[str, ...]


def drop_out(
    session: Session, cohort_id: str, person_id: str, *, offering_id: str | None = None
) -> Replanned:
    """Cancel a person's enrolments of a published cohort, and enrol who is next on the wait list.

    These are those in offerings that have not begun, or the one of `offering_id`. Nobody else
    loses a seat. It is logged who gave up which seat, and who got it.

    Raises
    ------
    NotFoundError
        If there is no such cohort, or the principal may not see it; or no such person.
    ForbiddenError
        If the principal may enrol nobody.
    ConflictError
        If it is not published, or the person has no such seat.
    """
    session.need(Permission.WRITE_ENROLMENTS)
    with session.writing() as connection:
        stored = require_cohort(session, connection, cohort_id, lock=True)
        if stored.status != "published":
            raise ConflictError(
                "cohort.closed" if stored.status == "closed" else "cohort.not-published"
            )
        session.person(connection, person_id)
        draft = read_draft(session, connection, stored)
        named = list_seats(connection, session.who.scope, cohort_id)
        begun = {each.offering_id for each in draft.offerings if each.starts_on <= session.today}
        leaving = [
            each
            for each in named
            if each.seat.person_id == person_id
            and each.seat.status == "seated"
            and each.seat.offering_id not in begun
            and offering_id in (None, each.seat.offering_id)
        ]
        if not leaving:
            raise ConflictError("cohort.no-seat", person_id=person_id)
        _give_back(connection, draft, leaving)
        replaced = _fill(session, connection, draft, named, leaving)
        return _keep(session, connection, draft, named, leaving, replaced)


def _give_back(connection: Connection, draft: CohortDraft, leaving: Sequence[NamedSeat]) -> None:
    module_of = {each.offering_id: each.module_id for each in draft.offerings}
    # locked first: nobody else takes what is given back before it is given on
    find_offerings(connection, [each.seat.offering_id for each in leaving], lock=True)
    for each in leaving:
        seat = each.seat
        # one that somebody has cancelled already stays cancelled
        if seat.enrolled_on is not None:
            give_seat_back(
                connection,
                seat.person_id,
                module_of[seat.offering_id],
                seat.offering_id,
                enrolled_on=seat.enrolled_on,
            )
    touch_people(connection, {each.seat.person_id for each in leaving})


def _fill(
    session: Session,
    connection: Connection,
    draft: CohortDraft,
    named: Sequence[NamedSeat],
    leaving: Sequence[NamedSeat],
) -> Replanned:
    """Work out who moves up into the seats that somebody leaves, the earliest run first."""
    stored, framework = draft.stored, session.service.framework
    offering_of = {each.offering_id: each for each in draft.offerings}
    freed = sorted(
        (offering_of[each.seat.offering_id] for each in leaving), key=lambda each: each.starts_on
    )
    freed_ids = {each.offering_id for each in freed}
    waiting = [
        each
        for each in named
        if each.seat.status == "waiting" and each.seat.offering_id in freed_ids
    ]
    concerned = {each.seat.person_id for each in (*waiting, *leaving)}
    keys = {
        (each.seat.person_id, each.seat.offering_id)
        for each in named
        if each.seat.status == "seated" and each not in leaving
    }
    narrowed = replace(
        draft,
        people=[each for each in draft.people if each[0].person_id in concerned],
        offerings=freed,
    )
    case = read_case(session, connection, narrowed, held=keys)
    column_of = {each.offering_id: column for column, each in enumerate(case.offerings)}
    rows = {head.person_id: row for row, head in enumerate(case.people)}
    cost_of = dict(zip(framework.modules.ids, framework.modules.cost.tolist(), strict=True))
    held = [
        _hold(each, offering_of[each.seat.offering_id], cost_of)
        for each in named
        if each.seat.status == "seated" and each not in leaving
    ]
    figures = read_figures(stored.figures)
    floors = {each.unit: each.floor for each in figures.units} if figures else {}
    moved: list[MovedUp] = []
    unfilled: list[str] = []
    below: tuple[str, ...] = ()
    leaver = rows.get(leaving[0].seat.person_id)
    for run in freed:
        column = column_of.get(run.offering_id)
        queue = [each for each in waiting if each.seat.offering_id == run.offering_id]
        kept = sum(each.offering.offering_id == run.offering_id for each in held)
        # an import may have taken more seats than there are
        if column is None or leaver is None or case.problem.offerings.seats[column] <= kept:
            unfilled.append(run.offering_id)
            continue
        replaced = fill_seat(
            case,
            column,
            leaver,
            held=held,
            waiting=queue,
            floors=floors,
            top=stored.org_unit,
        )
        for _, person in replaced.taken:
            person_id = case.people[person].person_id
            moved.append(MovedUp(person_id, run.offering_id))
            (seat,) = (each for each in queue if each.seat.person_id == person_id)
            held.append(_hold(seat, run, cost_of))
        unfilled += [run.offering_id] * len(replaced.unfilled)
        # each run counts the seats of all before it, so the last one tells what is left short
        below = tuple(case.problem.unit_ids[at] for at in replaced.units_below_floor)
    return Replanned(
        given_up=tuple(each.seat.offering_id for each in leaving),
        moved_up=tuple(moved),
        unfilled=tuple(unfilled),
        below_floor=below,
    )


def _hold(seat: NamedSeat, offering: CohortOffering, cost_of: Mapping[str, float]) -> Held:
    # what the catalogue no longer has costs nothing any more
    return Held(seat, offering, cost_of.get(offering.module_id, 0.0))


def _keep(
    session: Session,
    connection: Connection,
    draft: CohortDraft,
    named: Sequence[NamedSeat],
    leaving: Sequence[NamedSeat],
    replaced: Replanned,
) -> Replanned:
    """Store and log the seats after a dropout, and enrol whoever has moved up."""
    cohort_id = draft.stored.cohort_id
    up = {(each.person_id, each.offering_id) for each in replaced.moved_up}
    gone = {(each.seat.person_id, each.seat.offering_id) for each in leaving}
    moved = [each for each in named if (each.seat.person_id, each.seat.offering_id) in up]
    enrol_seats(session, connection, draft.stored, moved)
    seats: list[CohortSeat] = []
    for each in named:
        key = (each.seat.person_id, each.seat.offering_id)
        if key in gone:
            seats.append(each.seat._replace(status="dropped", place=None))
        elif key in up:
            seats.append(each.seat._replace(status="seated", place=None, enrolled_on=session.today))
        else:
            seats.append(each.seat)
    replace_seats(connection, cohort_id, _close_ranks(seats))
    body = {
        "people": [
            {
                "person": each.head.ref,
                "offering_id": each.seat.offering_id,
                "became": "dropped" if each in leaving else "seated",
            }
            for each in (*leaving, *moved)
        ],
        "unfilled": list(replaced.unfilled),
    }
    add_to_log(connection, cohort_id, [("dropout", body)], at=dt.datetime.now(dt.UTC))
    update_cohort(connection, cohort_id, {})
    session.saw(each.head.ref for each in (*leaving, *moved))
    session.details |= {
        "cohort_id": cohort_id,
        "given_up": len(leaving),
        "moved_up": len(moved),
    }
    return replaced


def _close_ranks(seats: Sequence[CohortSeat]) -> list[CohortSeat]:
    """Return seats with the places of each wait list counted from 1 again."""
    behind: dict[str, int] = {}
    closed: list[CohortSeat] = []
    for seat in sorted(seats, key=lambda each: each.place or 0):
        if seat.status != "waiting":
            closed.append(seat)
            continue
        behind[seat.offering_id] = behind.get(seat.offering_id, 0) + 1
        closed.append(seat._replace(place=behind[seat.offering_id]))
    return closed
