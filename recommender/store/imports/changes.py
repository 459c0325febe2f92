"""What an import changed: rows as they were before it and as it left them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from recommender.store import schema
from recommender.store.people.people import in_pieces
from recommender.store.privacy.naming import Naming, holds
from recommender.store.writes import write_org_units

Key = tuple[Any, ...]
Values = tuple[Any, ...]

# rows that are about nobody are kept so many together
_ROWS_A_PART = 1000
# columns in which people may be named in somebody's words
_IN_OWN_WORDS = ("method", "result")
# what an import does not bring in: it is neither compared nor put back
_OWN_AFFAIRS = ("version", "ref", "erasure_asked_by", "erasure_asked_at")


@dataclass(frozen=True)
class Change:
    """A row before and after an import, without its key; `before` is None where it was new."""

    key: Key
    before: Values | None
    after: Values


def key_columns(table: sa.Table) -> list[sa.Column[Any]]:
    """Return the columns that identify a row."""
    return list(table.primary_key.columns)


def value_columns(table: sa.Table) -> list[sa.Column[Any]]:
    """Return the other columns that an import brings in."""
    return [
        column for column in table.c if not column.primary_key and column.name not in _OWN_AFFAIRS
    ]


def read_present(
    connection: sa.Connection, table: sa.Table, frame: pd.DataFrame
) -> dict[Key, Values]:
    """Read the stored rows with the keys of a frame, and keep others from changing them.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    table : Table
        Where the rows are.
    frame : DataFrame
        With the columns of the key.

    Returns
    -------
    dict of tuple to tuple
        Values of `value_columns` by those of `key_columns`.
    """
    keys, values = key_columns(table), value_columns(table)
    wanted = set(zip(*(frame[column.name] for column in keys), strict=True))
    first = keys[0]
    # facts of other times need not be read
    days = [column for column in keys if isinstance(column.type, sa.Date)]
    bounds = [
        column.between(min(frame[column.name]), max(frame[column.name]))
        for column in days
        if len(frame)
    ]
    query = sa.select(*keys, *values).where(*bounds)
    present: dict[Key, Values] = {}
    for some in in_pieces(frame[first.name]):
        if "person_id" in table.c:
            # whoever changes a fact holds the person, too
            locked = sa.select(schema.person.c.person_id).where(schema.person.c.person_id.in_(some))
            connection.execute(locked.order_by(schema.person.c.person_id).with_for_update())
        for row in map(tuple, connection.execute(query.where(first.in_(some)))):
            if (key := row[: len(keys)]) in wanted:
                present[key] = row[len(keys) :]
    return present


def find_changes(before: Mapping[Key, Values], after: Mapping[Key, Values]) -> list[Change]:
    """Compare rows read before an import with the same ones read after it."""
    return [
        Change(key, before.get(key), values)
        for key, values in after.items()
        if before.get(key) != values
    ]


def keep_changes(
    connection: sa.Connection, batch_id: int, table: sa.Table, changes: Iterable[Change]
) -> None:
    """Keep what an import changed, person by person."""
    unit = schema.org_unit.c
    # by path: the number of a unit that is deleted may be given to another one
    paths = {row.id: row.path for row in connection.execute(sa.select(unit.id, unit.path))}
    values = value_columns(table)
    parts: defaultdict[tuple[str | None, int], list[Any]] = defaultdict(list)
    of_people = key_columns(table)[0].name == "person_id"
    for number, change in enumerate(changes):
        person = change.key[0] if of_people else None
        # the same person every time stands in the row of the table, and not in each of these
        key = change.key[of_people:]
        before = None if change.before is None else _pack(change.before, values, paths)
        part = person, 0 if of_people else number // _ROWS_A_PART
        after = _pack(change.after, values, paths)
        parts[part].append([_pack(key, key_columns(table)[of_people:], paths), before, after])
    rows = [
        {"batch_id": batch_id, "part": part, "person_id": person, "rows": kept}
        for part, ((person, _), kept) in enumerate(parts.items())
    ]
    if rows:
        connection.execute(schema.import_change.insert(), rows)


def read_changes(connection: sa.Connection, batch_id: int, table: sa.Table) -> list[Change]:
    """Read what an import changed, as far as it is still kept; units that are gone come back."""
    part = schema.import_change.c
    keys, values = key_columns(table), value_columns(table)
    query = sa.select(part.person_id, part.rows).where(part.batch_id == batch_id)
    kept = [
        (person, *row)
        for person, rows in connection.execute(query.order_by(part.part))
        for row in rows
    ]
    units: dict[str, int] = {}
    if table is schema.person:
        at = values.index(schema.person.c.org_unit_id)
        paths = {str(before[at]) for _, _, before, _ in kept if before is not None}
        units = write_org_units(connection, paths)
    return [
        Change(
            tuple(_unpack([*([] if person is None else [person]), *key], keys, units)),
            None if before is None else tuple(_unpack(before, values, units)),
            tuple(_unpack(after, values, units)),
        )
        for person, key, before, after in kept
    ]


def take_name_out(connection: sa.Connection, naming: Naming, *, rater_id: str) -> int:
    """Erase a person from what is kept of imports, as the stored rows are; count the changes.

    The person's own rows go. In those of others `rater_id` stands for the person, and texts are
    blotted: so they are still what they would put back.
    """
    part = schema.import_change
    me = naming.person_id
    count = connection.execute(part.delete().where(part.c.person_id == me)).rowcount
    batch = schema.import_batch.c
    query = (
        sa.select(part, batch.kind)
        .join(schema.import_batch, batch.id == part.c.batch_id)
        .where(holds(part.c.rows, naming))
    )

    def reword(values: Sequence[Any], names: Sequence[str]) -> list[Any]:
        return [_reword(*pair, naming, rater_id) for pair in zip(names, values, strict=True)]

    for row in connection.execute(query).all():
        table = table_of(row.kind)
        keys = [column.name for column in key_columns(table)][row.person_id is not None :]
        values = [column.name for column in value_columns(table)]
        kept = [
            [reword(key, keys), before and reword(before, values), reword(after, values)]
            for key, before, after in row.rows
        ]
        if kept != row.rows:
            is_it = sa.and_(part.c.batch_id == row.batch_id, part.c.part == row.part)
            count += connection.execute(part.update().where(is_it).values(rows=kept)).rowcount
    return count


def _reword(name: str, value: Any, naming: Naming, rater_id: str) -> Any:
    if name == "rater_id" and value == naming.person_id:
        return rater_id
    if name == "manager_id" and value == naming.person_id:
        return None
    return naming.blot(value) if name in _IN_OWN_WORDS and isinstance(value, str) else value


def describe_changes(connection: sa.Connection, person_id: str) -> list[dict[str, Any]]:
    """Return what is kept of imports about a person: of ratings only how many, as of their raters.

    Of all other rows the values that the import replaced.
    """
    part, batch = schema.import_change.c, schema.import_batch.c
    query = (
        sa.select(batch.kind, batch.imported_at, part.rows)
        .join(schema.import_batch, batch.id == part.batch_id)
        .where(part.person_id == person_id)
        .order_by(batch.id)
    )
    described: list[dict[str, Any]] = []
    for kind, imported_at, rows in connection.execute(query):
        names = [column.name for column in value_columns(table_of(kind))]
        before = [dict(zip(names, old, strict=True)) for _, old, _ in rows if old is not None]
        is_told = kind != "ratings"
        described.append(
            {"kind": kind, "imported_at": imported_at, "rows": len(rows)}
            | ({"before": before} if is_told else {})
        )
    return described


def table_of(kind: str) -> sa.Table:
    """Return the table that holds the rows of a kind."""
    return schema.person if kind == "people" else schema.TABLE_OF_KIND[kind]


def _pack(
    values: Iterable[Any], columns: Sequence[sa.Column[Any]], paths: Mapping[int, str]
) -> list[Any]:
    return [
        paths[value]
        if column is schema.person.c.org_unit_id
        else value.isoformat()
        if isinstance(value, dt.date)
        else value
        for value, column in zip(values, columns, strict=True)
    ]


def _unpack(
    values: Sequence[Any], columns: Sequence[sa.Column[Any]], units: Mapping[str, int]
) -> Iterable[Any]:
    for value, column in zip(values, columns, strict=True):
        if column is schema.person.c.org_unit_id:
            # a unit that is gone and is not wanted back: nobody is in it as the import left it
            yield units.get(value)
        else:
            is_day = isinstance(column.type, sa.Date) and isinstance(value, str)
            yield dt.date.fromisoformat(value) if is_day else value
