"""Reads a folder of YAML into a `Catalog`; every fault of the folder is in one report.

The folder holds ``catalog.yaml`` (settings, levels, grades, categories) and the sub-folders
``competencies/`` (one file each), ``profiles/`` (one file each) and ``modules/`` (files with
a list under ``modules``). It may hold ``job-profile.yaml``, ``certifications.yaml``,
``paths.yaml`` and ``glossary.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import BaseModel

from training_catalog.checks import check_catalog
from training_catalog.faults import CatalogError, CatalogFault, make_fault, validate
from training_catalog.files.assembly import Head, assemble
from training_catalog.model import Catalog, Competency, TargetProfile, TrainingModule
from training_catalog.post import Certification, JobProfile, LearningPath, Term

T = TypeVar("T", bound=BaseModel)
_TEXT_TAG = "tag:yaml.org,2002:str"


def read_catalog_folder(folder: Path) -> Catalog:
    """Read and check a catalogue folder, file by file.

    Raises
    ------
    CatalogError
        With every fault found, if there is any.
    """
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
    # How the parts fit together is checked only when each is valid: a competency that cannot be
    # read would be reported again by everything that refers to it.
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


class _AliasError(yaml.constructor.ConstructorError):
    """A value that an alias uses again; a few of them nested would fill all memory."""

    def __init__(self, node: yaml.Node) -> None:
        super().__init__(None, None, "alias", node.start_mark)
        self.line = node.start_mark.line + 1


def _plain(node: yaml.Node, loader: yaml.CSafeLoader, seen: set[int]) -> Any:
    """Build the value of a node; a key that is given twice is an error."""
    # Not yaml.safe_load: there the last of two equal keys silently wins, and aliases are expanded.
    # A node that comes up again is what an alias points to.
    if id(node) in seen:
        raise _AliasError(node)
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        if node.tag == _TEXT_TAG:  # most scalars are texts, which need no constructor
            return node.value
        return cast(Any, loader).construct_object(node)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, loader, seen) for item in node.value]
    mapping: dict[Any, Any] = {}
    for key_node, value_node in cast(list[tuple[yaml.Node, yaml.Node]], node.value):
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(
                None, None, "a key that is no word", key_node.start_mark
            )
        key = _plain(key_node, loader, seen)
        if key in mapping:
            raise yaml.constructor.ConstructorError(
                None, None, f"key given twice: {key}", key_node.start_mark
            )
        mapping[key] = _plain(value_node, loader, seen)
    return mapping


def _load(text: str) -> Any:
    # the loader in C: several times faster than the one in Python
    loader = yaml.CSafeLoader(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _plain(node, loader, set())
    finally:
        loader.dispose()


def read_yaml(folder: Path, path: Path, faults: list[CatalogFault]) -> Any:
    """Read a file of a catalogue folder; return None and add a fault if that fails."""
    code = "not-yaml"
    try:
        return _load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        where = f"byte {error.start}"
    except _AliasError as error:
        code, where = "alias", f"line {error.line}"
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}: {error.problem}" if mark else str(error.problem)
    except (yaml.YAMLError, RecursionError, ValueError) as error:  # ValueError: such as 2026-02-31
        where = str(error).splitlines()[0]
    faults.append(make_fault(str(path.relative_to(folder)), "", code, where=where))
    return None


def read_one(folder: Path, path: Path, kind: type[T], faults: list[CatalogFault]) -> T | None:
    """Read a file that holds one record."""
    before = len(faults)
    raw = read_yaml(folder, path, faults)
    if len(faults) > before:
        return None
    return validate(str(path.relative_to(folder)), "", raw, kind, faults)


def read_list(
    folder: Path, path: Path, key: str, kind: type[T], faults: list[CatalogFault]
) -> Iterator[T]:
    """Read a file that holds a list of records under one key."""
    before = len(faults)
    raw = read_yaml(folder, path, faults)
    file = str(path.relative_to(folder))
    if len(faults) > before:
        return
    items = cast(dict[str, Any], raw).get(key) if isinstance(raw, dict) else None
    if not isinstance(items, list):
        code = "no-module-list" if kind is TrainingModule else "no-list"
        faults.append(make_fault(file, key, code, found=key))
        return
    for i, item in enumerate(cast(list[Any], items)):
        record = validate(file, f"{key}.{i}", item, kind, faults)
        if record is not None:
            yield record
