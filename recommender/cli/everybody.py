"""Commands about everybody at once: rank-all, plan-all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.common import EXIT_PROBLEM, Terminal, command
from recommender.cli.people import Budget, Hours, PathId, TargetGrade
from recommender.cli.printing import print_path, print_plans
from recommender.errors import InputError
from recommender.ranking import Objective
from recommender.results import to_json
from recommender.service.batch.running import work_out_everybody
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.drafts.many import create_plans
from recommender.service.recommend.recommendations import RecommendationRequest
from recommender.service.workers import Workers
from recommender.texts import explain

_PANEL = "Work"
Facts = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="FOLDER",
        help="Take the facts from this folder of Parquet files, and not from the database.",
        rich_help_panel=_PANEL,
    ),
]
Jobs = Annotated[
    int,
    typer.Option(
        help="Number of processes that work at the same time; -1 is one for each core.",
        min=-1,
        rich_help_panel=_PANEL,
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Let the workers of this Dask scheduler do it: tcp://host:8786, or its scheduler "
        "file.",
        rich_help_panel=_PANEL,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(
        app,
        "rank-all",
        examples=[
            "recommender rank-all results",
            "recommender rank-all results --top 3 --from facts --jobs 8",
        ],
    )(rank_all)
    command(
        app,
        "plan-all",
        examples=[
            "recommender plan-all --hours 40 --org-unit 东区分公司",
            "recommender plan-all --path from-g2-to-g3",
            "recommender plan-all --to plans --cluster tcp://scheduler:8786",
        ],
    )(plan_all)


def rank_all(
    term: Terminal,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of the results.")],
    top: Annotated[int, typer.Option(help="Number of courses for each person.", min=1)] = 5,
    objective: Annotated[
        Objective,
        typer.Option(help="Rank by the gap closed, or by the gap closed per hour or per CNY."),
    ] = Objective.GAP,
    target_grade: TargetGrade = None,
    facts: Facts = None,
    jobs: Jobs = -1,
    cluster: Cluster = None,
) -> None:
    """Work out levels, gaps and the best courses of everybody, as Parquet files.

    Given again, it works out only those about whom something has changed.
    """
    request = RecommendationRequest(top=top, objective=objective, target_grade=target_grade)
    _work_out(term, request, folder, facts, Workers(term.settings, jobs, cluster))


def plan_all(
    term: Terminal,
    hours: Hours = None,
    budget: Budget = None,
    org_unit: Annotated[
        str | None, typer.Option(help="Only this org unit and those below it, given as a path.")
    ] = None,
    path: PathId = None,
    target_grade: TargetGrade = None,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Write the plans to this folder as Parquet files, and keep none as a draft.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    facts: Facts = None,
    jobs: Jobs = -1,
    cluster: Cluster = None,
) -> None:
    """Make a plan for everybody or, with a learning path, for everybody at its grades."""
    request = PlanRequest(
        hours_budget=hours, cost_budget=budget, path=path, target_grade=target_grade
    )
    if to is not None:
        if org_unit is not None:
            raise InputError("cli.apart", options="--org-unit, --to")
        _work_out(term, request, to, facts, Workers(term.settings, jobs, cluster))
        return
    if facts is not None or cluster is not None:
        raise InputError("cli.needs-folder")
    with term.progress() as note_progress, term.session() as session:
        made = create_plans(
            session,
            request,
            as_of=term.settings.as_of,
            org_unit=org_unit,
            workers=Workers(term.settings, jobs),
            note_progress=note_progress,
        )
    if term.as_json:
        term.print_json([to_json(plan) for plan in made.plans])
    else:
        print_plans(term, made.plans)
        print_path(term, session.service.framework, path)
    lines: list[str] = []
    for person_id, error in made.refused:
        message, advice = explain(error, term.lang, command_line=True)
        lines.append(f"{person_id}: {message}" + (f" — {advice}" if advice else ""))
    _tell_refused(term, lines)


def _work_out(
    term: Terminal,
    request: RecommendationRequest | PlanRequest,
    folder: Path,
    facts: Path | None,
    workers: Workers,
) -> None:
    with term.progress() as note_progress, term.session() as session:
        report = work_out_everybody(
            session,
            request,
            to=folder,
            as_of=term.settings.as_of,
            workers=workers,
            facts=facts,
            note_progress=note_progress,
        )
    if term.as_json:
        term.print_json(asdict(report))
    term.print(
        "cli.worked-out",
        people=report.people,
        computed=report.computed,
        kept=report.kept,
        folder=folder,
    )
    _tell_refused(term, [f"{person_id}: {reason}" for person_id, reason in report.refused])


def _tell_refused(term: Terminal, lines: Sequence[str]) -> None:
    """Name those who got nothing: the others got theirs, but the exit code tells of it."""
    for line in lines:
        term.problems.print(line, markup=False, highlight=False, soft_wrap=True)
    if lines:
        raise typer.Exit(EXIT_PROBLEM)
