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
# Characters that no HTML file can hold; the file is UTF-8, which has no surrogates either.
_STORABLE: dict[int, str | None] = {
    **dict.fromkeys(_CONTROLS),
    **dict.fromkeys(_SURROGATES, "\N{REPLACEMENT CHARACTER}"),
}


@cache
def load_template(name: str) -> Template:
    """Load a template that escapes every value and raises if one is missing."""
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
    """Drop control characters and mark lone surrogates: no HTML file can hold them."""
    return html.translate(_STORABLE)


def css_text(text: str) -> str:
    """Return a text as a string of a style sheet, in quotation marks.

    Jinja escapes for HTML, which is of no use inside a ``<style>`` element.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Everything but letters, digits and spaces is escaped, so that nothing in the text can end
        the string or the element.
    """
    shown = (c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in text)
    return f'"{"".join(shown)}"'
