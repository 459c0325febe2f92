"""What people were given over a time: training, seats, a look at what is recommended to them."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.moments import UTCDateTime
from recommender.store.people.seats import TAKING
from recommender.store.scope import Scope, visible_person_ids


class Training(NamedTuple):
    """An enrolment that was not given back; `offering_id` is None where it takes no seat."""

    person_id: str
    module_id: str
    enrolled_on: dt.date
    offering_id: str | None
    completed_on: dt.date | None


class ObjectionCounts(NamedTuple):
    """How many objections were made over a time, and how many of these are answered."""

    made: int
    answered: int


def list_training(connection: sa.Connection, scope: Scope, *, until: dt.date) -> list[Training]:
    """List the enrolments of people within a scope up to a day, those given back left out."""
    table = schema.enrolment.c
    query = sa.select(*(table[name] for name in Training._fields)).where(
        table.status.in_(TAKING), table.enrolled_on <= until, _within(scope, table.person_id)
    )
    return [Training._make(row) for row in connection.execute(query)]


def find_shown(
    connection: sa.Connection, scope: Scope, *, since: dt.date, until: dt.date
) -> set[str]:
    """Return to whom of a scope, or about whom to others, recommendations were shown in a time."""
    table = schema.shown.c
    query = sa.select(table.person_id).where(
        *_between(table.shown_at, since, until), _within(scope, table.person_id)
    )
    return set(connection.scalars(query.distinct()))


def find_reassessed(
    connection: sa.Connection,
    *,
    completed_after: dt.date,
    assessed_after: dt.date,
    until: dt.date,
) -> list[str]:
    """Return who completed a module after one day, and has facts about a level after another."""
    person, done = schema.person.c, schema.enrolment.c

    def has(table: sa.Table, day: str, first: dt.date) -> sa.Exists:
        return sa.exists().where(
            table.c.person_id == person.person_id, table.c[day] > first, table.c[day] <= until
        )

    query = sa.select(person.person_id).where(
        has(schema.enrolment, "completed_on", completed_after).where(done.status == "completed"),
        sa.or_(
            has(schema.assessment, "assessed_on", assessed_after),
            has(schema.exam_result, "sat_on", assessed_after),
            has(schema.rating, "rated_on", assessed_after),
        ),
    )
    return list(connection.scalars(query))


def count_objections(
    connection: sa.Connection, scope: Scope, *, since: dt.date, until: dt.date
) -> ObjectionCounts:
    """Count the objections of people within a scope that were made in a time."""
    table = schema.objection.c
    query = sa.select(sa.func.count(), sa.func.count(table.answered_at)).where(
        *_between(table.made_at, since, until), _within(scope, table.person_id)
    )
    return ObjectionCounts(*connection.execute(query).one())


def _within(scope: Scope, person: sa.Column[str]) -> sa.ColumnElement[bool]:
    return sa.true() if scope.everyone else person.in_(visible_person_ids(scope))


def _between(
    moment: sa.Column[Any], since: dt.date, until: dt.date
) -> tuple[sa.ColumnElement[bool], ...]:
    first, after = (
        dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
        for day in (since, until + dt.timedelta(days=1))
    )
    return (
        moment >= sa.literal(first, UTCDateTime),
        moment < sa.literal(after, UTCDateTime),
    )
