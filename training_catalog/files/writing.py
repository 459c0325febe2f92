"""Writes a `Catalog` as a folder of YAML, completely or not at all."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import BaseModel

from training_catalog.files.reading import read_catalog_folder
from training_catalog.model import Catalog, TrainingModule

_HEAD = ("id", "name", "settings", "standards", "levels", "grades", "categories")
_OPTIONAL_HEAD = ("business_figures",)
_WIDTH = 110


class _Dumper(yaml.CSafeDumper):
    """Block style, with short lists of plain values in one line."""

    def ignore_aliases(self, data: Any) -> bool:
        # equal objects would be written as aliases, which `reading` refuses
        return True


def _represent_list(dumper: _Dumper, items: list[Any]) -> yaml.Node:
    flow = all(isinstance(item, str) and len(item) < 60 for item in items) and len(items) < 8
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flow)


_Dumper.add_representer(list, _represent_list)


def write_catalog_folder(catalog: Catalog, folder: Path) -> Catalog:
    """Write a catalogue as the folder that `load_catalog` reads.

    Parameters
    ----------
    catalog : Catalog
        A catalogue without faults.
    folder : Path
        The folder to make. It is written beside its place, read again, and only then moved there.

    Returns
    -------
    Catalog
        The catalogue as read from the folder, with its digest.

    Raises
    ------
    FileExistsError
        If there is something at `folder`.
    CatalogError
        If the catalogue has faults; nothing is left behind.
    """
    if folder.exists():
        raise FileExistsError(str(folder))
    part = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    try:
        for name, content in _files(catalog).items():
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = yaml.dump(
                content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH
            )
            path.write_text(text, encoding="utf-8")
        # what cannot be read again must not take the folder's name
        written = read_catalog_folder(part)
        part.rename(folder)
        return written
    finally:
        shutil.rmtree(part, ignore_errors=True)  # after the rename there is nothing left to remove


def _files(catalog: Catalog) -> dict[str, Any]:
    every_grade = [grade.id for grade in catalog.grades]
    files: dict[str, Any] = {
        "catalog.yaml": {
            name: value
            for name in (*_HEAD, *(part for part in _OPTIONAL_HEAD if getattr(catalog, part)))
            if (value := _plain(getattr(catalog, name))) is not None
        }
    }
    for competency in catalog.competencies:
        files[f"competencies/{competency.id}.yaml"] = _plain(competency)
    versions = [profile.grade for profile in catalog.profiles]
    for profile in catalog.profiles:
        several = versions.count(profile.grade) > 1
        name = f"{profile.grade}-{profile.effective_on}" if several else profile.grade
        files[f"profiles/{name}.yaml"] = {
            **_plain(profile),
            # dates; as text they would be in quotes
            "effective_on": profile.effective_on,
            **({"review_on": profile.review_on} if profile.review_on else {}),
        }
    for module in catalog.modules:
        content = files.setdefault(f"modules/{module.competencies[0].id}.yaml", {"modules": []})
        content["modules"].append(_module(module, every_grade))
    if catalog.job_profile:
        files["job-profile.yaml"] = _plain(catalog.job_profile)
    for name, key, items in (
        ("certifications.yaml", "certifications", catalog.certifications),
        ("paths.yaml", "paths", catalog.paths),
        ("glossary.yaml", "terms", catalog.glossary),
    ):
        if items:
            files[name] = {key: _plain(items)}
    return files


def _module(module: TrainingModule, every_grade: list[str]) -> dict[str, Any]:
    content = cast(dict[str, Any], _plain(module))
    # as people write it: all grades, and not retired, go without saying
    if list(module.grades) == every_grade:
        content.pop("grades", None)
    if not module.retired:
        content.pop("retired", None)
    return content


def _plain(value: Any) -> Any:
    """Return a record as plain values, without those that are empty or None."""
    if isinstance(value, tuple):
        return [_plain(item) for item in cast(tuple[Any, ...], value)]
    if isinstance(value, BaseModel):
        return _less_empty(value.model_dump(mode="json"))
    return value


def _less_empty(value: Any) -> Any:
    if isinstance(value, dict):
        entries = cast(dict[str, Any], value)
        return {
            key: _less_empty(item)
            for key, item in entries.items()
            if item is not None and item != []
        }
    if isinstance(value, list):
        return [_less_empty(item) for item in cast(list[Any], value)]
    return value
