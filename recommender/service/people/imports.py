"""Imported tables: read, checked against what is known, stored whole or not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from recommender.errors import ConflictError, InputError
from recommender.exchange import files_of, read_form, read_table, recognise_form, write_template
from recommender.service.effective_catalog import add_imported
from recommender.service.people.batches import Recording
from recommender.service.people.completions import close_open
from recommender.service.people.known_ids import list_known
from recommender.service.people.leavers import keep_left
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
from recommender.table_kinds import KINDS, Known, TableKind
from recommender.working_days import is_working_day


def find_kind(name: str) -> TableKind:
    """Return a kind of table by its name.

    Raises
    ------
    InputError
        If there is no such kind.
    """
    if name not in KINDS:
        raise InputError("import.kind", kind=name, kinds=", ".join(KINDS))
    return KINDS[name]


def import_table(
    session: Session,
    kind_name: str,
    path: Path,
    *,
    latest: dt.date,
    dry_run: bool = False,
    note_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Written:
    """Import a table from CSV or .xlsx, all of it or nothing, and count what became of its rows.

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
    frame, taken = _read(path, kind, known, latest=latest, dry_run=dry_run)
    note_progress(0, len(frame))
    with session.writing() as connection:
        # a savepoint: a dry run undoes the rows, and its entry of the audit trail stays
        with connection.begin_nested() as step:
            people = frame.get("person_id", [])
            if unit and has_others(connection, people, unit=unit):
                raise ConflictError("import.people-moved")
            if kind.name == "offerings":
                frame = _settle_owners(connection, frame, unit)
            frame = settle_frame(connection, kind, frame)
            recording = Recording(connection, kind, frame)
            written = write_frame(connection, kind, frame)
            if kind.name == "offerings":
                written = replace(written, on_days_off=_find_days_off(session, frame))
            if kind.name == "modules":
                # raises where the catalogue with these and the earlier ones would not open again
                imported = read_stored(connection, schema.module)
                add_imported(session.service.framework.catalog, imported)
            if dry_run:
                step.rollback()
                written = replace(written, inserted=written.inserted + taken)
        session.details |= {
            "table": kind.name,
            "inserted": written.inserted,
            "updated": written.updated,
            "unchanged": written.unchanged,
            "dry_run": dry_run,
        }
        if not dry_run:
            batch_id = recording.keep(
                session,
                written,
                kind=kind.name,
                # a name that is not UTF-8 is kept as far as it can be read
                file_name=path.name.encode("utf-8", "replace").decode("utf-8"),
                sha256=_digest(path),
            )
            written = replace(written, batch_id=batch_id)
            session.details["batch"] = batch_id
            if "person_id" in frame:
                session.saw_people(connection, frame["person_id"].unique())
    return written


def _read(
    path: Path, kind: TableKind, known: Known, *, latest: dt.date, dry_run: bool
) -> tuple[pd.DataFrame, int]:
    """Read a table; say how many of its rows a trial leaves out, for their ids are taken.

    That the id of a person outside of a unit is taken has to be told to whoever would store it,
    for it is unique. Before that, it is as good as a free one: whoever wants to know whether
    there is such a person has to store one, which the audit trail notes.
    """
    if form := recognise_form(path):
        if form.kind != kind.name:
            raise InputError(
                "form.kind", file=path.name, form=form.kind, kind=kind.name, kind_zh=kind.title[0]
            )
        return read_form(path, form, known, latest=latest), 0
    if kind.name != "people":
        return read_table(path, kind, known, latest=latest), 0
    frame = read_table(path, kind, replace(known, others=frozenset()), latest=latest)
    is_taken = frame["person_id"].isin(known.others)
    if is_taken.any() and not dry_run:
        read_table(path, kind, known, latest=latest)  # names the rows
    return frame[~is_taken], int(is_taken.sum())


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
    if kind.name == "records":
        # part of the key, and to SQL no NULL equals another: without training is "", not NULL
        return frame.assign(module_id=frame["module_id"].fillna(""))
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
