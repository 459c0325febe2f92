"""What is read from the database: frames of one consistent state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd
import sqlalchemy as sa

from recommender.store import schema
from recommender.store.scope import EVERYONE, Scope, visible_person_ids


class FirstDays(NamedTuple):
    """The first day of each kind of fact that is read."""

    ratings: dt.date
    exams: dt.date
    assessments: dt.date


@dataclass(frozen=True)
class Snapshot:
    """All that a question about people needs, read at once.

    Parameters
    ----------
    people : DataFrame
        person_id, name, org_unit (path), grade, manager_id, manager_name, hired_on,
        synthetic; by id.
    ratings, exams, assessments : DataFrame
        Rows of these people in the columns of `recommender.table_kinds`, with their row `id`.
    completions : DataFrame
        person_id, module_id, completed_on.
    """

    people: pd.DataFrame
    ratings: pd.DataFrame
    exams: pd.DataFrame
    assessments: pd.DataFrame
    completions: pd.DataFrame

    @cached_property
    def rating_rows(self) -> Mapping[tuple[str, str], np.ndarray]:
        """Positions of the ratings by person and competency; found once for all people."""
        return cast(Any, self.ratings.groupby(["person_id", "competency_id"]).indices)

    @cached_property
    def rating_columns(self) -> Mapping[str, np.ndarray]:
        """The ratings as arrays: a few rows of one are taken faster than those of a frame."""
        return {str(name): column.to_numpy() for name, column in self.ratings.items()}

    @cached_property
    def exam_results(self) -> Mapping[str, list[tuple[str, int, dt.date, str]]]:
        """Competency, level, day and subject of each person's exam results."""
        names = ("person_id", "competency_id", "exam_level", "sat_on", "subject")
        results: dict[str, list[tuple[str, int, dt.date, str]]] = {}
        for person_id, *result in zip(*(self.exams[name] for name in names), strict=True):
            results.setdefault(person_id, []).append(tuple(result))
        return results


def read_snapshot(
    connection: sa.Connection,
    *,
    as_of: dt.date,
    first_days: FirstDays,
    person_ids: Collection[str] | None = None,
    scope: Scope = EVERYONE,
) -> Snapshot:
    """Read people and what is known of them on a day.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    as_of : date
        Nothing later is read.
    first_days : FirstDays
        Nothing earlier is read.
    person_ids : collection of str, optional
        Whom to read; all when not given.
    scope : Scope
        Nobody else is read.

    Returns
    -------
    Snapshot
        Frames of those people.
    """
    manager = schema.person.alias("manager")
    people = (
        sa.select(
            schema.person.c.person_id,
            schema.person.c.name,
            schema.org_unit.c.path.label("org_unit"),
            schema.person.c.grade,
            schema.person.c.manager_id,
            manager.c.name.label("manager_name"),
            schema.person.c.hired_on,
            schema.person.c.synthetic,
        )
        .join(schema.org_unit, schema.person.c.org_unit_id == schema.org_unit.c.id)
        .outerjoin(manager, schema.person.c.manager_id == manager.c.person_id)
        .order_by(schema.person.c.person_id)
    )

    # what is past its validity counts for nothing, so it need not be read
    def rows(table: sa.Table, day: str, first: dt.date) -> sa.Select[Any]:
        return sa.select(table).where(table.c[day] <= as_of, table.c[day] >= first)

    completed = schema.enrolment.c
    queries = {
        "people": people,
        "ratings": rows(schema.rating, "rated_on", first_days.ratings),
        "exams": rows(schema.exam_result, "sat_on", first_days.exams),
        "assessments": rows(schema.assessment, "assessed_on", first_days.assessments),
        "completions": sa.select(
            completed.person_id, completed.module_id, completed.completed_on
        ).where(completed.status == "completed", completed.completed_on <= as_of),
    }
    if person_ids is not None:
        queries = {
            name: query.where(query.selected_columns["person_id"].in_(list(person_ids)))
            for name, query in queries.items()
        }
    if not scope.everyone:
        within = visible_person_ids(scope)
        queries = {
            name: query.where(query.selected_columns["person_id"].in_(within))
            for name, query in queries.items()
        }
    frames = {name: _read_frame(connection, query) for name, query in queries.items()}
    return Snapshot(**frames)


def _read_frame(connection: sa.Connection, query: sa.Select[Any]) -> pd.DataFrame:
    """Run a query and return its rows as a frame of plain Python values."""
    result = connection.execute(query)
    # pandas probes each row for attributes, and a Row looks every one up among its columns:
    # plain tuples are much faster. One by one, since a list of all Rows is work for the garbage
    # collector: `fetchall` took half as long again
    rows = list(map(tuple, result))
    # object: pandas would make floats of whole numbers beside a None
    return pd.DataFrame(rows, columns=list(result.keys()), dtype=object)


def read_table(connection: sa.Connection, table: sa.Table) -> pd.DataFrame:
    """Read a whole table in the order of its key."""
    return _read_frame(connection, sa.select(table).order_by(*table.primary_key.columns))


def read_improvement_records(
    connection: sa.Connection, *, as_of: dt.date, person_ids: Collection[str] | None = None
) -> pd.DataFrame:
    """Read the stored improvement records that end by a day, in the order of their key."""
    # without an order the same history could train a slightly different model
    table = schema.improvement_record
    query = sa.select(table).where(table.c.after_on <= as_of).order_by(*table.primary_key.columns)
    if person_ids is not None:
        query = query.where(table.c.person_id.in_(list(person_ids)))
    return _read_frame(connection, query)


def read_completed_runs(connection: sa.Connection, *, as_of: dt.date) -> pd.DataFrame:
    """Read who completed which module up to a day, and in which run of it.

    Returns
    -------
    DataFrame
        person_id, module_id, offering_id (None where it is not known) and completed_on; a person's
        completions of a module one after another.
    """
    table = schema.enrolment.c
    query = sa.select(schema.enrolment).where(
        table.status == "completed", table.completed_on <= as_of
    )
    done = query.order_by(table.person_id, table.module_id, table.completed_on)
    return _read_frame(connection, done)[["person_id", "module_id", "offering_id", "completed_on"]]


def read_satisfaction(
    connection: sa.Connection, *, as_of: dt.date, module_id: str | None = None
) -> pd.DataFrame:
    """Read what participants said of modules up to a day, in the order of the key.

    Nobody stands in it, so it is the same for every reader.

    Returns
    -------
    DataFrame
        module_id, offering_id (None where it is not known), answered_on, answer_id and
        satisfaction, from 1 to 5.
    """
    table = schema.satisfaction
    query = sa.select(table).where(table.c.answered_on <= as_of)
    if module_id is not None:
        query = query.where(table.c.module_id == module_id)
    answers = _read_frame(connection, query.order_by(*table.primary_key.columns))
    return answers.assign(
        offering_id=answers["offering_id"].where(answers["offering_id"] != "", None)
    )


def read_business_figures(
    connection: sa.Connection,
    *,
    as_of: dt.date,
    figure_ids: Collection[str] | None = None,
    scope: Scope = EVERYONE,
) -> pd.DataFrame:
    """Read the business figures of people within a scope, of months that were over by a day.

    Returns
    -------
    DataFrame
        person_id, month (its first day), figure_id and value, in the order of the key.
    """
    table = schema.business_figure
    # of the month that the day is in, a part is still to come
    query = sa.select(table).where(table.c.month < as_of.replace(day=1))
    if figure_ids is not None:
        query = query.where(table.c.figure_id.in_(list(figure_ids)))
    if not scope.everyone:
        query = query.where(table.c.person_id.in_(visible_person_ids(scope)))
    return _read_frame(connection, query.order_by(*table.primary_key.columns))


def read_offerings(connection: sa.Connection, *, as_of: dt.date) -> pd.DataFrame:
    """Read the offerings that begin on or after a day and have a free seat, earliest first.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    as_of : date
        The day.

    Returns
    -------
    DataFrame
        offering_id, module_id, starts_on, ends_on, place, seats.
    """
    offering, enrolment = schema.offering, schema.enrolment
    taken = (
        sa.select(enrolment.c.offering_id, sa.func.count().label("taken"))
        .where(enrolment.c.status.in_(["enrolled", "completed"]))
        .group_by(enrolment.c.offering_id)
        .subquery()
    )
    query = (
        sa.select(offering)
        # outer: an offering that nobody has booked has no row in `taken`
        .outerjoin(taken, offering.c.offering_id == taken.c.offering_id)
        .where(
            offering.c.starts_on >= as_of,
            sa.or_(
                offering.c.seats.is_(None), offering.c.seats > sa.func.coalesce(taken.c.taken, 0)
            ),
        )
        .order_by(offering.c.starts_on, offering.c.offering_id)
    )
    return _read_frame(connection, query)


def read_ids(connection: sa.Connection, column: sa.Column[Any]) -> list[str]:
    """Read one id column, in order."""
    return list(connection.scalars(sa.select(column).order_by(column)))


def read_managers(connection: sa.Connection) -> dict[str, str]:
    """Read who reports to whom: person to manager."""
    person = schema.person.c
    query = sa.select(person.person_id, person.manager_id).where(person.manager_id.is_not(None))
    return {row.person_id: row.manager_id for row in connection.execute(query)}
