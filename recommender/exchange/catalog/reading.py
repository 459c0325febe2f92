"""Reading a catalogue from a workbook, and reporting everything that is wrong in it at once."""

from __future__ import annotations

from pathlib import Path

from recommender.errors import InputError
from recommender.exchange.catalog.records import WorkbookRecords, column_at, longest
from recommender.exchange.tables.faults import BadCell
from training_catalog import Catalog
from training_catalog.checks import check_catalog
from training_catalog.faults import CatalogFault
from training_catalog.files.assembly import assemble
from training_catalog.files.writing import write_catalog_folder


def read_catalog_workbook(path: Path) -> Catalog:
    """Read a catalogue from a workbook that `write_catalog_workbook` wrote and HR edited.

    Parameters
    ----------
    path : Path
        An .xlsx; sheet names and headers may be Chinese or English.

    Returns
    -------
    Catalog
        Complete and checked. If the workbook was not edited, its digest is the digest of the
        catalogue that was written.

    Raises
    ------
    TableFaultsError
        With every bad cell of every sheet.
    InputError
        If the file is not such a workbook.
    """
    records = WorkbookRecords(path)
    head, parts = records.build_whole(records.top)
    records.faults.raise_if_any(path.name)
    # only now: these checks compare records, and need each one to be valid by itself
    catalog = assemble(head, **parts)
    for fault in check_catalog(catalog):
        _locate(fault, records)
    records.faults.raise_if_any(path.name)
    return catalog


def _locate(fault: CatalogFault, records: WorkbookRecords) -> None:
    """Add a fault of the whole catalogue at its place in the workbook."""
    values = {
        "what_zh": fault.what.zh_cn,
        "what_en": fault.what.en,
        "advice_zh": fault.hint.zh_cn,
        "advice_en": fault.hint.en,
    }
    problem = BadCell("catalog_workbook.check", "", values)
    place, rest = longest(records.places, fault.at)
    if place is None:
        # a fault that has no row of its own is reported for its sheet, or for the first one
        rows = records.rows.get("".join(fault.at[:1]), records.rows[records.top.name])
        records.faults.add(rows, None, "", problem)
    else:
        rows, row = place
        records.faults.add(rows, row, column_at(rows.sheet, rest), problem)


def import_catalog_workbook(path: Path, folder: Path, *, dry_run: bool = False) -> Catalog:
    """Read a workbook and write what it holds as a new catalogue folder, all or nothing.

    Parameters
    ----------
    path : Path
        An .xlsx as `write_catalog_workbook` writes it, edited or not.
    folder : Path
        The folder to make; it must not be there yet.
    dry_run : bool
        Whether to check everything but write nothing.

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
    # the folder was made by somebody else after the check above
    except FileExistsError as error:
        raise InputError("catalog_workbook.folder_exists", folder=str(folder)) from error
    except OSError as error:
        raise InputError("file.cannot_write", file=str(folder), reason=str(error)) from error
