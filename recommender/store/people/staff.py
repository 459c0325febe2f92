"""Searching, adding and correcting people, and the org units they belong to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from recommender.store import schema
from recommender.store.people.people import PersonHead, list_people, select_people
from recommender.store.scope import Scope, in_unit, present, visible
from recommender.store.writes import org_path, write_org_units


@dataclass(frozen=True)
class PeopleFilter:
    """Which people are wanted; a field that is None excludes nobody.

    Parameters
    ----------
    person_ids : sequence of str or None
        People with one of these ids.
    org_unit : str or None
        People of the unit with this path, or of a unit below it.
    grade : str or None
        People of this grade.
    manager_id : str or None
        People who report to this person.
    text : str or None
        People with this text in their id or name; case does not matter.
    present_on : date or None
        People who have not left by this day.
    gone_by : date or None
        People who have left by this day.
    """

    person_ids: Sequence[str] | None = None
    org_unit: str | None = None
    grade: str | None = None
    manager_id: str | None = None
    text: str | None = None
    present_on: dt.date | None = None
    gone_by: dt.date | None = None


@dataclass(frozen=True)
class StoredUnit:
    """An org unit, and how many people within a scope belong to it, not to the units below it."""

    path: str
    name: str
    people: int


def search_people(
    connection: sa.Connection,
    scope: Scope,
    wanted: PeopleFilter,
    *,
    after: str = "",
    limit: int | None,
) -> list[PersonHead]:
    """Return the people within a scope who match a filter, in the order of their ids."""
    return list_people(connection, scope, conditions=_conditions(wanted), after=after, limit=limit)


def count_people(connection: sa.Connection, scope: Scope, wanted: PeopleFilter) -> int:
    """Count the people within a scope who match a filter."""
    query = sa.select(sa.func.count()).select_from(schema.person)
    return connection.scalar(query.where(visible(scope), *_conditions(wanted))) or 0


def read_people_page(
    connection: sa.Connection,
    scope: Scope,
    wanted: PeopleFilter,
    *,
    offset: int,
    limit: int,
    descending: bool,
) -> list[PersonHead]:
    """Return some of the people who match a filter, by their ids, after leaving some out."""
    by = schema.person.c.person_id
    query = select_people(scope).where(*_conditions(wanted))
    query = query.order_by(by.desc() if descending else by).offset(offset).limit(limit)
    return [PersonHead._make(row) for row in connection.execute(query).all()]


def _conditions(wanted: PeopleFilter) -> list[sa.ColumnElement[bool]]:
    person = schema.person.c
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.person_ids is not None:
        conditions.append(person.person_id.in_(wanted.person_ids))
    if wanted.org_unit is not None:
        conditions.append(in_unit(wanted.org_unit))
    if wanted.grade is not None:
        conditions.append(person.grade == wanted.grade)
    if wanted.manager_id is not None:
        conditions.append(person.manager_id == wanted.manager_id)
    if wanted.text is not None:
        conditions.append(
            sa.or_(
                person.person_id.icontains(wanted.text, autoescape=True),
                person.name.icontains(wanted.text, autoescape=True),
            )
        )
    if wanted.present_on is not None:
        conditions.append(present(wanted.present_on))
    if wanted.gone_by is not None:
        conditions.append(person.left_on <= wanted.gone_by)
    return conditions


def insert_person(connection: sa.Connection, values: Mapping[str, Any]) -> bool:
    """Store a new person; return False, and store nothing, if the id is taken.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    values : mapping
        Columns of the table, and `org_unit`, a path; units of it that are missing are made.

    Returns
    -------
    bool
        Whether the person was stored.
    """
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(schema.person).values(**_with_unit(connection, values))
    # asked back: not every driver counts the rows of such a statement
    stored = statement.on_conflict_do_nothing().returning(schema.person.c.person_id)
    return connection.execute(stored).one_or_none() is not None


def update_person(connection: sa.Connection, person_id: str, values: Mapping[str, Any]) -> None:
    """Change a person, and count the change; `values` as in `insert_person`."""
    person = schema.person
    connection.execute(
        person.update()
        .where(person.c.person_id == person_id)
        .values(**_with_unit(connection, values), version=person.c.version + 1)
    )


def _with_unit(connection: sa.Connection, values: Mapping[str, Any]) -> dict[str, Any]:
    columns = dict(values)
    if "org_unit" in columns:
        path = org_path(columns.pop("org_unit"))
        columns["org_unit_id"] = write_org_units(connection, [path])[path]
    return columns


def may_be_manager(connection: sa.Connection, scope: Scope, person_id: str) -> bool:
    """Say whether a person is within a scope, or is the manager of somebody who is."""
    # most managers of a unit's people are above the unit, and so outside of the scope
    person = schema.person.c
    above = sa.select(person.manager_id).where(visible(scope), person.manager_id.is_not(None))
    query = sa.select(person.person_id).where(
        person.person_id == person_id, sa.or_(visible(scope), person.person_id.in_(above))
    )
    return connection.scalar(query) is not None


def lock_managers(connection: sa.Connection, scope: Scope, person_id: str) -> dict[str, str]:
    """Return who reports to whom from a person upwards; nobody can change it meanwhile.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    scope : Scope
        People outside of it get placeholders in place of their ids.
    person_id : str
        The person to begin with.

    Returns
    -------
    dict of str to str
        Person to manager; ends where there is no manager.
    """
    person = schema.person.c
    managers: dict[str, str] = {}
    shown: dict[str, str] = {}
    at: str | None = person_id
    before: str | None = None
    # row by row, each locked: two changes at once could each be free of a circle, and make one
    while at is not None and at not in shown:
        row = connection.execute(
            sa.select(person.manager_id, visible(scope).label("visible"))
            .where(person.person_id == at)
            .with_for_update()
        ).one_or_none()
        if row is None:
            break
        shown[at] = at if row.visible or at == person_id else f"…{len(shown)}"
        if before is not None:
            managers[before] = shown[at]
        before, at = shown[at], row.manager_id
    return managers


def list_units(connection: sa.Connection, scope: Scope, *, on: dt.date) -> list[StoredUnit]:
    """Return every org unit in the order of the paths, with its people in a scope on a day."""
    unit, person = schema.org_unit.c, schema.person.c
    query = (
        sa.select(unit.path, unit.name, sa.func.count(person.person_id))
        .select_from(
            schema.org_unit.outerjoin(
                schema.person, sa.and_(person.org_unit_id == unit.id, visible(scope), present(on))
            )
        )
        .group_by(unit.path, unit.name)
    )
    units = [StoredUnit(*row) for row in connection.execute(query)]
    # not sorted by the database: PostgreSQL may sort text by the rules of a language
    return sorted(units, key=lambda unit: unit.path)
