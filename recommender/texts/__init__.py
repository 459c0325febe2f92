"""Every sentence that the product shows to a person, in Chinese and English.

The texts are in the TOML files of this folder, one table for each text::

    [store.locked]
    zh-CN = "数据库 {database} 正被占用"
    en = "the database {database} is in use"
    hint.zh-CN = "稍后再试"
    hint.en = "try again in a moment"

A hint is for every reader and so names no command. ``command`` takes its place at the command line
where a command helps. Code outside of this package names a text by its key and passes the values.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from recommender.errors import RecommenderError

LANGUAGES = ("zh-CN", "en")


@cache
def all_texts() -> dict[str, dict[str, Any]]:
    """Read the texts of all files, by key (``table.key``)."""
    import tomllib  # only here: --help shows none of these texts, and has to be quick

    texts: dict[str, dict[str, Any]] = {}
    for file in sorted(Path(__file__).parent.glob("*.toml")):
        _flatten("", tomllib.loads(file.read_text(encoding="utf-8")), texts)
    return texts


def _flatten(prefix: str, table: dict[str, Any], texts: dict[str, dict[str, Any]]) -> None:
    if "zh-CN" in table:
        # the second one would silently replace the first, which may be in another file
        if prefix in texts:
            raise ValueError(f"text given twice: {prefix}")
        texts[prefix] = table
        return
    for key, value in table.items():
        _flatten(f"{prefix}.{key}" if prefix else key, value, texts)


def say(key: str, lang: str, **values: object) -> str:
    """Return a text in a language, with its values filled in.

    Parameters
    ----------
    key : str
        Key of the text.
    lang : str
        ``zh-CN`` or ``en``.
    **values : object
        The values that the text names; others are ignored.

    Returns
    -------
    str
        One line, without a final full stop.

    Raises
    ------
    KeyError
        If there is no such text: a bug of the caller.
    """
    return all_texts()[key][lang].format(**values)


def hint(key: str, lang: str, *, command_line: bool = False, **values: object) -> str:
    """Return how to mend the problem `key`, or an empty string if there is no hint."""
    text = all_texts()[key]
    advice = (command_line and text.get("command")) or text.get("hint", {})
    return advice.get(lang, "").format(**values)


def explain(error: RecommenderError, lang: str, *, command_line: bool = False) -> tuple[str, str]:
    """Return what to tell a user about an error, and how to mend it.

    Parameters
    ----------
    error : RecommenderError
        A known problem.
    lang : str
        ``zh-CN`` or ``en``.
    command_line : bool
        Whether the user is at the command line, so that a hint may name a command.

    Returns
    -------
    tuple of str
        The problem in one line, and the hint (may be empty).
    """
    advice = hint(error.code, lang, command_line=command_line, **error.values)
    return say(error.code, lang, **error.values), advice


def placeholders(text: str) -> set[str]:
    """Return the names of the values that a text needs."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}
