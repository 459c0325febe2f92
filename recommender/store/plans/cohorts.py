"""Cohorts: people planned together, the seats put aside for them, and who gets which."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.people.people import PersonHead, select_people
from recommender.store.scope import Scope, asked_or_covered

_COHORT, _OFFERING, _PERSON, _SEAT, _LOG = (
    schema.cohort,
    schema.cohort_offering,
    schema.cohort_person,
    schema.cohort_seat,
    schema.cohort_log,
)


@dataclass(frozen=True)
class StoredCohort:
    """A cohort as stored.

    Parameters
    ----------
    cohort_id, name : str
        Its id, and what people call it.
    as_of : date
        The day whose levels count.
    org_unit : str or None
        Path of the unit whose people are considered; None for everybody.
    starts_from, starts_until : date
        Its offerings begin between these days.
    limits : dict
        Money, hours, floors and tolerance, as asked for.
    seed : int
        Of its lotteries.
    status : str
        ``draft``, ``published`` or ``closed``.
    model_id : str or None
        The effect model that the answer rests on; None for the experts' estimates.
    catalog_digest : str
        The catalogue that it rests on.
    value, bound : float or None
        What the seats close, in weighted levels, and the most that any seats could; None until
        there is an answer.
    figures : dict or None
        What else the answer came to; None until there is one.
    job_id : str or None
        The job that works it out, where one does.
    actor : str
        Who asked for it.
    created_at, published_at : datetime
        In UTC; `published_at` is None until it is published.
    version : int
        Counts the changes of the row.
    """

    cohort_id: str
    name: str
    as_of: dt.date
    org_unit: str | None
    starts_from: dt.date
    starts_until: dt.date
    limits: dict[str, Any]
    seed: int
    status: str
    model_id: str | None
    catalog_digest: str
    value: float | None
    bound: float | None
    figures: dict[str, Any] | None
    job_id: str | None
    actor: str
    created_at: dt.datetime
    published_at: dt.datetime | None
    version: int


@dataclass(frozen=True)
class CohortOffering:
    """An offering of a cohort; `seats` are those put aside, None where there is no bound."""

    offering_id: str
    module_id: str
    starts_on: dt.date
    ends_on: dt.date
    seats: int | None


class CohortSeat(NamedTuple):
    """What came of a person in an offering.

    `status` is ``seated``, ``waiting`` or ``dropped``, `place` that on the wait list. `value` is
    what the seat is expected to close beside the person's others, in weighted levels. `number` was
    drawn and settles between equals; `chance` is that of a seat in the lottery that was held, None
    where none was. `enrolled_on` names the enrolment, once there is one.
    """

    person_id: str
    offering_id: str
    status: str
    place: int | None
    value: float
    number: float | None = None
    chance: float | None = None
    enrolled_on: dt.date | None = None


@dataclass(frozen=True)
class NamedSeat:
    """A seat beside the person's row."""

    seat: CohortSeat
    head: PersonHead


@dataclass(frozen=True)
class LogEntry:
    """A lottery that was held, or a dropout that was replaced.

    `kind` is ``lottery`` or ``dropout``. Those of whom something is said are `people` of the body,
    each with its `ref` as ``person``.
    """

    kind: str
    body: dict[str, Any]
    made_at: dt.datetime


def make_cohort_id() -> str:
    """Make an id; ids grow with the time."""
    now = dt.datetime.now(dt.UTC)
    return f"cohort-{int(now.timestamp() * 1000):012x}{secrets.token_hex(4)}"


def insert_cohort(
    connection: sa.Connection,
    cohort: StoredCohort,
    offerings: Sequence[CohortOffering],
    people: Mapping[str, int | None],
) -> None:
    """Store a cohort without an answer; `people` have their place in the order of application."""
    key = {"cohort_id": cohort.cohort_id}
    connection.execute(_COHORT.insert().values(**vars(cohort)))
    connection.execute(_OFFERING.insert(), [key | vars(each) for each in offerings])
    connection.execute(
        _PERSON.insert(),
        [key | {"person_id": name, "applied": place} for name, place in people.items()],
    )


def find_cohort(
    connection: sa.Connection, scope: Scope, actor: str, cohort_id: str, *, lock: bool = False
) -> StoredCohort | None:
    """Return a cohort that an actor asked for or whose unit lies within a scope, or None.

    With `lock` nobody else changes it until the transaction ends.
    """
    query = _select(scope, actor).where(_COHORT.c.cohort_id == cohort_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else StoredCohort(**row._mapping)


def list_cohorts(
    connection: sa.Connection, scope: Scope, actor: str, *, before: str = "", limit: int
) -> list[StoredCohort]:
    """Return such cohorts, the newest first; with `before` only those that are older than it."""
    query = _select(scope, actor).order_by(_COHORT.c.cohort_id.desc()).limit(limit)
    if before:
        query = query.where(_COHORT.c.cohort_id < before)
    return [StoredCohort(**row._mapping) for row in connection.execute(query)]


def update_cohort(connection: sa.Connection, cohort_id: str, values: Mapping[str, Any]) -> None:
    """Change a cohort and count the change."""
    connection.execute(
        _COHORT.update()
        .where(_COHORT.c.cohort_id == cohort_id)
        .values(**values, version=_COHORT.c.version + 1)
    )


def list_cohort_offerings(connection: sa.Connection, cohort_id: str) -> list[CohortOffering]:
    """Return the offerings of a cohort, the earliest first."""
    table = _OFFERING.c
    query = (
        sa.select(table.offering_id, table.module_id, table.starts_on, table.ends_on, table.seats)
        .where(table.cohort_id == cohort_id)
        .order_by(table.starts_on, table.offering_id)
    )
    return [CohortOffering(*row) for row in connection.execute(query)]


def list_cohort_people(
    connection: sa.Connection, scope: Scope, cohort_id: str
) -> list[tuple[PersonHead, int | None]]:
    """Return who is considered within a scope, by id, with the place in the order applied."""
    query = (
        select_people(scope)
        .add_columns(_PERSON.c.applied)
        .join(_PERSON, _PERSON.c.person_id == schema.person.c.person_id)
        .where(_PERSON.c.cohort_id == cohort_id)
        .order_by(schema.person.c.person_id)
    )
    return [(PersonHead(*head), applied) for *head, applied in connection.execute(query)]


def count_cohort_people(
    connection: sa.Connection, cohort_ids: Sequence[str]
) -> dict[str, tuple[int, int, int]]:
    """Count who is considered, the seats given, and those who wait, by cohort."""
    considered = (
        sa.select(_PERSON.c.cohort_id, sa.func.count())
        .where(_PERSON.c.cohort_id.in_(cohort_ids))
        .group_by(_PERSON.c.cohort_id)
    )
    seats = (
        sa.select(_SEAT.c.cohort_id, _SEAT.c.status, sa.func.count())
        .where(_SEAT.c.cohort_id.in_(cohort_ids))
        .group_by(_SEAT.c.cohort_id, _SEAT.c.status)
    )
    of_status = {(key, status): count for key, status, count in connection.execute(seats)}
    return {
        key: (people, of_status.get((key, "seated"), 0), of_status.get((key, "waiting"), 0))
        for key, people in connection.execute(considered)
    }


def count_seats(connection: sa.Connection, cohort_id: str) -> dict[tuple[str, str], int]:
    """Count seats by offering and status."""
    query = (
        sa.select(_SEAT.c.offering_id, _SEAT.c.status, sa.func.count())
        .where(_SEAT.c.cohort_id == cohort_id)
        .group_by(_SEAT.c.offering_id, _SEAT.c.status)
    )
    return {
        (offering_id, status): count for offering_id, status, count in connection.execute(query)
    }


def list_seats(
    connection: sa.Connection,
    scope: Scope,
    cohort_id: str,
    *,
    offering_id: str | None = None,
    person_id: str | None = None,
) -> list[NamedSeat]:
    """Return the seats and wait lists of a cohort within a scope.

    They come offering by offering: who has a seat by id, who waits by the place, who dropped out.
    """
    order = {"seated": 0, "waiting": 1, "dropped": 2}
    query = (
        select_people(scope)
        .add_columns(*(_SEAT.c[name] for name in CohortSeat._fields))
        .join(_SEAT, _SEAT.c.person_id == schema.person.c.person_id)
        .where(_SEAT.c.cohort_id == cohort_id)
        .order_by(
            _SEAT.c.offering_id,
            sa.case(order, value=_SEAT.c.status),
            _SEAT.c.place,
            _SEAT.c.person_id,
        )
    )
    if offering_id is not None:
        query = query.where(_SEAT.c.offering_id == offering_id)
    if person_id is not None:
        query = query.where(_SEAT.c.person_id == person_id)
    cut = len(PersonHead._fields)
    return [
        NamedSeat(CohortSeat(*row[cut:]), PersonHead(*row[:cut]))
        for row in map(tuple, connection.execute(query))
    ]


def replace_seats(connection: sa.Connection, cohort_id: str, seats: Sequence[CohortSeat]) -> None:
    """Put seats and wait lists in place of those there are."""
    connection.execute(_SEAT.delete().where(_SEAT.c.cohort_id == cohort_id))
    rows = [{"cohort_id": cohort_id, **seat._asdict()} for seat in seats]
    if rows:
        connection.execute(_SEAT.insert(), rows)


def add_to_log(
    connection: sa.Connection,
    cohort_id: str,
    entries: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    at: dt.datetime,
) -> None:
    """Add entries to the log of a cohort; none is ever changed."""
    rows = [
        {"cohort_id": cohort_id, "kind": kind, "body": dict(body), "made_at": at}
        for kind, body in entries
    ]
    if rows:
        connection.execute(_LOG.insert(), rows)


def read_log(connection: sa.Connection, cohort_id: str) -> list[LogEntry]:
    """Return the log of a cohort, the oldest entry first."""
    query = (
        sa.select(_LOG.c.kind, _LOG.c.body, _LOG.c.made_at)
        .where(_LOG.c.cohort_id == cohort_id)
        .order_by(_LOG.c.id)
    )
    return [LogEntry(*row) for row in connection.execute(query)]


def _select(scope: Scope, actor: str) -> sa.Select[Any]:
    return sa.select(_COHORT).where(asked_or_covered(scope, actor, _COHORT))
