"""Commands for the database: db upgrade, db check, db backup, db restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.app import command_group
from recommender.cli.common import EXIT_PROBLEM, Terminal, command
from recommender.service.installation import upgrade_installation
from recommender.store import backup_database, check_database, restore_database
from recommender.texts import hint


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = command_group("Upgrade, check, back up and restore the database.")
    command(group, "upgrade", examples=["recommender db upgrade --database sqlite:///hr.db"])(
        upgrade
    )
    command(group, "check", examples=["recommender db check --database sqlite:///hr.db"])(check)
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


# no command here opens a session: that would refuse an outdated database and fill an empty one
def upgrade(term: Terminal) -> None:
    """Bring the schema of the database up to date."""
    before, after = upgrade_installation(term.settings)
    if term.as_json:
        term.print_json({"before": before, "after": after})
    term.print("cli.upgraded", before=before or "–", after=after)


def check(term: Terminal) -> None:
    """Look for damage, and for ids that cannot stand in a URL. Exit code 1 if any is found."""
    findings = check_database(term.settings.database)
    told = [
        {
            "code": finding.code,
            "table": finding.table,
            "found": finding.found,
            "message": term.say(finding.code, table=finding.table, found=_visible(finding.found)),
            "hint": hint(finding.code, term.lang, command_line=True),
        }
        for finding in findings
    ]
    if term.as_json:
        term.print_json({"findings": told})
    elif not told:
        term.print("check.nothing")
    for each in () if term.as_json else told:
        term.problems.print(f"{each['message']} — {each['hint']}", markup=False, soft_wrap=True)
    if told:
        raise typer.Exit(EXIT_PROBLEM)


def _visible(text: str) -> str:
    """Return a text with what nobody sees spelled out; an id in quotes shows where it ends."""
    return text if text.isdecimal() else repr(text)


def backup(
    term: Terminal,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write.")],
) -> None:
    """Write a consistent copy of the database, even while it is in use."""
    path = backup_database(term.settings.database, file)
    if term.as_json:
        term.print_json({"file": str(path), "bytes": path.stat().st_size})
    term.print("cli.backed-up", path=path)


def restore(
    term: Terminal,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File written by `db backup`.")],
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="SQLite: replace the file in use; it is kept, with the time added to its name.",
        ),
    ] = False,
) -> None:
    """Restore the database from a backup, completely or not at all. Stop the service first."""
    restored = restore_database(term.settings.database, file, replace=replace)
    if term.as_json:
        kept = str(restored.kept) if restored.kept else None
        term.print_json(
            {"database": restored.database, "revision": restored.revision, "kept": kept}
            | {"outdated": restored.is_outdated}
        )
    term.print("cli.restored", database=restored.database, revision=restored.revision)
    if restored.kept:
        term.print("cli.restored-kept", path=restored.kept)
    # restored as it was saved; to upgrade the schema is a command of its own
    if restored.is_outdated:
        term.print("cli.restored-outdated")
