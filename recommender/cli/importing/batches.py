"""Commands for imports that were done: imports list, imports undo."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from recommender.cli.app import command_group
from recommender.cli.common import Terminal, command
from recommender.service.people.batches import list_batches, undo_import
from recommender.store.imports.batches import ImportBatch
from recommender.table_kinds import KINDS


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = command_group("List what was imported, and undo it.")
    command(group, "list", examples=["recommender imports list --limit 5"])(list_)
    command(group, "undo", examples=["recommender imports undo 12"])(undo)
    app.add_typer(group, name="imports")


def list_(
    term: Terminal,
    limit: Annotated[int, typer.Option(help="Number of imports to show.", min=1)] = 20,
) -> None:
    """List what was imported, the newest first."""
    with term.session("imports list") as session:
        batches = list_batches(session, limit=limit)
    if term.as_json:
        term.print_json([asdict(batch) for batch in batches])
        return
    columns = [
        (term.say("imports.number"), "right"),
        (term.say("imports.at"), "left"),
        (term.say("imports.by"), "left"),
        (term.say("imports.kind"), "left"),
        (term.say("imports.file"), "left"),
        (term.say("imports.inserted"), "right"),
        (term.say("imports.updated"), "right"),
        (term.say("imports.unchanged"), "right"),
        (term.say("imports.state"), "left"),
    ]
    rows = [
        (
            str(batch.batch_id),
            f"{batch.imported_at.astimezone():%Y-%m-%d %H:%M}",
            batch.actor or "",
            KINDS[batch.kind].title[term.lang == "en"],
            batch.file_name,
            str(batch.inserted),
            str(batch.updated),
            str(batch.unchanged),
            _state(term, batch),
        )
        for batch in batches
    ]
    term.print_table(term.say("imports.title"), columns, rows)


def _state(term: Terminal, batch: ImportBatch) -> str:
    if batch.undone_at is not None:
        return term.say("imports.is-undone")
    return term.say("imports.can-be-undone" if batch.can_be_undone else "imports.stays")


def undo(
    term: Terminal,
    batch: Annotated[
        int, typer.Argument(metavar="BATCH", help="Number of the import, as `imports list` shows.")
    ],
) -> None:
    """Undo an import: everything it changed is put back, or nothing."""
    with term.session("imports undo") as session:
        undone = undo_import(session, batch)
    if term.as_json:
        term.print_json(asdict(undone))
        return
    term.print(
        "imports.undone",
        batch=batch,
        kind=KINDS[undone.kind].title[term.lang == "en"],
        file=undone.file_name,
        inserted=undone.inserted,
        updated=undone.updated,
    )
