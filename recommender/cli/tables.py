"""Commands for tables that come in: import, template."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.common import Terminal, command
from recommender.cli.importing.asking import ask_all
from recommender.errors import ConflictError, InputError, TableFaultsError
from recommender.exchange import write_marked_copy
from recommender.exchange.recognition.answers.files import load_mapping, propose_mapping
from recommender.exchange.recognition.answers.mapping import Mapping
from recommender.exchange.recognition.answers.wording import describe_question, describe_reading
from recommender.exchange.recognition.reading import Reading
from recommender.service.people.imports import import_table, write_table_template
from recommender.service.people.recognising.recognition import look_at_file
from recommender.service.people.report_words import describe_report
from recommender.service.people.reports import ImportReport
from recommender.service.session import Session
from recommender.table_kinds import KINDS

Kind = Annotated[str, typer.Argument(metavar="KIND", help=f"One of: {', '.join(KINDS)}.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(
        app,
        "import",
        examples=[
            "recommender import roster.xlsx",
            "recommender import matrix.xlsx --propose-map mapping.yaml",
            "recommender import matrix.xlsx --map mapping.yaml",
            "recommender import ratings ratings.csv --dry-run",
            "recommender import people people.xlsx --clear",
            "recommender import exams exams.xlsx --marked exams-marked.xlsx",
        ],
    )(import_)
    command(app, "template", examples=["recommender template ratings ratings.xlsx"])(template)


# as many as one looks at before one filters the table
_FEW = 10
# an answer may raise another question: once a column is known, its words are looked at
_ROUNDS = 5
# what the strict reader says of a file that does not have our headers
_OTHER_SHAPE = frozenset({"file.no_header", "file.missing_columns", "file.wrong_kind"})


def import_(
    term: Terminal,
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="[KIND] FILE",
            help="Excel (.xlsx), CSV or a folder of forms; before it the kind of table, unless it "
            "is to be found out.",
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, show what would change.")
    ] = False,
    clear: Annotated[
        bool,
        typer.Option("--clear", help="Let empty cells take away what is stored, not leave it."),
    ] = False,
    marked: Annotated[
        Path | None,
        typer.Option(
            help="Where to write a copy with the faulty cells marked, if there are any (.xlsx)."
        ),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option("--map", help="Answers about headers, words and people in the file (.yaml)."),
    ] = None,
    propose_map: Annotated[
        Path | None,
        typer.Option(help="Where to write the questions to be answered (.yaml)."),
    ] = None,
) -> None:
    """Import a table: all of it, or nothing and a report of every faulty row."""
    kind, file = _kind_and_file(names)
    answers = load_mapping(mapping) if mapping else Mapping()
    if propose_map and propose_map.is_file():
        raise ConflictError("cli.file-exists", path=propose_map)
    try:
        with term.session() as session:
            if propose_map:
                reading, report = look_at_file(session, file, kind=kind, answers=answers), None
            else:
                reading, report = _import(
                    term, session, kind, file, answers, dry_run=dry_run, clear=clear
                )
    # after the session, so that nothing of the database is held while the copy is written
    except TableFaultsError as error:
        if marked and file.is_file():
            write_marked_copy(file, error, marked, lang=term.lang)
            term.problems.print(term.say("cli.marked", path=marked), markup=False, soft_wrap=True)
        raise
    if propose_map and reading is not None:
        _show(term, reading)
        propose_map.write_text(propose_mapping(reading, term.lang), encoding="utf-8")
        term.print("cli.map-proposed", path=propose_map, count=len(reading.questions))
    if report is not None:
        _tell(term, kind, file, reading, report, dry_run=dry_run)


def _kind_and_file(names: list[str]) -> tuple[str, Path]:
    if len(names) == 1 and not (names[0] in KINDS and not Path(names[0]).exists()):
        return "", Path(names[0])
    if len(names) == 2:
        return names[0], Path(names[1])
    raise InputError("cli.import-names", given=" ".join(names)[:200])


def _import(
    term: Terminal,
    session: Session,
    kind: str,
    file: Path,
    answers: Mapping,
    *,
    dry_run: bool,
    clear: bool,
) -> tuple[Reading | None, ImportReport]:
    latest = term.settings.latest_fact_on
    if kind and answers == Mapping():
        try:
            report = import_table(session, kind, file, latest=latest, dry_run=dry_run, clear=clear)
            return None, report
        except InputError as error:
            if error.code not in _OTHER_SHAPE:
                raise
            strict = error
    else:
        strict = None
    try:
        reading = look_at_file(session, file, kind=kind, answers=answers)
    except InputError as error:
        # of the kind asked for, what is missing says more than that nothing fits
        if strict is not None and error.code == "recognition.unknown":
            raise strict from None
        raise
    if not term.as_json:
        _show(term, reading)
    if sys.stdin.isatty() and not term.as_json:
        for _ in range(_ROUNDS):
            if not reading.open_questions:
                break
            reading = look_at_file(session, file, kind=kind, answers=ask_all(term, reading))
    if reading.open_questions:
        for question in reading.open_questions[:_FEW]:
            term.show(f"  ? {describe_question(reading, question, term.lang)}")
        if len(reading.open_questions) > _FEW:
            term.print("cli.more-questions", count=len(reading.open_questions) - _FEW)
        raise InputError("recognition.open", file=file.name, count=len(reading.open_questions))
    report = import_table(
        session,
        reading.kind,
        file,
        latest=latest,
        dry_run=dry_run,
        clear=clear,
        reading=reading,
    )
    return reading, report


def _show(term: Terminal, reading: Reading) -> None:
    for line in describe_reading(reading, term.lang):
        term.show(line)


def _tell(
    term: Terminal,
    kind: str,
    file: Path,
    reading: Reading | None,
    report: ImportReport,
    *,
    dry_run: bool,
) -> None:
    kind = reading.kind if reading is not None else kind
    if term.as_json:
        about = {"kind": kind, "file": file.name, "dry_run": dry_run}
        if reading is not None:
            about |= {"form": reading.form, "understood": describe_reading(reading, term.lang)}
        term.print_json({**about, **asdict(report)})
        return
    term.print(
        "cli.would-import" if dry_run else "cli.imported-rows",
        kind=KINDS[kind].title[1 if term.lang == "en" else 0],
        file=file.name,
        inserted=report.inserted,
        updated=report.updated,
        unchanged=report.unchanged,
    )
    for line in describe_report(report, KINDS[kind], term.lang):
        term.show(line)
    if report.batch_id is not None and report.inserted + report.updated:
        term.print("cli.undo-next", batch=report.batch_id)


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
