"""Where texts and JSON documents name a person, and the same without the name."""

from __future__ import annotations

import re
from typing import Any

BLOT = "**"  # no longer than what it stands for: it has to fit the column
# shorter ones would be found in words and figures that mean something else
_SHORTEST_ID, _SHORTEST_NAME = 3, 2


class Naming:
    """Finds a person in what was written about others.

    Parameters
    ----------
    person_id : str
        Looked for as a whole word.
    name : str or None
        Looked for anywhere; None where somebody else bears it too, and nobody can say who of
        them is meant.
    """

    def __init__(self, person_id: str, name: str | None) -> None:
        self.person_id = person_id
        self.words = [person_id] if len(person_id) >= _SHORTEST_ID else []
        patterns = [rf"(?<![A-Za-z0-9_-]){re.escape(word)}(?![A-Za-z0-9_-])" for word in self.words]
        if name is not None and len(name) >= _SHORTEST_NAME:
            self.words.append(name)
            patterns.append(re.escape(name))
        self._pattern = re.compile("|".join(patterns) or "(?!)", re.IGNORECASE)

    def is_in(self, text: str) -> bool:
        """Say whether a text names the person."""
        return text == self.person_id or self._pattern.search(text) is not None

    def is_anywhere_in(self, value: Any) -> bool:
        """Say whether a JSON value names the person anywhere."""
        if isinstance(value, dict):
            return any(self.is_in(key) or self.is_anywhere_in(value[key]) for key in value)
        if isinstance(value, list):
            return any(map(self.is_anywhere_in, value))
        return isinstance(value, str) and self.is_in(value)

    def blot(self, text: str) -> str:
        """Return a text with the person's id and name blotted out."""
        return BLOT if text == self.person_id else self._pattern.sub(BLOT, text)

    def parts(self, value: Any) -> list[Any]:
        """Return what of a JSON value is about the person.

        Of a list the items that name the person, of an object the members that do.
        """
        if isinstance(value, dict):
            return [
                part
                for key, inner in value.items()
                for part in (
                    [{key: inner}]
                    if self.is_in(key) or (isinstance(inner, str) and self.is_in(inner))
                    else self.parts(inner)
                )
            ]
        if isinstance(value, list):
            return [
                part
                for item in value
                for part in ([item] if self._is_about(item) else self.parts(item))
            ]
        return []

    def without(self, value: Any) -> Any:
        """Return a JSON value without what is about the person.

        Items of a list and members of an object that are about the person go; a text that
        names the person among other things is blotted.
        """
        if isinstance(value, dict):
            return {key: self.without(inner) for key, inner in value.items() if not self.is_in(key)}
        if isinstance(value, list):
            return [self.without(item) for item in value if not self._is_about(item)]
        return self.blot(value) if isinstance(value, str) else value

    def _is_about(self, value: Any) -> bool:
        """Say whether an object names the person in one of its own members."""
        if isinstance(value, dict):
            return any(isinstance(inner, str) and self.is_in(inner) for inner in value.values())
        return isinstance(value, str) and self.is_in(value)
