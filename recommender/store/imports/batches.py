"""Imports as they stand in the list of imports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from recommender.store import schema
from recommender.store.scope import Scope, at_or_below
from recommender.store.writes import Written


@dataclass(frozen=True)
class ImportBatch:
    """An import that was done.

    Parameters
    ----------
    batch_id : int
        Its number.
    kind, file_name, sha256 : str
        The kind of table, the file and its digest.
    inserted, updated, unchanged : int
        How many rows were new, replaced a stored one, or were there already.
    imported_at : datetime
        In UTC.
    actor : str or None
        Who imported it, as in the audit trail; None in those of earlier releases.
    undone_at, undone_by : datetime, str or None
        When and by whom it was undone.
    can_be_undone : bool
        Whether the old values are still kept.
    """

    batch_id: int
    kind: str
    file_name: str
    sha256: str
    inserted: int
    updated: int
    unchanged: int
    imported_at: dt.datetime
    actor: str | None
    undone_at: dt.datetime | None
    undone_by: str | None
    can_be_undone: bool


def add_batch(
    connection: sa.Connection,
    written: Written,
    *,
    kind: str,
    file_name: str,
    sha256: str,
    actor: str,
    org_unit: str | None,
    new_units: Sequence[str],
) -> int:
    """Note an import, and return its number."""
    statement = schema.import_batch.insert().values(
        kind=kind,
        file_name=file_name,
        sha256=sha256,
        inserted=written.inserted,
        updated=written.updated,
        unchanged=written.unchanged,
        imported_at=dt.datetime.now(dt.UTC),
        actor=actor,
        org_unit=org_unit,
        new_units=list(new_units),
    )
    return connection.execute(statement.returning(schema.import_batch.c.id)).scalar_one()


def list_batches(
    connection: sa.Connection, scope: Scope, *, before: int | None = None, limit: int
) -> list[ImportBatch]:
    """Return imports of a scope, the newest first; only those with a lower number than `before`."""
    query = _select(scope)
    if before is not None:
        query = query.where(schema.import_batch.c.id < before)
    rows = connection.execute(query.order_by(schema.import_batch.c.id.desc()).limit(limit))
    return [ImportBatch(*row) for row in rows]


def find_batch(
    connection: sa.Connection, scope: Scope, batch_id: int, *, lock: bool = False
) -> ImportBatch | None:
    """Return an import, or None; with `lock` nobody else undoes it meanwhile."""
    batch = schema.import_batch
    if lock:
        connection.execute(sa.select(batch.c.id).where(batch.c.id == batch_id).with_for_update())
    row = connection.execute(_select(scope).where(batch.c.id == batch_id)).one_or_none()
    return None if row is None else ImportBatch(*row)


def read_new_units(connection: sa.Connection, batch_id: int) -> list[str]:
    """Return the paths of the org units that an import made."""
    batch = schema.import_batch.c
    return connection.scalar(sa.select(batch.new_units).where(batch.id == batch_id)) or []


def note_undone(connection: sa.Connection, batch_id: int, *, by: str) -> None:
    """Note that an import was undone, and forget the values it was undone with."""
    batch, change = schema.import_batch, schema.import_change
    connection.execute(change.delete().where(change.c.batch_id == batch_id))
    connection.execute(
        batch.update()
        .where(batch.c.id == batch_id)
        .values(undone_by=by, undone_at=dt.datetime.now(dt.UTC))
    )


def _select(scope: Scope) -> sa.Select[*tuple[Any, ...]]:
    batch, change = schema.import_batch.c, schema.import_change.c
    has_values = sa.exists().where(change.batch_id == batch.id)
    query = sa.select(
        batch.id,
        batch.kind,
        batch.file_name,
        batch.sha256,
        batch.inserted,
        batch.updated,
        batch.unchanged,
        batch.imported_at,
        batch.actor,
        batch.undone_at,
        batch.undone_by,
        sa.and_(batch.undone_at.is_(None), has_values).label("can_be_undone"),
    )
    if scope.everyone:
        return query
    if scope.org_unit is None:
        return query.where(sa.false())
    return query.where(at_or_below(batch.org_unit, scope.org_unit))
