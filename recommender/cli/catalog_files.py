"""Commands that put a catalogue into files and take it back: export, import, sheet, booklet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.common import Call, command
from recommender.cli.files import write_pdf
from recommender.documents import RenderedPdf, render_booklet_pdf, render_module_sheet_pdf
from recommender.errors import TableFaultsError
from recommender.exchange import (
    import_catalog_workbook,
    write_catalog_workbook,
    write_marked_copy,
)
from recommender.service import load_effective_catalog

Pdf = Annotated[Path, typer.Option("--pdf", metavar="FILE", help="The PDF to write.")]


def register(group: typer.Typer) -> None:
    """Add the commands."""
    command(group, "export", examples=["recommender catalog export catalogue.xlsx"])(export)
    command(
        group,
        "import",
        examples=[
            "recommender catalog import catalogue.xlsx --to my-catalogue --dry-run",
            "recommender catalog import catalogue.xlsx --to my-catalogue --marked bad-cells.xlsx",
        ],
    )(import_)
    command(
        group,
        "sheet",
        examples=["recommender catalog sheet lost-deal-review-workshop --pdf sheet.pdf"],
    )(sheet)
    command(group, "booklet", examples=["recommender catalog booklet --pdf booklet.pdf --lang en"])(
        booklet
    )


def export(
    call: Call,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The workbook to write (.xlsx).")],
) -> None:
    """Write the whole catalogue as a workbook that can be edited in Excel."""
    catalog = load_effective_catalog(call.settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_catalog_workbook(catalog, file, call.lang)
    if call.as_json:
        call.print_json(
            {"file": str(file), "digest": catalog.digest, "modules": len(catalog.modules)}
        )
    call.print("catalog.exported", path=file, modules=len(catalog.modules), digest=catalog.digest)


def import_(
    call: Call,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A workbook as exported, edited.")],
    to: Annotated[
        Path, typer.Option("--to", metavar="FOLDER", help="The catalogue folder to make.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, write nothing.")
    ] = False,
    marked: Annotated[
        Path | None,
        typer.Option(help="If cells are bad, write a copy with them marked here (.xlsx)."),
    ] = None,
) -> None:
    """Read a workbook back into a new folder: all of it, or nothing and a report of bad cells."""
    try:
        catalog = import_catalog_workbook(file, to, dry_run=dry_run)
    except TableFaultsError as error:
        if marked:
            write_marked_copy(file, error, marked, lang=call.lang)
            call.problems.print(call.say("cli.marked", path=marked), markup=False, soft_wrap=True)
        raise
    if call.as_json:
        call.print_json(
            {
                "file": file.name,
                "folder": str(to),
                "dry_run": dry_run,
                "digest": catalog.digest,
                "modules": len(catalog.modules),
            }
        )
    call.print(
        "catalog.would-import" if dry_run else "catalog.imported",
        name=catalog.name.in_language(call.lang),
        folder=to,
        modules=len(catalog.modules),
        digest=catalog.digest,
    )


def sheet(
    call: Call,
    module: Annotated[str, typer.Argument(metavar="MODULE", help="Id of the module.")],
    pdf: Pdf,
) -> None:
    """Write the sheet of one module, one page."""
    catalog = load_effective_catalog(call.settings)
    _finish(call, pdf, render_module_sheet_pdf(catalog, module, call.lang))


def booklet(call: Call, pdf: Pdf) -> None:
    """Write the whole catalogue as a booklet: contents, coverage, a page a module, index."""
    _finish(call, pdf, render_booklet_pdf(load_effective_catalog(call.settings), call.lang))


def _finish(call: Call, pdf: Path, rendered: RenderedPdf) -> None:
    write_pdf(call, pdf, rendered)
    if call.as_json:
        call.print_json(
            {
                "file": str(pdf),
                "bytes": len(rendered.content),
                "missing_characters": list(rendered.missing_characters),
            }
        )
    call.print("cli.pdf-written", path=pdf)
