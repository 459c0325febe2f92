"""Files that commands write."""

from __future__ import annotations

from pathlib import Path

from recommender.cli.common import Terminal
from recommender.documents import RenderedPdf


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole, or as it was before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_pdf(term: Terminal, path: Path, rendered: RenderedPdf) -> None:
    """Write a document, and tell of characters that its fonts lack."""
    write_whole(path, rendered.content)
    if rendered.missing_characters:
        marks = ", ".join(f"U+{ord(c):04X}" for c in rendered.missing_characters)
        term.problems.print(term.say("cli.missing-characters", characters=marks))
