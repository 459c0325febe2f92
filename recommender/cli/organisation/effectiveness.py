"""The command about the effect of modules: effectiveness."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from recommender.cli.common import Terminal, command
from recommender.cli.files import write_pdf
from recommender.documents.effectiveness.document import EffectivenessSheet, Line
from recommender.documents.figures import decimal, percent, signed
from recommender.improvement.registry import to_plain
from recommender.service.effectiveness.assessing import assess_all, assess_effectiveness
from recommender.service.effectiveness.results import ModuleEffectiveness
from recommender.service.effectiveness.showing import (
    EffectLine,
    keep_figure,
    list_effects,
    make_effects_report,
    show_effects,
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "effectiveness",
        examples=[
            "recommender effectiveness",
            "recommender effectiveness lost-deal-review-workshop --figure revenue",
            "recommender effectiveness lost-deal-review-workshop --out report.pdf",
        ],
    )(effectiveness)


def effectiveness(
    term: Terminal,
    module: Annotated[
        str | None, typer.Argument(metavar="MODULE", help="Id of a course; all without one.")
    ] = None,
    figure: Annotated[
        str | None,
        typer.Option("--figure", metavar="FIGURE", help="Business figure of the catalogue; all."),
    ] = None,
    hourly_cost: Annotated[
        float | None,
        typer.Option(
            "--hourly-cost", min=0, help="CNY of an hour of a participant, as a part of the cost."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the report as PDF, a page a course.")
    ] = None,
) -> None:
    """Tell what courses changed, on four levels and in money, and what to do with them."""
    with term.session() as session:
        every = (
            assess_all(session, hourly_cost=hourly_cost)
            if module is None
            else [assess_effectiveness(session, module, hourly_cost=hourly_cost)]
        )
        shown = keep_figure(session, every, figure)
        lines = list_effects(session, shown)
        sheets = [] if module is None else show_effects(session, shown)
        report = None if out is None else make_effects_report(session, shown)
    if out is not None and report is not None:
        write_pdf(term, out, report)
        term.print("cli.effects-written", path=out)
    elif term.as_json:
        answers = [_plain(each) for each in shown]
        term.print_json(answers if module is None else answers[0])
    elif sheets:
        _print_sheet(term, sheets[0])
    else:
        _print_lines(term, lines)


def _plain(effectiveness: ModuleEffectiveness) -> dict[str, Any]:
    """Return what is known of a module as JSON has it, named as over HTTP."""
    answer = to_plain(effectiveness)
    for result in answer["results"]:
        result["return"] = result.pop("return_")
    return answer


def _print_lines(term: Terminal, lines: list[EffectLine]) -> None:
    columns = (
        ("effects-course", "left"),
        ("effects-verdict", "left"),
        ("effects-gain", "right"),
        ("effects-cases", "right"),
        ("effects-score", "right"),
        ("effects-roi", "right"),
    )
    term.print_table(
        term.say("cli.effects-title", count=len(lines)),
        [(term.say(f"cli.{name}"), side) for name, side in columns],
        [
            (
                line.title,
                line.verdict,
                signed(line.gain.value if line.gain else None, digits=2),
                str(line.records or "—"),
                decimal(line.score.value if line.score else None, digits=1),
                percent(line.roi.value) if line.roi else "—",
            )
            for line in lines
        ],
    )


def _print_sheet(term: Terminal, sheet: EffectivenessSheet) -> None:
    term.show(sheet.title)
    term.show(f"{term.say('effectiveness.sheet.verdict')}  {sheet.verdict}")
    for sentence in sheet.reasons:
        term.show(f"  {sentence}")
    if sheet.needs:
        term.show(term.say("effectiveness.sheet.needs"))
    for sentence in sheet.needs:
        term.show(f"  {sentence}")
    for level in sheet.levels:
        term.out.print()
        term.show(level.name)
        for line in level.lines:
            _print_line(term, line)
    if sheet.groups:
        term.out.print()
        columns = (("group", "left"), ("people", "right"), ("gain", "right"), ("interval", "left"))
        term.print_table(
            term.say("effectiveness.sheet.for_whom"),
            [(term.say(f"effectiveness.sheet.{name}"), side) for name, side in columns],
            [
                (f"{each.kind} {each.name}", each.people, each.value, each.interval)
                for each in sheet.groups
            ],
        )
    for line in sheet.basis:
        term.show(line)


def _print_line(term: Terminal, line: Line) -> None:
    told = "  ".join(part for part in (line.value, line.interval, line.rests_on) if part)
    term.show(f"  {line.label}  {told or line.missing}")
    for sentence in (*line.cautions, line.remedy):
        if sentence:
            term.show(f"    {sentence}")
