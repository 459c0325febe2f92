"""What an id may be: the one rule for all that HTTP names in a path.

Ids come from staff numbers and from people who name their own courses, so nearly everything is
one, Chinese included; percent-encoding carries ``?``, ``#``, ``%``, a backslash and a space within.
It does not carry what is left out here:

- a slash: servers decode ``%2F`` before they look for the route;
- ``.`` and ``..``: browsers and proxies take them out of a path, encoded or not;
- control characters, line separators and marks that turn the direction of writing: headers and
  databases refuse some of them, and nobody sees them;
- white space at the ends: a table that is imported has lost it, so that no file could name the id;
- ``= + - @`` at the beginning: a spreadsheet takes it for a formula, a command for an option.
"""

from __future__ import annotations

import re

ID_LENGTH = 80
"""Most characters an id has; what the database keeps."""

_HIDDEN = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffe\uffff"
_SPACES = r" \u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff"
_ANY = rf"[^/{_HIDDEN}]"
_LAST = rf"[^/{_HIDDEN}{_SPACES}]"
_FIRST = rf"[^./{_HIDDEN}{_SPACES}=+@＝＋－＠-]"
# the three ways to begin: not with a dot; with one, and end in another character; with one, and
# end in a dot, with something between. JSON Schema and pydantic share no shorter way to say "but
# not `.` and `..`"
ID_PATTERN = rf"^(?:{_FIRST}(?:{_ANY}*{_LAST})?|\.{_ANY}*[^./{_HIDDEN}{_SPACES}]|\.{_ANY}+\.)$"
"""The rule but for the length, as JSON Schema, pydantic and Python understand it."""

_ID = re.compile(ID_PATTERN.removeprefix("^").removesuffix("$"))


def is_id(text: str) -> bool:
    """Say whether a text may be an id.

    Parameters
    ----------
    text : str
        A staff number, or the name that somebody gives an offering.

    Returns
    -------
    bool
        Whether a path of HTTP, a table and a command can all name it.
    """
    return len(text) <= ID_LENGTH and _ID.fullmatch(text) is not None
