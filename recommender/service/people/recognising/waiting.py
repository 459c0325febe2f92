"""Files that wait: tried, mended cell by cell, and imported while whoever asked for it waits."""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recommender.errors import InputError, TableFault, TableFaultsError
from recommender.exchange import write_marked_copy, write_mended_copy
from recommender.exchange.recognition.reading import Reading
from recommender.service.people.imports import import_table
from recommender.service.people.known_ids import find_kind
from recommender.service.people.recognising.uploads import (
    find_upload,
    read_upload,
    refuse_whole_organisation,
)
from recommender.service.people.reports import ImportReport
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store.imports import mappings as store
from recommender.store.imports.mappings import Upload, WaitingFile


@dataclass(frozen=True)
class BadValue:
    """A value that is wrong in the same way in one cell or in several.

    Parameters
    ----------
    key : str
        What it is called in a form.
    faults : tuple of TableFault
        The cells, in the order of rows.
    """

    key: str
    faults: tuple[TableFault, ...]

    @property
    def has_cell(self) -> bool:
        """Whether it can be written over: a column that the file lacks has no cell."""
        return all(fault.row and fault.column_index >= 0 for fault in self.faults)


def list_waiting(session: Session) -> list[WaitingFile]:
    """List the files that the principal uploaded and that wait to be imported, the newest first."""
    session.need(Permission.IMPORT)
    with session.reading() as connection:
        return store.list_uploads(connection, session.who.actor, since=_since())


def try_upload(session: Session, import_id: str) -> ImportReport:
    """Say what the import of a file that waits would do; nothing is stored.

    Raises
    ------
    NotFoundError
        If there is no such file, or it is somebody else's.
    TableFaultsError
        With every bad cell.
    InputError
        If a question is open, or the file as a whole cannot be read.
    """
    with _opened(session, import_id) as (_, reading, path):
        return _import(session, reading, path, dry_run=True)


def run_upload(session: Session, import_id: str) -> ImportReport:
    """Import a file that waits, all of it or nothing; it waits no more.

    Raises
    ------
    NotFoundError
        If there is no such file, or it is somebody else's.
    TableFaultsError
        With every bad cell.
    InputError
        If a question is open, or the file as a whole cannot be read.
    ConflictError
        If somebody left the unit, or an offering went to another, since the table was checked.
    """
    with _opened(session, import_id) as (_, reading, path):
        report = _import(session, reading, path, dry_run=False)
    with session.writing() as connection:
        store.delete_upload(connection, import_id)
    return report


def mend_upload(
    session: Session, import_id: str, values: Mapping[str, str], *, without: Collection[str] = ()
) -> int:
    """Write over bad cells of a file that waits, or leave out their rows.

    Parameters
    ----------
    values : mapping of str to str
        Key of a `BadValue` to what its cells are to hold; those that hold it already are left.
    without : collection of str
        Keys of those whose rows are emptied, so that they are not imported.

    Returns
    -------
    int
        How many cells and rows were changed.

    Raises
    ------
    NotFoundError
        If there is no such file, or it is somebody else's.
    """
    with _opened(session, import_id) as (upload, reading, path):
        try:
            _import(session, reading, path, dry_run=True)
        except TableFaultsError as error:
            bad = group_faults(error)
        else:
            return 0
        cells: dict[tuple[str, int, int], tuple[str, str]] = {}
        rows: set[tuple[str, int]] = set()
        for each in bad:
            found = each.faults[0].found
            if each.key in without:
                rows |= {(fault.sheet, fault.row) for fault in each.faults if fault.row}
            elif each.has_cell and values.get(each.key, found) != found:
                for fault in each.faults:
                    place = (fault.sheet, fault.row, fault.column_index)
                    cells[place] = (found, values[each.key].strip())
        if not cells and not rows:
            return 0
        mended = path.with_name("mended.xlsx")
        write_mended_copy(path, mended, cells=cells, without=rows, lang=session.lang)
        content = mended.read_bytes()
    name = f"{Path(upload.file_name).stem}.xlsx"
    with session.writing() as connection:
        store.replace_upload(connection, import_id, file_name=name, content=content)
        session.details |= {"import_id": import_id, "cells": len(cells), "rows": len(rows)}
    return len(cells) + len(rows)


def mark_upload(session: Session, import_id: str) -> bytes:
    """Return a copy of a file that waits with its bad cells marked, .xlsx.

    Raises
    ------
    NotFoundError
        If there is no such file, or it is somebody else's.
    InputError
        If nothing in it is wrong.
    """
    with _opened(session, import_id) as (upload, reading, path):
        try:
            _import(session, reading, path, dry_run=True)
        except TableFaultsError as error:
            marked = path.with_name("marked.xlsx")
            write_marked_copy(path, error, marked, lang=session.lang)
            return marked.read_bytes()
        raise InputError("upload.nothing-wrong", file=upload.file_name)


def drop_upload(session: Session, import_id: str) -> str:
    """Forget a file that waits, and return its name.

    Raises
    ------
    NotFoundError
        If there is no such file, or it is somebody else's.
    """
    with session.writing() as connection:
        upload = find_upload(session, connection, import_id)
        store.delete_upload(connection, import_id)
        session.details |= {"import_id": import_id}
    return upload.file_name


def group_faults(error: TableFaultsError) -> list[BadValue]:
    """Put together the cells that hold the same wrong value for the same reason."""
    groups: dict[tuple[object, ...], list[TableFault]] = {}
    for fault in error.faults:
        # where the same value is wrong for what else stands in its row, each row is its own case
        alike = (fault.sheet, fault.code, fault.column_index, fault.found, *fault.values.items())
        groups.setdefault(alike if fault.column_index >= 0 else (*alike, fault.row), []).append(
            fault
        )
    return [
        BadValue(hashlib.sha256(repr(alike).encode()).hexdigest()[:16], tuple(faults))
        for alike, faults in groups.items()
    ]


@contextmanager
def _opened(session: Session, import_id: str) -> Iterator[tuple[Upload, Reading, Path]]:
    with session.reading() as connection:
        upload = find_upload(session, connection, import_id)
    reading = read_upload(session, upload)
    refuse_whole_organisation(session, find_kind(reading.kind))
    if reading.open_questions:
        count = len(reading.open_questions)
        raise InputError("recognition.open", file=upload.file_name, count=count)
    with tempfile.TemporaryDirectory(prefix="recommender-") as folder:
        path = Path(folder) / upload.file_name
        path.write_bytes(upload.content)
        yield upload, reading, path


def _import(session: Session, reading: Reading, path: Path, *, dry_run: bool) -> ImportReport:
    # a recorded fact may be of today, also where the session looks at an earlier day
    latest = max(session.today, dt.date.today())
    return import_table(
        session, reading.kind, path, latest=latest, dry_run=dry_run, reading=reading
    )


def _since() -> dt.datetime:
    return dt.datetime.now(dt.UTC) - store.WAITS
