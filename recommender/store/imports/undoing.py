"""Taking an import back, and what stands on it meanwhile."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.imports.changes import Change, Key, Values, key_columns, value_columns
from recommender.store.people.people import in_pieces
from recommender.store.plans.versions import CONTENT_CHANGES

# people have agreed to these, or are working by them
_DECIDED = ("approved", "active", "done")


def find_changed_since(changes: Sequence[Change], present: dict[Key, Values]) -> list[Key]:
    """Return the keys of rows that are not as the import left them."""
    return [change.key for change in changes if present.get(change.key) != change.after]


def find_rows_upon(
    connection: sa.Connection, table: sa.Table, ids: Collection[str], *, but: Collection[str]
) -> list[str]:
    """Return those of the new ids of a table that other rows refer to.

    Rows of the same table with an id in `but` do not count, as they are put back too, and neither
    does what was shown to people or worked out about them.
    """
    column = key_columns(table)[0]
    if table is schema.module:
        referring = [each.c.module_id for each in _OF_MODULES]
    else:
        referring = [
            other
            for each in schema.metadata.sorted_tables
            if each not in (schema.shown, schema.person_levels)
            for other in each.c
            if any(key.column is column for key in other.foreign_keys)
        ]
        if table is schema.offering:
            referring.append(schema.satisfaction.c.offering_id)
    upon: set[str] = set()
    for other in referring:
        # the row itself where it is one of the same table, whose id tells whether it counts
        row = column if other.table is table else sa.null()
        for some in in_pieces(ids):
            found = connection.execute(sa.select(other, row).where(other.in_(some)).distinct())
            upon |= {id_ for id_, by in found if by not in but}
    return sorted(upon)


# no foreign keys there: the module may stand in the catalogue's files
_OF_MODULES = (
    schema.offering,
    schema.enrolment,
    schema.improvement_record,
    schema.satisfaction,
)


def find_missing(
    connection: sa.Connection, table: sa.Table, changes: Sequence[Change]
) -> list[str]:
    """Return the ids that rows referred to before an import and that are gone since."""
    missing: set[str] = set()
    for at, column in enumerate(value_columns(table)):
        wanted = {change.before[at] for change in changes if change.before is not None} - {None}
        for key in column.foreign_keys:
            for some in in_pieces(wanted):
                there = connection.scalars(sa.select(key.column).where(key.column.in_(some)))
                missing |= set(map(str, {*some} - {*there}))
    return sorted(missing)


def find_plans_upon(
    connection: sa.Connection,
    since: dt.datetime,
    *,
    person_ids: Collection[str] = (),
    names: Collection[str] = (),
) -> list[str]:
    """Return the plans made since a moment that are decided, of these people or naming these ids.

    A draft does not count: it is made anew in a moment.
    """
    plan, version = schema.plan.c, schema.plan_version.c
    query = (
        sa.select(plan.plan_id)
        .join(schema.plan_version, version.plan_id == plan.plan_id)
        .where(
            plan.status.in_(_DECIDED),
            version.made_at > since,
            version.change.in_(CONTENT_CHANGES),
        )
        .distinct()
    )
    plans: set[str] = set()
    for some in in_pieces(person_ids):
        plans |= set(connection.scalars(query.where(plan.person_id.in_(some))))
    body = sa.cast(version.body, sa.Text)
    for name in names:
        # as JSON has it: with its quotes, other characters than ASCII as \u escapes; no LIKE, by
        # which SQLite takes crm for CRM
        without = sa.func.replace(body, json.dumps(name), "")
        plans |= set(connection.scalars(query.where(without != body)))
    return sorted(plans)


def put_back(connection: sa.Connection, table: sa.Table, changes: Sequence[Change]) -> None:
    """Delete what an import put in, and give rows that it changed the values they had."""
    keys = key_columns(table)
    new = [change.key for change in changes if change.before is None]
    values = value_columns(table)
    back: dict[str, Any] = {
        column.name: sa.bindparam(f"new_{column.name}", type_=column.type) for column in values
    }
    if "version" in table.c:
        back["version"] = table.c.version + 1
    is_row = [column == sa.bindparam(f"key_{column.name}", type_=column.type) for column in keys]
    old = [
        {f"key_{column.name}": value for column, value in zip(keys, change.key, strict=True)}
        | {f"new_{column.name}": value for column, value in zip(values, change.before, strict=True)}
        for change in changes
        if change.before is not None
    ]
    if old:
        connection.execute(table.update().where(*is_row).values(back), old)
    if not new:
        return
    if table is schema.person:
        _let_go(connection, [key[0] for key in new])
    gone: list[dict[str, Any]] = [
        {f"key_{column.name}": value for column, value in zip(keys, key, strict=True)}
        for key in new
    ]
    connection.execute(table.delete().where(*is_row), gone)


def _let_go(connection: sa.Connection, person_ids: Sequence[str]) -> None:
    """Take away what keeps new people from being deleted: each other, and what was shown.

    Levels that were kept go with the people by themselves.
    """
    person, shown = schema.person, schema.shown
    for some in in_pieces(person_ids):
        mine = person.c.person_id.in_(some)
        connection.execute(person.update().where(mine).values(manager_id=None))
        connection.execute(shown.delete().where(shown.c.person_id.in_(some)))


def delete_units(connection: sa.Connection, paths: Collection[str]) -> None:
    """Delete the org units with these paths that nobody belongs to, and no other unit."""
    unit = schema.org_unit
    below = unit.alias("below")
    used = sa.or_(
        sa.exists().where(schema.person.c.org_unit_id == unit.c.id),
        sa.exists().where(below.c.parent_id == unit.c.id),
    )
    # the lowest first: then the one above it has none below
    for path in sorted(paths, key=lambda path: path.count("/"), reverse=True):
        connection.execute(unit.delete().where(unit.c.path == path, sa.not_(used)))
