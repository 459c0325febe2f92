"""The catalogue in force: the folder's, with the modules imported and the standards approved."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from recommender.settings import Settings
from recommender.store import Engine, database_exists, open_database, read_table, reading, schema
from recommender.store.standards import StoredProposal, StoredTarget, read_approved
from training_catalog import (
    Catalog,
    CatalogError,
    CatalogFault,
    Target,
    TargetProfile,
    Text,
    TrainingModule,
    load_catalog,
)
from training_catalog.checks import check_modules, check_profiles
from training_catalog.faults import validate
from training_catalog.files.assembly import build_catalog

# stands where messages about faults name a file
_IMPORTED = "imported-modules"
_APPROVED = "approved-standards"


def load_effective_catalog(settings: Settings) -> Catalog:
    """Read the catalogue folder and add what the database has of a catalogue, if it is there."""
    catalog = load_catalog(settings.catalog)
    if not database_exists(settings.database):
        return catalog
    engine = open_database(settings.database)
    try:
        return with_imported(catalog, engine)
    finally:
        engine.dispose()


def with_imported(catalog: Catalog, engine: Engine) -> Catalog:
    """Add the modules and the approved standards of a database to the catalogue of a folder."""
    with reading(engine) as connection:
        imported = read_table(connection, schema.module)
        approved = read_approved(connection)
    return add_standards(add_imported(catalog, imported), approved)


def add_standards(
    catalog: Catalog, approved: Sequence[tuple[StoredProposal, Sequence[StoredTarget]]]
) -> Catalog:
    """Add approved standards to a catalogue as further versions of target profiles.

    They come in the order of their days. A competency that the catalogue has only got since keeps
    the target of the version before; what has left the catalogue is left out. A folder that was
    made of an export has the standard already, which is then not added again.

    Raises
    ------
    CatalogError
        If the folder has by now another version of the same grade and day.
    """
    grades = {grade.id for grade in catalog.grades}
    added: list[TargetProfile] = []
    for proposal, targets in approved:
        if proposal.grade in grades:
            profile = to_profile(catalog, (*catalog.profiles, *added), proposal, targets)
            if not any(demands_the_same(profile, each) for each in catalog.profiles):
                added.append(profile)
    if not added:
        return catalog
    complete = build_catalog(catalog, extra_profiles=added)
    files = {("profiles", p.grade, p.effective_on.isoformat()): _APPROVED for p in added}
    faults = list(dict.fromkeys(check_profiles(complete, files)))
    if faults:
        raise CatalogError(Path(_APPROVED), faults)
    return complete


def demands_the_same(profile: TargetProfile, other: TargetProfile) -> bool:
    """Say whether two versions are of one grade and day, with the same levels and weights."""
    if (profile.grade, profile.effective_on) != (other.grade, other.effective_on):
        return False
    return all(
        name in other.targets
        and target.level == other.targets[name].level
        and math.isclose(target.weight, other.targets[name].weight, rel_tol=1e-9)
        for name, target in profile.targets.items()
    )


def to_profile(
    catalog: Catalog,
    versions: Sequence[TargetProfile],
    proposal: StoredProposal,
    targets: Sequence[StoredTarget],
) -> TargetProfile:
    """Turn a proposal into the version of a target profile that it is, or would be.

    What it does not say is as in the one of `versions` that it follows.
    """
    own = [p for p in versions if p.grade == proposal.grade]
    before = max(
        [p for p in own if p.effective_on < proposal.effective_on] or own,
        key=lambda p: p.effective_on,
    )
    said = {target.competency_id: target for target in targets}
    whole: dict[str, Target] = {}
    for name, target in before.targets.items():
        change: dict[str, Any] = {}
        if name in said:
            change = {"level": said[name].new_level, "weight": said[name].weight}
            if said[name].note or said[name].new_level != said[name].old_level:
                reason = said[name].note or proposal.rationale
                # written in one language, while a catalogue wants both
                change["rationale"] = Text(zh_cn=reason, en=reason)
        whole[name] = target.model_copy(update=change)
    if whole.keys() != said.keys():
        # weights have mean 1, also over other competencies than those that were weighed
        mean = sum(target.weight for target in whole.values()) / len(whole)
        whole = {
            name: target.model_copy(update={"weight": target.weight / mean})
            for name, target in whole.items()
        }
    return TargetProfile(
        grade=proposal.grade,
        name=before.name,
        effective_on=proposal.effective_on,
        targets=whole,
    )


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
