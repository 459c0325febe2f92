"""What an id may be: the one rule for all that HTTP names in a path.

Ids come from staff numbers and from people who name their own courses, so nearly everything is
one, Chinese included; percent-encoding carries ``?``, ``#``, ``%``, a backslash and a space within.
It does not carry what is left out here:

- a slash: servers decode ``%2F`` before they look for the route;
- ``.`` and ``..``: browsers and proxies take them out of a path, encoded or not;
- control characters, line separators and format characters such as a zero-width space or a mark
  of direction: headers and databases refuse some of them, and nobody sees them;
- white space at the ends: a table that is imported has lost it, so that no file could name the id;
- ``= + - @`` at the beginning: a spreadsheet takes it for a formula, a command for an option.
"""

from __future__ import annotations

import re

ID_LENGTH = 80
"""Most characters an id has; what the database keeps."""

FORMAT_CHARACTERS = (
    r"\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
)
"""Characters of the category Cf, as a class of a pattern: nobody sees them.

Those above U+FFFF, of scripts that are no longer written, are missing: patterns of JSON Schema
are read by machines that know only 16 bits.
"""

_HIDDEN = rf"\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff{FORMAT_CHARACTERS}"
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
