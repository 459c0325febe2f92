"""What a template for Word may show: the names, and what stands for each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from recommender.documents.figures import day
from recommender.documents.plan.document import PlanDocument
from recommender.documents.plan.view import plan_view
from recommender.texts import say

Shape = str | list["Shape"] | dict[str, "Shape"]
TEXT = "…"
_FACT: Shape = {"label": TEXT, "value": TEXT}
_SERVED: Shape = {"name": TEXT, "improvement": TEXT, "detail": TEXT}

SHAPES: dict[str, Shape] = {
    "title": TEXT,
    "name": TEXT,
    "person_id": TEXT,
    "plan": TEXT,
    "status": TEXT,
    "grade": TEXT,
    "target_grade": TEXT,
    "org_unit": TEXT,
    "manager": TEXT,
    "as_of": TEXT,
    "synthetic": TEXT,
    "code": TEXT,
    "facts": [_FACT],
    "lead": [TEXT],
    "path": TEXT,
    "rows": [
        {
            "key": TEXT,
            "order": TEXT,
            "stage": TEXT,
            "title": TEXT,
            "about": TEXT,
            "when": TEXT,
            "serves": [_SERVED],
            "on_the_job": TEXT,
            "companion": TEXT,
            "review_on": TEXT,
        }
    ],
    "no_items": TEXT,
    "total": TEXT,
    "reading": TEXT,
    "radar": TEXT,
    "priorities": [
        {
            "number": TEXT,
            "name": TEXT,
            "level": TEXT,
            "target": TEXT,
            "gap": TEXT,
            "confidence": TEXT,
            "priority": TEXT,
        }
    ],
    "no_gaps": TEXT,
    "besides": [TEXT],
    "statement": [TEXT],
    "signatures": [
        {"party": TEXT, "role": TEXT, "name": TEXT, "approved": TEXT, "on": TEXT},
    ],
    "details": [
        {"order": TEXT, "title": TEXT, "facts": [{"label": TEXT, "texts": [TEXT]}]},
    ],
    "closed": TEXT,
    "objective": TEXT,
    "competencies": [
        {
            "number": TEXT,
            "category": TEXT,
            "name": TEXT,
            "level": TEXT,
            "standard_error": TEXT,
            "target": TEXT,
            "gap": TEXT,
            "confidence": TEXT,
            "weight": TEXT,
            "priority": TEXT,
            "method": TEXT,
            "assessed_on": TEXT,
        }
    ],
    "evidence": [{"competency": TEXT, "result": TEXT, "figure": TEXT, "on": TEXT}],
    "assess_first": [TEXT],
    "left_out": [{"title": TEXT, "reason": TEXT}],
    "left_out_count": TEXT,
    "notes": [TEXT],
    "footer": [TEXT],
}
"""Every placeholder: a text, a list of texts, or a list of what has further placeholders."""

REQUIRED = ("name", "synthetic", "code", "statement")
"""What no template may leave out.

Whose plan it is; that a sample person is none; how a returned plan is known; and that people, not
a program, decide.
"""


@dataclass(frozen=True)
class Placeholder:
    """A placeholder as it is documented.

    Parameters
    ----------
    name : str
        As it is written: ``rows``, or ``title`` of one of the rows.
    means : str
        What stands there, in words.
    is_list : bool
        Whether it is gone through by ``for``.
    is_required : bool
        Whether every template has to show it.
    parts : tuple of Placeholder
        What one of a list has.
    """

    name: str
    means: str
    is_list: bool = False
    is_required: bool = False
    parts: tuple[Placeholder, ...] = ()


def list_placeholders(lang: str) -> list[Placeholder]:
    """Return all placeholders in the order of the document, with what they mean in a language."""
    return [_describe(name, shape, name, lang) for name, shape in SHAPES.items()]


def _describe(name: str, shape: Shape, key: str, lang: str) -> Placeholder:
    entry = shape[0] if isinstance(shape, list) else shape
    parts = entry.items() if isinstance(entry, dict) else ()
    return Placeholder(
        name,
        say(f"word.placeholder.{key}", lang),
        is_list=isinstance(shape, list),
        is_required=key in REQUIRED,
        parts=tuple(_describe(part, of, f"{key}-{part}", lang) for part, of in parts),
    )


def fill(document: PlanDocument, *, lang: str) -> dict[str, Any]:
    """Return what stands for each placeholder but ``radar``: the words and figures of the PDF."""
    view = plan_view(document, lang=lang)
    labels = view["labels"]
    parties = ("employee", "manager", "hr")
    known = {
        "title": labels["title"],
        "grade": document.grade,
        "target_grade": document.target_grade,
        "org_unit": document.org_unit or labels["not_given"],
        "manager": document.manager or labels["not_given"],
        "as_of": day(document.as_of),
        "synthetic": labels["synthetic"] if document.synthetic else "",
        "code": document.code,
        "lead": [*view["lead"], *view["unserved"]],
        "rows": view["items"],
        "signatures": [
            {"party": party, **signature}
            for party, signature in zip(parties, view["signatures"], strict=True)
        ],
        "statement": [
            labels[f"statement.{part}"] for part in ("development", "uncertainty", "automated")
        ],
    }
    return _fit({**view, **known}, SHAPES)


def fields(document: PlanDocument) -> dict[str, bool | dt.date]:
    """Return what people may change in the document, by the tag of its content control."""
    values: dict[str, bool | dt.date] = {}
    for row in (*document.items, *document.activities):
        if row.key:
            values[f"done:{row.key}"] = row.done_on is not None
            if row.done_on:
                values[f"done-on:{row.key}"] = row.done_on
            if row.review_on:
                values[f"review:{row.key}"] = row.review_on
    return values


def sample(shape: Any, times: int) -> Any:
    """Return something of a shape, each list that long; with 0, every text is empty."""
    if isinstance(shape, list):
        return [sample(shape[0], times) for _ in range(times)]
    if isinstance(shape, dict):
        return {name: sample(part, times) for name, part in shape.items()}
    return TEXT if times else ""


def _fit(value: Any, shape: Any) -> Any:
    """Take of a value what a shape has: a template sees nothing that is not documented."""
    if isinstance(shape, list):
        return [_fit(each, shape[0]) for each in value]
    if isinstance(shape, dict):
        return {name: _fit(value.get(name, ""), part) for name, part in shape.items()}
    return storable(str(value))


def storable(text: str) -> str:
    """Return a text as an XML file can hold it, in one line."""
    return text.translate(_STORABLE)


# `markup.storable` for XML, which knows fewer characters than HTML
_STORABLE: dict[int, str | None] = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0))),
    **dict.fromkeys(map(ord, "\t\n\r\x85\u2028\u2029"), " "),
    **dict.fromkeys((*range(0xD800, 0xE000), 0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}"),
}
