"""Writing an empty table to fill in: headers, drop-down lists, an example, notes on the columns."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from recommender.exchange.tables.cells import expectation
from recommender.exchange.tables.writing import formats_of, header_of, new_workbook, write_cell
from recommender.table_kinds import Column, Known, TableKind
from recommender.texts import say

# rows that get drop-down lists and checks
ROWS_TO_FILL = 5000
_LIST_SHEET = "lists"
# Excel's limit for a list that stands in the rule of a cell itself
_LIST_LENGTH = 255
_CJK = re.compile("[\u3400-\u9fff]")


def write_template(kind: TableKind, known: Known, path: Path, *, lang: str) -> None:
    """Write an .xlsx to fill in.

    Ids of people are not listed, because a template is handed around. The example row is marked
    in its first cell and is not imported.

    Parameters
    ----------
    kind : TableKind
        The kind of table to fill in.
    known : Known
        The references to choose from.
    path : Path
        The file to write.
    lang : str
        ``zh-CN`` or ``en``: language of headers, choices and notes.
    """
    examples = _examples(kind, known, lang)
    with new_workbook(path) as workbook:
        formats = formats_of(workbook)
        sheet = workbook.add_worksheet(kind.title[lang == "en"])
        notes = workbook.add_worksheet(say("template.notes_sheet", lang))
        lists = workbook.add_worksheet(_LIST_SHEET)
        lists.hide()
        sheet.freeze_panes(1, 0)
        used_lists = 0
        for position, column in enumerate(kind.columns):
            required = "" if column.nullable else "*"
            sheet.write_string(0, position, header_of(column, lang) + required, formats["header"])
            look = {"date": "date", "number": "number"}.get(column.type, "text")
            sheet.set_column(position, position, 36 if column.type == "ids" else 20, formats[look])
            choices = _choices(column, known, lang)
            rule = _number_or_date(column)
            if choices:
                source = _list_source(workbook, lists, used_lists, column.name, choices)
                used_lists += isinstance(source, str)
                rule = {"validate": "list", "source": source}
            rule |= {
                "ignore_blank": True,
                # a warning and no refusal: the import understands more spellings than the list
                "error_type": "warning",
                "input_title": say(f"template.{'choose' if choices else 'enter'}_title", lang),
                # Excel's limit; xlsxwriter leaves out the whole rule if the text is longer
                "input_message": say(f"template.column.{column.name}", lang)[:255],
            }
            sheet.data_validation(1, position, ROWS_TO_FILL, position, rule)
            value = examples[column.name]
            if position == 0:
                value = f"{say('template.example_mark', lang)}{value}"
            write_cell(sheet, 1, position, value, formats, look="example")
        _write_notes(notes, kind, formats, examples, lang)


def _write_notes(
    sheet: Worksheet,
    kind: TableKind,
    formats: Mapping[str, Format],
    examples: Mapping[str, object],
    lang: str,
) -> None:
    heads = ("column", "needed", "meaning", "expected", "example")
    for position, (head, width) in enumerate(zip(heads, (20, 10, 50, 40, 30), strict=True)):
        sheet.set_column(position, position, width)
        sheet.write_string(0, position, say(f"template.head_{head}", lang), formats["header"])
    looks = {**formats, "text": formats["wrap"]}
    for at, column in enumerate(kind.columns, start=1):
        expected = expectation(column)
        cells = (
            header_of(column, lang),
            say(f"template.{'no' if column.nullable else 'yes'}", lang),
            say(f"template.column.{column.name}", lang),
            say(f"expected.{expected.expected}", lang, **expected.values),
            str(examples[column.name] or ""),
        )
        for position, text in enumerate(cells):
            write_cell(sheet, at, position, text, looks)
    for at, note in enumerate(("example", "headers", "repeat"), start=len(kind.columns) + 2):
        sheet.write_string(at, 0, say(f"template.note_{note}", lang))


def _number_or_date(column: Column) -> dict[str, object]:
    if column.type == "date":
        # a rule has to compare with something: any day makes Excel ask for a date
        first = dt.datetime(1950, 1, 1)  # noqa: DTZ001 (a cell has no zone)
        return {"validate": "date", "criteria": ">=", "value": first}
    if column.type == "number":
        kind = "integer" if column.whole else "decimal"
        bounds = {"minimum": column.minimum, "maximum": column.maximum}
        return {"validate": kind, "criteria": "between", **bounds}
    return {"validate": "any"}


def _list_source(
    workbook: Workbook, lists: Worksheet, position: int, name: str, choices: Sequence[str]
) -> list[str] | str:
    """Return a short list as it is; put a long one on the sheet of lists and return its name."""
    # commas separate the entries within a rule, so an entry cannot hold one
    if len(",".join(choices)) <= _LIST_LENGTH and not any("," in choice for choice in choices):
        return list(choices)
    for row, choice in enumerate(choices):
        lists.write_string(row, position, choice)
    letter = chr(ord("A") + position)
    cells = f"={_LIST_SHEET}!${letter}$1:${letter}${len(choices)}"
    workbook.define_name(f"list_{name}", cells)
    return f"=list_{name}"


def spelled(mapping: Mapping[str, str], lang: str) -> dict[str, str]:
    """Return the spelling of each id that a reader of the language would choose."""
    # an id with two names in the language gets the first one
    chosen: dict[str, str] = {}
    for spelling, id_ in mapping.items():
        fits = spelling != id_ and bool(_CJK.search(spelling)) == (lang != "en")
        if fits and chosen.get(id_, id_) == id_:
            chosen[id_] = spelling
        else:
            chosen.setdefault(id_, id_)
    return chosen


def _choices(column: Column, known: Known, lang: str) -> list[str]:
    if column.type == "ids":
        return []
    if column.choices:
        english = lang == "en"
        return [choice if english else listed[0] for choice, listed in column.choices.items()]
    if column.refers_to == "indicator":
        return list(known.indicators)
    return list(_names(column, known, lang).values())


def _names(column: Column, known: Known, lang: str) -> dict[str, str]:
    """Return the text to show for each id that a column may refer to."""
    names: dict[str, str] = {}
    if column.refers_to == "subject":
        # the same id may be another subject in another exam, so the keys hold the name as well
        for subjects in known.subjects.values():
            names |= {f"{id_} {name}": name for id_, name in spelled(subjects, lang).items()}
        return {name: name for name in names.values()}
    sources = {
        "grade": known.grades,
        "competency": known.competencies,
        "module": known.modules,
        "offering": known.offerings,
        "figure": known.figures,
    }
    return spelled(sources.get(column.refers_to or "", {}), lang)


def _examples(kind: TableKind, known: Known, lang: str) -> dict[str, object]:
    """Return an example for each column; without its mark the row would be accepted."""
    examples: dict[str, object] = {column.name: column.example for column in kind.columns}
    if kind.name == "exams" and known.subjects:
        competency, level = min(known.subjects)
        examples |= {"competency_id": competency, "exam_level": str(level)}
        examples["subject"] = next(iter(spelled(known.subjects[competency, level], lang).values()))
    if kind.name == "ratings" and known.indicators:
        indicator = str(examples["indicator_id"])
        if indicator not in known.indicators:
            indicator = next(iter(known.indicators))
        examples |= {"indicator_id": indicator, "competency_id": known.indicators[indicator]}
    for column in kind.columns:
        example = str(examples[column.name])
        if column.type == "choice" and lang == "en":
            of = (choice for choice, listed in column.choices.items() if example in listed)
            examples[column.name] = next(of, example)
        elif column.type == "date" and example:
            examples[column.name] = dt.date.fromisoformat(example)
        elif column.type == "number" and example:
            examples[column.name] = float(example)
        elif names := _names(column, known, lang):
            if column.type == "ids":
                parts = [part for part in example.split(";") if part in names]
                parts = parts or ([] if column.nullable else list(names)[:1])
                examples[column.name] = ";".join(names[part] for part in parts)
            elif column.refers_to != "subject" and not (column.nullable and not example):
                examples[column.name] = names.get(example) or next(iter(names.values()))
    return examples
