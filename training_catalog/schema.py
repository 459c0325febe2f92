"""JSON schema of every kind of file of a catalogue folder, generated from the types.

An editor that knows it completes keys and marks faults while a catalogue is being written::

    # yaml-language-server: $schema=schema.json#/$defs/modules-file

After a change of the types, renew ``schema.json`` with ``python -m training_catalog.schema``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from training_catalog.base import Frozen
from training_catalog.files.assembly import Head
from training_catalog.model import Competency, TargetProfile, TrainingModule
from training_catalog.post import Certification, JobProfile, LearningPath, Term

SCHEMA_FILE = Path(__file__).with_name("schema.json")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class ModulesFile(Frozen):
    """A file of modules."""

    modules: tuple[TrainingModule, ...]


class CertificationsFile(Frozen):
    """The levels of the post's certification."""

    certifications: tuple[Certification, ...]


class PathsFile(Frozen):
    """The learning paths."""

    paths: tuple[LearningPath, ...]


class GlossaryFile(Frozen):
    """The terms that the texts keep to."""

    terms: tuple[Term, ...]


# the kinds of files in a catalogue folder, and the type of what each holds
FILE_KINDS: dict[str, tuple[str, type[BaseModel]]] = {
    "catalog.yaml": ("catalog-file", Head),
    "competencies/*.yaml": ("competency-file", Competency),
    "profiles/*.yaml": ("profile-file", TargetProfile),
    "modules/*.yaml": ("modules-file", ModulesFile),
    "job-profile.yaml": ("job-profile-file", JobProfile),
    "certifications.yaml": ("certifications-file", CertificationsFile),
    "paths.yaml": ("paths-file", PathsFile),
    "glossary.yaml": ("glossary-file", GlossaryFile),
}


def catalog_schema() -> dict[str, Any]:
    """Return the schema of all files.

    Returns
    -------
    dict
        A JSON schema that any file of a catalogue folder satisfies. Its ``$defs`` hold a schema
        for each kind of file, under a name ending in ``-file``, and the types these are made of.
    """
    references, schema = models_json_schema(
        [(kind, "validation") for _, kind in FILE_KINDS.values()],
        ref_template="#/$defs/{model}",
    )
    definitions: dict[str, Any] = schema["$defs"]
    for pattern, (name, kind) in FILE_KINDS.items():
        definitions[name] = {"title": pattern, **references[kind, "validation"]}
    return {
        "$schema": _DIALECT,
        "title": "Files of a training catalogue",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name, _ in FILE_KINDS.values()],
        # sorted, so that a change of one type changes only its lines in the file
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text() -> str:
    """Return the schema as ``schema.json`` holds it."""
    return json.dumps(catalog_schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
