"""Imports that were done: listed, and taken back while nothing stands on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from recommender.errors import ConflictError, NotFoundError
from recommender.service.effective_catalog import add_imported
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import (
    Connection,
    Table,
    Written,
    count_change,
    read_ids,
    schema,
    touch_people,
)
from recommender.store import read_table as read_stored
from recommender.store.imports import batches as store
from recommender.store.imports import undoing
from recommender.store.imports.batches import ImportBatch
from recommender.store.imports.changes import (
    Change,
    find_changes,
    keep_changes,
    key_columns,
    read_changes,
    read_present,
    table_of,
)
from recommender.store.people.people import has_others
from recommender.table_kinds import TableKind

# as many ids as a sentence can hold
_FEW = 3
_UNPLANNED = (
    schema.evidence,
    schema.improvement_record,
    schema.satisfaction,
    schema.business_figure,
)


def list_batches(session: Session, *, before: int | None = None, limit: int) -> list[ImportBatch]:
    """List the imports of the principal's unit and those below it, the newest first."""
    session.need(Permission.IMPORT)
    with session.reading() as connection:
        return store.list_batches(connection, session.who.scope, before=before, limit=limit)


def get_batch(session: Session, batch_id: int) -> ImportBatch:
    """Return an import of the principal's unit or one below it.

    Raises
    ------
    NotFoundError
        If there is no such import of the principal's unit.
    """
    session.need(Permission.IMPORT)
    with session.reading() as connection:
        batch = store.find_batch(connection, session.who.scope, batch_id)
    if batch is None:
        raise NotFoundError("import-batch.unknown", batch_id=batch_id)
    return batch


def undo_import(session: Session, batch_id: int) -> ImportBatch:
    """Put everything back that an import changed, or nothing.

    Rows that it put in go, and rows that it changed get the values they had; org units that it
    made go where nobody belongs to them. What was learned from it stays in the models trained
    meanwhile.

    Raises
    ------
    NotFoundError
        If there is no such import of the principal's unit.
    ConflictError
        If it is undone already or its old values are no longer kept; if one of its rows was
        changed since, or other rows refer to what it brought in; if plans were decided that were
        made since then for the people it is about, or with what it brought in.
    """
    session.need(Permission.IMPORT)
    scope = session.who.scope
    with session.writing() as connection:
        batch = store.find_batch(connection, scope, batch_id, lock=True)
        if batch is None:
            raise NotFoundError("import-batch.unknown", batch_id=batch_id)
        if batch.undone_at is not None:
            raise ConflictError("import-batch.undone", batch_id=batch_id)
        if not batch.can_be_undone:
            raise ConflictError("import-batch.not-kept", batch_id=batch_id)
        table = table_of(batch.kind)
        changes = read_changes(connection, batch_id, table)
        people = [change.key[0] for change in changes] if "person_id" in table.c else []
        if scope.org_unit and has_others(connection, people, unit=scope.org_unit):
            raise ConflictError("import.people-moved")
        _refuse_later_facts(session, connection, batch, table, changes)
        undoing.put_back(connection, table, changes)
        if table is schema.person:
            undoing.delete_units(connection, store.read_new_units(connection, batch_id))
        if table is schema.module:
            # raises where the catalogue with the modules that are left would not open again
            imported = read_stored(connection, schema.module)
            add_imported(session.service.folder, imported)
            count_change(connection, "catalog")
        touch_people(connection, people)
        store.note_undone(connection, batch_id, by=session.who.actor)
        session.details |= {"batch": batch_id, "table": batch.kind, "rows": len(changes)}
        session.saw_people(connection, sorted(set(people)))
        undone = store.find_batch(connection, scope, batch_id)
        assert undone is not None
        return undone


def _refuse_later_facts(
    session: Session,
    connection: Connection,
    batch: ImportBatch,
    table: Table,
    changes: Sequence[Change],
) -> None:
    """Raise a `ConflictError` if somebody relies on what an import brought in."""
    keys = pd.DataFrame(
        [change.key for change in changes],
        columns=[column.name for column in key_columns(table)],
        dtype=object,
    )
    present = read_present(connection, table, keys)
    changed = undoing.find_changed_since(changes, present)
    _refuse(batch, "import-batch.changed", (" ".join(map(str, key)) for key in changed))
    ids = {str(change.key[0]) for change in changes}
    new = {str(change.key[0]) for change in changes if change.before is None}
    if table in (schema.person, schema.offering, schema.module):
        still_known = {module.id for module in session.service.folder.modules}
        gone = new - still_known if table is schema.module else new
        upon = undoing.find_rows_upon(connection, table, gone, but=ids)
        _refuse(batch, "import-batch.needed", upon)
    missing = undoing.find_missing(connection, table, changes)
    _refuse(batch, "import-batch.missing", missing)
    # what is no part of a level is no part of a plan
    if table in _UNPLANNED:
        return
    about = {"person_ids": ids} if "person_id" in table.c else {"names": ids}
    plans = undoing.find_plans_upon(connection, batch.imported_at, **about)
    _refuse(batch, "import-batch.planned", plans)


def _refuse(batch: ImportBatch, code: str, dependents: Iterable[str]) -> None:
    names = list(dependents)
    if names:
        raise ConflictError(
            code, batch_id=batch.batch_id, count=len(names), names=", ".join(names[:_FEW])
        )


class Recording:
    """Notes what the import of a table changes, for its undoing.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    kind : TableKind
        The kind of table.
    frame : DataFrame
        Its rows as they are going to be stored, and are not yet.
    """

    def __init__(self, connection: Connection, kind: TableKind, frame: pd.DataFrame) -> None:
        self._connection, self._frame = connection, frame
        self._table = table_of(kind.name)
        self._units = set(read_ids(connection, schema.org_unit.c.path))
        self._before = read_present(connection, self._table, frame)

    def keep(
        self, session: Session, written: Written, *, kind: str, file_name: str, sha256: str
    ) -> int:
        """Keep the import with what it changed, and return its number."""
        connection = self._connection
        units = set(read_ids(connection, schema.org_unit.c.path)) - self._units
        batch_id = store.add_batch(
            connection,
            written,
            kind=kind,
            file_name=file_name,
            sha256=sha256,
            actor=session.who.actor,
            org_unit=session.who.scope.org_unit,
            new_units=sorted(units),
        )
        if written.inserted or written.updated:
            after = read_present(connection, self._table, self._frame)
            keep_changes(connection, batch_id, self._table, find_changes(self._before, after))
        return batch_id
