"""Content controls: where people tick, choose a date and write, and by which they are read back.

Each has a tag: ``done:a1``, ``done-on:a1`` and ``review:a1`` for what is called a1 in the plan, and
``comment:manager`` for what a party has to say. A template says where they stand, with
``done:{{ row.key }}`` as the tag; what they hold is put in here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
KINDS = ("done", "done-on", "review", "comment")
TICKED, EMPTY = "☑", "☐"
# also what people type who have no box to click on
_TICKS = frozenset(("☑", "☒", "√", "✓", "✔", "x", "v", "是", "已完成", "完成", "yes", "done"))


@dataclass(frozen=True)
class Control:
    """A content control as it stands in a document.

    Parameters
    ----------
    kind, key : str
        One of `KINDS`, and of what.
    text : str
        What stands in it; empty while it shows only what to do there.
    is_ticked : bool
        Whether it is a box with a tick, or something that means one.
    """

    kind: str
    key: str
    text: str
    is_ticked: bool


def find_controls(tree: Any) -> Iterator[Control]:
    """Yield the controls of a document whose tags are ours, in its order."""
    for element, kind, key in _tagged(tree):
        properties = element.find(f"{W}sdtPr")
        is_prompt = properties.find(f"{W}showingPlcHdr") is not None
        text = "" if is_prompt else _text_of(element)
        yield Control(kind, key, text, _is_ticked(properties, text))


def put_in(tree: Any, values: Mapping[str, bool | dt.date]) -> None:
    """Put values into the controls of a document; a control without one keeps its prompt."""
    for element, kind, key in _tagged(tree):
        properties = element.find(f"{W}sdtPr")
        # Word gives each a number of its own; rows that a template repeats have the same
        for number in properties.findall(f"{W}id"):
            properties.remove(number)
        value = values.get(f"{kind}:{key}")
        if kind == "done":
            _tick(element, properties, ticked=bool(value))
        elif isinstance(value, dt.date):
            date = properties.find(f"{W}date")
            if date is not None:
                date.set(f"{W}fullDate", f"{value.isoformat()}T00:00:00Z")
            _write(element, properties, value.isoformat())
        else:
            _prompt(properties)


def _tagged(tree: Any) -> list[tuple[Any, str, str]]:
    controls: list[tuple[Any, str, str]] = []
    for element in tree.iter(f"{W}sdt"):
        tag = element.find(f"{W}sdtPr/{W}tag")
        kind, colon, key = ("" if tag is None else tag.get(f"{W}val", "")).partition(":")
        if colon and kind in KINDS:
            controls.append((element, kind, key))
    return controls


def _text_of(element: Any) -> str:
    """Return what stands in a control, a line for each paragraph; without what was deleted."""
    content = element.find(f"{W}sdtContent")
    if content is None:
        return ""
    pieces: list[str] = []
    for part in content.iter(f"{W}p", f"{W}t", f"{W}tab", f"{W}br"):
        if part.tag == f"{W}t":
            pieces.append(part.text or "")
        elif part.tag == f"{W}tab":
            pieces.append(" ")
        elif pieces:
            pieces.append("\n")
    return "".join(pieces).strip()


def _is_ticked(properties: Any, text: str) -> bool:
    # by what people see: a program that knows no boxes changes the text alone
    if text:
        return text.strip().lower() in _TICKS
    checked = properties.find(f"{W14}checkbox/{W14}checked")
    return checked is not None and checked.get(f"{W14}val") in ("1", "true")


def _tick(element: Any, properties: Any, *, ticked: bool) -> None:
    checked = properties.find(f"{W14}checkbox/{W14}checked")
    if checked is not None:
        checked.set(f"{W14}val", "1" if ticked else "0")
    _write(element, properties, TICKED if ticked else EMPTY)


def _write(element: Any, properties: Any, text: str) -> None:
    """Put a text where the prompt stood, in the look of what is around it."""
    prompt = properties.find(f"{W}showingPlcHdr")
    if prompt is not None:
        properties.remove(prompt)
    texts = list(element.iter(f"{W}t"))
    for place, part in enumerate(texts):
        part.text = text if place == 0 else ""
    for style in element.findall(f"{W}sdtContent//{W}rPr/{W}rStyle"):
        if style.get(f"{W}val") == "PlaceholderText":
            style.getparent().remove(style)


def _prompt(properties: Any) -> None:
    """Mark what stands in a control as a prompt, which Word takes away when somebody writes."""
    if properties.find(f"{W}showingPlcHdr") is None:
        # the schema has it before the element that says the kind of control
        place = next(
            (at for at, part in enumerate(properties) if part.tag in (f"{W}date", f"{W}text")),
            len(properties),
        )
        properties.insert(place, properties.makeelement(f"{W}showingPlcHdr", {}))
