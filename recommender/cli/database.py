"""Commands for the database: db upgrade, db backup, db restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.common import Terminal, command
from recommender.service.installation import upgrade_installation
from recommender.store import backup_database, restore_database


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Upgrade, back up and restore the database.", no_args_is_help=True)
    command(group, "upgrade", examples=["recommender db upgrade --database sqlite:///hr.db"])(
        upgrade
    )
    command(group, "backup", examples=["recommender db backup backups/2026-06-30.db"])(backup)
    command(
        group,
        "restore",
        examples=[
            "recommender db restore backups/2026-06-30.db --replace",
            "recommender db restore backups/2026-06-30.dump --database postgresql://hr@db/restored",
        ],
    )(restore)
    app.add_typer(group, name="db")


def upgrade(term: Terminal) -> None:
    """Bring the schema of the database up to date."""
    before, after = upgrade_installation(term.settings)
    if term.as_json:
        term.print_json({"before": before, "after": after})
    term.print("cli.upgraded", before=before or "–", after=after)


def backup(
    term: Terminal,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write.")],
) -> None:
    """Write a consistent copy of the database, while it may be in use."""
    path = backup_database(term.settings.database, file)
    if term.as_json:
        term.print_json({"file": str(path), "bytes": path.stat().st_size})
    term.print("cli.backed-up", path=path)


def restore(
    term: Terminal,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File that db backup wrote.")],
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="SQLite: put the file that is in use aside, under its name with the time.",
        ),
    ] = False,
) -> None:
    """Fill the database from a backup: all of it, or nothing is changed. Stop the service first."""
    done = restore_database(term.settings.database, file, replace=replace)
    if term.as_json:
        kept = str(done.kept) if done.kept else None
        term.print_json(
            {"database": done.database, "revision": done.revision, "kept": kept}
            | {"outdated": done.is_outdated}
        )
    term.print("cli.restored", database=done.database, revision=done.revision)
    if done.kept:
        term.print("cli.restored-kept", path=done.kept)
    if done.is_outdated:
        term.print("cli.restored-outdated")
