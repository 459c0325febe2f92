"""Cohorts as they are found and read: how far, who gets which seat, and how it was settled.

A cohort can be seen by the one who asked for it, by administrators, and by those who are
responsible for its unit; for all others it is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from recommender.errors import NotFoundError
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import Connection, PersonHead
from recommender.store.jobs import JobStatus, read_job
from recommender.store.plans.cohorts import (
    CohortOffering,
    LogEntry,
    NamedSeat,
    StoredCohort,
    count_cohort_people,
    count_seats,
    find_cohort,
    list_cohort_offerings,
    list_cohort_people,
    list_cohorts,
    list_seats,
    read_log,
)

State = Literal[
    "unsolved", "queued", "solving", "failed", "cancelled", "draft", "published", "closed"
]

_STATUSES = ("seated", "waiting", "dropped")
_UNDER_WAY: dict[JobStatus, State] = {JobStatus.QUEUED: "queued", JobStatus.RUNNING: "solving"}


@dataclass(frozen=True)
class Cohort:
    """A cohort, how far it is, and how many people are considered, have seats, and wait for one.

    It is `unsolved` until its seats are worked out, a `draft` until it is published. `seated` and
    `waiting` count seats: a person may have several.
    """

    stored: StoredCohort
    state: State
    people: int
    seated: int
    waiting: int

    @property
    def is_under_way(self) -> bool:
        """Whether its seats are being worked out."""
        return self.state in ("queued", "solving")

    @property
    def has_answer(self) -> bool:
        """Whether its seats have been worked out."""
        return self.stored.value is not None


@dataclass(frozen=True)
class CohortDraft:
    """A cohort, who is considered with the place in the order of application, and its offerings."""

    stored: StoredCohort
    people: Sequence[tuple[PersonHead, int | None]]
    offerings: Sequence[CohortOffering]


@dataclass(frozen=True)
class OfferingSeats:
    """An offering of a cohort: who has a seat, who waits, who has dropped out."""

    offering: CohortOffering
    seated: Sequence[NamedSeat]
    waiting: Sequence[NamedSeat]
    dropped: Sequence[NamedSeat]

    @property
    def names_synthetic(self) -> bool:
        """Whether any of them is made up, which a document with names then says."""
        named = (*self.seated, *self.waiting, *self.dropped)
        return any(each.head.synthetic for each in named)


@dataclass(frozen=True)
class OfferingCount:
    """An offering of a cohort, and how many people have a seat, wait, and have dropped out."""

    offering: CohortOffering
    seated: int
    waiting: int
    dropped: int


def get_cohort(session: Session, cohort_id: str) -> Cohort:
    """Return a cohort.

    Raises
    ------
    NotFoundError
        If there is no such cohort, or the principal may not see it: nobody can tell which.
    """
    with session.reading() as connection:
        return _describe(connection, [require_cohort(session, connection, cohort_id)])[0]


def get_cohorts(session: Session, *, before: str = "", limit: int) -> list[Cohort]:
    """Return cohorts, the newest first; with `before` only those that are older than it."""
    need_cohorts(session)
    with session.reading() as connection:
        who = session.who
        cohorts = list_cohorts(connection, who.scope, who.actor, before=before, limit=limit)
        return _describe(connection, cohorts)


def count_offerings(session: Session, cohort_id: str) -> list[OfferingCount]:
    """Return the offerings of a cohort, the earliest first, and how many people each has.

    Raises
    ------
    NotFoundError
        If there is no such cohort, or the principal may not see it.
    """
    with session.reading() as connection:
        require_cohort(session, connection, cohort_id)
        counts = count_seats(connection, cohort_id)
        return [
            OfferingCount(
                each, *(counts.get((each.offering_id, status), 0) for status in _STATUSES)
            )
            for each in list_cohort_offerings(connection, cohort_id)
        ]


def read_seats(
    session: Session, cohort_id: str, *, offering_id: str | None = None
) -> list[OfferingSeats]:
    """Return who has a seat and who waits, offering by offering, the earliest first.

    They are people within the principal's scope.

    Raises
    ------
    NotFoundError
        If there is no such cohort, or the principal may not see it.
    """
    with session.reading() as connection:
        require_cohort(session, connection, cohort_id)
        offerings = list_cohort_offerings(connection, cohort_id)
        seats = list_seats(connection, session.who.scope, cohort_id, offering_id=offering_id)
    session.saw(each.head.ref for each in seats)
    of: dict[str, dict[str, list[NamedSeat]]] = {}
    for each in seats:
        of.setdefault(each.seat.offering_id, {}).setdefault(each.seat.status, []).append(each)
    return [
        OfferingSeats(
            offering,
            *(of.get(offering.offering_id, {}).get(status, ()) for status in _STATUSES),
        )
        for offering in offerings
        if offering_id in (None, offering.offering_id)
    ]


def read_cohort_log(session: Session, cohort_id: str) -> list[LogEntry]:
    """Return the lotteries that were held and the dropouts, the oldest first.

    Whoever is still there and within the principal's scope has `person_id` and `name` beside the
    code name.

    Raises
    ------
    NotFoundError
        If there is no such cohort, or the principal may not see it.
    """
    with session.reading() as connection:
        require_cohort(session, connection, cohort_id)
        entries = read_log(connection, cohort_id)
        people = list_cohort_people(connection, session.who.scope, cohort_id)
    head_of = {head.ref: head for head, _ in people}
    named = [
        [
            each | ({"person_id": head.person_id, "name": head.name} if head else {})
            for each in entry.body["people"]
            for head in (head_of.get(each["person"]),)
        ]
        for entry in entries
    ]
    session.saw(each["person"] for some in named for each in some if "person_id" in each)
    return [
        LogEntry(entry.kind, entry.body | {"people": some}, entry.made_at)
        for entry, some in zip(entries, named, strict=True)
    ]


def latest_lotteries(log: Sequence[LogEntry]) -> list[LogEntry]:
    """Return the lotteries by which the seats were given, without those of earlier calculations."""
    drawn = [entry for entry in log if entry.kind == "lottery"]
    return [entry for entry in drawn if entry.made_at == drawn[-1].made_at]


def read_draft(session: Session, connection: Connection, stored: StoredCohort) -> CohortDraft:
    """Return who of a cohort is within the principal's scope, and its offerings."""
    return CohortDraft(
        stored,
        list_cohort_people(connection, session.who.scope, stored.cohort_id),
        list_cohort_offerings(connection, stored.cohort_id),
    )


def require_cohort(
    session: Session, connection: Connection, cohort_id: str, *, lock: bool = False
) -> StoredCohort:
    """Find a cohort that the principal may see; with `lock` nobody else changes it meanwhile.

    Raises
    ------
    NotFoundError
        If there is none: nobody can tell whether it is there.
    """
    need_cohorts(session)
    who = session.who
    stored = find_cohort(connection, who.scope, who.actor, cohort_id, lock=lock)
    if stored is None:
        raise NotFoundError("cohort.unknown", cohort_id=cohort_id)
    return stored


def need_cohorts(session: Session) -> None:
    """Raise a `ForbiddenError` unless the principal may give seats to many people."""
    for permission in (
        Permission.RUN_CAMPAIGNS,
        Permission.READ_PEOPLE,
        Permission.READ_ASSESSMENTS,
        Permission.READ_ENROLMENTS,
    ):
        session.need(permission)


def _describe(connection: Connection, stored: Sequence[StoredCohort]) -> list[Cohort]:
    counts = count_cohort_people(connection, [each.cohort_id for each in stored])
    return [
        Cohort(each, _state_of(connection, each), *counts.get(each.cohort_id, (0, 0, 0)))
        for each in stored
    ]


def _state_of(connection: Connection, stored: StoredCohort) -> State:
    if stored.status == "published":
        return "published"
    if stored.status == "closed":
        return "closed"
    # one that was worked out in the request itself has no job
    if stored.job_id is None:
        return "unsolved" if stored.value is None else "draft"
    job = read_job(connection, stored.job_id)
    if job is not None and job.status in _UNDER_WAY:
        return _UNDER_WAY[job.status]
    if stored.value is not None:
        return "draft"
    # a job that is gone without an answer has failed, and was deleted after a while
    return "cancelled" if job is not None and job.status is JobStatus.CANCELLED else "failed"
