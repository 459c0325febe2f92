"""Tables that come in: read, checked against what is known, stored whole or not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from recommender.errors import InputError
from recommender.exchange import read_table
from recommender.records import KINDS, Known, TableKind
from recommender.service.framework import Framework
from recommender.store import (
    Connection,
    Engine,
    Written,
    count_change,
    note_import,
    read_ids,
    read_managers,
    reading,
    schema,
    touch_people,
    write_kind,
    write_people,
    writing,
)
from recommender.store import read_table as read_stored
from training_catalog import Catalog, CatalogError, CatalogFault, Text, TrainingModule
from training_catalog.checks import check_modules
from training_catalog.loading import build_catalog
from training_catalog.reading import validate

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


def list_known(framework: Framework, engine: Engine) -> Known:
    """List what ids in a table may refer to: the catalogue and what is stored."""
    with reading(engine) as connection:
        people = read_ids(connection, schema.person.c.person_id)
        managers = read_managers(connection)
        offerings = read_ids(connection, schema.offering.c.offering_id)
    catalog = framework.catalog
    return Known(
        people=frozenset(people),
        managers=managers,
        grades=_spellings((grade.id, grade.name) for grade in catalog.grades),
        competencies=_spellings((c.id, c.name) for c in catalog.competencies),
        modules=_spellings((module.id, module.title) for module in catalog.modules),
        offerings={name: name for name in offerings},
        indicators={
            indicator.id: c.id
            for c in catalog.competencies
            for level in c.levels
            for indicator in level.indicators
        },
        subjects={
            (c.id, exam.level): _spellings((s.id, s.name) for s in exam.subjects)
            for c in catalog.competencies
            for exam in c.exams
        },
        prerequisites={module.id: module.prerequisites for module in catalog.modules},
    )


def _spellings(things: Iterable[tuple[str, Text]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, text in things:
        found |= {text.zh_cn: name, text.en: name}
        found[name] = name
    return found


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
    frame = read_table(path, kind, list_known(framework, engine), latest=latest)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with writing(engine) as connection:
        written = store_frame(connection, kind, frame)
        if kind.name == "modules":
            # what is stored has to open again, together with what was stored before
            add_imported(framework.catalog, read_stored(connection, schema.module))
        if dry_run:
            connection.rollback()
        else:
            note_import(
                connection,
                kind=kind.name,
                # a name that is not UTF-8 is kept as far as it can be read
                file_name=path.name.encode("utf-8", "replace").decode("utf-8"),
                sha256=digest,
                written=written,
            )
    return written


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
