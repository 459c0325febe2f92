"""Files that commands write."""

from __future__ import annotations

from pathlib import Path

from recommender.cli.common import Terminal
from recommender.documents import RenderedPdf


def write_whole(path: Path, content: bytes) -> None:
    """Write a file completely, or leave what was there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # in the same folder, for a rename is one step only within a file system
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_pdf(term: Terminal, path: Path, rendered: RenderedPdf) -> None:
    """Write a document, and name the characters that its fonts lack."""
    write_whole(path, rendered.content)
    # typst takes a missing glyph for no error
    if rendered.missing_characters:
        marks = ", ".join(f"U+{ord(c):04X}" for c in rendered.missing_characters)
        term.problems.print(term.say("cli.missing-characters", characters=marks))
