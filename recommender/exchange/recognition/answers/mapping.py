"""What a file leaves open: the questions it raises, and the answers that are given to them."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from recommender.errors import InputError

# how an answer says that a column, or the rows of a value, are to be left out
IGNORE = "ignore"
Section = Literal["columns", "values", "given", "people"]


@dataclass(frozen=True)
class Option:
    """An answer that can be chosen: what is written down, and what it means to the reader."""

    value: str
    label: str = ""


@dataclass(frozen=True)
class Question:
    """Something that cannot be told from the file for sure.

    Parameters
    ----------
    section : str
        Where its answer stands in a `Mapping`.
    subject : str
        What is asked about: a header, a value, the name of a column that the file lacks, a name.
    code : str
        Key of the question's text under ``recognition.ask``.
    column : str
        For a value: the canonical column it stands in.
    options : tuple of Option
        The answers to choose from; empty where any answer will do, such as a date.
    suggestion : str
        The answer that is probably right; empty if there is none.
    places : int
        How many cells the answer decides about.
    row : int
        Number of the first such row in the file; 0 where there is none.
    required : bool
        Whether the file waits for the answer; else the suggestion holds until there is one.
    values : mapping
        What the text of the question names besides.
    """

    section: Section
    subject: str
    code: str
    column: str = ""
    options: tuple[Option, ...] = ()
    suggestion: str = ""
    places: int = 0
    row: int = 0
    required: bool = True
    values: MappingOf[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Mapping:
    """The answers for one kind of file.

    Parameters
    ----------
    kind : str
        Name of the kind of table the file is to be read as; empty to find out.
    columns : mapping of str to str
        Header, as it stands in the file, to the canonical column or the id it means, or ``ignore``.
    values : mapping of str to mapping
        For each canonical column: a value of the file to what it means, or ``ignore``.
    given : mapping of str to str
        Canonical column to the value that every row has, where the file lacks it.
    people : mapping of str to str
        A name to the person's id, or ``ignore``; with ``@`` and a row's number for this row only.
    """

    kind: str = ""
    columns: MappingOf[str, str] = field(default_factory=dict[str, str])
    values: MappingOf[str, MappingOf[str, str]] = field(
        default_factory=dict[str, MappingOf[str, str]]
    )
    given: MappingOf[str, str] = field(default_factory=dict[str, str])
    people: MappingOf[str, str] = field(default_factory=dict[str, str])

    def answer(self, question: Question) -> str:
        """Return the answer to a question; empty if there is none."""
        if question.section == "values":
            return self.values.get(question.column, {}).get(question.subject, "")
        answers: MappingOf[str, str] = getattr(self, question.section)
        return answers.get(question.subject, "")

    def over(self, other: Mapping) -> Mapping:
        """Return these answers, with those of another mapping where this one has none."""
        values = {
            column: {**other.values.get(column, {}), **self.values.get(column, {})}
            for column in {**other.values, **self.values}
        }
        return Mapping(
            kind=self.kind or other.kind,
            columns={**other.columns, **self.columns},
            values=values,
            given={**other.given, **self.given},
            people={**other.people, **self.people},
        )

    def with_answer(self, question: Question, answer: str) -> Mapping:
        """Return these answers and one more."""
        if question.section == "values":
            more = Mapping(values={question.column: {question.subject: answer}})
        else:
            more = replace(Mapping(), **{question.section: {question.subject: answer}})
        return more.over(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the answers as plain data, without empty parts and empty answers."""
        written: dict[str, Any] = {"kind": self.kind} if self.kind else {}
        for section in ("columns", "given", "people"):
            if answers := {k: v for k, v in getattr(self, section).items() if v}:
                written[section] = answers
        values = {
            column: kept
            for column, answers in self.values.items()
            if (kept := {k: v for k, v in answers.items() if v})
        }
        return {**written, **({"values": values} if values else {})}


def read_mapping(content: object, *, file: str = "") -> Mapping:
    """Return the answers in plain data, as they stand in a file or a request.

    Raises
    ------
    InputError
        If it is not of the form that `Mapping.to_dict` returns; the message names the place.
    """
    if content is None:
        return Mapping()
    parts = _texts(content, "", file, nested=True)
    unknown = sorted(set(parts) - {"kind", "columns", "values", "given", "people"})
    if unknown:
        raise InputError("mapping.unknown-part", file=file, part=unknown[0])
    values = _texts(parts.get("values") or {}, "values", file, nested=True)
    kind = parts.get("kind") or ""
    if not isinstance(kind, str):
        raise InputError("mapping.not-text", file=file, place="kind")
    return Mapping(
        kind=kind,
        columns=_texts(parts.get("columns") or {}, "columns", file),
        values={
            column: _texts(answers or {}, f"values.{column}", file)
            for column, answers in values.items()
        },
        given=_texts(parts.get("given") or {}, "given", file),
        people=_texts(parts.get("people") or {}, "people", file),
    )


def _texts(content: object, place: str, file: str, *, nested: bool = False) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise InputError("mapping.not-pairs", file=file, place=place or "/")
    texts: dict[str, Any] = {}
    for key, value in content.items():
        if nested:
            texts[str(key)] = value
        # a date or a number that YAML has already read is as good as its text
        elif isinstance(value, dict | list):
            raise InputError("mapping.not-text", file=file, place=f"{place}.{key}")
        else:
            texts[str(key)] = "" if value is None else str(value).strip()
    return texts
