"""Commands that put a catalogue into files and take it back: export, import, sheet, booklet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.common import Terminal, command
from recommender.cli.files import write_pdf
from recommender.documents import RenderedPdf, render_booklet_pdf, render_module_sheet_pdf
from recommender.errors import TableFaultsError
from recommender.exchange import (
    import_catalog_workbook,
    write_catalog_workbook,
    write_marked_copy,
)
from recommender.service.effective_catalog import load_effective_catalog

Pdf = Annotated[Path, typer.Option("--pdf", metavar="FILE", help="PDF to write.")]


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
    term: Terminal,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Workbook to write (.xlsx).")],
) -> None:
    """Write the whole catalogue as a workbook that can be edited in Excel."""
    catalog = load_effective_catalog(term.settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_catalog_workbook(catalog, file, term.lang)
    if term.as_json:
        term.print_json(
            {"file": str(file), "digest": catalog.digest, "modules": len(catalog.modules)}
        )
    term.print("catalog.exported", path=file, modules=len(catalog.modules), digest=catalog.digest)


def import_(
    term: Terminal,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The exported workbook, after editing.")
    ],
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Catalogue folder to create.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, write nothing.")
    ] = False,
    marked: Annotated[
        Path | None,
        typer.Option(
            help="Where to write a copy with the faulty cells marked, if there are any (.xlsx)."
        ),
    ] = None,
) -> None:
    """Read a workbook back into a new folder: all of it, or nothing and a list of faults."""
    try:
        catalog = import_catalog_workbook(file, to, dry_run=dry_run)
    except TableFaultsError as error:
        if marked:
            write_marked_copy(file, error, marked, lang=term.lang)
            term.problems.print(term.say("cli.marked", path=marked), markup=False, soft_wrap=True)
        raise
    if term.as_json:
        term.print_json(
            {
                "file": file.name,
                "folder": str(to),
                "dry_run": dry_run,
                "digest": catalog.digest,
                "modules": len(catalog.modules),
            }
        )
    term.print(
        "catalog.would-import" if dry_run else "catalog.imported",
        name=catalog.name.in_language(term.lang),
        folder=to,
        modules=len(catalog.modules),
        digest=catalog.digest,
    )


def sheet(
    term: Terminal,
    module: Annotated[str, typer.Argument(metavar="MODULE", help="Id of the course.")],
    pdf: Pdf,
) -> None:
    """Write the fact sheet of one course, on one page."""
    catalog = load_effective_catalog(term.settings)
    _finish(term, pdf, render_module_sheet_pdf(catalog, module, term.lang))


def booklet(term: Terminal, pdf: Pdf) -> None:
    """Write the whole catalogue as a booklet: contents, coverage, one page a course, index."""
    _finish(term, pdf, render_booklet_pdf(load_effective_catalog(term.settings), term.lang))


def _finish(term: Terminal, pdf: Path, rendered: RenderedPdf) -> None:
    write_pdf(term, pdf, rendered)
    if term.as_json:
        term.print_json(
            {
                "file": str(pdf),
                "bytes": len(rendered.content),
                "missing_characters": list(rendered.missing_characters),
            }
        )
    term.print("cli.pdf-written", path=pdf)
