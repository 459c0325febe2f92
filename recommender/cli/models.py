"""Commands for the effect model: train, evaluate, score, models …, export."""

from __future__ import annotations

import dataclasses
import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from recommender.cli.app import command_group
from recommender.cli.common import Terminal, command
from recommender.cli.organisation import watch as watching
from recommender.documents.evaluation.comparison import comparison_rows
from recommender.documents.evaluation.document import ReportOptions
from recommender.errors import InputError
from recommender.improvement.evaluation import Evaluation
from recommender.improvement.history_checks import MIN_CONTROLS
from recommender.improvement.registry import ModelCard, to_plain
from recommender.service.learning.files import (
    read_history_files,
    score_file,
    train_on_files,
)
from recommender.service.learning.history import read_history
from recommender.service.learning.promotion import announcing, list_models, roll_back
from recommender.service.learning.promotion import promote as put_in_force
from recommender.service.learning.training import (
    LEVEL_SCALE,
    evaluate_history,
    train_model,
    write_evaluation_report,
)
from recommender.service.session import Session

HistoryFile = Annotated[
    Path | None,
    typer.Option("--history", help="Table of improvement records; the database by default."),
]
ModulesFile = Annotated[
    Path | None, typer.Option("--modules", help="Table of courses; goes with --history.")
]
Scale = Annotated[
    tuple[float, float],
    typer.Option("--scale", help="Lowest and highest level of the scale used in the files."),
]
Seed = Annotated[
    int, typer.Option(help="Random seed; the same data and seed give the same model.", min=0)
]

NAMES = "effect-model, linear, ridge, boosting, raw-mean, ancova or package.models:factory"
Estimator = Annotated[str, typer.Option("--estimator", help=f"What to train: {NAMES}.")]
Estimators = Annotated[
    list[str] | None,
    typer.Option(
        "--estimator", help=f"What to judge, the first one beside the others: {NAMES}; repeatable."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(
        app,
        "train",
        examples=[
            "recommender train",
            "recommender train --estimator ridge",
            "recommender train --history records.csv --modules modules.csv --out model",
        ],
    )(train)
    command(
        app,
        "evaluate",
        examples=[
            "recommender evaluate",
            "recommender evaluate --report evaluation.html",
            "recommender evaluate --estimator ridge --estimator our_models:forest",
            "recommender evaluate --history records.csv --modules modules.csv --json",
        ],
    )(evaluate)
    command(
        app,
        "score",
        examples=["recommender score --model model --queries queries.csv --out scores.csv"],
    )(score)
    group = command_group("List, show, promote and roll back models.")
    command(group, "list", examples=["recommender models list"])(list_)
    command(group, "show", examples=["recommender models show MODEL --json"])(show)
    command(
        group,
        "promote",
        examples=[
            "recommender models promote MODEL",
            'recommender models promote MODEL --override "pilot agreed with HR"',
            "recommender models promote MODEL --order-only",
        ],
    )(promote)
    command(group, "rollback", examples=['recommender models rollback --reason "odd ranks"'])(
        rollback
    )
    command(group, "watch", examples=watching.EXAMPLES)(watching.watch)
    app.add_typer(group, name="models")


def train(
    term: Terminal,
    history: HistoryFile = None,
    modules: ModulesFile = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write the model to; goes with --history.")
    ] = None,
    estimator: Estimator = "effect-model",
    scale: Scale = LEVEL_SCALE,
    seed: Seed = 0,
) -> None:
    """Train an effect model, on the database or on files alone."""
    # any of them means files: a forgotten one must not train on the database instead
    if history or modules or out:
        if not (history and modules and out):
            raise InputError("cli.files-together", options="--history, --modules, --out")
        card = train_on_files(
            history,
            modules,
            out,
            scale=scale,
            estimator=estimator,
            seed=seed,
            key=term.settings.signing_key,
        )
        if term.as_json:
            term.print_json(to_plain(card))
            return
        term.print("cli.trained-file", folder=out, **card.counts)
        _print_size(term, "size-unknown.training", known=card.size_known)
        _print_limits(term, card)
        return
    with term.session() as session:
        trained = train_model(
            session, as_of=term.settings.as_of, estimator=estimator, seed=seed, by=_user()
        )
    card = trained.card
    if term.as_json:
        promotable = trained.verdict.promotable if trained.verdict else None
        term.print_json(to_plain(card) | {"promotable": promotable})
        return
    term.print("cli.trained", model=card.model_id, **card.counts)
    _print_size(term, "size-unknown.training", known=card.size_known)
    if trained.evaluation:
        print_evaluation(term, trained.evaluation)
    _print_verdict(term, session, card)
    _print_limits(term, card)
    option = "" if card.size_known else " --order-only"
    term.print("cli.promote-next", model=card.model_id, option=option)


def evaluate(
    term: Terminal,
    history: HistoryFile = None,
    modules: ModulesFile = None,
    report: Annotated[
        Path | None,
        typer.Option(
            help="Write a report with charts to this HTML file, and its figures as JSON beside it."
        ),
    ] = None,
    estimator: Estimators = None,
    scale: Scale = LEVEL_SCALE,
    seed: Seed = 0,
) -> None:
    """Judge effect models on a history, side by side and beside simple baselines."""
    names = tuple(estimator or ())
    options = ReportOptions(made_on=term.settings.as_of)
    if history or modules:
        if not (history and modules):
            raise InputError("cli.files-together", options="--history, --modules")
        records = read_history_files(history, modules, scale=scale)
        evaluation = evaluate_history(records, names, scale=scale, seed=seed)
    else:
        with term.session() as session:
            records = read_history(session, as_of=term.settings.as_of)
        # after the session: it takes a while, and needs no database
        evaluation = evaluate_history(records, names, seed=seed)
        options = dataclasses.replace(
            options,
            in_use=session.service.models.active(),
            catalog_digest=session.service.framework.catalog.digest,
            names={
                module.id: module.title.in_language(term.lang)
                for module in session.service.framework.catalog.modules
            },
        )
    if evaluation is None:
        raise InputError("cli.too-few-to-judge")
    if report:
        write_evaluation_report(
            records, evaluation, report, options=options, scale=scale, seed=seed, lang=term.lang
        )
    if term.as_json:
        term.print_json(to_plain(evaluation))
        return
    print_evaluation(term, evaluation)
    if report:
        term.print("cli.page-written", path=report)


def score(
    term: Terminal,
    model: Annotated[Path, typer.Option(help="Folder of the model.")],
    queries: Annotated[
        Path, typer.Option(help="Table: person_id, competency_id, module_id, level, org_unit.")
    ],
    out: Annotated[Path, typer.Option(help="CSV to write.")],
) -> None:
    """Predict the improvement for each query, on files alone."""
    count, size_known = score_file(model, queries, out)
    if term.as_json:
        term.print_json({"queries": count, "file": str(out), "size_known": size_known})
    term.print("cli.scored", count=count, file=out)
    if not size_known:
        term.print("size-unknown.note")


def list_(term: Terminal) -> None:
    """List the models; the one in force is marked."""
    with term.session("models list") as session:
        heads = list_models(session)
    # a broken model may still have a card that can be read; it is listed with its problem below
    good = [head.card for head in heads if head.card and head.status != "broken"]
    broken = [head for head in heads if head.status == "broken"]
    active = session.service.models.active()
    if term.as_json:
        term.print_json(
            {
                "active": active,
                "models": [to_plain(card) for card in good],
                "broken": [head.model_id for head in broken],
            }
        )
        return
    term.print_table(
        term.say("cli.models-title"),
        [
            (term.say(f"cli.{name}"), side)
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
            for card in good
        ],
    )
    for head in broken:
        term.print("cli.model-broken", model=head.model_id, problem=head.problem)


def show(
    term: Terminal, model: Annotated[str, typer.Argument(metavar="MODEL", help="Id of the model.")]
) -> None:
    """Show a model's card: what it was trained on, how good it is, and its limits."""
    with term.session("models show") as session:
        card = session.service.models.card(model)
    if term.as_json:
        term.print_json(to_plain(card))
        return
    term.print("cli.trained", model=card.model_id, **card.counts)
    _print_size(term, "size-unknown.training", known=card.size_known)
    term.print(
        "cli.model-window", first=card.first_day, last=card.last_day, digest=card.catalog_digest
    )
    _print_verdict(term, session, card)
    _print_limits(term, card)


def promote(
    term: Terminal,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Id of the model.")],
    override: Annotated[
        str | None,
        typer.Option(help="Reason for promoting it against the verdict; it is recorded."),
    ] = None,
    order_only: Annotated[
        bool,
        typer.Option(
            "--order-only", help="For a model without control rows: use the order alone; recorded."
        ),
    ] = False,
) -> None:
    """Put a model in force if it beats the baselines and the one in force."""
    with (
        term.session("models promote") as session,
        announcing(session, model_id=model, overrides=override is not None, order_only=order_only),
    ):
        put_in_force(session, model, override_reason=override, order_only=order_only, by=_user())
    if term.as_json:
        term.print_json({"active": model})
    term.print("cli.promoted", model=model)
    if order_only:
        term.print("size-unknown.note")


def rollback(
    term: Terminal,
    reason: Annotated[str, typer.Option(help="Reason; it is recorded.")] = "rollback",
) -> None:
    """Go back to the model that was in force before."""
    with term.session("models rollback") as session, announcing(session):
        model = roll_back(session, reason=reason, by=_user())
    if term.as_json:
        term.print_json({"active": model})
    term.print("cli.promoted" if model else "cli.no-model", model=model)


def _user() -> str:
    # the audit trail knows every command as "cli"; the registry names the person at the keyboard
    return getpass.getuser()


def print_evaluation(term: Terminal, evaluation: Evaluation) -> None:
    """Print models side by side, with how much larger their errors are than the judged one's."""
    shown = [
        *(("known", name) for name in ("rmse", "difference", "r_squared", "slope")),
        *(("cold", name) for name in ("rmse", "difference", "r_squared")),
    ]
    rows = [
        [row["name"], *(row["scores"][part == "cold"][name] for part, name in shown)]
        for row in comparison_rows(evaluation, term.lang)
    ]
    headings = (
        *("model", "rmse", "difference", "r2", "slope"),
        *("cold-rmse", "difference", "cold-r2"),
    )
    term.print_table(
        term.say("cli.evaluation-title"),
        [(term.say(f"cli.{name}"), "left" if name == "model" else "right") for name in headings],
        rows,
    )
    term.print(
        "cli.coverage",
        known=f"{evaluation.coverage_known:.0%}",
        cold=f"{evaluation.coverage_cold:.0%}",
    )
    _print_size(term, "size-unknown.evaluation", known=evaluation.size_known)


def _print_size(term: Terminal, caveat: str, *, known: bool) -> None:
    if not known:
        term.print(caveat, minimum=MIN_CONTROLS)


def _print_verdict(term: Terminal, session: Session, card: ModelCard) -> None:
    for line in session.service.models.explain(card, term.lang):
        term.out.print(line, markup=False, highlight=False, soft_wrap=True)


def _print_limits(term: Terminal, card: ModelCard) -> None:
    for limit in card.limits:
        text: Any = limit[term.lang]
        term.out.print(f"  {text}", markup=False, highlight=False, soft_wrap=True)
