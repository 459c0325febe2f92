"""Filling the templates of pages and drawings, so that no name or reason is read as markup."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES = Path(__file__).parent / "templates"
_CONTROLS = [c for c in (*range(0x20), *range(0x7F, 0xA0)) if chr(c) not in "\t\n"]
_SURROGATES = range(0xD800, 0xE000)
# what no HTML file can hold
_STORABLE: dict[int, str | None] = {
    **dict.fromkeys(_CONTROLS),
    **dict.fromkeys(_SURROGATES, "\N{REPLACEMENT CHARACTER}"),
}


@cache
def load_template(name: str) -> Template:
    """Load a template; what is filled in is escaped, and nothing may be left out."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def storable(html: str) -> str:
    """Leave out, or put a mark for, the characters that no HTML file can hold."""
    return html.translate(_STORABLE)


def css_text(text: str) -> str:
    """Return a text as a string of a style sheet, in its quotation marks.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        All but letters, digits and spaces are escaped, so that nothing ends the string or the
        element of the style sheet.
    """
    shown = (c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in text)
    return f'"{"".join(shown)}"'
