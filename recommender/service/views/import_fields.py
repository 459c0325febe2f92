"""Fields of the pages of imports: a question or a column each, and the answers made of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recommender.exchange.recognition.answers.mapping import IGNORE
from recommender.exchange.recognition.answers.wording import column_title
from recommender.exchange.recognition.reading import Reading
from recommender.exchange.tables.faults import shorten
from recommender.service.people.recognising.uploads import Look
from recommender.table_kinds import KINDS
from recommender.texts import say

# more columns of one meaning are folded away
_FEW_COLUMNS = 8


@dataclass(frozen=True)
class Ask:
    """A question, or a column, with the field that answers it.

    Parameters
    ----------
    name : str
        Name of the field.
    text, hint : str
        What is asked, and how many cells it decides about.
    kind : str
        ``select``, ``date`` or ``text``.
    value : str
        The answer, or else the one that is suggested.
    options : list of (str, str)
        For a select: value and what it means.
    """

    name: str
    text: str
    hint: str
    kind: str
    value: str
    options: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    required: bool = True
    is_person: bool = False


@dataclass(frozen=True)
class ColumnLine:
    """A column of the file: how it was understood, and the field that says otherwise.

    `is_one_of_many` says of the columns of a wide table that they are many of one meaning.
    """

    header: str
    sample: str
    understood: str
    note: str
    is_read: bool
    ask: Ask | None
    is_one_of_many: bool


def read_answers(look: Look, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the answers about a file with those of a form, whose fields are named as by `Ask`.

    An empty field takes an answer away, or leaves a person out if the form asks for that.
    """
    mapping = look.mapping
    may_be_left_out = {
        _name(each["section"], each["column"] or "", each["subject"])
        for each in look.questions
        if given.get("rest") == IGNORE
        and each["section"] == "people"
        and any(option["value"] == IGNORE for option in each["options"])
    }
    answers: dict[str, Any] = {
        section: dict(mapping.get(section, {})) for section in ("columns", "given", "people")
    }
    answers["values"] = {column: dict(each) for column, each in mapping.get("values", {}).items()}
    for name, chosen in given.items():
        place = _place(name)
        # a staff number that was typed counts more than what was chosen beside it
        value = given.get(f"id {name}", "") or chosen
        if place is None:
            continue
        section, column, subject = place
        part = answers["values"].setdefault(column, {}) if section == "values" else answers[section]
        if value.strip():
            part[subject] = value.strip()
        elif name in may_be_left_out:
            part[subject] = IGNORE
        else:
            part.pop(subject, None)
    kind = given.get("kind", "")
    return answers | ({"kind": kind} if kind else {})


def _place(name: str) -> tuple[str, str, str] | None:
    if not name.startswith("["):
        return None
    try:
        section, column, subject = json.loads(name)
    except ValueError:
        return None
    known = section in ("columns", "values", "given", "people")
    texts = isinstance(column, str) and isinstance(subject, str)
    return (section, column, subject) if known and texts else None


def _name(section: str, column: str, subject: str) -> str:
    return json.dumps([section, column, subject], ensure_ascii=False)


def ask_of(question: Mapping[str, Any], lang: str) -> Ask:
    """Return the field that answers a question of a `Look`."""
    options = [(each["value"], each["meaning"] or each["value"]) for each in question["options"]]
    is_day = question["section"] == "given" and any(
        column.name == question["subject"] and column.type == "date"
        for kind in KINDS.values()
        for column in kind.columns
    )
    places = question["places"]
    hint = say("console.import.places", lang, count=places) if places > 1 else ""
    return Ask(
        name=_name(question["section"], question["column"] or "", question["subject"]),
        text=question["text"],
        hint=hint,
        kind="select" if options else "date" if is_day else "text",
        value=question["answer"] or question["suggestion"] or "",
        options=[("", say("console.import.choose", lang)), *options] if options else [],
        required=question["required"],
        is_person=question["section"] == "people",
    )


def columns_of(
    reading: Reading, look: Look, asked: set[str], names: Mapping[str, str], lang: str
) -> list[ColumnLine]:
    """Return the columns of a file, each with how it was understood.

    Parameters
    ----------
    reading : Reading
        What the file was taken for.
    look : Look
        The same in words.
    asked : set of str
        Headers that a question is about.
    names : mapping of str to str
        Names of competencies by id.
    lang : str
        ``zh-CN`` or ``en``.
    """
    choices = [
        (column.name, column_title(reading.kind, column.name, lang))
        for column in KINDS[reading.kind].columns
    ]
    layout = reading.layout
    wide = sum(bool(use.stands_for) for use in reading.columns)
    lines: list[ColumnLine] = []
    for use, said in zip(reading.columns, look.columns, strict=True):
        title = column_title(reading.kind, use.meaning, lang) if use.meaning else ""
        understood = title or say("console.import.not_read", lang)
        sample = ""
        if layout is not None and len(layout.rows):
            sample = shorten(layout.sheet.rows[int(layout.rows[0])][use.position], length=40)
        ask = None
        # our own headers say what they are; what is asked about stands among the questions
        if layout is not None and use.header and use.header not in asked:
            answered = reading.answers.columns.get(use.header, "")
            same = "" if answered else use.meaning or IGNORE
            others = [*choices, (IGNORE, say("console.import.not_read", lang))]
            found_out = say("console.import.find_out", lang) if answered else understood
            ask = Ask(
                name=_name("columns", "", use.header),
                text=say("console.import.column_of", lang, header=use.header),
                hint="",
                kind="select",
                value=answered,
                options=[("", found_out), *(each for each in others if each[0] != same)],
                required=False,
            )
            known = {value for value, _ in ask.options}
            if ask.value not in known:
                ask.options.append((ask.value, names.get(ask.value, ask.value)))
        lines.append(
            ColumnLine(
                header=use.header,
                sample=sample,
                understood=understood,
                note=names.get(use.stands_for, "") or said["ignored"] or "",
                is_read=bool(use.meaning),
                ask=ask,
                is_one_of_many=bool(use.stands_for) and wide > _FEW_COLUMNS,
            )
        )
    return lines
