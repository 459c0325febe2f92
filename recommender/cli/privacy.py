"""Commands for personal data: privacy …, retention …."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.app import command_group
from recommender.cli.common import Terminal, command
from recommender.cli.files import write_whole
from recommender.errors import InputError
from recommender.service.privacy.personal_data import erase_person, export_person
from recommender.service.privacy.retention import clear_traces, report_retention, retire_facts

Person = Annotated[str, typer.Argument(metavar="PERSON", help="Staff number of the person.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    privacy = command_group("Export or erase all data held on a person.")
    command(privacy, "export", examples=["recommender privacy export 00012345 person.json"])(export)
    command(privacy, "erase", examples=["recommender privacy erase 00012345 --yes"])(erase)
    app.add_typer(privacy, name="privacy")
    retention = command_group("Delete data past its retention period.")
    command(
        retention,
        "run",
        examples=["recommender retention run --dry-run", "recommender retention run"],
    )(run)
    app.add_typer(retention, name="retention")


def export(
    term: Terminal,
    person: Person,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON file to write.")],
) -> None:
    """Export all data held on a person to a file."""
    with term.session("privacy export") as session:
        held = export_person(session, person)
    write_whole(file, json.dumps(held, ensure_ascii=False, indent=2).encode())
    if term.as_json:
        rows = {section["name"]: len(section["rows"]) for section in held["sections"]}
        term.print_json({"person_id": person, "file": str(file), "rows": rows})
    term.print("cli.person-exported", person=person, file=file)


def erase(
    term: Terminal,
    person: Person,
    yes: Annotated[
        bool, typer.Option("--yes", help="Confirm; what is erased cannot be brought back.")
    ] = False,
) -> None:
    """Erase a person for good; what was learned about training is kept under a pseudonym."""
    if not yes:
        raise InputError("privacy.say-yes", person_id=person)
    with term.session("privacy erase") as session:
        # the command line is held to no second person, so this has erased
        counts = erase_person(session, person).rows
    if term.as_json:
        term.print_json({"person_id": person, "rows": counts})
    term.print("cli.erased", person=person, rows=sum(counts.values()))


def run(
    term: Terminal,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what is due.")] = False,
) -> None:
    """Delete data past its retention period; run it once a day."""
    if dry_run:
        with term.session("retention run") as session:
            report = report_retention(session, term.settings)
        if term.as_json:
            term.print_json({"older_than": report.older_than, "due": report.due})
            return
        term.print_table(
            term.say("cli.retention-title"),
            [
                (term.say("cli.table"), "left"),
                (term.say("cli.older-than"), "left"),
                (term.say("cli.rows"), "right"),
            ],
            [
                (term.say(f"retained.{table}"), report.older_than[table].isoformat(), str(count))
                for table, count in report.due.items()
            ],
        )
        return
    with term.session("retention run") as session:
        # each commits by itself: what the first deleted stays deleted if the second fails
        counts = retire_facts(session, term.settings) | clear_traces(session, term.settings)
    if term.as_json:
        term.print_json({"deleted": counts})
    term.print("cli.retired", rows=sum(counts.values()))
