"""Every sentence this package says about a catalogue, in Chinese and English.

The texts stand in the TOML files of this folder, one table for each, and are read when the
first of them is needed.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, cast

from training_catalog.base import Text


@cache
def _phrases() -> dict[str, dict[str, Any]]:
    import tomllib  # only here: most processes find no fault in a catalogue

    phrases: dict[str, dict[str, Any]] = {}
    for file in Path(__file__).parent.glob("*.toml"):
        _flatten("", tomllib.loads(file.read_text(encoding="utf-8")), phrases)
    return phrases


def _flatten(prefix: str, table: dict[str, Any], phrases: dict[str, dict[str, Any]]) -> None:
    if "zh-CN" in table:
        phrases[prefix] = table
        return
    for key, value in table.items():
        _flatten(f"{prefix}.{key}" if prefix else key, cast(dict[str, Any], value), phrases)


def is_phrase(key: str) -> bool:
    """Tell whether there is a text of that key."""
    return key in _phrases()


def phrase(key: str, **values: object) -> Text:
    """Return a text with its values filled in.

    A value that is a `Text` appears in the language of the sentence around it.

    Raises
    ------
    KeyError
        If there is no such text: a bug of the caller.
    """
    return _fill(_phrases()[key], values)


def hint(key: str, **values: object) -> Text:
    """Return how to mend what the text `key` reports."""
    return _fill(_phrases()[key]["hint"], values)


def _fill(table: dict[str, Any], values: dict[str, object]) -> Text:
    def of(lang: str) -> dict[str, object]:
        return {k: v.in_language(lang) if isinstance(v, Text) else v for k, v in values.items()}

    return Text.model_construct(
        zh_cn=table["zh-CN"].format(**of("zh-CN")), en=table["en"].format(**of("en"))
    )
