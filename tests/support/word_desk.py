"""What people do to a document in Word: tick, choose a date, write, and change a template."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from docx import Document
from docx.oxml.ns import qn

from recommender.documents import make_template
from recommender.documents.word.package import pack, unpack

W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"


def fill_in(content: bytes, answers: dict[str, Any], *, margin: dict[str, str] | None = None):
    """Return a document in which controls hold something, by tag, as Word leaves them.

    `margin` are comments beside the text, by author.
    """
    document: Any = Document(io.BytesIO(content))
    missing = set(answers)
    for control in document.element.iter(qn("w:sdt")):
        properties = control.find(qn("w:sdtPr"))
        tag = properties.find(qn("w:tag")).get(qn("w:val"))
        if tag not in answers:
            continue
        missing.discard(tag)
        value = answers[tag]
        prompt = properties.find(qn("w:showingPlcHdr"))
        if prompt is not None:
            properties.remove(prompt)
        checked = properties.find(f"{W14}checkbox/{W14}checked")
        if checked is not None:
            checked.set(f"{W14}val", "1" if value else "0")
            value = "☑" if value else "☐"
        first, *others = control.iter(qn("w:t"))
        first.text = value
        for other in others:
            other.text = ""
    assert not missing, missing
    for author, text in (margin or {}).items():
        document.add_comment(document.paragraphs[3].runs[0], text, author=author)
    return save(document)


def controls_of(content: bytes) -> dict[str, str]:
    """Return what stands in each control, by tag; a prompt is nothing."""
    found: dict[str, str] = {}
    for control in Document(io.BytesIO(content)).element.iter(qn("w:sdt")):
        properties = control.find(qn("w:sdtPr"))
        text = "".join(part.text or "" for part in control.iter(qn("w:t")))
        is_prompt = properties.find(qn("w:showingPlcHdr")) is not None
        found[properties.find(qn("w:tag")).get(qn("w:val"))] = "" if is_prompt else text
    return found


def text_of(content: bytes) -> str:
    """Return all words of a document: paragraphs, tables, head and foot."""
    document: Any = Document(io.BytesIO(content))
    section = document.sections[0]
    trees = (document.element, section.header._element, section.footer._element)
    lines = (line for tree in trees for line in tree.iter(qn("w:p")))
    return "\n".join("".join(part.text or "" for part in line.iter(qn("w:t"))) for line in lines)


def change_template(change: Callable[[Any], object], lang: str = "zh-CN") -> bytes:
    """Return the template that ships as somebody has changed it."""
    document = Document(io.BytesIO(make_template(lang)))
    change(document)
    return save(document)


def with_parts(content: bytes, **changed: tuple[str, Callable[[bytes], bytes]]) -> bytes:
    """Return a file with parts changed or added, as a program does."""
    parts = unpack(content, file="made.docx")
    for name, change in changed.values():
        parts[name] = change(parts.get(name, b""))
    return pack(parts)


def save(document: Any) -> bytes:
    """Return a document as a file."""
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()
