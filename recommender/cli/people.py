"""Commands that answer questions about people: gaps, recommend, plan, plan-all, explain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from recommender.cli.common import EXIT_PROBLEM, Terminal, command
from recommender.cli.files import write_pdf
from recommender.documents import render_plan_page, render_plan_pdf
from recommender.ranking import Objective
from recommender.results import Gaps, Plan, Recommendations, ServedCompetency, to_json
from recommender.service.framework import Framework
from recommender.service.levels.questions import read_derivation, read_gaps
from recommender.service.plans.choices import PlanRequest
from recommender.service.plans.document import name_method
from recommender.service.plans.drafts import create_plan, create_plans
from recommender.service.plans.learning_path import find_path, is_for_grade
from recommender.service.plans.reading import read_plan_document
from recommender.service.recommend.recommendations import (
    RecommendationRequest,
    as_it_is,
    recommend_modules,
)
from recommender.texts import explain as explain_error
from training_catalog import Modality

Person = Annotated[str, typer.Argument(metavar="PERSON", help="Staff number of the person.")]
Hours = Annotated[
    float | None, typer.Option(help="Hours there are; 0 and above.", min=0, rich_help_panel="Plan")
]
Budget = Annotated[float | None, typer.Option(help="CNY there are.", min=0, rich_help_panel="Plan")]
Modalities = Annotated[
    list[Modality] | None,
    typer.Option("--modality", help="Allow only this modality; may be given again."),
]
PathId = Annotated[
    str | None,
    typer.Option(metavar="PATH", help="Plan within this learning path; `catalog show` lists them."),
]
Unlimited = Annotated[bool, typer.Option("--no-hours-limit", help="Plan without a limit of hours.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(app, "gaps", examples=["recommender gaps S00017", "recommender gaps S00017 --json"])(
        gaps
    )
    command(
        app,
        "recommend",
        examples=[
            "recommender recommend S00017 --top 5",
            "recommender recommend S00017 --objective per_hour --modality online",
        ],
    )(recommend)
    command(
        app,
        "plan",
        examples=[
            "recommender plan S00017 --hours 60 --budget 5000 --pdf plan.pdf",
            "recommender plan S00017 --must crm-customer-file-first-entries "
            "--without visit-conduct-etiquette-online",
            "recommender plan S00017 --path solution-selling --no-hours-limit",
        ],
    )(plan)
    command(
        app,
        "plan-all",
        examples=[
            "recommender plan-all --hours 40 --org-unit 东区分公司",
            "recommender plan-all --path from-g2-to-g3",
        ],
    )(plan_all)
    command(app, "explain", examples=["recommender explain S00017 resilience"])(explain)


def gaps(term: Terminal, person: Person) -> None:
    """Show where a person stands against the targets of the grade."""
    with term.session() as session:
        found = read_gaps(session, person, as_of=term.settings.as_of)
    if term.as_json:
        term.print_json(to_json(found))
        return
    print_gaps(term, session.service.framework, found)


def print_gaps(term: Terminal, framework: Framework, found: Gaps) -> None:
    """Print where a person stands as a table."""
    names = _competency_names(framework, term.lang)
    rows = [
        (
            names[item.competency_id],
            "–" if item.level is None else f"{item.level:.2f} ± {item.standard_error:.2f}",
            f"{item.target:g}",
            term.say("cli.assess-first") if item.gap is None else f"{item.gap:.2f}",
            f"{item.weight:.2f}",
            "–" if item.confidence is None else f"{item.confidence:.0%}",
            name_method(item.method, term.lang),
            "–" if item.assessed_on is None else item.assessed_on.isoformat(),
        )
        for item in found.competencies
    ]
    headings = ("competency", "level", "target", "gap", "weight", "confidence", "method", "on")
    term.print_table(
        term.say("cli.gaps-title", person=found.person_id, as_of=found.as_of, grade=found.grade),
        [
            (term.say(f"cli.{name}"), "left" if name in ("competency", "method") else "right")
            for name in headings
        ],
        rows,
    )


def recommend(
    term: Terminal,
    person: Person,
    top: Annotated[int, typer.Option(help="How many modules.", min=1)] = 10,
    objective: Annotated[
        Objective, typer.Option(help="Rank by gap closed, or by that per hour or per CNY.")
    ] = Objective.GAP,
    modality: Modalities = None,
    model: Annotated[
        str | None, typer.Option(help="Rank by this model, not the one in force.")
    ] = None,
) -> None:
    """Rank the modules that are worth a person's time."""
    request = RecommendationRequest(
        top, objective, modalities=tuple(m.value for m in modality) if modality else None
    )
    with term.session() as session:
        ranked = recommend_modules(
            session,
            person,
            request,
            as_of=term.settings.as_of,
            render=as_it_is,
            model_id=model,
        )
    if term.as_json:
        term.print_json(to_json(ranked))
        return
    print_recommendations(term, session.service.framework, ranked)


def plan(
    term: Terminal,
    person: Person,
    hours: Hours = None,
    budget: Budget = None,
    no_hours_limit: Unlimited = False,
    must: Annotated[
        list[str] | None, typer.Option(help="A module that has to be in; may be given again.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="A module that must not be in; may be given again.")
    ] = None,
    modality: Modalities = None,
    path: PathId = None,
    pdf: Annotated[Path | None, typer.Option(help="Write the plan as PDF to this file.")] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write the plan as a web page to this file.")
    ] = None,
) -> None:
    """Make a person's development plan."""
    request = PlanRequest(
        hours_budget=math.inf if no_hours_limit else hours,
        cost_budget=budget,
        must=tuple(must or ()),
        without=tuple(without or ()),
        modalities=[m.value for m in modality] if modality else None,
        path=path,
    )
    with term.session() as session:
        made = create_plan(session, person, request, as_of=term.settings.as_of).plan
        document = read_plan_document(session, made.plan_id) if pdf or html else None
    if document and pdf:
        write_pdf(term, pdf, render_plan_pdf(document, lang=term.lang))
    if document and html:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(render_plan_page(document, lang=term.lang), encoding="utf-8")
    if term.as_json:
        term.print_json(to_json(made))
        return
    print_plan(term, session.service.framework, made)
    if html:
        term.print("cli.page-written", path=html)
    if pdf:
        term.print("cli.pdf-written", path=pdf)


def plan_all(
    term: Terminal,
    hours: Hours = None,
    budget: Budget = None,
    org_unit: Annotated[
        str | None, typer.Option(help="Only this org unit and those below it, as a path.")
    ] = None,
    path: PathId = None,
) -> None:
    """Make a plan for everybody; with a learning path, for all whose grade it is for."""
    request = PlanRequest(hours_budget=hours, cost_budget=budget, path=path)
    quiet = term.as_json or not term.problems.is_terminal
    with (
        Progress(console=term.problems, transient=True, disable=quiet) as progress,
        term.session() as session,
    ):
        task = progress.add_task("", total=None)
        made = create_plans(
            session,
            request,
            as_of=term.settings.as_of,
            org_unit=org_unit,
            note_progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if term.as_json:
        term.print_json([to_json(plan) for plan in made.plans])
    else:
        _print_plans(term, made.plans)
        _print_path(term, session.service.framework, path)
    for person_id, error in made.refused:
        message, advice = explain_error(error, term.lang)
        line = f"{person_id}: {message}" + (f" — {advice}" if advice else "")
        term.problems.print(line, markup=False, highlight=False, soft_wrap=True)
    if made.refused:
        raise typer.Exit(EXIT_PROBLEM)


def _print_plans(term: Terminal, plans: Sequence[Plan]) -> None:
    term.print_table(
        term.say("cli.plans-title", count=len(plans)),
        [
            (term.say(f"cli.{name}"), "left" if name in ("person", "plan") else "right")
            for name in ("person", "plan", "items", "hours", "cost", "closed", "to-assess")
        ],
        [
            (
                plan.person_id,
                plan.plan_id,
                str(len(plan.items)),
                f"{plan.total_hours:g}",
                f"{plan.total_cost:,.0f}",
                f"{plan.expected_gap_closed:.2f}",
                str(len(plan.assess_first)),
            )
            for plan in plans
        ],
    )


def _print_path(term: Terminal, framework: Framework, path_id: str | None) -> None:
    """Name the learning path that frames plans, and the grades it is for."""
    if path_id is None:
        return
    path = find_path(framework, path_id)
    grades = [
        grade.name.in_language(term.lang)
        for grade in framework.catalog.grades
        if is_for_grade(path, grade.id)
    ]
    name = path.name.in_language(term.lang)
    separator = term.say("document.list_separator")
    term.print("cli.plan-path", path=name, grades=separator.join(grades))


def explain(
    term: Terminal,
    person: Person,
    competency: Annotated[str, typer.Argument(metavar="COMPETENCY", help="Id of the competency.")],
) -> None:
    """Explain a level down to the raw rows it came from."""
    with term.session() as session:
        found = read_derivation(session, person, competency, as_of=term.settings.as_of)
    if term.as_json:
        term.print_json(to_json(found))
        return
    name = _competency_names(session.service.framework, term.lang)[competency]
    if found.level is None:
        term.print("cli.explain-nothing", person=person, competency=name)
        return
    term.print(
        "cli.explain-title",
        person=person,
        competency=name,
        level=f"{found.level:.2f}",
        error=f"{found.standard_error:.2f}",
        method=name_method(found.source, term.lang) or term.say("cli.imported"),
        on=found.assessed_on,
    )
    if found.disagreement:
        term.print("note.disagreement", competency=name)
    for part in (found.parts, found.rows):
        if part:
            headings = list(part[0])
            term.print_table(
                "",
                [(heading, "left") for heading in headings],
                [[_cell(entry[heading]) for heading in headings] for entry in part],
            )


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _competency_names(framework: Framework, lang: str) -> dict[str, str]:
    return {c.id: c.name.in_language(lang) for c in framework.catalog.competencies}


def _served(term: Terminal, names: dict[str, str], item: ServedCompetency) -> str:
    text = f"{names[item.competency_id]} {item.expected_improvement:.2f}/{item.gap:.2f}"
    if item.lower is None or item.upper is None:
        return f"{text} ({term.say('cli.basis-expert')})"
    basis = term.say(f"cli.basis-{item.basis}", count=item.evidence_count)
    return f"{text} ({item.lower:.2f}…{item.upper:.2f}, {basis})"


def print_recommendations(term: Terminal, framework: Framework, found: Recommendations) -> None:
    """Print ranked modules as a table."""
    names = _competency_names(framework, term.lang)
    term.print_table(
        term.say("cli.recommend-title", person=found.person_id, as_of=found.as_of),
        [
            (term.say(f"cli.{name}"), side)
            for name, side in (
                ("rank", "right"),
                ("module", "left"),
                ("modality", "left"),
                ("hours", "right"),
                ("cost", "right"),
                ("closed", "right"),
                ("serves", "left"),
            )
        ],
        [
            (
                str(item.rank),
                f"{framework.module_of[item.module_id].title.in_language(term.lang)}\n"
                f"{item.module_id}",
                term.say(f"modality.{framework.module_of[item.module_id].modality}"),
                f"{item.hours:g}",
                f"{item.cost:,.0f}",
                f"{item.expected_gap_closed:.3f}",
                "\n".join(_served(term, names, part) for part in item.competencies),
            )
            for item in found.recommendations
        ],
    )
    term.print("cli.basis-model" if found.model_id else "cli.no-model", model=found.model_id)
    term.print("cli.excluded", count=len(found.excluded))


def print_plan(term: Terminal, framework: Framework, made: Plan) -> None:
    """Print a plan as a table."""
    names = _competency_names(framework, term.lang)
    term.print_table(
        term.say("cli.plan-title", person=made.person_id, as_of=made.as_of, plan=made.plan_id),
        [
            (term.say(f"cli.{name}"), side)
            for name, side in (
                ("order", "right"),
                ("module", "left"),
                ("hours", "right"),
                ("cost", "right"),
                ("dates", "left"),
                ("serves", "left"),
                ("why-here", "left"),
            )
        ],
        [
            (
                str(item.order),
                f"{framework.module_of[item.module_id].title.in_language(term.lang)}\n"
                f"{item.module_id}",
                f"{item.hours:g}",
                f"{item.cost:,.0f}",
                f"{item.starts_on}\n{item.ends_on}",
                "\n".join(_served(term, names, part) for part in item.competencies),
                "\n".join([*([item.stage] if item.stage else []), *item.order_reasons]),
            )
            for item in made.items
        ],
    )
    _print_path(term, framework, made.path_id)
    term.print(
        "cli.plan-total",
        hours=f"{made.total_hours:g}",
        cost=f"{made.total_cost:,.0f}",
        closed=f"{made.expected_gap_closed:.2f}",
    )
    if made.assess_first:
        term.print("cli.plan-assess", names=", ".join(names[name] for name in made.assess_first))
    near = [item for item in made.left_out if item.reason in ("over-hours", "over-budget")]
    for item in near[:3]:
        title = framework.module_of[item.module_id].title.in_language(term.lang)
        term.print("cli.plan-left-out", module=title, reason=item.explanation)
