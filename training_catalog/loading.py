"""A folder of YAML in, a `Catalog` out; every fault of the folder in one report.

The folder holds ``catalog.yaml`` (settings, levels, grades, categories) and the sub-folders
``competencies/`` (one file each), ``profiles/`` (one file each) and ``modules/`` (files with
a list under ``modules``). It may hold ``job-profile.yaml``, ``certifications.yaml``,
``paths.yaml`` and ``glossary.yaml``. The default catalogue ships in
``training_catalog/data/telecom``.
"""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from training_catalog.base import Frozen, Slug, Text
from training_catalog.checks import check_catalog, find_prerequisite_cycles, framework_order
from training_catalog.faults import CatalogError, CatalogFault, make_fault
from training_catalog.model import (
    Catalog,
    Category,
    Competency,
    Grade,
    LevelDefinition,
    Settings,
    TargetProfile,
    TrainingModule,
)
from training_catalog.post import Certification, JobProfile, LearningPath, Standards, Term
from training_catalog.reading import read_list, read_one

__all__ = [
    "DEFAULT_CATALOG",
    "CatalogError",
    "CatalogFault",
    "build_catalog",
    "find_prerequisite_cycles",
    "load_catalog",
]

DEFAULT_CATALOG = Path(__file__).parent / "data" / "telecom"
_OPTIONAL_PARTS = ("standards", "job_profile", "certifications", "paths", "glossary")


class Head(Frozen):
    """What ``catalog.yaml`` holds."""

    id: Slug
    name: Text
    settings: Settings = Settings()
    standards: Standards = Standards()
    levels: tuple[LevelDefinition, ...]
    grades: tuple[Grade, ...]
    categories: tuple[Category, ...]


def load_catalog(folder: Path = DEFAULT_CATALOG) -> Catalog:
    """Read and check a catalogue folder.

    Parameters
    ----------
    folder : Path
        A folder laid out as the module's docstring says.

    Returns
    -------
    Catalog
        Competencies in framework order, grades lowest first, modules by id.

    Raises
    ------
    CatalogError
        With every fault found, if there is any.
    """
    return _load(_Files(_digest_files(folder), folder))


@dataclass(frozen=True)
class _Files:
    """The files of a catalogue: the same wherever they lie, as long as their content is."""

    digest: str
    folder: Path = field(compare=False)


def _digest_files(folder: Path) -> str:
    """Return what changes with any file that `_load` reads."""
    digest = hashlib.sha256()
    for part in ("", "competencies", "profiles", "modules"):
        for path in sorted((folder / part).glob("*.yaml")):
            content = path.read_bytes()
            digest.update(f"{part}/{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


@lru_cache(maxsize=4)  # a process opens the same catalogue many times
def _load(files: _Files) -> Catalog:
    with _no_collection():
        return _read_folder(files.folder)


def _read_folder(folder: Path) -> Catalog:
    faults: list[CatalogFault] = []
    if not (folder / "catalog.yaml").is_file():
        raise CatalogError(
            folder, [make_fault("catalog.yaml", "", "no-catalog", folder=str(folder))]
        )
    head = read_one(folder, folder / "catalog.yaml", Head, faults)
    competencies = {
        path.name: item
        for path in sorted((folder / "competencies").glob("*.yaml"))
        if (item := read_one(folder, path, Competency, faults))
    }
    profiles = {
        path.name: item
        for path in sorted((folder / "profiles").glob("*.yaml"))
        if (item := read_one(folder, path, TargetProfile, faults))
    }
    modules: list[tuple[str, TrainingModule]] = []
    for path in sorted((folder / "modules").glob("*.yaml")):
        file = str(path.relative_to(folder))
        modules += [
            (file, module) for module in read_list(folder, path, "modules", TrainingModule, faults)
        ]
    certifications: tuple[Certification, ...] = ()
    paths: tuple[LearningPath, ...] = ()
    terms: tuple[Term, ...] = ()
    job_profile = None
    if (path := folder / "job-profile.yaml").is_file():
        job_profile = read_one(folder, path, JobProfile, faults)
    if (path := folder / "certifications.yaml").is_file():
        certifications = tuple(read_list(folder, path, "certifications", Certification, faults))
    if (path := folder / "paths.yaml").is_file():
        paths = tuple(read_list(folder, path, "paths", LearningPath, faults))
    if (path := folder / "glossary.yaml").is_file():
        terms = tuple(read_list(folder, path, "terms", Term, faults))
    if head is None or faults:
        raise CatalogError(folder, faults)

    catalog = assemble(
        head,
        competencies=competencies.values(),
        profiles=profiles.values(),
        modules=(module for _, module in modules),
        job_profile=job_profile,
        certifications=certifications,
        paths=paths,
        glossary=terms,
    )
    files = {("modules", module.id): file for file, module in modules}
    files |= {("competencies", c.id): f"competencies/{n}" for n, c in competencies.items()}
    files |= {
        ("profiles", p.grade, p.effective_on.isoformat()): f"profiles/{n}"
        for n, p in profiles.items()
    }
    faults += check_catalog(catalog, files)
    if faults:
        raise CatalogError(folder, faults)
    return catalog


def assemble(
    head: Head,
    *,
    competencies: Iterable[Competency],
    profiles: Iterable[TargetProfile],
    modules: Iterable[TrainingModule],
    job_profile: JobProfile | None = None,
    certifications: tuple[Certification, ...] = (),
    paths: tuple[LearningPath, ...] = (),
    glossary: tuple[Term, ...] = (),
) -> Catalog:
    """Put the parts of a catalogue in order and complete it; nothing is checked."""
    order = {name: i for i, name in enumerate(framework_order(head.categories))}
    grades = {grade.id: i for i, grade in enumerate(head.grades)}
    return build_catalog(
        Catalog(
            id=head.id,
            name=head.name,
            digest="",
            settings=head.settings,
            standards=head.standards,
            levels=head.levels,
            grades=head.grades,
            categories=head.categories,
            competencies=tuple(sorted(competencies, key=lambda c: order.get(c.id, len(order)))),
            profiles=tuple(
                sorted(profiles, key=lambda p: (grades.get(p.grade, -1), p.effective_on))
            ),
            modules=tuple(modules),
            job_profile=job_profile,
            certifications=certifications,
            paths=paths,
            glossary=glossary,
        )
    )


def build_catalog(catalog: Catalog, *, extra_modules: Iterable[TrainingModule] = ()) -> Catalog:
    """Complete a catalogue: modules by id, grades spelled out, digest computed.

    Parameters
    ----------
    catalog : Catalog
        The parts; its digest is ignored.
    extra_modules : iterable of TrainingModule
        Modules that replace those of the same id, or come in addition.

    Returns
    -------
    Catalog
        With the digest of its content: the first 16 hex digits of a SHA-256 over its
        canonical JSON, so that comments and layout of the files do not count.
    """
    extra = {module.id: module for module in extra_modules}
    every_grade = tuple(grade.id for grade in catalog.grades)
    modules = [m for m in catalog.modules if m.id not in extra] + list(extra.values())
    complete = catalog.model_copy(
        update={
            "digest": "",
            "modules": tuple(
                m if m.grades else m.model_copy(update={"grades": every_grade})
                for m in sorted(modules, key=lambda m: m.id)
            ),
        }
    )
    content = complete.model_dump(mode="json")
    for part in _OPTIONAL_PARTS:
        if getattr(complete, part) == Catalog.model_fields[part].default:
            del content[part]
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:16]
    return complete.model_copy(update={"digest": digest})


@contextmanager
def _no_collection() -> Generator[None]:
    """Hold the garbage collector back: it would go over the nodes of all files for nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
