"""What is written to the database; the caller holds the transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from recommender.store import schema
from recommender.store.database.connections import BUSY_MILLISECONDS

# ids named in one statement: SQLite before 3.32 takes 999 values, a table of people has more
_FEW_PEOPLE = 500
# from here on COPY is quicker than a statement that carries the rows, and holds less in memory
_MANY_ROWS = 1000


@dataclass(frozen=True)
class Written:
    """How many rows came in new, replaced a stored one, or were there already."""

    inserted: int
    updated: int
    unchanged: int
    # number of the import, by which it can be undone; None where none is kept
    batch_id: int | None = field(default=None, compare=False)


def write_people(connection: sa.Connection, people: pd.DataFrame) -> Written:
    """Store people, with the org units they belong to.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    people : DataFrame
        Columns of the kind ``people``; ``org_unit`` is a path with ``/`` between the units;
        no cycle of managers.

    Returns
    -------
    Written
        Counts of people.
    """
    units = write_org_units(connection, people["org_unit"].unique())
    rows = {
        row["person_id"]: {
            "person_id": row["person_id"],
            "name": row["name"],
            "org_unit_id": units[org_path(row["org_unit"])],
            "grade": row["grade"],
            "manager_id": row["manager_id"],
            "hired_on": row["hired_on"],
            "left_on": row.get("left_on"),
            "synthetic": row["synthetic"] == "yes",
            "ref": schema.make_ref(),
        }
        for row in to_rows(people)
    }
    ordered = pd.DataFrame(
        _managers_first(rows), columns=[c.name for c in schema.person.c if c.name != "version"]
    )
    # a new `ref` would part a person from the entries of the audit trail
    return write_kind(connection, schema.person, ["person_id"], ordered, once=["ref"])


def write_kind(
    connection: sa.Connection,
    table: sa.Table,
    key: Sequence[str],
    frame: pd.DataFrame,
    *,
    once: Sequence[str] = (),
) -> Written:
    """Store the rows of a table, replacing those of the same key.

    A row that changes counts one up in its ``version``, where the table has one.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    table : Table
        Where to; its columns are the frame's.
    key : sequence of str
        Columns that identify a row.
    frame : DataFrame
        Checked rows.
    once : sequence of str
        Columns that a row gets when it is new, and keeps.

    Returns
    -------
    Written
        Counts of rows.
    """
    if not len(frame):
        return Written(0, 0, 0)
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(table)
    names = [str(name) for name in frame.columns]
    others = [name for name in names if name not in key and name not in once]
    changes: dict[str, Any] = {name: insert.excluded[name] for name in others}
    if "version" in table.c:
        # as text: a bound 1 would be one more value to hand over with every row
        changes["version"] = table.c.version + sa.literal_column("1")
    statement = insert.on_conflict_do_update(
        index_elements=list(key),
        set_=changes,
        # a repeated import touches no row, so no version moves and every cache stays good
        where=sa.or_(*(table.c[name].is_distinct_from(insert.excluded[name]) for name in others)),
    )
    run = _run_alone if connection.dialect.name == "sqlite" else _run_beside_others
    inserted, touched = run(connection, statement, frame, table)
    return Written(inserted, touched - inserted, len(frame) - touched)


def _run_beside_others(
    connection: sa.Connection, statement: sa.Insert, frame: pd.DataFrame, table: sa.Table
) -> tuple[int, int]:
    """Write all rows by one statement, and let it say how many were new and how many it touched.

    Others write at the same time, so rows that are counted before and after may be theirs.
    """
    names = [str(name) for name in frame.columns]
    hand_over = _copy if len(frame) > _MANY_ROWS else _unnest
    rows = hand_over(connection, frame, table)
    # of a row that was there, PostgreSQL has a transaction that put an end to what it was
    is_new = sa.literal_column("xmax = 0", sa.Boolean).label("is_new")
    written = (
        statement.from_select(names, sa.select(*rows.c), include_defaults=False)
        .returning(is_new)
        .cte("written")
    )
    query = sa.select(sa.func.count().filter(written.c.is_new), sa.func.count())
    inserted, touched = connection.execute(query.select_from(written)).one()
    return inserted, touched


def _unnest(connection: sa.Connection, frame: pd.DataFrame, table: sa.Table) -> sa.FromClause:
    """Hand rows over with the statement itself, an array for each column."""
    names = [str(name) for name in frame.columns]
    values = sa.func.unnest(*(_array(table.c[name].type, _plain(frame[name])) for name in names))
    return values.table_valued(*names, name="incoming").render_derived()


def _copy(connection: sa.Connection, frame: pd.DataFrame, table: sa.Table) -> sa.FromClause:
    """Hand rows over by COPY into a table of this transaction."""
    from psycopg import Connection, sql  # only here: SQLite needs no driver

    names = [str(name) for name in frame.columns]
    rows = sa.table("incoming", *(sa.column(name, table.c[name].type) for name in names))
    listed = sql.SQL(", ").join(map(sql.Identifier, names))
    driver = connection.connection.driver_connection
    assert isinstance(driver, Connection)
    with driver.cursor() as cursor:
        # two tables may be written in one transaction
        cursor.execute("DROP TABLE IF EXISTS pg_temp.incoming")
        make = "CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA"
        cursor.execute(sql.SQL(make).format(listed, sql.Identifier(table.name)))
        with cursor.copy(sql.SQL("COPY incoming ({}) FROM STDIN").format(listed)) as copy:
            columns = (_of_type(table.c[name].type, _plain(frame[name])) for name in names)
            for row in zip(*columns, strict=True):
                copy.write_row(row)
    return rows


def _array(kind: sa.types.TypeEngine[Any], values: list[Any]) -> sa.BindParameter[Any]:
    if isinstance(kind, sa.String):
        # a cast to a bounded text would cut off what is too long, where a column refuses it
        return sa.bindparam(None, values, type_=postgresql.ARRAY(sa.Text))
    return sa.bindparam(None, _of_type(kind, values), type_=postgresql.ARRAY(kind))


def _of_type(kind: sa.types.TypeEngine[Any], values: list[Any]) -> list[Any]:
    if isinstance(kind, sa.Integer | sa.Float):
        # a whole number may have come as either
        return [None if value is None else kind.python_type(value) for value in values]
    return values


def _run_alone(
    connection: sa.Connection, statement: sa.Insert, frame: pd.DataFrame, table: sa.Table
) -> tuple[int, int]:
    """Run a statement for every row; return how many were new and how many it touched.

    A transaction on SQLite has the database to itself, so what was added is what it inserted.
    Values are converted to the driver's form one column at a time. SQLAlchemy does it row by
    row, which takes longer than the database itself.
    """
    dialect = connection.dialect
    compiled = statement.compile(dialect=dialect, column_keys=list(frame.columns))
    columns: dict[str, list[Any]] = {}
    for name in map(str, frame.columns):
        process = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        values = _plain(frame[name])
        if process:
            # a column of days or levels holds few different values
            distinct = {value: process(value) for value in set(values)}
            values = [distinct[value] for value in values]
        columns[name] = values
    rows: list[Any] = list(
        zip(*(columns[name] for name in compiled.positiontup or []), strict=True)
    )
    count = sa.select(sa.func.count()).select_from(table)
    if "person_id" in table.primary_key and (
        len(people := frame["person_id"].unique()) <= _FEW_PEOPLE
    ):
        # of these alone: to count a whole table takes long
        count = count.where(table.c.person_id.in_(people.tolist()))
    before = connection.scalar(count) or 0
    touched = connection.exec_driver_sql(str(compiled), rows).rowcount
    return (connection.scalar(count) or 0) - before, touched


def touch_people(connection: sa.Connection, person_ids: Iterable[str]) -> None:
    """Count a change of these people's facts, so that no cache gives an answer from before it.

    Levels that were kept of them go at once: they may rest on what is to be forgotten.
    """
    ids = sorted(set(person_ids))
    person, kept = schema.person, schema.person_levels
    # sorted above, so that two transactions take their locks in one order
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        connection.execute(
            person.update().where(person.c.person_id.in_(some)).values(version=person.c.version + 1)
        )
        connection.execute(kept.delete().where(kept.c.person_id.in_(some)))


MADE_UP = "made-up"
"""Among the counters where all people are made up."""


def count_change(connection: sa.Connection, name: str) -> None:
    """Count a change of ``access`` or of the ``catalog``, which every worker has to see."""
    counter = schema.change_counter
    connection.execute(
        counter.update().where(counter.c.name == name).values(number=counter.c.number + 1)
    )


def mark_made_up(connection: sa.Connection) -> None:
    """Keep that all people in the database are made up; every page says so from now on."""
    connection.execute(schema.change_counter.insert().values(name=MADE_UP, number=1))


def is_made_up(connection: sa.Connection) -> bool:
    """Say whether all people in the database are made up."""
    name = schema.change_counter.c.name
    return connection.scalar(sa.select(name).where(name == MADE_UP)) is not None


def try_write(connection: sa.Connection) -> None:
    """Write something that leaves all as it is, and that fails where any write would."""
    if connection.dialect.name == "postgresql":
        # it has no limit by itself; SQLite waits as long as for every write
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {BUSY_MILLISECONDS}")
    counter = schema.change_counter
    for step in (1, -1):  # a row that gets the values it has is not written by SQLite
        connection.execute(
            counter.update()
            .where(counter.c.name == "access")
            .values(number=counter.c.number + step)
        )


def write_rows(
    connection: sa.Connection, table: sa.Table, rows: Collection[Mapping[str, Any]]
) -> None:
    """Insert rows, if there are any."""
    if rows:
        connection.execute(table.insert(), list(rows))


def to_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn a frame into rows of plain Python values, None where a cell is empty."""
    columns = {str(name): _plain(frame[name]) for name in frame.columns}
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(column: pd.Series[Any]) -> list[Any]:
    if column.dtype.kind == "M":
        return list(pd.Series(column.dt.date, dtype=object).where(column.notna(), None))
    values = column.astype(object)
    # PostgreSQL would store NaN as a number; an empty cell is NULL
    return values.where(column.notna(), None).tolist()


def org_path(text: str) -> str:
    """Return an org unit's path in its one spelling: names with ``/`` between."""
    return "/".join(part.strip() for part in text.split("/") if part.strip())


def write_org_units(connection: sa.Connection, texts: Iterable[str]) -> dict[str, int]:
    """Return the key of each org unit by its path, and make the units that are missing.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    texts : iterable of str
        Paths; the units above them are made too.

    Returns
    -------
    dict of str to int
        The keys of all units in the database.
    """
    table = schema.org_unit
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    known = {row.path: row.id for row in connection.execute(sa.select(table.c.path, table.c.id))}
    for text in sorted(set(texts)):
        parts = org_path(text).split("/")
        for depth in range(1, len(parts) + 1):
            path = "/".join(parts[:depth])
            if path in known:
                continue
            parent = known.get("/".join(parts[: depth - 1]))
            # another transaction may make the same unit at the same time
            connection.execute(
                dialect.insert(table)
                .values(path=path, name=parts[depth - 1], parent_id=parent)
                .on_conflict_do_nothing(index_elements=["path"])
            )
            known[path] = connection.execute(
                sa.select(table.c.id).where(table.c.path == path)
            ).scalar_one()
    return known


def _managers_first(rows: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Order people so that a manager who is among them comes before the reports."""
    # `manager_id` is a foreign key, and SQLite checks it with each row
    placed: dict[str, dict[str, Any]] = {}
    for start in rows:
        chain: list[str] = []
        at: str | None = start
        while at is not None and at in rows and at not in placed:
            chain.append(at)
            at = rows[at]["manager_id"]
        for person in reversed(chain):
            placed[person] = rows[person]
    return list(placed.values())
