"""Writing a catalogue as a workbook, going down the tree of its sheets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from xlsxwriter.worksheet import Worksheet

from recommender.errors import InputError
from recommender.exchange.catalog.columns import Field
from recommender.exchange.catalog.sheets import catalog_sheets
from recommender.exchange.catalog.tree import Part, Sheet
from recommender.exchange.tables.writing import formats_of, header_of, new_workbook, write_cell
from recommender.texts import say
from training_catalog import Catalog, Text

Row = dict[str, Any]

# Excel's own limit, and xlsxwriter leaves a longer text out without an error
_CELL_LENGTH = 32_767
# drop-down lists go on below the last row, where HR adds rows
_ROWS_TO_FILL = 500


def write_catalog_workbook(catalog: Catalog, path: Path, lang: str) -> None:
    """Write a whole catalogue as an .xlsx, a sheet for each kind of record.

    Parameters
    ----------
    catalog : Catalog
        The catalogue.
    path : Path
        The file to write; an old one is replaced once the new one is complete.
    lang : str
        ``zh-CN`` or ``en``: language of sheet names, headers, choices and the instructions.

    Raises
    ------
    InputError
        If the file cannot be written, or a text is too long for a cell.
    """
    # the grades decide on columns: a mapping from grades to numbers has one for each
    top = catalog_sheets([grade.id for grade in catalog.grades])
    with new_workbook(path) as workbook:
        formats = formats_of(workbook)
        notes = workbook.add_worksheet(say("catalog_workbook.notes_sheet", lang))
        notes.set_column(0, 0, 110, formats["wrap"])
        for at in range(8):
            text = say(f"catalog_workbook.note_{at + 1}", lang, name=catalog.name.in_language(lang))
            notes.write_string(at, 0, text, formats["wrap"])
        # texts of several lines would run over the cell beside them
        looks = {**formats, "text": formats["wrap"]}
        for sheet, rows in _rows(top, [({}, catalog)]):
            title = sheet.titles[lang == "en"]
            target = workbook.add_worksheet(title)
            # header and id stay in sight: some sheets are wider than a screen
            target.freeze_panes(1, 1)
            for position, field in enumerate(sheet.columns):
                _write_header(target, position, field, lang, formats)
                _offer_choices(target, position, field, len(rows), lang)
            for at, row in enumerate(rows, start=1):
                for position, field in enumerate(sheet.columns):
                    value = _cell(field, row.get(field.column.name), lang)
                    if isinstance(value, str) and len(value) > _CELL_LENGTH:
                        raise InputError(
                            "catalog_workbook.too_long",
                            sheet=title,
                            row=at + 1,
                            column=header_of(field.column, lang),
                        )
                    write_cell(target, at, position, value, looks)
            if rows:
                target.autofilter(0, 0, len(rows), len(sheet.columns) - 1)


def _rows(sheet: Sheet, parts: Sequence[Part]) -> Iterator[tuple[Sheet, list[Row]]]:
    """Yield a sheet and the sheets below it, each with its rows; values as in the catalogue."""
    if sheet.pairs:
        # rows are the fields of the only record, so no row lends columns to the sheets below
        records = [record for _, record in parts]
        yield sheet, [row for r in records for name in sheet.pairs for row in _pairs(name, r)]
        rows: list[Row] = [{} for _ in records]
    else:
        rows = [
            {**beside, **{f.column.name: _at(record, f.path) for f in sheet.columns if f.path}}
            for beside, record in parts
        ]
        yield sheet, rows
    for child in sheet.children:
        below = [
            ({**{name: row[name] for name in child.above}, **beside}, part)
            for row, (_, record) in zip(rows, parts, strict=True)
            for beside, part in child.held.parts(record)
        ]
        yield from _rows(child, below)


def _at(record: Any, path: Sequence[str]) -> Any:
    for step in path:
        if isinstance(record, Text):
            record = record.in_language(step)
        elif isinstance(record, dict):
            record = record.get(step)
        elif record is not None:
            record = getattr(record, step)
    return record


def _pairs(name: str, record: Any) -> Iterator[Row]:
    """Yield a row for a field or, if it is a record itself, for each of its fields: dotted keys."""
    value = _at(record, (name.rpartition(".")[2],))
    if isinstance(value, Text):
        yield {"key": name, "value": value.zh_cn, "value_en": value.en}
    elif isinstance(value, BaseModel | dict):
        for step, _ in value.items() if isinstance(value, dict) else value:
            yield from _pairs(f"{name}.{step}", value)
    else:
        yield {"key": name, "value": value}


def _write_header(
    target: Worksheet, position: int, field: Field, lang: str, formats: dict[str, Any]
) -> None:
    column = field.column
    required = "" if column.nullable else "*"
    target.write_string(0, position, header_of(column, lang) + required, formats["header"])
    # texts are sentences, except names
    wide = column.name.endswith(("_zh", "_en")) and not column.name.startswith(("name", "owner"))
    width = 44 if wide else {"number": 10, "choice": 13, "date": 13}.get(column.type, 26)
    target.set_column(position, position, width)


def _offer_choices(target: Worksheet, position: int, field: Field, rows: int, lang: str) -> None:
    choices = [_spelling(field, choice, lang) for choice in field.column.choices]
    if choices:
        options = {"validate": "list", "source": choices}
        target.data_validation(1, position, rows + _ROWS_TO_FILL, position, options)


def _spelling(field: Field, choice: str, lang: str) -> str:
    return choice if lang == "en" else field.column.choices[choice][0]


def _cell(field: Field, value: Any, lang: str) -> Any:
    """Return a value in the form in which a cell holds it."""
    if isinstance(value, bool):
        value = "yes" if value else "no"
    # blank: "all grades" reads better as an empty cell, and goes on meaning all when one is added
    if value is None or value == field.blank:
        return None
    if field.column.type == "choice":
        return _spelling(field, str(value), lang)
    if isinstance(value, tuple):
        return ("\n" if field.lines else ";").join(value)
    if isinstance(value, float) and float(f"{value:.16g}") != value:
        # xlsxwriter writes sixteen digits; as text all are kept, and so is the catalogue's digest
        return repr(value)
    return value
