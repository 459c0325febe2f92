"""The catalogue in force: the folder's, with the modules that were imported as a table."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import pandas as pd

from recommender.settings import Settings
from recommender.store import Engine, database_exists, open_database, read_table, reading, schema
from training_catalog import Catalog, CatalogError, CatalogFault, TrainingModule, load_catalog
from training_catalog.checks import check_modules
from training_catalog.faults import validate
from training_catalog.files.assembly import build_catalog

# stands where messages about faults name a file
_IMPORTED = "imported-modules"


def load_effective_catalog(settings: Settings) -> Catalog:
    """Read the catalogue folder and add the modules imported into the database, if it is there."""
    catalog = load_catalog(settings.catalog)
    if not database_exists(settings.database):
        return catalog
    engine = open_database(settings.database)
    try:
        return with_imported(catalog, engine)
    finally:
        engine.dispose()


def with_imported(catalog: Catalog, engine: Engine) -> Catalog:
    """Add the modules that were imported into a database to the catalogue of a folder."""
    with reading(engine) as connection:
        imported = read_table(connection, schema.module)
    return add_imported(catalog, imported)


def add_imported(catalog: Catalog, rows: pd.DataFrame) -> Catalog:
    """Add modules that were imported as a table to a catalogue; the digest is that of the whole.

    A row with the id of a catalogue module replaces what the row says and keeps the rest.

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
    # first each by itself, then all together: the whole can only be built of modules in order
    if not faults:
        complete = build_catalog(catalog, extra_modules=modules)
        faults += check_modules(complete, {("modules", m.id): _IMPORTED for m in modules})
        if not faults:
            return complete
    raise CatalogError(Path(_IMPORTED), faults)


def _to_raw(row: dict[Hashable, Any]) -> dict[str, Any]:
    expert = row["expert_improvement"]
    # an empty cell leaves the default of the catalogue
    improvement = {} if pd.isna(expert) else {"expert_improvement": float(expert)}
    says: dict[str, Any] = {
        "id": row["module_id"],
        # the table has one column for the title, a catalogue wants both languages
        "title": {"zh-CN": row["title"], "en": row["title"]},
        "competencies": [
            {
                "id": name,
                "from_level": row["from_level"],
                "to_level": row["to_level"],
                **improvement,
            }
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
