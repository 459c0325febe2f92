"""Tables that come in: read, checked against what is known, stored whole or not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from recommender.errors import ConflictError, InputError
from recommender.exchange import read_table
from recommender.service.framework import Framework
from recommender.service.people.known_ids import list_known, list_known_within
from recommender.store import (
    Connection,
    Engine,
    Written,
    count_change,
    note_import,
    schema,
    touch_people,
    write_kind,
    write_people,
    writing,
)
from recommender.store import read_table as read_stored
from recommender.store.people.people import has_others
from recommender.table_kinds import KINDS, TableKind
from training_catalog import Catalog, CatalogError, CatalogFault, TrainingModule
from training_catalog.assembly import build_catalog
from training_catalog.checks import check_modules
from training_catalog.faults import validate

_IMPORTED = "imported-modules"


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


@dataclass(frozen=True)
class CheckedTable:
    """A table that was read and has no faults."""

    kind: TableKind
    frame: pd.DataFrame
    file_name: str
    sha256: str


def check_file(
    framework: Framework,
    engine: Engine,
    kind: TableKind,
    path: Path,
    *,
    latest: dt.date,
    unit: str | None = None,
) -> CheckedTable:
    """Read a table and check all of it.

    Parameters
    ----------
    framework : Framework
        The catalogue.
    engine : Engine
        The database.
    kind : TableKind
        What the table holds.
    path : Path
        CSV or .xlsx.
    latest : date
        Dates of facts after this day are faults.
    unit : str, optional
        The unit whose people, those of the units below it included, the table may be about;
        all people when not given.

    Returns
    -------
    CheckedTable
        Ready to be stored.

    Raises
    ------
    TableFaultsError
        With every bad row.
    InputError
        If the file as a whole cannot be read.
    """
    known = (
        list_known(framework, engine)
        if unit is None
        else list_known_within(framework, engine, kind, unit=unit)
    )
    frame = read_table(path, kind, known, latest=latest)
    return CheckedTable(
        kind=kind,
        frame=frame,
        # a name that is not UTF-8 is kept as far as it can be read
        file_name=path.name.encode("utf-8", "replace").decode("utf-8"),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def store_table(
    connection: Connection,
    framework: Framework,
    table: CheckedTable,
    *,
    dry_run: bool,
    unit: str | None = None,
) -> Written:
    """Store a checked table in the transaction of a connection, or only say what would happen.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    framework : Framework
        The catalogue.
    table : CheckedTable
        The rows.
    dry_run : bool
        Whether to undo it at once.
    unit : str, optional
        As the table was checked.

    Returns
    -------
    Written
        What became of the rows, or would.

    Raises
    ------
    CatalogError
        If imported modules do not fit the catalogue.
    ConflictError
        If somebody left the unit since the table was checked.
    """
    with connection.begin_nested() as step:
        people = table.frame.get("person_id", [])
        if unit and has_others(connection, people, unit=unit):
            raise ConflictError("import.people-moved")
        written = store_frame(connection, table.kind, table.frame)
        if table.kind.name == "modules":
            # what is stored has to open again, together with what was stored before
            add_imported(framework.catalog, read_stored(connection, schema.module))
        if dry_run:
            step.rollback()
            return written
    note_import(
        connection,
        kind=table.kind.name,
        file_name=table.file_name,
        sha256=table.sha256,
        written=written,
    )
    return written


def import_file(
    framework: Framework,
    engine: Engine,
    kind: TableKind,
    path: Path,
    *,
    latest: dt.date,
    dry_run: bool,
) -> Written:
    """Import a table, all of it or nothing.

    Parameters
    ----------
    framework : Framework
        The catalogue.
    engine : Engine
        The database.
    kind : TableKind
        What the table holds.
    path : Path
        CSV or .xlsx.
    latest : date
        Dates of facts after this day are faults.
    dry_run : bool
        Whether only to say what would happen.

    Returns
    -------
    Written
        What became of the rows, or would.

    Raises
    ------
    TableFaultsError
        With every bad row.
    InputError
        If the file as a whole cannot be read.
    CatalogError
        If imported modules do not fit the catalogue.
    """
    table = check_file(framework, engine, kind, path, latest=latest)
    with writing(engine) as connection:
        return store_table(connection, framework, table, dry_run=dry_run)


def store_frame(connection: Connection, kind: TableKind, frame: pd.DataFrame) -> Written:
    """Store a checked table in the transaction of a connection."""
    if kind.name == "people":
        return write_people(connection, frame)
    if kind.name == "records":
        frame = frame.assign(module_id=frame["module_id"].fillna(""))
    written = write_kind(connection, schema.TABLE_OF_KIND[kind.name], kind.key, frame)
    if written.inserted + written.updated:
        if kind.name in ("ratings", "exams", "assessments", "enrolments"):
            touch_people(connection, frame["person_id"])
        elif kind.name == "modules":
            count_change(connection, "catalog")
    return written


def add_imported(catalog: Catalog, rows: pd.DataFrame) -> Catalog:
    """Add modules that were imported as a table to a catalogue.

    A row with the id of a catalogue module replaces what the row says and keeps the rest.

    Parameters
    ----------
    catalog : Catalog
        A checked catalogue.
    rows : DataFrame
        Stored rows of the kind ``modules``.

    Returns
    -------
    Catalog
        With the digest of the whole.

    Raises
    ------
    CatalogError
        If a module does not fit the catalogue, such as when it was imported for another one.
    """
    if not len(rows):
        return catalog
    known = {module.id: module for module in catalog.modules}
    faults: list[CatalogFault] = []
    modules: list[TrainingModule] = []
    for row in rows.to_dict("records"):
        name = row["module_id"]
        says = _to_raw(row)
        before = known.get(name)
        whole = says if before is None else before.model_dump(by_alias=True) | says
        module = validate(_IMPORTED, name, whole, TrainingModule, faults, at=("modules", name))
        if module is not None:
            modules.append(module)
    if not faults:
        complete = build_catalog(catalog, extra_modules=modules)
        faults += check_modules(complete, {("modules", m.id): _IMPORTED for m in modules})
        if not faults:
            return complete
    raise CatalogError(Path(_IMPORTED), faults)


def _to_raw(row: dict[Hashable, Any]) -> dict[str, Any]:
    expert = row["expert_improvement"]
    own = {} if pd.isna(expert) else {"expert_improvement": float(expert)}
    says: dict[str, Any] = {
        "id": row["module_id"],
        "title": {"zh-CN": row["title"], "en": row["title"]},
        "competencies": [
            {"id": name, "from_level": row["from_level"], "to_level": row["to_level"], **own}
            for name in row["competency_ids"].split(";")
        ],
        "modality": row["modality"],
        "hours": float(row["hours"]),
        "cost": float(row["cost"]),
        "provenance": "imported",
    }
    if row["prerequisites"]:
        says["prerequisites"] = row["prerequisites"].split(";")
    return says
