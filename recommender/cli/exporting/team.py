"""The command that writes files about a team: team."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.common import EXIT_PROBLEM, Terminal, command
from recommender.cli.files import write_whole
from recommender.errors import InputError
from recommender.service.exports.team_files import write_team_file
from recommender.service.plans.reading import read_with_document
from recommender.texts import explain

# by the ending of the file
_FORMATS = {".xlsx": ("xlsx", "one"), ".pdf": ("pdf", "one"), ".zip": ("pdf", "zip")}


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "team",
        examples=[
            "recommender team team.xlsx --unit 南区示例分公司/政企客户部",
            "recommender team plans.pdf --unit 南区示例分公司",
            "recommender team plans.zip --word",
        ],
    )(team)


def team(
    term: Terminal,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="What to write: the workbook of the team (.xlsx), all plans in one (.pdf), or a "
            "PDF each (.zip).",
        ),
    ],
    unit: Annotated[
        str | None,
        typer.Option("--unit", metavar="UNIT", help="Org unit, those below it included; a path."),
    ] = None,
    word: Annotated[
        bool, typer.Option("--word", help="Plans in Word in place of PDF, in a .zip.")
    ] = False,
) -> None:
    """Write the workbook of a team, or the plans of everybody in it."""
    file_format, bundle = _FORMATS.get(file.suffix.lower(), ("", ""))
    if not file_format:
        raise InputError("export.ending", file=file.name, known=", ".join(_FORMATS))
    with term.progress() as note_progress, term.session() as session:
        made = write_team_file(
            session,
            unit,
            read=read_with_document,
            file_format="docx" if word else file_format,
            bundle=bundle,
            note_progress=note_progress,
        )
    if made.content is not None:
        write_whole(file, made.content)
    if term.as_json:
        written = [{"person_id": person_id, "plan_id": plan} for person_id, plan in made.written]
        term.print_json({"file": str(file) if made.content else None, "written": written})
    elif made.content is not None:
        term.print("cli.team-written", path=file, people=len(made.written))
    # whoever lacks a plan does not keep the others from their file, but the exit code tells of it
    for person_id, error in made.failed:
        line = f"{person_id}: {explain(error, term.lang, command_line=True)[0]}"
        term.problems.print(line, markup=False, highlight=False, soft_wrap=True)
    if made.failed:
        raise typer.Exit(EXIT_PROBLEM)
