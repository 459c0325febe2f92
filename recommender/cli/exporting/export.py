"""The command that writes history or facts for others: export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.common import Terminal, command
from recommender.errors import InputError
from recommender.service.exports.facts import export_facts
from recommender.service.learning.history import export_history


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "export",
        examples=[
            "recommender export history history.csv --pseudonymise",
            "recommender export facts facts",
        ],
    )(export)


def export(
    term: Terminal,
    what: Annotated[str, typer.Argument(metavar="history|facts", help="What to export.")],
    to: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="CSV to write, or the folder for Parquet files."),
    ],
    pseudonymise: Annotated[
        bool, typer.Option("--pseudonymise", help="Replace people by pseudonyms.")
    ] = False,
) -> None:
    """Export the history for an analyst, or all facts as Parquet files."""
    if what not in ("history", "facts"):
        raise InputError("cli.setting", setting="export", found=what, expected="history, facts")
    if what == "facts":
        if pseudonymise:
            raise InputError("cli.apart", options="facts, --pseudonymise")
        with term.session() as session:
            counts = export_facts(session, to)
        if term.as_json:
            term.print_json({"rows": counts, "folder": str(to)})
        for kind, count in counts.items():
            term.print("cli.facts-exported", kind=kind, count=count)
        return
    with term.session() as session:
        count = export_history(session, to, pseudonymise=pseudonymise, as_of=term.settings.as_of)
    if term.as_json:
        term.print_json({"records": count, "file": str(to)})
    term.print("cli.exported", count=count, file=to)
