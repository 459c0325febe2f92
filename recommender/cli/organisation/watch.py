"""The command that watches the service and its model: models watch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.common import EXIT_PROBLEM, Terminal
from recommender.cli.files import write_whole
from recommender.documents.figures import UNKNOWN, decimal
from recommender.documents.watch.document import MEASURES, Dimension, WatchReport
from recommender.documents.watch.wording import (
    name_group,
    say_background,
    say_difference,
    say_figure,
    say_finding,
    say_lead,
    say_todo,
)
from recommender.improvement.registry import to_plain
from recommender.service.watch.watching import make_council_report, watch_model

EXAMPLES = (
    "recommender models watch",
    "recommender models watch --json",
    "recommender models watch --out report.pdf",
)


def watch(
    term: Terminal,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the report for the works council, as PDF."),
    ] = None,
) -> None:
    """Watch whether groups are treated alike and the model in force holds; exit 1 with an alarm."""
    with term.session() as session:
        report = watch_model(session, session.today)
        pdf = make_council_report(session, session.today) if out else None
    if out and pdf:
        write_whole(out, pdf.content)
    if term.as_json:
        term.print_json(to_plain(report))
    else:
        _print(term, report)
        if out:
            term.print("watch.written", path=out)
    if report.alarms:
        raise typer.Exit(EXIT_PROBLEM)


def _print(term: Terminal, report: WatchReport) -> None:
    lang = term.lang
    for sentence in (*say_lead(report, lang), *say_background(report, lang)):
        term.show(sentence)
    for finding in report.findings:
        kind = term.say("watch.alarm" if finding.is_alarm else "watch.notice")
        since = term.say("watch.from_start", day=finding.since)
        term.show(f"\n[{kind}] {say_finding(report, finding, lang)} ({since})")
        term.show(f"  {say_todo(finding, lang)}")
    dimensions: dict[Dimension, None] = dict.fromkeys(line.dimension for line in report.lines)
    for dimension in dimensions:
        columns = [(term.say("watch.group"), "left"), (term.say("watch.people"), "right")]
        columns += [(term.say(f"watch.short.{name}"), "right") for name in MEASURES]
        columns.append((term.say("watch.offset"), "right"))
        rows: list[list[str]] = []
        for line in report.lines:
            if line.dimension != dimension:
                continue
            people = UNKNOWN if line.people is None else decimal(line.people, digits=0)
            row = [name_group(report, dimension, line.group, lang), people]
            for name in MEASURES:
                compared = line.measures.get(name)
                row.append(UNKNOWN if compared is None else say_figure(name, compared.mean.figure))
            row.append(
                say_difference(
                    "gap",
                    line.predicted.offset if line.predicted else None,
                    lang,
                    exact=report.exact,
                )
            )
            rows.append(row)
        term.out.print()
        term.print_table(term.say(f"watch.dimension.{dimension}"), columns, rows)
