"""Imported tables: read, checked against what is known, stored whole or not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from recommender.errors import ConflictError, InputError
from recommender.exchange import (
    TableRead,
    files_of,
    read_form,
    read_import,
    recognise_form,
    write_template,
)
from recommender.exchange.recognition.reading import Reading
from recommender.exchange.recognition.unfolded import check_reading
from recommender.service.effective_catalog import add_imported
from recommender.service.people.batches import Recording
from recommender.service.people.comparing import compare
from recommender.service.people.completions import close_open
from recommender.service.people.known_ids import find_kind, list_known
from recommender.service.people.leavers import is_back, keep_left
from recommender.service.people.noticing import look_through
from recommender.service.people.recognising.learned import keep_answers
from recommender.service.people.reports import ImportReport
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import (
    Connection,
    Written,
    count_change,
    org_path,
    schema,
    touch_people,
    write_kind,
    write_people,
)
from recommender.store import read_table as read_stored
from recommender.store.people.offerings import read_owners
from recommender.store.people.people import has_others, read_leavers
from recommender.store.people.stored_rows import MAY_LACK, read_stored_rows
from recommender.table_kinds import Known, TableKind
from recommender.working_days import is_working_day


def import_table(
    session: Session,
    kind_name: str,
    path: Path,
    *,
    latest: dt.date,
    dry_run: bool = False,
    clear: bool = False,
    note_progress: Callable[[int, int], None] = lambda done, total: None,
    reading: Reading | None = None,
) -> ImportReport:
    """Import a table from CSV or .xlsx, all of it or nothing, and report what became of its rows.

    A column that the file lacks, and an empty cell, leave what is stored as it is; with `clear`
    an empty cell in a column that is there takes it away.

    With a `reading` of the file the rows are those that were recognised in it, and the answers it
    was read with are kept for the next file of its source.

    `path` may be one of our own forms that was filled in, or a folder of them.

    HR of a unit imports tables about its own people, and offerings of its own; whoever is outside
    is unknown to it. Dates of facts after `latest` are faults. A `dry_run` only says what would
    happen, and of an id that is taken outside the same as of a free one. `note_progress` is told,
    once the table is checked, that none of its rows is stored yet.

    Raises
    ------
    TableFaultsError
        With every bad row.
    InputError
        If there is no such kind, or the file as a whole cannot be read.
    CatalogError
        If imported modules do not fit the catalogue.
    ConflictError
        If somebody left the unit, or an offering went to another, since the table was checked.
    """
    session.need(Permission.IMPORT)
    kind, scope = find_kind(kind_name), session.who.scope
    unit = None if scope.everyone else scope.org_unit
    with session.reading() as connection:
        known = list_known(session.service.framework, connection, kind, unit=unit)
    # a large file takes a while to read and check: no connection is held meanwhile
    read = _reader(path, kind, reading, latest=latest, clear=clear)
    table, is_taken = _read(read, kind, known, dry_run=dry_run)
    frame, rows = table.frame[~is_taken], table.rows[~is_taken]
    note_progress(0, len(frame))
    with session.writing() as connection:
        # a savepoint: a dry run undoes the rows, and its entry of the audit trail stays
        with connection.begin_nested() as step:
            people = frame.get("person_id", [])
            if unit and has_others(connection, people, unit=unit):
                raise ConflictError("import.people-moved")
            if kind.name == "offerings":
                frame = _settle_owners(connection, frame, unit)
            if kind.name == "enrolments":
                frame = close_open(connection, frame)
            stored = read_stored_rows(connection, kind.name, kind.key, frame)
            keeps = find_keeps(kind, frame, cleared=table.labels if clear else ())
            if kind.name == "people":
                # whoever was hired again has not left
                keeps["left_on"] = keeps["left_on"] & ~_find_back(connection, frame)
            compared = compare(kind, frame, stored, rows, keeps=keeps)
            # an id that is taken gets the notes that a free one would get
            is_new = is_taken.copy()
            is_new[~is_taken] = compared.is_new
            notes = look_through(connection, kind, table, compared, is_new, known, unit=unit)
            ready = _without_nulls(kind, compared.frame)
            recording = Recording(connection, kind, ready)
            written = write_frame(connection, kind, ready)
            if kind.name == "offerings":
                days_off = _find_days_off(session, compared.frame)
                notes = replace(notes, on_days_off=days_off)
            if kind.name == "modules":
                # raises where the catalogue with these and the earlier ones would not open again
                imported = read_stored(connection, schema.module)
                add_imported(session.service.framework.catalog, imported)
            if dry_run:
                step.rollback()
                written = replace(written, inserted=written.inserted + int(is_taken.sum()))
        report = replace(notes, **asdict(written))
        if reading is not None:
            session.details |= {"form": reading.form, "questions": len(reading.questions)}
        session.details |= {
            "table": kind.name,
            "inserted": report.inserted,
            "updated": report.updated,
            "unchanged": report.unchanged,
            "dry_run": dry_run,
        }
        if not dry_run and reading is not None:
            keep_answers(session, connection, reading)
        if not dry_run:
            batch_id = recording.keep(
                session,
                written,
                kind=kind.name,
                # a name that is not UTF-8 is kept as far as it can be read
                file_name=path.name.encode("utf-8", "replace").decode("utf-8"),
                sha256=_digest(path),
            )
            report = replace(report, batch_id=batch_id)
            session.details["batch"] = batch_id
        # a dry run shows what is stored of those whom the table would change
        seen = compared.frame[~compared.is_new] if dry_run else compared.frame
        if "person_id" in seen and len(seen):
            session.saw_people(connection, seen["person_id"].unique())
    return report


def _reader(
    path: Path, kind: TableKind, reading: Reading | None, *, latest: dt.date, clear: bool
) -> Callable[[Known], TableRead]:
    """Return what reads a file: as it was recognised, as one of our forms, or as a table."""
    if reading is not None and reading.table is not None:
        return partial(check_reading, reading, latest=latest, clear=clear)
    form = recognise_form(path)
    if form is None:
        return lambda known: read_import(path, kind, known, latest=latest, clear=clear)
    if form.kind != kind.name:
        raise InputError(
            "form.kind", file=path.name, form=form.kind, kind=kind.name, kind_zh=kind.title[0]
        )
    return lambda known: read_form(path, form, known, latest=latest)


def _read(
    read: Callable[[Known], TableRead], kind: TableKind, known: Known, *, dry_run: bool
) -> tuple[TableRead, np.ndarray]:
    """Read a table; say which of its rows a trial leaves out, for their ids are taken.

    That the id of a person outside of a unit is taken has to be told to whoever would store it,
    for it is unique. Before that, it is as good as a free one: whoever wants to know whether
    there is such a person has to store one, which the audit trail notes.
    """
    if kind.name != "people":
        table = read(known)
        return table, np.zeros(len(table.frame), dtype=bool)
    table = read(replace(known, others=frozenset()))
    is_taken = table.frame["person_id"].isin(known.others).to_numpy()
    if is_taken.any() and not dry_run:
        read(known)  # names the rows
    return table, is_taken


def _find_back(connection: Connection, people: pd.DataFrame) -> np.ndarray:
    """Say who of a table left and was hired again."""
    left = read_leavers(connection, people["person_id"])
    pairs = zip(people["person_id"], people["hired_on"], strict=True)
    return np.array([is_back(hired, left.get(person)) for person, hired in pairs], dtype=bool)


def find_keeps(
    kind: TableKind, frame: pd.DataFrame, *, cleared: Collection[str]
) -> dict[str, np.ndarray | bool]:
    """Say in which cells nothing means that the stored value stays, by column."""
    keeps: dict[str, np.ndarray | bool] = {
        column.name: column.name not in cleared for column in kind.columns if column.nullable
    }
    if kind.name == "enrolments" and len(frame):
        # what is no longer completed has no day of completion, whatever was stored
        keeps["completed_on"] &= (frame["status"] == "completed").to_numpy()
    return keeps


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    for file in files_of(path):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _settle_owners(
    connection: Connection, offerings: pd.DataFrame, unit: str | None
) -> pd.DataFrame:
    """Give each offering the owner it has in the table, or had before, or whoever imports it."""
    owners = read_owners(connection)
    ids = offerings["offering_id"].tolist()
    if unit is not None and not read_owners(connection, unit).keys().isdisjoint(ids):
        raise ConflictError("import.owners-changed")
    given = offerings["owner_unit"].tolist()
    settled = [
        org_path(owner) if owner else owners.get(name, unit)
        for name, owner in zip(ids, given, strict=True)
    ]
    return offerings.assign(owner_unit=pd.Series(settled, offerings.index, dtype=object))


def _find_days_off(session: Session, offerings: pd.DataFrame) -> tuple[str, ...]:
    country = session.service.framework.catalog.settings.country
    runs = zip(offerings["offering_id"], offerings["starts_on"], offerings["ends_on"], strict=True)
    return tuple(
        str(name) for name, *days in runs if not all(is_working_day(day, country) for day in days)
    )


def write_table_template(session: Session, kind_name: str, path: Path) -> None:
    """Write an empty workbook to fill in, with the people and names that are known.

    Raises
    ------
    InputError
        If there is no such kind.
    """
    session.need(Permission.IMPORT)
    kind = find_kind(kind_name)
    with session.reading() as connection:
        known = list_known(session.service.framework, connection, kind)
    write_template(kind, known, path, lang=session.lang)


def store_frame(connection: Connection, kind: TableKind, frame: pd.DataFrame) -> Written:
    """Store a checked table in the transaction of a connection."""
    return write_frame(connection, kind, settle_frame(connection, kind, frame))


def settle_frame(connection: Connection, kind: TableKind, frame: pd.DataFrame) -> pd.DataFrame:
    """Fill in what a checked table leaves to what is stored."""
    if kind.name == "people":
        return keep_left(frame, read_leavers(connection, frame["person_id"]))
    if kind.name == "enrolments":
        return close_open(connection, frame)
    return _without_nulls(kind, frame)


def _without_nulls(kind: TableKind, frame: pd.DataFrame) -> pd.DataFrame:
    if (name := MAY_LACK.get(kind.name)) is not None:
        return frame.assign(**{name: frame[name].fillna("")})
    return frame


def write_frame(connection: Connection, kind: TableKind, frame: pd.DataFrame) -> Written:
    """Store a settled table."""
    if kind.name == "people":
        return write_people(connection, frame)
    written = write_kind(connection, schema.TABLE_OF_KIND[kind.name], kind.key, frame)
    if written.inserted + written.updated:
        if kind.name in ("ratings", "exams", "assessments", "evidence", "enrolments"):
            touch_people(connection, frame["person_id"])
        elif kind.name == "modules":
            count_change(connection, "catalog")
    return written
