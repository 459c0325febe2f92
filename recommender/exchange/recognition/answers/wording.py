"""A reading in words: what a file was taken for, what is ignored and why, and what is asked."""

from __future__ import annotations

from collections.abc import Iterable

from recommender.exchange.recognition.answers.mapping import Option, Question
from recommender.exchange.recognition.reading import Reading
from recommender.exchange.recognition.work import ColumnUse
from recommender.table_kinds import KINDS
from recommender.texts import all_texts, say

# wide columns are named until their number alone says more
_NAMED, _ROWS_NAMED = 3, 5


def describe_form(reading: Reading, lang: str) -> str:
    """Return in one sentence what a file was taken for."""
    kind = _kind_title(reading.kind, lang)
    if reading.table is None:
        key = "recognition.own_form" if reading.form == "form" else "recognition.own"
        return say(key, lang, file=reading.file, kind=kind)
    return say(
        "recognition.taken-for",
        lang,
        file=reading.file,
        form=say(f"recognition.form.{reading.form}", lang),
        place=_place(reading, lang),
        kind=kind,
        rows=len(reading.table.rows),
    )


def _place(reading: Reading, lang: str) -> str:
    layout = reading.layout
    if layout is None or reading.form == "statements":
        return say("recognition.place_statements", lang)
    if layout.turned:
        columns = [layout.place(0, row)[0] for row in layout.header_rows]
        return say("recognition.place_turned", lang, rows=_list(map(str, columns), lang))
    rows = _list((str(layout.place(row, 0)[0]) for row in layout.header_rows), lang)
    key = "recognition.place_sheet" if layout.sheet.name else "recognition.place"
    return say(key, lang, rows=rows, sheet=layout.sheet.name)


def describe_reading(reading: Reading, lang: str) -> list[str]:
    """Return how a file was understood, a sentence a line, without its questions."""
    lines = [describe_form(reading, lang)]
    if reading.columns:
        lines.append(say("recognition.columns", lang, columns=_list(_used(reading, lang), lang)))
    ignored = [
        say("recognition.with_reason", lang, header=use.header, reason=reason)
        for use in reading.columns
        if use.header and (reason := ignored_reason(use, lang))
    ]
    if ignored:
        lines.append(say("recognition.ignored_columns", lang, columns=_list(ignored, lang)))
    if reading.left_out:
        rows = [
            say(
                "recognition.left_out_row",
                lang,
                row=left.row,
                text=left.text,
                reason=say(f"recognition.row.{left.reason}", lang),
            )
            for left in reading.left_out[:_ROWS_NAMED]
        ]
        lines.append(say("recognition.left_out_rows", lang, rows=_list(rows, lang)))
    return [*lines, *describe_notes(reading, lang)]


def describe_notes(reading: Reading, lang: str) -> list[str]:
    """Return what the reader should know, a sentence each."""
    return [say(f"recognition.note.{code}", lang, **values) for code, values in reading.notes]


def ignored_reason(use: ColumnUse, lang: str) -> str:
    """Return why a column is ignored; empty if it is not."""
    return say(f"recognition.ignored.{use.ignored}", lang) if use.ignored else ""


def _used(reading: Reading, lang: str) -> list[str]:
    wide = [use for use in reading.columns if use.stands_for]
    columns = [
        f"{use.header} → {column_title(reading.kind, use.meaning, lang)}"
        for use in reading.columns
        if use.meaning and not use.stands_for
    ]
    if wide:
        names = _list((use.header for use in wide[:_NAMED]), lang)
        if len(wide) > _NAMED:
            names = say("recognition.wide_more", lang, names=names)
        title = column_title(reading.kind, wide[0].meaning, lang)
        columns.append(say("recognition.wide", lang, meaning=title, count=len(wide), names=names))
    return columns


def describe_question(reading: Reading, question: Question, lang: str) -> str:
    """Return a question as a sentence."""
    subject = question.subject.partition("@")[0]
    name = question.values.get("name", "")
    if question.code == "module":
        name = (
            ("" if lang != "en" else "?")
            if not name
            else f"（{name}）"
            if lang != "en"
            else f"({name})?"
        )
    values = {
        "unit": "",
        **question.values,
        "subject": subject,
        "name": name,
        "column": column_title(reading.kind, question.column, lang),
        "places": question.places,
        "row": question.row,
    }
    return say(f"recognition.ask.{question.code}", lang, **values)


def describe_option(option: Option, lang: str) -> str:
    """Return what an answer means; empty where the answer says it itself."""
    if option.label:
        return option.label
    key = f"recognition.option.{option.value}"
    if key in all_texts():
        return say(key, lang)
    scale, _, points = option.value.partition("=")
    if points:
        first = int(scale[0])
        return _list((f"{first + at}→{p}" for at, p in enumerate(points.split(","))), lang)
    return say("recognition.option.scale", lang) if option.value == "0-3" else ""


def column_title(kind: str, column: str, lang: str) -> str:
    """Return the header that a column has in our own tables."""
    # names and units only tell who is meant, and so are columns of people in any kind
    for known in (*KINDS[kind].columns, *KINDS["people"].columns):
        if known.name == column:
            return known.name if lang == "en" else known.headers[0]
    return say("recognition.employment", lang) if column == "employment" else column


def _kind_title(kind: str, lang: str) -> str:
    return KINDS[kind].title[1 if lang == "en" else 0]


def _list(texts: Iterable[str], lang: str) -> str:
    return say("document.list_separator", lang).join(texts)
