"""Finding where texts and JSON documents name a person, and taking the name out of them."""

from __future__ import annotations

import json
import re
from typing import Any

import sqlalchemy as sa

# no longer than the shortest name, so that a text with blots still fits its column
BLOT = "**"
# anything shorter is also found in words and numbers that mean something else
_SHORTEST_ID, _SHORTEST_NAME = 3, 2


class Naming:
    """Finds a person in texts, by id and name.

    Parameters
    ----------
    person_id : str
        Looked for as a whole word.
    name : str or None
        Looked for anywhere; None where somebody else has the same name, so that nobody can say
        which of them is meant.
    """

    def __init__(self, person_id: str, name: str | None) -> None:
        self.person_id = person_id
        self.words = [person_id] if len(person_id) >= _SHORTEST_ID else []
        # not \b: there is no word boundary between an id and a Chinese character beside it
        patterns = [rf"(?<![A-Za-z0-9_-]){re.escape(word)}(?![A-Za-z0-9_-])" for word in self.words]
        if name is not None and len(name) >= _SHORTEST_NAME:
            self.words.append(name)
            # anywhere: Chinese text has no spaces between words
            patterns.append(re.escape(name))
        # (?!) matches nothing; an empty pattern would match everywhere
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
        """Return the parts of a JSON value that are about the person.

        These are the items of a list and the members of an object that name the person.
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
        """Return a JSON value without the parts that are about the person.

        Items of a list that are about the person go, and members of an object under the person's
        name. Elsewhere the name is blotted out of the texts.
        """
        if isinstance(value, dict):
            return {key: self.without(inner) for key, inner in value.items() if not self.is_in(key)}
        if isinstance(value, list):
            return [self.without(item) for item in value if not self._is_about(item)]
        return self.blot(value) if isinstance(value, str) else value

    def _is_about(self, value: Any) -> bool:
        """Say whether a text, or a text directly in an object, names the person."""
        # not deeper: a list of a whole team's plans is not about one of its people
        if isinstance(value, dict):
            return any(isinstance(inner, str) and self.is_in(inner) for inner in value.values())
        return isinstance(value, str) and self.is_in(value)


def holds(document: sa.ColumnElement[Any], naming: Naming) -> sa.ColumnElement[bool]:
    """Return the condition that the text of a JSON document holds what may name a person."""
    # JSON is stored as ASCII, other characters as \u escapes; [1:-1] takes the quotes off
    words = [json.dumps(word)[1:-1] for word in {naming.person_id, *naming.words}]
    text = sa.cast(document, sa.Text)
    return sa.or_(*(text.icontains(word, autoescape=True) for word in words))
