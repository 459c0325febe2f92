"""Mappings as files: proposed with what may be answered beside each question, and read back."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from recommender.errors import InputError
from recommender.exchange.recognition.answers.mapping import Mapping, Question, read_mapping
from recommender.exchange.recognition.answers.wording import describe_option, describe_question
from recommender.exchange.recognition.reading import Reading
from recommender.texts import say

_BYTES = 1_000_000
# a longer list of answers is not read in a comment
_SHOWN = 40


def load_mapping(path: Path) -> Mapping:
    """Read a mapping from a YAML file.

    Raises
    ------
    InputError
        If the file cannot be read, is not YAML, or is not of the form of a mapping.
    """
    try:
        if path.stat().st_size > _BYTES:
            raise InputError("file.too_large", file=path.name, limit=1)
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError("file.not_found", file=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("file.cannot_read", file=path.name, reason=str(error)) from error
    try:
        # as texts: YAML would read 00012 as a number, and 否 is fine but "no" is not
        read = yaml.load(content, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        raise InputError("mapping.not-yaml", file=path.name, line=line) from error
    return read_mapping(read or {}, file=path.name)


def propose_mapping(reading: Reading, lang: str) -> str:
    """Return a mapping to fill in, as YAML: every question with its answer, or a proposal."""
    lines = [f"# {say('mapping.head', lang, file=reading.file)}", f"kind: {reading.kind}"]
    for section in ("columns", "given", "people"):
        asked = [q for q in reading.questions if q.section == section]
        if asked:
            lines.append(f"{section}:")
        for question in asked:
            lines += _entry(reading, question, lang, "  ")
    columns = dict.fromkeys(q.column for q in reading.questions if q.section == "values")
    if columns:
        lines.append("values:")
    for column in columns:
        lines.append(f"  {column}:")
        for question in reading.questions:
            if question.section == "values" and question.column == column:
                lines += _entry(reading, question, lang, "    ")
    return "\n".join(lines) + "\n"


def _entry(reading: Reading, question: Question, lang: str, indent: str) -> list[str]:
    optional = "" if question.required else f" [{say('mapping.optional', lang)}]"
    lines = [f"{indent}# {describe_question(reading, question, lang)}{optional}"]
    shown = question.options[:_SHOWN]
    for option in shown:
        meaning = describe_option(option, lang)
        lines.append(f"{indent}#   {option.value}" + (f"  {meaning}" if meaning else ""))
    if len(question.options) > len(shown):
        lines.append(f"{indent}#   …")
    answer = reading.answers.answer(question) or question.suggestion
    # a text of JSON is one of YAML, whatever it holds
    subject, value = (json.dumps(t, ensure_ascii=False) for t in (question.subject, answer))
    # nothing of a file may end a comment early
    lines = [line.replace("\n", " ").replace("\r", " ") for line in lines]
    return [*lines, f"{indent}{subject}: {value}"]
