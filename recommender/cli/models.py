"""Commands for the effect model: train, evaluate, score, models …, export."""

from __future__ import annotations

import dataclasses
import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from recommender.cli.common import Call, command
from recommender.documents.evaluation.document import ReportOptions
from recommender.errors import InputError
from recommender.improvement.evaluation import Evaluation
from recommender.improvement.registry import ModelCard, to_plain
from recommender.service.learning.training import (
    LEVEL_SCALE,
    evaluate_history,
    read_history_files,
    score_file,
    train_on_files,
    write_evaluation_report,
)

HistoryFile = Annotated[
    Path | None,
    typer.Option("--history", help="Table of improvement records; without it the database."),
]
ModulesFile = Annotated[
    Path | None, typer.Option("--modules", help="Table of modules, with --history.")
]
Scale = Annotated[
    tuple[float, float],
    typer.Option("--scale", help="Lowest and highest level there can be in the files."),
]
Seed = Annotated[int, typer.Option(help="The same data and seed give the same model.", min=0)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(
        app,
        "train",
        examples=[
            "recommender train",
            "recommender train --history records.csv --modules modules.csv --out model",
        ],
    )(train)
    command(
        app,
        "evaluate",
        examples=[
            "recommender evaluate",
            "recommender evaluate --report evaluation.html",
            "recommender evaluate --history records.csv --modules modules.csv --json",
        ],
    )(evaluate)
    command(
        app,
        "score",
        examples=["recommender score --model model --queries queries.csv --out scores.csv"],
    )(score)
    group = typer.Typer(help="List, show, promote and roll back models.", no_args_is_help=True)
    command(group, "list", examples=["recommender models list"])(list_)
    command(group, "show", examples=["recommender models show MODEL --json"])(show)
    command(
        group,
        "promote",
        examples=[
            "recommender models promote MODEL",
            'recommender models promote MODEL --override "pilot agreed with HR"',
        ],
    )(promote)
    command(group, "rollback", examples=['recommender models rollback --reason "odd ranks"'])(
        rollback
    )
    app.add_typer(group, name="models")
    command(
        app,
        "export",
        examples=["recommender export history history.csv --pseudonymise"],
    )(export)


def train(
    call: Call,
    history: HistoryFile = None,
    modules: ModulesFile = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the model, with --history.")] = None,
    scale: Scale = LEVEL_SCALE,
    seed: Seed = 0,
) -> None:
    """Train an effect model: on the database, or on files alone."""
    if history or modules or out:
        if not (history and modules and out):
            raise InputError("cli.files-together", options="--history, --modules, --out")
        card = train_on_files(history, modules, out, scale=scale, seed=seed)
        if call.as_json:
            call.print_json(to_plain(card))
            return
        call.print("cli.trained-file", folder=out, **card.counts)
        _print_limits(call, card)
        return
    trained = call.open().train(as_of=call.settings.as_of, seed=seed, by=_user())
    card = trained.card
    if call.as_json:
        promotable = trained.verdict.promotable if trained.verdict else None
        call.print_json(to_plain(card) | {"promotable": promotable})
        return
    call.print("cli.trained", model=card.model_id, **card.counts)
    if trained.evaluation:
        print_evaluation(call, trained.evaluation)
    _print_verdict(call, card)
    _print_limits(call, card)
    call.print("cli.promote-next", model=card.model_id)


def evaluate(
    call: Call,
    history: HistoryFile = None,
    modules: ModulesFile = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Write a page with pictures to this file, and JSON beside it."),
    ] = None,
    scale: Scale = LEVEL_SCALE,
    seed: Seed = 0,
) -> None:
    """Judge the effect model on a history, with the simple baselines beside it."""
    options = ReportOptions(made_on=call.settings.as_of)
    if history or modules:
        if not (history and modules):
            raise InputError("cli.files-together", options="--history, --modules")
        found = read_history_files(history, modules, scale=scale)
        evaluation = evaluate_history(found, scale=scale, seed=seed)
    else:
        service = call.open()
        found = service.history(as_of=call.settings.as_of)
        evaluation = evaluate_history(found, seed=seed)
        options = dataclasses.replace(
            options,
            in_use=service.models.active(),
            catalog_digest=service.framework.catalog.digest,
        )
    if evaluation is None:
        raise InputError("cli.too-few-to-judge")
    if report:
        write_evaluation_report(
            found, evaluation, report, options=options, scale=scale, seed=seed, lang=call.lang
        )
    if call.as_json:
        call.print_json(to_plain(evaluation))
        return
    print_evaluation(call, evaluation)
    if report:
        call.print("cli.page-written", path=report)


def score(
    call: Call,
    model: Annotated[Path, typer.Option(help="Folder of the model.")],
    queries: Annotated[
        Path, typer.Option(help="Table: person_id, competency_id, module_id, level, org_unit.")
    ],
    out: Annotated[Path, typer.Option(help="CSV to write.")],
) -> None:
    """Say for each query what its module is expected to do, on files alone."""
    count = score_file(model, queries, out)
    if call.as_json:
        call.print_json({"queries": count, "file": str(out)})
    call.print("cli.scored", count=count, file=out)


def list_(call: Call) -> None:
    """List the models; the one in force is marked."""
    found = call.open_models().list()
    active = call.open_models().active()
    if call.as_json:
        call.print_json(
            {
                "active": active,
                "models": [to_plain(card) for card in found.cards],
                "broken": [item.model_id for item in found.broken],
            }
        )
        return
    call.print_table(
        call.say("cli.models-title"),
        [
            (call.say(f"cli.{name}"), side)
            for name, side in (
                ("in-force", "left"),
                ("model-id", "left"),
                ("trained-at", "left"),
                ("records", "right"),
                ("controls", "right"),
                ("last-day", "left"),
            )
        ],
        [
            (
                "●" if card.model_id == active else "",
                card.model_id,
                card.created_at.strftime("%Y-%m-%d %H:%M"),
                str(card.counts["trained"]),
                str(card.counts["controls"]),
                str(card.last_day or "–"),
            )
            for card in found.cards
        ],
    )
    for item in found.broken:
        call.print("cli.model-broken", model=item.model_id, problem=item.problem.code)


def show(call: Call, model: Annotated[str, typer.Argument(metavar="MODEL")]) -> None:
    """Show a model's card: what it was trained on, how good it is, and its limits."""
    card = call.open_models().card(model)
    if call.as_json:
        call.print_json(to_plain(card))
        return
    call.print("cli.trained", model=card.model_id, **card.counts)
    call.print(
        "cli.model-window", first=card.first_day, last=card.last_day, digest=card.catalog_digest
    )
    _print_verdict(call, card)
    _print_limits(call, card)


def promote(
    call: Call,
    model: Annotated[str, typer.Argument(metavar="MODEL")],
    override: Annotated[
        str | None, typer.Option(help="Why to promote it against the verdict; recorded.")
    ] = None,
) -> None:
    """Put a model in force, if it beats the baselines and the one in force."""
    call.open_models().promote(model, by=_user(), override_reason=override)
    if call.as_json:
        call.print_json({"active": model})
    call.print("cli.promoted", model=model)


def rollback(
    call: Call, reason: Annotated[str, typer.Option(help="Why; it is recorded.")] = "rollback"
) -> None:
    """Put the model back in force that was there before."""
    model = call.open_models().rollback(by=_user(), reason=reason)
    if call.as_json:
        call.print_json({"active": model})
    call.print("cli.promoted" if model else "cli.no-model", model=model)


def export(
    call: Call,
    what: Annotated[str, typer.Argument(metavar="history", help="What to export.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV to write.")],
    pseudonymise: Annotated[
        bool, typer.Option("--pseudonymise", help="Hide people behind pseudonyms.")
    ] = False,
) -> None:
    """Export the history for an analyst."""
    if what != "history":
        raise InputError("cli.setting", setting="export", found=what, expected="history")
    count = call.open().export_history(file, pseudonymise=pseudonymise, as_of=call.settings.as_of)
    if call.as_json:
        call.print_json({"records": count, "file": str(file)})
    call.print("cli.exported", count=count, file=file)


def _user() -> str:
    return getpass.getuser()


def print_evaluation(call: Call, evaluation: Evaluation) -> None:
    """Print an effect model beside its baselines."""
    rows: list[list[str]] = []
    for name, own in evaluation.known.items():
        cold = evaluation.cold.get(name)
        rows.append(
            [
                call.say(f"registry.baseline.{name}"),
                _figure(own.rmse),
                _figure(own.r_squared),
                _figure(own.slope),
                _figure(cold.rmse) if cold else "–",
                _figure(cold.r_squared) if cold else "–",
            ]
        )
    headings = ("model", "rmse", "r2", "slope", "cold-rmse", "cold-r2")
    call.print_table(
        call.say("cli.evaluation-title"),
        [(call.say(f"cli.{name}"), "left" if name == "model" else "right") for name in headings],
        rows,
    )
    call.print(
        "cli.coverage",
        known=f"{evaluation.coverage_known:.0%}",
        cold=f"{evaluation.coverage_cold:.0%}",
    )


def _figure(value: float) -> str:
    return "–" if value != value else f"{value:.3f}"


def _print_verdict(call: Call, card: ModelCard) -> None:
    for line in call.open_models().explain(card, call.lang):
        call.out.print(line, markup=False, highlight=False, soft_wrap=True)


def _print_limits(call: Call, card: ModelCard) -> None:
    for limit in card.limits:
        text: Any = limit[call.lang]
        call.out.print(f"  {text}", markup=False, highlight=False, soft_wrap=True)
