"""Whose rows a principal may see, written as a condition of the query."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from recommender.store import schema


@dataclass(frozen=True)
class Scope:
    """The people that a principal may see.

    Parameters
    ----------
    everyone : bool
        Whether all people are in it; the other fields do not matter then.
    person_id : str or None
        This person is in it.
    reports_of : str or None
        The people who report directly to this person are in it.
    org_unit : str or None
        The people of the unit with this path, and of the units below it, are in it.
    """

    everyone: bool = False
    person_id: str | None = None
    reports_of: str | None = None
    org_unit: str | None = None


EVERYONE = Scope(everyone=True)
NO_ONE = Scope()


def visible(scope: Scope) -> sa.ColumnElement[bool]:
    """Return the condition that a row of `person` lies within a scope."""
    if scope.everyone:
        return sa.true()
    person = schema.person.c
    parts: list[sa.ColumnElement[bool]] = []
    if scope.person_id is not None:
        parts.append(person.person_id == scope.person_id)
    if scope.reports_of is not None:
        parts.append(person.manager_id == scope.reports_of)
    if scope.org_unit is not None:
        parts.append(person.org_unit_id.in_(_units(scope.org_unit)))
    # an empty OR would be no condition at all: `NO_ONE` would see everybody
    return sa.or_(sa.false(), *parts)


def in_unit(path: str) -> sa.ColumnElement[bool]:
    """Return the condition that a row of `person` belongs to a unit or one below it."""
    return schema.person.c.org_unit_id.in_(_units(path))


def present(day: dt.date) -> sa.ColumnElement[bool]:
    """Return the condition that a row of `person` is of somebody who has not left by a day."""
    left_on = schema.person.c.left_on
    return sa.or_(left_on.is_(None), left_on > day)


def covers_unit(scope: Scope, path: str) -> bool:
    """Say whether a scope takes in all people of a unit, present and future."""
    if scope.everyone:
        return True
    top = scope.org_unit
    # with the slash: "East" is not above "Eastern"
    return top is not None and (path == top or path.startswith(top + "/"))


def visible_person_ids(scope: Scope) -> sa.Select[Any]:
    """Return the query of the ids within a scope, for conditions on other tables."""
    return sa.select(schema.person.c.person_id).where(visible(scope))


def at_or_below(column: sa.ColumnElement[Any], path: str) -> sa.ColumnElement[bool]:
    """Return the condition that a column holds the path of a unit or of one below it."""
    # with the slash: "East" is not above "Eastern"; no LIKE, by which SQLite takes EAST for East
    below = path + "/"
    return sa.or_(column == path, sa.func.substr(column, 1, len(below)) == below)


def asked_or_covered(scope: Scope, actor: str, table: sa.Table) -> sa.ColumnElement[bool]:
    """Return the condition that an actor asked for a row, or that its unit lies within a scope.

    What is of the whole organisation has no unit: besides who asked, only those see it who see
    everybody.
    """
    if scope.everyone:
        return sa.true()
    asked = table.c.actor == actor
    if scope.org_unit is None:
        return asked
    return asked | at_or_below(table.c.org_unit, scope.org_unit)


def _units(path: str) -> sa.Select[Any]:
    unit = schema.org_unit.c
    return sa.select(unit.id).where(at_or_below(unit.path, path))
