"""A catalogue as one workbook that HR can edit, and back, with nothing lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xlsxwriter.worksheet import Worksheet

from recommender.errors import InputError
from recommender.exchange.catalog.fields import Field
from recommender.exchange.catalog.layout import catalog_layouts
from recommender.exchange.catalog.reading import read_catalog_workbook
from recommender.exchange.catalog.rows import catalog_rows
from recommender.exchange.tables.writing import formats_of, header_of, new_workbook, write_cell
from recommender.texts import say
from training_catalog import Catalog
from training_catalog.writing import write_catalog_folder

__all__ = [
    "import_catalog_workbook",
    "read_catalog_workbook",
    "write_catalog_folder",
    "write_catalog_workbook",
]

_CELL_LENGTH = 32_767
_ROWS_TO_FILL = 500


def write_catalog_workbook(catalog: Catalog, path: Path, lang: str) -> None:
    """Write a whole catalogue as an .xlsx, a sheet for each kind of record.

    Parameters
    ----------
    catalog : Catalog
        The catalogue.
    path : Path
        The file to write; what stands there is replaced once the new one is complete.
    lang : str
        ``zh-CN`` or ``en``: language of sheet names, headers, choices and the instructions.

    Raises
    ------
    InputError
        If the file cannot be written, or a text is too long for a cell.
    """
    layouts = catalog_layouts([grade.id for grade in catalog.grades])
    with new_workbook(path) as workbook:
        formats = formats_of(workbook)
        notes = workbook.add_worksheet(say("catalog_workbook.notes_sheet", lang))
        notes.set_column(0, 0, 110, formats["wrap"])
        for at in range(8):
            text = say(f"catalog_workbook.note_{at + 1}", lang, name=catalog.name.in_language(lang))
            notes.write_string(at, 0, text, formats["wrap"])
        for layout, rows in catalog_rows(catalog, layouts):
            sheet = workbook.add_worksheet(layout.titles[lang == "en"])
            sheet.freeze_panes(1, 1)
            for position, field in enumerate(layout.fields):
                _write_header(sheet, position, field, lang, formats)
                _offer_choices(sheet, position, field, len(rows), lang)
            for at, row in enumerate(rows, start=1):
                for position, field in enumerate(layout.fields):
                    value = _cell(field, row.get(field.column.name), lang)
                    if isinstance(value, str) and len(value) > _CELL_LENGTH:
                        raise InputError(
                            "catalog_workbook.too_long",
                            sheet=layout.titles[lang == "en"],
                            row=at + 1,
                            column=header_of(field.column, lang),
                        )
                    look = {**formats, "text": formats["wrap"]}
                    write_cell(sheet, at, position, value, look)
            if rows:
                sheet.autofilter(0, 0, len(rows), len(layout.fields) - 1)


def _write_header(
    sheet: Worksheet, position: int, field: Field, lang: str, formats: dict[str, Any]
) -> None:
    column = field.column
    required = "" if column.nullable else "*"
    sheet.write_string(0, position, header_of(column, lang) + required, formats["header"])
    wide = column.name.endswith(("_zh", "_en")) and not column.name.startswith(("name", "owner"))
    width = 44 if wide else {"number": 10, "choice": 13, "date": 13}.get(column.type, 26)
    sheet.set_column(position, position, width)


def _offer_choices(sheet: Worksheet, position: int, field: Field, rows: int, lang: str) -> None:
    choices = [_spelling(field, choice, lang) for choice in field.column.choices]
    if choices:
        options = {"validate": "list", "source": choices}
        sheet.data_validation(1, position, rows + _ROWS_TO_FILL, position, options)


def _spelling(field: Field, choice: str, lang: str) -> str:
    return choice if lang == "en" else field.column.choices[choice][0]


def _cell(field: Field, value: Any, lang: str) -> Any:
    """Return a value as its cell holds it."""
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if value is None:
        return None
    if field.column.type == "choice":
        return _spelling(field, str(value), lang)
    if isinstance(value, tuple):
        return ("\n" if field.lines else ";").join(value)
    if isinstance(value, float) and float(f"{value:.16g}") != value:
        return repr(value)  # the file format keeps sixteen digits; text keeps them all
    return value


def import_catalog_workbook(path: Path, folder: Path, *, dry_run: bool = False) -> Catalog:
    """Read a workbook and write what it holds as a new catalogue folder, all or nothing.

    Parameters
    ----------
    path : Path
        An .xlsx as `write_catalog_workbook` writes it, edited or not.
    folder : Path
        The folder to make; it must not be there yet.
    dry_run : bool
        Check everything, write nothing.

    Returns
    -------
    Catalog
        The catalogue, as `load_catalog` reads it from the folder.

    Raises
    ------
    TableFaultsError
        With every bad cell; nothing was written.
    InputError
        If the file cannot be read, or the folder is there already or cannot be written.
    """
    if folder.exists():
        raise InputError("catalog_workbook.folder_exists", folder=str(folder))
    catalog = read_catalog_workbook(path)
    if dry_run:
        return catalog
    try:
        return write_catalog_folder(catalog, folder)
    except FileExistsError as error:
        raise InputError("catalog_workbook.folder_exists", folder=str(folder)) from error
    except OSError as error:
        raise InputError("file.cannot_write", file=str(folder), reason=str(error)) from error
