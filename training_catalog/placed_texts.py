"""Every text of a catalogue, with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel

from training_catalog.base import Text
from training_catalog.model import Catalog

_PARTS = (
    "settings",
    "levels",
    "grades",
    "categories",
    "competencies",
    "profiles",
    "modules",
    "certifications",
    "paths",
    "business_figures",
)


@dataclass(frozen=True)
class PlacedText:
    """A text and where it stands.

    Parameters
    ----------
    part, id : str
        As in ``modules`` and the id of the module.
    field : str
        The path to the text from there, with dots.
    text : Text
        The text.
    """

    part: str
    id: str
    field: str
    text: Text


def all_texts(catalog: Catalog) -> Iterator[PlacedText]:
    """Yield every text of a catalogue except its glossary, in order."""
    yield PlacedText("catalog", catalog.id, "name", catalog.name)
    for part in _PARTS:
        value: Any = getattr(catalog, part)
        for item in cast(tuple[BaseModel, ...], value if isinstance(value, tuple) else (value,)):
            name = str(getattr(item, "id", None) or getattr(item, "grade", None) or part)
            for field, text in _texts("", item):
                yield PlacedText(part, name, field, text)
    if catalog.job_profile:
        for field, text in _texts("", catalog.job_profile):
            yield PlacedText("job_profile", catalog.job_profile.id, field, text)


def glossary_texts(catalog: Catalog) -> Iterator[PlacedText]:
    """Yield every text of a catalogue's glossary."""
    for term in catalog.glossary:
        for field, text in _texts("", term):
            yield PlacedText("glossary", term.id, field, text)


def _texts(field: str, value: Any) -> Iterator[tuple[str, Text]]:
    if isinstance(value, Text):
        yield field, value
        return
    entries: list[tuple[str, Any]] = []
    if isinstance(value, BaseModel):
        entries = [(name, getattr(value, name)) for name in type(value).model_fields]
    elif isinstance(value, dict):
        entries = [(str(k), v) for k, v in cast(dict[Any, Any], value).items()]
    elif isinstance(value, tuple):
        # by id where there is one: a place stays the same when something is put in before it
        entries = [
            (str(getattr(item, "id", i)), item)
            for i, item in enumerate(cast(tuple[Any, ...], value), 1)
        ]
    for name, item in entries:
        yield from _texts(f"{field}.{name}" if field else name, item)
