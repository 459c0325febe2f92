"""Commands for tables that come in: import, template."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.common import Terminal, command
from recommender.errors import ConflictError, TableFaultsError
from recommender.exchange import write_marked_copy
from recommender.service.people.imports import import_table, write_table_template
from recommender.table_kinds import KINDS

Kind = Annotated[str, typer.Argument(metavar="KIND", help=f"One of: {', '.join(KINDS)}.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(
        app,
        "import",
        examples=[
            "recommender import people people.xlsx",
            "recommender import ratings ratings.csv --dry-run",
            "recommender import exams exams.xlsx --marked exams-marked.xlsx",
        ],
    )(import_)
    command(app, "template", examples=["recommender template ratings ratings.xlsx"])(template)


# as many as one looks at before one filters the table
_FEW = 10


def import_(
    term: Terminal,
    kind: Kind,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Excel (.xlsx) or CSV; or a folder of forms.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, store nothing.")
    ] = False,
    marked: Annotated[
        Path | None,
        typer.Option(
            help="Where to write a copy with the faulty cells marked, if there are any (.xlsx)."
        ),
    ] = None,
) -> None:
    """Import a table: all of it, or nothing and a report of every faulty row."""
    latest = term.settings.latest_fact_on
    try:
        with term.session() as session:
            written = import_table(session, kind, file, latest=latest, dry_run=dry_run)
    # after the session, so that nothing of the database is held while the copy is written
    except TableFaultsError as error:
        if marked and file.is_file():
            write_marked_copy(file, error, marked, lang=term.lang)
            term.problems.print(term.say("cli.marked", path=marked), markup=False, soft_wrap=True)
        raise
    if term.as_json:
        term.print_json({"kind": kind, "file": file.name, "dry_run": dry_run, **asdict(written)})
        return
    term.print(
        "cli.would-import" if dry_run else "cli.imported-rows",
        kind=KINDS[kind].title[1 if term.lang == "en" else 0],
        file=file.name,
        inserted=written.inserted,
        updated=written.updated,
        unchanged=written.unchanged,
    )
    if written.batch_id is not None and written.inserted + written.updated:
        term.print("cli.undo-next", batch=written.batch_id)
    if written.on_days_off:
        names = term.say("document.list_separator").join(written.on_days_off[:_FEW])
        term.print("cli.on-days-off", count=len(written.on_days_off), names=names)


def template(
    term: Terminal,
    kind: Kind,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="File to write; KIND.xlsx by default.")
    ] = None,
) -> None:
    """Write an empty workbook to fill in, with headers, drop-downs and an example row."""
    path = file or Path(f"{kind}.xlsx")
    if path.is_file():
        # it may be the one that was filled in already
        raise ConflictError("cli.file-exists", path=path)
    with term.session() as session:
        write_table_template(session, kind, path)
    if term.as_json:
        term.print_json({"kind": kind, "file": str(path)})
    term.print("cli.template-written", path=path)
